"""What the page shows of a text: all that migaddr can say of it, as JSON.

The page asks with one JSON object and shows the one that it gets; nothing here knows of a page. Texts to be
shown are printable, and texts to be copied are exact.
"""

from __future__ import annotations

import contextlib
import gc
import json
import platform
from collections.abc import Callable, Iterator
from typing import Final, TypedDict

import migaddr
from migaddr import InexpressibleError, MigaddrError, ParseError, Release, WireError, lint
from migaddr.cli.formats import FORMATS, URI, Value, detect, detect_text, is_json, read_text, write_value
from migaddr.cli.meanings import KINDS, MEANINGS
from migaddr.incoming import Defer
from migaddr.lint.fixing import apply_fixes
from playground.commands import Written, commands, written
from playground.parts import Group, Piece, channels_in, groups, pieces, uri_in
from playground.releases import Row, rows, span
from playground.shown import Marked, marked, printable

_TITLES: Final = {
    URI: "URI",
    "qmp": "QMP channels",
    "draft-v1": "Draft 1 of the channels",
    "draft-v2": "Draft 2",
    "draft-v3": "Draft 3",
    "draft-v4": "Draft 4",
    "rfc": "Proposal before the drafts",
    "hmp": "Human monitor",
    "incoming": "Option -incoming",
    "libvirt": "libvirt",
    "cloud-hypervisor": "Cloud Hypervisor",
    "stratovirt": "StratoVirt",
}
_OTHER_PROGRAMS: Final = ("libvirt", "cloud-hypervisor", "stratovirt")
_DIRECTIONS: Final = {"migrate": "where it sends", "migrate-incoming": "where it receives"}


class Named(TypedDict):
    """A format."""

    name: str
    title: str


class About(TypedDict):
    """What there is to choose from."""

    version: str
    python: str
    releases: list[str]
    """Newest first."""
    formats: list[Named]


class Request(TypedDict):
    """What the page asks."""

    text: str
    source: str | None
    """A format; None: as the text looks."""
    release: str


class Fault(TypedDict):
    """Why a text cannot be read."""

    reason: str
    place: Marked | None
    path: str
    hint: str | None
    qemu: str | None
    """What QEMU answers."""
    crashes: bool


class Surprise(TypedDict):
    """What some releases silently do."""

    span: str
    message: str
    place: Marked


class Mended(TypedDict):
    """A text with a finding mended."""

    description: str
    safe: bool
    text: str


class Finding(TypedDict):
    """What the linter says."""

    code: str
    name: str
    severity: str
    message: str
    when: str
    """Empty: always."""
    place: Marked
    fix: Mended | None


class Spelling(Written):
    """The same in another format."""

    name: str


class Answer(TypedDict):
    """All of it."""

    summary: str
    read_as: Named | None
    release: str
    read_by: str | None
    """The release that could read it, where the one asked for cannot."""
    others: list[Named]
    """Programs to which the text says something else."""
    fault: Fault | None
    pieces: list[Piece]
    channels: list[Group]
    releases: list[Row]
    surprises: list[Surprise]
    spellings: list[Spelling]
    commands: list[Written]
    findings: list[Finding]


def about() -> About:
    """Tell what this migaddr knows."""
    return {
        "version": migaddr.__version__,
        "python": platform.python_version(),
        "releases": [str(release) for release in reversed(migaddr.RELEASES)],
        "formats": [_named(name) for name in FORMATS],
    }


def about_json() -> str:
    """Give `about` as JSON."""
    return json.dumps(about())


def warm_up() -> None:
    """Answer one text of every kind, so that what is loaded late is there before somebody types."""
    for text in ("tcp:h:1,t", "migrate -d exec:x", "-incoming main,addr.transport=x", '{"uri": "fd:x"}', "{"):
        answer(text, None, str(migaddr.LATEST))
    gc.collect()
    gc.freeze()  # what is loaded stays: no collection need look at it again


