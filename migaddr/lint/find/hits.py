"""Where in a source a word stands that can make something an address: prefilter, and where finding begins.

Words are searched for as plain bytes, and schemes anchored on their colon, both of which run at the speed of
memory; a regular expression is tried only where they stand.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Final

from migaddr.lint.find.vocabulary import speaks_of_migration

# what speaks of migration without "igrat" and "incoming": looked for where an address stands
_RARE_WORDS: Final = (
    b"IGRAT",
    b"NCOMING",
    b"Incoming",
    b"destination_url",
    b"receiver_url",
    b"channel-type",
    b"channeltype",
)

# "igrat" or "incoming": one search, anchored on a letter that both have, costs half of two
_WORD: Final = re.compile(rb"g(?:(?<=ig)rat|(?<=incoming))")
_SCHEME: Final = re.compile(
    rb":(?<=[pxcdaekPXCDAEK]:)"
    rb"(?i:(?<=tcp:)|(?<=unix:)|(?<=exec:)|(?<=fd:)|(?<=rdma:)|(?<=file:)|(?<=vsock:))"
    rb"(?=[^\s)])|:(?<=exec:)(?= )"
)
_LOWER_SCHEME: Final = re.compile(
    rb":(?<=[pxcdaek]:)(?:(?<=tcp:)|(?<=unix:)|(?<=exec:)|(?<=fd:)|(?<=rdma:)|(?<=file:)|(?<=vsock:))"
)
_BEFORE_SCHEME: Final = re.compile(rb"[+\w.\-/:@](?<!x-)")
_LENGTHS: Final = {b"p": 3, b"x": 4, b"c": 4, b"d": 2, b"a": 4, b"e": 4, b"k": 5}

# from the "m" on: a monitor command as a text or with a variable, an option, a call with an address
_COMMAND: Final = re.compile(
    rb"migrate(?:[_\-](?:incoming|recover))?(?:[\"']|\s+(?:-\w\s+)*\\?[\"']?[%{$]|-?uri\b)"
    rb"|[mM]igrat\w*\([^;\n]{0,160}(?i:ur[il]\b|addr|>%|\{\}|%s)"
)
_INCOMING: Final = re.compile(rb"(?<![\w\-])-?-incoming\b|_incoming\([^()]{0,120}(?i:ur[il]\b|addr)")
_DEFER: Final = (b'"defer"', b"'defer'")
_JOIN: Final = re.compile(rb"\((?<=oin\()")
_JOINED: Final = re.compile(rb"[\"'](?:tcp|unix|exec|fd|rdma|file|vsock)[\"']")


def hits(data: bytes | bytearray, end: int | None = None) -> Iterator[int]:
    """Give the offsets at which something can matter, in no order; `end` is where the text ends."""
    if end is None:
        end = len(data)
    word = _WORD.search(data, 0, end)
    if word is not None or _speaks_rarely(data, end):
        yield from _hits(data, end, word)


def _hits(data: bytes | bytearray, end: int, word: re.Match[bytes] | None) -> Iterator[int]:
    found = False
    for found_at in itertools.chain(_commands(data, end, word), schemes(data, end), channel_types(data, end)):
        found = True
        yield found_at
    if _JOIN.search(data, 0, end) is not None:  # the parts of an address that is joined are nothing alone
        yield from (match.start() + 1 for match in _JOINED.finditer(data, 0, end))
    if found:
        yield from (at + 1 for quoted in _DEFER for at in _places(data, quoted, 0, end))


def _speaks_rarely(data: bytes | bytearray, end: int) -> bool:
    if _LOWER_SCHEME.search(data, 0, end) is None:  # one search costs less than several for rare words
        return False
    return any(data.find(word, 0, end) >= 0 for word in _RARE_WORDS)


def _commands(data: bytes | bytearray, end: int, word: re.Match[bytes] | None) -> Iterator[int]:
    """Give the offsets of commands, options and calls, from the first word on."""
    if word is None:
        return
    for found in itertools.chain([word], _WORD.finditer(data, word.end(), end)):
        at = found.start()
        if found.end() - at > 1:  # "igrat"
            if at > 1 and _COMMAND.match(data, at - 2, end):
                yield at - 2
        else:
            at -= len("incomin")
            if (at > 0 and _INCOMING.match(data, at - 1, end)) or (
                at > 1 and _INCOMING.match(data, at - 2, end)
            ):
                yield at


def channel_types(data: bytes | bytearray, end: int | None = None) -> Iterator[int]:
    """Give the offsets of the member that every channel has."""
    if end is None:
        end = len(data)
    first = data.find(b"channel", 0, end)
    if first < 0:
        return
    for word in (b"channel-type", b"channeltype"):
        for at in _places(data, word, max(first, 1), end):
            if data[at - 1] in b"\"'":
                yield at


def _places(data: bytes | bytearray, word: bytes, begin: int, end: int) -> Iterator[int]:
    at = data.find(word, begin, end)
    while at >= 0:
        yield at
        at = data.find(word, at + len(word), end)


def schemes(data: bytes | bytearray, end: int | None = None) -> Iterator[int]:
    """Give the offsets of the schemes of addresses."""
    for match in _SCHEME.finditer(data, 0, len(data) if end is None else end):
        colon = match.start()
        start = colon - _LENGTHS[bytes(data[colon - 1 : colon]).lower()]
        if start == 0 or _BEFORE_SCHEME.match(data, start - 1) is None or data[start - 2 : start] == b"x-":
            yield start


def can_hold_address(data: bytes | bytearray, path: str = "", end: int | None = None) -> bool:
    """Tell, fast, whether a source can hold an address: an address, and a word of what it is given to.

    JSON that is nothing but channels has none of the words, and its members are looked for in .json alone.
    """
    if end is None:
        end = len(data)
    word = _WORD.search(data, 0, end)  # as hits() begins, without the making of a generator for each file
    if word is not None or _speaks_rarely(data, end):
        for _ in _hits(data, end, word):
            return True
    if path.endswith(".json"):
        return data.find(b"channel-type", 0, end) >= 0 or data.find(b"channeltype", 0, end) >= 0
    return speaks_of_migration(path[path.rfind("/") + 1 :]) and _SCHEME.search(data, 0, end) is not None
