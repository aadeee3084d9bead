"""Finds addresses inside of a text that is a command line, a monitor command, JSON or prose.

It is used for files without a grammar, for comments, and for the strings of programs, which hold such texts.
Every address is found at its scheme, and what stands before it on the line decides what it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, final

import attrs

from migaddr.lint.find.values import HOLE, Value, hole, joined
from migaddr.lint.find.vocabulary import (
    DEFER,
    Confidence,
    Direction,
    is_cloud_hypervisor_key,
    judge_name,
    looks_like_libvirt,
)

_MOST_BEFORE = 400  # characters of a line that are looked at before an address
_NEAR = 160  # characters between an option and what it is given in a text of its own
_LONGEST = 4096  # characters of an address in a text

_HIT: Final = re.compile(
    r"(?<![\w+.\-/:@$#~])(?P<scheme>(?i:tcp|unix|exec|fd|x-rdma|rdma|file|vsock)):"
    r"(?:(?=[^\s,;)])|(?<=exec:)(?= ))"
)
_OPTION: Final = re.compile(
    rf"(?<![\w\-])--?(?P<option>incoming(?!=)|migrate-?uri)(?:=|[\"'`,\s\\]+)"  # QEMU knows no -incoming=
    rf"(?P<value>defer\b|{HOLE}|\$[\w{{(]|<\w)"
)
_MONITOR_HOLE: Final = re.compile(
    rf"\s*(?P<command>migrate|migrate[_-]incoming|migrate[_-]recover)(?:\s+-[a-zA-Z])*\s+\\?[\"']?(?P<value>{HOLE})"
)
_CHANNEL: Final = re.compile(r"\{\s*\\?[\"']channel-?type\\?[\"']\s*:\s*\\?[\"'](?:main|cpr)\\?[\"']")

_BEFORE_INCOMING = re.compile(r"(?<![\w\-])--?incoming(?:=|[\"'`,\s\\]+)(?:\w+\()?\\?[\"'`]?\Z")
# an option that is a text, where the next text is its value: an element, argument, line, or element of XML
_TEXT_BEFORE = re.compile(
    r"(?<![\w\-])--?(?P<option>[a-z][\w\-]*)\\?[\"']"
    r"[\s,;)\]}/>]*(?:[\w.<:+$@\[\]]+[\s(=,]+){0,4}[\w.<:+$@\[\]]*\\?[\"'`]\Z"
)
_OPTION_BEFORE = re.compile(r"(?<![\w\-])--?(?P<option>[a-z][\w\-]*)(?:=|\s+)\\?[\"'`]\Z")
_BEFORE_MIGRATE_URI = re.compile(r"(?<![\w\-])--?migrate-?uri(?:=|[\"'`,\s\\]+)\Z")
_BEFORE_MONITOR = re.compile(
    r"(?<![\w\-.])(?P<command>migrate|migrate[_-]incoming|migrate[_-]recover)(?:\s+-[a-zA-Z])*"
    r"[\"']?,?\s+(?:\*\*)?\\?[\"'`]?\Z"
)
_BEFORE_CLOUD_HYPERVISOR = re.compile(
    r"(?<![\w\-.])(?P<command>send|receive)-migration(?:\s+--[a-z]+)*\s+\\?[\"'`]?\Z"
)
_BEFORE_VIRSH = re.compile(r"\bmigrate\b.*\s(?<![\w\-])(?P<previous>\S+)\s+\\?[\"']?\Z")
_BEFORE_KEY = re.compile(r"(?P<key>[\w.\-]+)\\?[\"'`]?\s*(?:=>|:=|==?|:)\s*(?:[a-z]\()?\\?[\"'`]?\Z")
_BEFORE_QUOTE = re.compile(r"(?:\\?[\"'`]|\()\Z")
_QMP_COMMAND = re.compile(
    r"execute\\?[\"']?\s*:\s*\\?[\"'](?P<command>migrate(?:-incoming|-recover)?)\\?[\"']"
    r"|\\?[\"'](?P<short>migrate(?:-incoming|-recover)?)\\?[\"']\s*,\s*\\?[\"']arguments\\?[\"']"
)
_QUOTE = re.compile(r"\\?[\"']")
_JOINED = re.compile(r"[\"']\s*(?:\+\+?|\.\.?|\^|<>|&|~)\s*(?P<what>(?:[\w.$@\[\]]|\([^()]{0,40}\)){1,60})")
_KEYED_DEFER = re.compile(
    r"(?<!\w)(?P<key>\w{0,40}uri)\\?[\"']?\s*[:=]\s*\\?[\"'](?P<value>defer)\b", re.IGNORECASE
)
_FLAG = re.compile(r"(?<=\s)-[a-zA-Z]+")
_MEMBER = re.compile(r"\\?[\"'](?P<name>blk|inc|detach|resume|channels)\\?[\"']\s*:\s*(?P<value>[\w\[]+)")
_MIGRATION = re.compile(r"(?i)migrat|incoming")
_UNQUOTED_END = re.compile(r"[\s\"'`\\|]|\)(?=\W*\Z)|[.,;:!?)]+(?=\s|\Z)")
# what only people read: `<host or address>`, `[,ipv4=on|off]`
_PLACEHOLDER = re.compile(r"<[A-Za-z][\w \-|/]{0,40}>|\[,[\w=|]{1,40}\]")


@final
@attrs.frozen
class Beside:
    """Something that a command is given beside the address: a member, or a flag."""

    name: str
    """`blk`, `channels`, `-b`."""
    value: str
    """As written; empty for a flag."""
    start: int
    """Where it is, in bytes of the source."""
    end: int


@final
@attrs.frozen
class Sighting:
    """An address inside of a text, and why it is one."""

    value: Value
    sink: str
    """What it is given to: `-incoming`, `migrate`, `--migrateuri`, a key."""
    confidence: Confidence
    direction: Direction = Direction.UNKNOWN
    dialect: str = "qemu"
    form: str | None = None
    """Where the text decides it: `variable`, `channels`."""
    language: str = "text"
    """What reads it there: `shell` (a command line), `hmp`, `json`, `text`."""
    beside: tuple[Beside, ...] = ()


@final
@attrs.frozen
class _Reading:
    """How a text is read; see `sightings`."""

    prose: bool
    sentences: bool
    command: str | None


def sightings(
    value: Value, *, prose: bool = False, sentences: bool = False, command: str | None = None
) -> Iterator[Sighting]:
    """Find the addresses in a text, in order of place.

    `prose` is text that people read: there an address may also be just quoted on a line on migration, and in
    one of `sentences`, beside such a line.
    `command` is the QMP command whose arguments the text is.
    """
    text = value.text
    end = 0
    for hit in _HIT.finditer(text):
        if hit.start() < end:
            continue
        found = _at(value, hit, _Reading(prose, sentences, command))
        if found is not None:
            yield found
            end = hit.start() + len(found.value.text)
    if "incoming" in text or "migrate" in text:
        yield from _options(value)
    if DEFER in text:
        yield from _deferred(value)
    monitor = _MONITOR_HOLE.match(text)
    if monitor is not None:
        yield _variable(value, monitor.start("value"), monitor["command"])
    if "channel" in text:
        yield from _channels(value)


def _at(value: Value, hit: re.Match[str], reading: _Reading) -> Sighting | None:
    text, start = value.text, hit.start()
    line = text.rfind("\n", max(0, start - _MOST_BEFORE), start) + 1
    before = text[max(line, start - _MOST_BEFORE) : start]
    exact = hit["scheme"].islower()
    given = None
    if text[start - 1 : start] in ("'", '"', "`"):
        given = _TEXT_BEFORE.search(text[max(0, start - _NEAR) : start]) or _OPTION_BEFORE.search(before)
    if _BEFORE_INCOMING.search(before) or (given is not None and given["option"] == "incoming"):
        return _sighting(value, start, before, "-incoming", Direction.INCOMING, "shell")
    if _BEFORE_MIGRATE_URI.search(before):
        return _sighting(value, start, before, "--migrateuri", Direction.OUTGOING, "shell", "libvirt")
    monitor = _BEFORE_MONITOR.search(before)
    if monitor is not None and (exact or not reading.prose):
        direction = Direction.OUTGOING if monitor["command"] == "migrate" else Direction.INCOMING
        found = _sighting(value, start, before, monitor["command"], direction, "hmp")
        if found is None:
            return None
        flags = _FLAG.finditer(value.text, start - len(before) + monitor.end("command"), start)
        return attrs.evolve(found, beside=tuple(_beside(value, flag, flag[0], "") for flag in flags))
    if not exact or text[hit.end() : hit.end() + 1] == " ":
        return None
    command = _BEFORE_CLOUD_HYPERVISOR.search(before)
    if command is not None:
        direction = Direction.OUTGOING if command["command"] == "send" else Direction.INCOMING
        sink = f"{command['command']}-migration"
        return _sighting(value, start, before, sink, direction, "shell", "cloud-hypervisor")
    key = _BEFORE_KEY.search(before)
    if key is not None:
        return _keyed(value, start, before, key["key"], reading)
    if looks_like_libvirt(text[start : start + 8]) and "virsh" in before:
        virsh = _BEFORE_VIRSH.search(before)
        if virsh is not None and not virsh["previous"].startswith("-"):
            return _sighting(value, start, before, "virsh migrate", Direction.OUTGOING, "shell", "libvirt")
    if given is not None and _MIGRATION.search(given["option"]) is None:
        return None  # `-serial "tcp:..."`
    if (
        reading.prose
        and _BEFORE_QUOTE.search(before)
        and _MIGRATION.search(_lines(text, start, int(reading.sentences)))
    ):
        return _prose(value, start, before)
    return None


def _lines(text: str, at: int, around: int) -> str:
    """Give the line of a place, and those around it in the same paragraph."""
    begin, end = max(at - _MOST_BEFORE, 0), min(at + _MOST_BEFORE, len(text))
    before = re.split(r"\n\W*\n", text[begin:at])[-1].split("\n")[-1 - around :]
    after = re.split(r"\n\W*\n", text[at:end])[0].split("\n")[: 1 + around]
    return "\n".join(before) + "\n".join(after)


def _keyed(value: Value, start: int, before: str, key: str, reading: _Reading) -> Sighting | None:
    """Judge `key = tcp:...`, `"uri": "tcp:..."`."""
    if is_cloud_hypervisor_key(key):
        if value.text.startswith("file:", start):
            return None  # that is where a snapshot goes
        direction = Direction.INCOMING if key.startswith("receiver") else Direction.OUTGOING
        return _sighting(value, start, before, key, direction, "text", "cloud-hypervisor")
    text = value.text
    around = text[max(0, start - _MOST_BEFORE) : start + _MOST_BEFORE]
    name = _command_near(text, start) or reading.command
    if key == "uri" and name is not None:
        direction = Direction.OUTGOING if name == "migrate" else Direction.INCOMING
        found = _sighting(value, start, before, f"QMP {name}", direction, "json")
        if found is None:
            return None
        return attrs.evolve(found, beside=tuple(_members(value, start)))
    confidence, _ = judge_name(key)
    if confidence >= Confidence.LIKELY:
        found = _sighting(value, start, before, key, Direction.UNKNOWN, "text")
        return attrs.evolve(found, confidence=confidence) if found is not None else None
    general = confidence is not Confidence.SILENT and "uri" in key.lower()
    if reading.prose and general and _MIGRATION.search(around):
        return _prose(value, start, before)
    return None


def _command_near(text: str, at: int) -> str | None:
    """Give the QMP command that a place is in: the last before it, or else the first behind it."""
    name = None
    for match in _QMP_COMMAND.finditer(text, max(0, at - _MOST_BEFORE), at + _MOST_BEFORE):
        if match.start() > at and name is not None:
            break
        name = match["command"] or match["short"]
    return name


def _members(value: Value, at: int) -> Iterator[Beside]:
    """Give what stands beside an address in a QMP command: no further than the commands around."""
    text = value.text
    begin = max(text.rfind("execute", 0, at), at - _MOST_BEFORE, 0)
    following = text.find("execute", at, at + _MOST_BEFORE)
    for match in _MEMBER.finditer(text, begin, following if following >= 0 else at + _MOST_BEFORE):
        yield _beside(value, match, match["name"], match["value"])


def _beside(value: Value, match: re.Match[str], name: str, written: str) -> Beside:
    return Beside(name, written, *value.place(*match.span()))


def _prose(value: Value, start: int, before: str) -> Sighting | None:
    found = _sighting(value, start, before, "prose", Direction.UNKNOWN, "text")
    if found is None or found.value.text.endswith(":"):
        return None
    return attrs.evolve(found, confidence=Confidence.LIKELY)


def _sighting(
    value: Value,
    start: int,
    before: str,
    sink: str,
    direction: Direction,
    language: str,
    dialect: str | None = None,
) -> Sighting | None:
    text = value.text
    end = _end(text, start, before)
    if end <= start:
        return None
    part = value.part(start, end)
    if part.text.rstrip("/").endswith(":"):
        part = _with_joined(value, part, end)
        if language in ("shell", "hmp"):  # monitor commands are sent from shells, which take quotes off
            part = _with_quoted(value, part, end, before)
    if ":" not in part.text or (part.text.rstrip("/").endswith(":") and part.text.count(":") == 1):
        return None  # a scheme alone is the name of a transport
    if dialect is None:
        dialect = "libvirt" if looks_like_libvirt(part.text) else "qemu"
    return Sighting(part, sink, Confidence.CERTAIN, direction, dialect, None, language)


def _with_joined(value: Value, part: Value, at: int) -> Value:
    """Add a hole for what is joined to a text, in whatever language: `"tcp:" + host`, `"tcp:" .. host`."""
    match = _JOINED.match(value.text, at)
    if match is None:
        return part
    return joined([part, hole(*value.place(*match.span("what")), match["what"])])


def _with_quoted(value: Value, part: Value, at: int, before: str) -> Value:
    """Add what a shell takes off its quotes: `exec:"cat > x"`."""
    opening = _QUOTE.match(value.text, at)
    if opening is None or before.count(opening[0][-1]) % 2:
        return part  # that one closes
    begin = opening.end()
    newline = value.text.find("\n", begin)
    end = value.text.find(opening[0], begin, newline if newline >= 0 else len(value.text))
    return joined([part, value.part(begin, end)]) if end > begin else part


def _end(text: str, start: int, before: str) -> int:
    """Find where an address ends: at its quote, or with the word."""
    quote = before[-1:] if before[-1:] in ("'", '"', "`") else ""
    limit = min(len(text), start + _LONGEST)
    newline = text.find("\n", start, limit)
    if newline >= 0:
        limit = newline
    if quote:
        closing = f"\\{quote}" if before[-2:-1] == "\\" else quote
        at = text.find(closing, start, limit)
        if at >= 0:
            return at
    at = start
    depth = 0
    while at < limit:
        c = text[at]
        if c in "[<" and (placeholder := _PLACEHOLDER.match(text, at, limit)):
            at = placeholder.end()
            continue
        if text.startswith("</", at):
            break  # of HTML
        if c == "\\" and text[at + 1 : at + 2] in ("[", "]", "_"):
            at += 2  # of Markdown
            continue
        if c in "[{(<":
            depth += 1
        elif c in "]})>" and depth > 0:
            depth -= 1
        elif c in " \t\r\"'`\\|" or (depth == 0 and c in ")]};"):
            break
        at += 1
    if text.endswith("...", start, at) or (at < limit and text[at] in "\"'\\" and text[at - 1] == ":"):
        return at
    while at > start and text[at - 1] in ".,;:!?":
        at -= 1
    return at


def _options(value: Value) -> Iterator[Sighting]:
    """Find options whose value is no address with a scheme: `defer`, or a variable."""
    for match in _OPTION.finditer(value.text):
        incoming = match["option"] == "incoming"
        start, end = match.span("value")
        if match["value"] == "defer":
            if incoming:
                part = value.part(start, end)
                yield Sighting(part, "-incoming", Confidence.CERTAIN, Direction.INCOMING, language="shell")
            continue
        end = _end(value.text, start, value.text[max(0, start - 2) : start])
        if end <= start:
            continue
        yield Sighting(
            value.part(start, end),
            "-incoming" if incoming else "--migrateuri",
            Confidence.CERTAIN,
            Direction.INCOMING if incoming else Direction.OUTGOING,
            "qemu" if incoming else "libvirt",
            "variable"
            if HOLE not in value.text[start:end] or set(value.text[start:end]) == {HOLE}
            else "template",
            "shell",
        )


def _deferred(value: Value) -> Iterator[Sighting]:
    """Find `listen_uri = "defer"` where migration is spoken of."""
    for match in _KEYED_DEFER.finditer(value.text):
        around = value.text[max(0, match.start() - _MOST_BEFORE) : match.end() + _MOST_BEFORE]
        if _MIGRATION.search(around):
            part = value.part(*match.span("value"))
            yield Sighting(part, match["key"], Confidence.LIKELY, Direction.INCOMING)


def _variable(value: Value, at: int, command: str) -> Sighting:
    """Make the sighting of a monitor command that is given a variable."""
    direction = Direction.OUTGOING if command == "migrate" else Direction.INCOMING
    part = value.part(at, at + 1)
    return Sighting(part, command, Confidence.CERTAIN, direction, form="variable", language="hmp")


def _channels(value: Value) -> Iterator[Sighting]:
    """Find a migration channel in JSON: SPICE has the same keys, but other types of channel."""
    text = value.text
    for match in _CHANNEL.finditer(text):
        end = _closing(text, match.start())
        if end is not None and '"' + "addr" in text[match.start() : end].replace("'", '"'):
            part = value.part(match.start(), end)
            yield Sighting(
                part, "channels", Confidence.CERTAIN, Direction.UNKNOWN, form="channels", language="json"
            )


def _closing(text: str, start: int) -> int | None:
    depth = 0
    for at in range(start, min(len(text), start + _LONGEST)):
        if text[at] == "{":
            depth += 1
        elif text[at] == "}":
            depth -= 1
            if depth == 0:
                return at + 1
    return None