def respond(request: str) -> str:
    """Answer one request, JSON to JSON; pure ASCII, so that a lone surrogate comes through."""
    asked: Request = json.loads(request)
    return json.dumps(answer(asked["text"], asked["source"], asked["release"]))


def answer(text: str, source: str | None, release: str) -> Answer:
    """Say everything of a text; `source` is a format of `migaddr convert`, None: as it looks.

    The end of the last line, which pasting brings along, is left away.

    :raises UnknownReleaseError: as `Release.parse`.
    """
    known = Release.parse(release)
    text = text.removesuffix("\n")
    result = _nothing(known)
    if not text.strip(" \t\n"):
        return result
    reading, read_as, value, error = _read(text, source, known)
    if error is not None:
        result["fault"] = _fault(error)
    if read_as is None and _seen_by_qemu(error):
        read_as = _looks_like(text, source)  # what no QEMU takes is still a URI, or a line
    result["findings"] = _findings(text, read_as)
    result["others"] = _others(text, source, value)
    place = None
    if read_as is not None:
        result["read_as"] = _named(read_as)
        result["read_by"] = str(reading) if error is not None and value is not None else None
        result["releases"] = rows(text, source, read_as)
        place = uri_in(text, read_as, value, reading)
        result["surprises"] = [] if place is None else _surprises(text, *place)
    if read_as is not None and value is not None:
        result["pieces"] = pieces(text, place, reading)
        result["channels"] = groups(value)
        result["commands"] = commands(value, known)
        result["spellings"] = [
            {"name": name, **written(_TITLES[name], _writer(value, name, known))} for name in FORMATS
        ]
    result["summary"] = " ".join(_sentences(result, value))
    return result


def _writer(value: Value, name: str, release: Release) -> Callable[[], migaddr.JsonValue]:
    def write() -> migaddr.JsonValue:
        text = write_value(value, name, release)
        if name == URI:
            with contextlib.suppress(InexpressibleError):
                return write_value(value, URI, None)  # which other releases read alike
        return text

    return write


def _nothing(release: Release) -> Answer:
    return {
        "summary": "",
        "read_as": None,
        "release": str(release),
        "read_by": None,
        "others": [],
        "fault": None,
        "pieces": [],
        "channels": [],
        "releases": [],
        "surprises": [],
        "spellings": [],
        "commands": [],
        "findings": [],
    }


def _named(name: str) -> Named:
    return {"name": name, "title": _TITLES[name]}


def _read(
    text: str, source: str | None, release: Release
) -> tuple[Release, str | None, Value | None, MigaddrError | None]:
    """Read it as the release does; where that cannot, as the newest that can."""
    first: MigaddrError | None = None
    for reading in (release, *reversed(migaddr.RELEASES)):
        try:
            read_as, value = read_text(text, source, reading)
        except MigaddrError as error:
            first = first or error
            continue
        return reading, read_as, value, first
    return release, None, None, first


def _seen_by_qemu(error: MigaddrError | None) -> bool:
    if not isinstance(error, (ParseError, WireError)):
        return False
    return error.qemu_message is not None or error.crashes_qemu


def _looks_like(text: str, source: str | None) -> str:
    if source is not None:
        return source
    return detect(migaddr.parse_json(text)) if is_json(text) else detect_text(text)


def _fault(error: MigaddrError) -> Fault:
    fault: Fault = {
        "reason": str(error),
        "place": None,
        "path": "",
        "hint": None,
        "qemu": None,
        "crashes": False,
    }
    if isinstance(error, (ParseError, WireError)):
        fault["reason"] = printable(error.reason)
        fault["hint"] = None if error.hint is None else "\n".join(map(printable, error.hint.split("\n")))
        fault["qemu"] = None if error.qemu_message is None else printable(error.qemu_message)
        fault["crashes"] = error.crashes_qemu
    if isinstance(error, ParseError):
        fault["place"] = marked(error.text, error.start, error.end)
    elif isinstance(error, WireError):
        fault["path"] = printable(error.path)
    return fault


