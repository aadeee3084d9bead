"""Cases without end, from a seed: valid ones, almost valid ones and hostile ones, each with its verdict."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Final

from migaddr.commands import command_to_qmp
from migaddr.errors import InexpressibleError, MigaddrError
from migaddr.generation import alphabets as words
from migaddr.generation import draw
from migaddr.generation.cases import Case, Form, Outcome, judge
from migaddr.generation.edits import edit_json, edit_text
from migaddr.generation.source import Seeded, Source
from migaddr.generation.spelling import spell
from migaddr.qmp import JsonObject, JsonValue, channels_to_qmp
from migaddr.releases import LATEST, RELEASES, Release

OTHER: Final = "other"
"""The kind of a text that was not made from an address."""

EVERY_KIND: Final = (*words.KINDS, *words.KINDS, OTHER)
"""All of them, and how often."""

_SHORT_TEXT: Final = 16
_SHORT_JSON: Final = 150
_REMEMBERED: Final = 1 << 17
_REPEATS: Final = 1 << 10

_FORMS: Final = tuple(Form)
_OUTCOMES: Final = frozenset(Outcome)
_IN_VAIN: Final = 1_000_000
_FLAGS: Final = ("blk", "inc", "detach", "resume", "exit-on-error")
_IDS: Final[tuple[JsonValue, ...]] = (1, "x", None, {"a": []}, [1])
_BOTH: Final = (False, True)


def cases(
    seed: int,
    *,
    releases: Sequence[Release] = RELEASES,
    forms: Sequence[Form] = _FORMS,
    kinds: Sequence[str] = EVERY_KIND,
    outcomes: Collection[Outcome] = _OUTCOMES,
) -> Iterator[Case]:
    """Generate cases; the same arguments give the same cases, in every release of Python.

    `kinds` are of `KINDS` or `other`, which only a URI can be. There is no end but where a million cases in a
    row are none of the wanted. What migaddr knows no answer to (docs/supported.md lists where it is stricter
    than QEMU) is left out, and so is what JSON cannot carry.

    :raises MigaddrError: there is no such kind.
    """
    if strange := next((kind for kind in kinds if kind not in EVERY_KIND), None):
        raise MigaddrError(f"{strange!r} is no kind of address: there are {', '.join((*words.KINDS, OTHER))}")
    source = Seeded(seed)
    lately = _Lately()
    pairs = [
        (form, _MAKERS[form], [kind for kind in kinds if kind != OTHER or form is Form.URI])
        for form in map(Form, forms)
    ]
    pairs = [pair for pair in pairs if pair[-1]]
    vain = 0 if pairs and releases else _IN_VAIN
    while vain < _IN_VAIN:
        vain += 1
        form, make, fitting = source.choice(pairs)
        release = source.choice(releases)
        if form is Form.CHANNELS and not release.transports and source.below(4):
            continue  # it has one answer to all of them
        kind = source.choice(fitting)
        value = make(source, kind, release)
        verdict = judge(form, value, release)
        if verdict is not None and verdict.outcome in outcomes and not lately.had(value):
            vain = 0
            yield Case(form, value, release, verdict, kind)


class _Lately:
    """Remembers small cases, because there are few of them: they would come again and again."""

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._repeats = 0

    def had(self, value: JsonValue) -> bool:
        """Tell whether this is a small case that came lately."""
        text = value if isinstance(value, str) else repr(value)
        if len(text) > (_SHORT_TEXT if value is text else _SHORT_JSON):
            return False
        if text not in self._seen:
            self._repeats = 0
            self._seen.add(text)
            if len(self._seen) >= _REMEMBERED:
                self._seen.clear()
            return False
        self._repeats += 1
        if self._repeats < _REPEATS:
            return True
        self._repeats = 0  # there may be no others
        self._seen.clear()
        return False


def uri(source: Source, kind: str, release: Release) -> str:
    """Make a text of a kind for a release: a spelling of an address, or something near one."""
    if kind == OTHER:
        return _anything(source, release)
    way = source.below(16)
    if way > 12:
        return _faulty(source, kind)
    # what another release would read is as good a question
    reader = source.choice(RELEASES) if way > 10 else release
    text = spell(source, draw.address(source, kind, reader), reader)
    if text is None:
        return _faulty(source, kind)
    if 6 <= way <= 10:
        text = edit_text(source, text)
        while source.one_in(4):
            text = edit_text(source, text)
    return text


def _anything(source: Source, release: Release) -> str:
    way = source.below(32)
    if way > 10:
        return f"{source.choice(words.ODD_SCHEMES)}:{draw.hostile_text(source, 8)}{draw.word(source, 4)}"
    if way < 3:
        return source.choice(words.WHOLE)
    if way == 3:
        return f"{source.choice(words.BEFORE)}{draw.word(source)}{draw.hostile_text(source, 4)}"
    text = spell(source, draw.address(source, source.choice(words.KINDS), release), release) or "tcp:h:80"
    if way == 4:
        quote = source.choice(("'", '"'))
        return f"{quote}{text}{quote}"
    return source.choice(words.BEFORE) + text


def _faulty(source: Source, kind: str) -> str:
    """Write a text of the parts that each scheme has, each of which may be at fault."""
    match kind:
        case "inet" | "rdma":
            host = draw.text(source, words.HOSTS)
            if source.one_in(4):
                host = f"[{host}]"
            text = f"{words.SCHEMES[kind]}:{host}{source.choice((':', ':', ':', ''))}{draw.port(source)}"
            while source.below(3):
                text += "," + _option(source)
            return text
        case "vsock":
            cid, port = draw.text(source, words.CIDS), draw.text(source, words.VSOCK_PORTS)
            return f"vsock:{cid}{source.choice((':', ':', ''))}{port}{source.choice(('', '', ',x', ','))}"
        case "file":
            return f"file:{draw.text(source, words.FILES)},offset={source.choice(words.SIZES)}"
        case "unix":
            return f"unix:{draw.text(source, words.PATHS)}"
        case "fd":
            return f"fd:{draw.text(source, words.NAMES)}"
        case _:
            return f"exec:{draw.text(source, words.COMMANDS)}"


def _option(source: Source) -> str:
    match source.below(4):
        case 0:
            return f"{source.choice(words.NUMBER_OPTIONS)}={source.choice(words.NUMBERS)}"
        case 1:
            return f"{source.choice(words.FLAG_OPTIONS)}={source.choice(words.BOOLEANS)}"
        case 2:
            return source.choice(words.ODD_OPTIONS)
        case _:
            return f"id={source.choice(words.IDS)}"


def channels(source: Source, kind: str, release: Release) -> JsonValue:
    """Make a value of `channels`, of a kind: valid in one of three cases, else with an edit or two."""
    writer = release if release.transports and source.below(8) else LATEST
    made = channels_to_qmp(draw.channels(source, kind, writer), release=writer)
    way = source.below(64)
    if way < 22:
        return made
    if way == 62:
        return _deadly(source, made)
    edited = edit_json(source, made)
    return edit_json(source, edited) if way < 30 else edited


def _deadly(source: Source, made: list[JsonValue]) -> JsonValue:
    """Make of valid channels some of which QEMU dies: no program to run, or no main channel."""
    channel = source.choice(made)
    assert isinstance(channel, dict)  # as it was written
    if source.below(2):
        return [{"channel-type": "main", "addr": {"transport": "exec", "args": []}}, *made[1:]]
    return [{**channel, "channel-type": "cpr"}]


def command(source: Source, kind: str, release: Release) -> JsonValue:
    """Make a whole command: one that is written for an address, or one put together of forms and flags."""
    if source.below(3) == 0:
        try:
            made: JsonValue = command_to_qmp(draw.command(source, kind, release), release=release)
        except InexpressibleError:
            made = _together(source, kind, release)
    else:
        made = _together(source, kind, release)
    if source.one_in(256):
        return source.choice(words.WRONG)
    return edit_json(source, made) if source.below(3) == 0 else made


def _together(source: Source, kind: str, release: Release) -> JsonObject:
    name = source.choice(words.EXECUTE)
    arguments: JsonObject = {}
    forms = source.below(32) if name != "migrate-recover" or source.one_in(4) else 0
    if forms < 16 or forms in (29, 30):
        arguments["uri"] = uri(source, kind, release)
    if 16 <= forms < 30:
        arguments["channels"] = channels(source, kind, release)
    elif forms == 30 or (forms == 31 and source.below(2)):
        arguments["channels"] = []
    for flag in _FLAGS:
        if source.one_in(8):
            arguments[flag] = source.choice(_BOTH)
    made: JsonObject = {"execute": name, "arguments": arguments}
    if not arguments and source.below(2):
        del made["arguments"]
    if source.below(4) == 0:
        made["id"] = source.choice(_IDS)
    elif forms == 31 or source.below(2):
        made["id"] = f"libvirt-{source.below(1 << 24)}"
    return made


_MAKERS: Final[dict[Form, Callable[[Source, str, Release], JsonValue]]] = {
    Form.URI: uri,
    Form.CHANNELS: channels,
    Form.COMMAND: command,
}