def _others(text: str, source: str | None, value: Value | None) -> list[Named]:
    """Name the programs that read something else in a text of which nobody said whose it is."""
    if source is not None:
        return []
    qemu = None if value is None else channels_in(value)
    found: list[Named] = []
    for name in _OTHER_PROGRAMS:
        try:
            _, theirs = read_text(text, name, migaddr.LATEST)
        except MigaddrError:
            continue
        if channels_in(theirs) != qemu:
            found.append(_named(name))
    return found


def _surprises(text: str, start: int, end: int) -> list[Surprise]:
    """List what any release silently does, each surprise once with the releases that have it."""
    uri = text[start:end]
    having: dict[migaddr.Surprise, list[Release]] = {}
    for release in migaddr.RELEASES:
        for surprise in migaddr.uri_surprises(uri, release):
            having.setdefault(surprise, []).append(release)
    return [
        {
            "span": _spans(releases),
            "message": printable(one.message),
            "place": marked(text, start + one.start, start + one.end),
        }
        for one, releases in having.items()
    ]


def _spans(releases: list[Release]) -> str:
    """Name releases, those that follow each other together."""
    runs: list[list[Release]] = []
    order = migaddr.RELEASES
    for release in releases:
        if runs and order.index(release) == order.index(runs[-1][-1]) + 1:
            runs[-1].append(release)
        else:
            runs.append([release])
    return ", ".join(map(span, runs))


def _findings(text: str, read_as: str | None) -> list[Finding]:
    """Ask the linter: what is wrong with a URI alone on either side; with anything else as it stands."""
    if read_as in _OTHER_PROGRAMS:
        return []
    found: dict[lint.Finding, str] = {}
    if read_as == URI and not is_json(text):
        sides = {when: lint.check_address(text, command=name) for name, when in _DIRECTIONS.items()}
        both = set.intersection(*map(set, sides.values()))
        for when, findings in sides.items():
            found |= {one: "" if one in both else when for one in findings}
    else:
        found = dict.fromkeys(lint.check(text), "")
    return [_finding(text, one, when) for one, when in sorted(found.items(), key=lambda item: item[0].start)]


def _finding(text: str, finding: lint.Finding, when: str) -> Finding:
    bytes_like = "surrogateescape" if _is_bytes(text) else "surrogatepass"  # as the linter counts them
    data = text.encode("utf-8", bytes_like)
    start, end = (len(data[:at].decode("utf-8", bytes_like)) for at in (finding.start, finding.end))
    fix: Mended | None = None
    if finding.fix is not None:
        mended = apply_fixes(data, [finding], unsafe=True).decode("utf-8", bytes_like)
        fix = {
            "description": printable(finding.fix.description),
            "safe": finding.fix.safe,
            "text": mended,
        }
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity.name.lower(),
        "message": printable(finding.message),
        "when": when,
        "place": marked(text, start, end),
        "fix": fix,
    }


def _is_bytes(text: str) -> bool:
    try:
        text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False
    return True


def _sentences(answer: Answer, value: Value | None) -> Iterator[str]:
    """Say the most important of it, for who hears it."""
    title = answer["read_as"]["title"] if answer["read_as"] is not None else ""
    if isinstance(value, Defer):
        yield f"Read as {title}: the address comes later."
    elif value is not None:
        kinds = ", ".join(MEANINGS[KINDS[type(channel.addr)]] for channel in channels_in(value))
        yield f"Read as {title}: {kinds}."
    if answer["fault"] is not None and answer["read_as"] is None:
        yield f"Not readable: {answer['fault']['reason']}."
    elif answer["fault"] is not None:
        does = "crashes on this" if answer["fault"]["crashes"] else "cannot read this"
        yield f"QEMU {answer['release']} {does}: {answer['fault']['reason']}."
    if answer["read_by"] is not None:
        yield f"Shown is what QEMU {answer['read_by']} reads in it."
    for name, what in (("surprises", "surprise"), ("findings", "finding")):
        count = len(answer["surprises"] if name == "surprises" else answer["findings"])
        if count:
            yield f"{count} {what}{'' if count == 1 else 's'}."
