"""Finds every migration address in a source text. Texts come in as bytes; nothing here touches a file."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Final, final

import attrs

from migaddr.lint.addresses import Form, Found
from migaddr.lint.find.hits import channel_types, hits, schemes
from migaddr.lint.find.text import Sighting, sightings
from migaddr.lint.find.values import HOLE, Hole, Value, literal
from migaddr.lint.find.vocabulary import (
    ADDRESS_START,
    Confidence,
    Direction,
    judge_name,
    speaks_of_guests,
    speaks_of_migration,
)
from migaddr.lint.places import Lines

TEXT: Final = "text"
_CODE_LIMIT: Final = 4 << 20  # larger files are data: they are read as text

_PROSE: Final = (".md", ".markdown", ".rst", ".txt", ".adoc", ".texi", ".pod", ".html")

_CLOUD_HYPERVISOR: Final = (b"destination_url", b"receiver_url", b"send-migration", b"receive-migration")
_LIBVIRT: Final = re.compile(rb"(?i)libvirt|virsh|migrateToURI")
_MONITOR: Final = re.compile(rb"(?i)-incoming\b|qmp|hmp|monitor")

# what people and templates write where a value goes, in texts that no grammar reads
_SOFT = re.compile(
    r"\$\{\{.*?\}\}|\{\{.*?\}\}|\$\{[^{}]*\}|\$\([^()]*\)|\$[A-Za-z_@*]\w*|\$[0-9]|@[A-Z_]+@"
    r"|<[^<>\s]+>|<[A-Za-z][\w \-]{0,40}>"
    r"|%\([a-z_]\w*\)[sdu]|%[sdu]\b|(?<![$\w])\{[\w.\[\]]*(?:![rsa])?\}|ENTER\.[A-Z0-9.\-]+"
)
_SOFT_IN_EXEC = re.compile(r"\$\{\{.*?\}\}|\{\{.*?\}\}|%\([a-z_]\w*\)[sdu]|(?<!\+)%[sd]\b|(?<![$\w])\{\w*\}")


def find_addresses(data: bytes, language: str = TEXT, path: str = "") -> tuple[Found, ...]:
    """Find the migration addresses in a source, in order of place.

    `language` is one of `grammars.LANGUAGES` or `text`; `path` is only read as a hint.
    """
    lines = Lines(data)
    guests: bool | None = None
    found: dict[tuple[int, int], Found] = {}
    for candidate in _candidates(data, language, path):
        one = _found(candidate, lines)
        if one is None:
            continue
        if _needs_guests(one):
            if guests is None:
                guests = speaks_of_guests(data)
            if not guests:
                continue
        key = (one.start, one.end)
        if key not in found or found[key].confidence < one.confidence:
            found[key] = one
    result = _without_nested(sorted(found.values(), key=lambda f: (f.start, -f.end)))
    return tuple(map(_Dialects(data).of, result))


def _needs_guests(one: Found) -> bool:
    """Tell whether something is an address in a file on virtual machines alone: databases migrate as well.

    `file://migrations` can be a URL of anything, an `incoming_uri` that of a web hook.
    """
    text, sink = one.template.text, one.sink
    if sink.startswith(("-", "QMP")) or one.dialect == "cloud-hypervisor":
        return False
    if sink == "prose":
        return text.startswith(("tcp:", "unix:", "file:")) or "://" in text
    if text.startswith("file://"):
        return judge_name(sink)[0] is not Confidence.CERTAIN
    return "incoming" in sink.lower() and "migr" not in sink.lower()


@final
class _Dialects:
    """Tells QEMU's spelling from others that look the same, by what else is in the file.

    libvirt takes `tcp:host`, without slashes, as well: so it is meant in a file that speaks to libvirt alone.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data

    @functools.cached_property
    def stratovirt(self) -> bool:
        return b"tratoVirt" in self._data and b"qemu" not in self._data.lower()

    @functools.cached_property
    def cloud_hypervisor(self) -> bool:
        return any(key in self._data for key in _CLOUD_HYPERVISOR)

    @functools.cached_property
    def libvirt(self) -> bool:
        return _LIBVIRT.search(self._data) is not None and _MONITOR.search(self._data) is None

    def of(self, one: Found) -> Found:
        """Give what was found in the dialect that it is written in."""
        if one.dialect != "qemu":
            return one
        if self.stratovirt:
            return attrs.evolve(one, dialect="stratovirt")
        if one.sink == "prose" and self.cloud_hypervisor:
            return attrs.evolve(one, dialect="cloud-hypervisor")
        if one.form is Form.VARIABLE or one.template.text.startswith(("tcp:", "rdma:")):
            sure = one.sink.startswith(("QMP", "-"))
            if "migrateuri" in one.sink or (not sure and self.libvirt):
                return attrs.evolve(one, dialect="libvirt")
        return one


def given_to(data: bytes, command: str) -> tuple[Found, ...]:
    """Take the whole of a text, if it is not empty, as one address that is given to `command`."""
    text = data.decode("utf-8", "surrogateescape").replace(HOLE, "\ufffd")
    direction = Direction.OUTGOING if command == "migrate" else Direction.INCOMING
    sink = command if command == "-incoming" else f"QMP {command}"
    sighting = Sighting(literal(text, 0), sink, Confidence.CERTAIN, direction, language="json")
    found = _found(sighting, Lines(data))
    return () if found is None else (found,)


def _candidates(data: bytes, language: str, path: str) -> Iterator[Sighting]:
    if language == TEXT or len(data) > _CODE_LIMIT or _is_too_deep(data, language):
        yield from _as_text(data, path)
        return
    places = sorted({*hits(data), *channel_types(data)} or set(_by_path(data, path)))
    if not places:
        return
    from migaddr.lint.find.code import CodeFinder, regions
    from migaddr.lint.find.grammars import parse

    tree = parse(data, language)
    if tree is None:
        yield from _as_text(data, path)
        return
    if language in ("make", "markdown"):
        for start, end, inner in regions(data, tree, language, places):
            yield from _shifted(data[start:end], start, inner, path)
            if inner == "shell":  # what is fenced as shell is often a session, with what the programs say
                yield from sightings(literal(_text(data[start:end]), start))
        return
    yield from CodeFinder(data, tree, language, path, places).find()


def _as_text(data: bytes, path: str) -> Iterator[Sighting]:
    yield from sightings(literal(_text(data), 0), prose=True, sentences=path.lower().endswith(_PROSE))


def _is_too_deep(data: bytes, language: str) -> bool:
    if language != "yaml":  # the grammars are not loaded for a word
        return False
    from migaddr.lint.find.grammars import is_too_deep

    return is_too_deep(data)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape").replace(HOLE, "\ufffd")


def _by_path(data: bytes, path: str) -> Iterator[int]:
    """Give the schemes in a file without a word of migration, if its name has one."""
    if speaks_of_migration(path.rpartition("/")[2]):
        yield from schemes(data)


def _shifted(data: bytes, start: int, language: str, path: str) -> Iterator[Sighting]:
    """Find in a part of a source, and tell the places in the whole."""
    for one in _candidates(data, language, path):
        beside = tuple(attrs.evolve(b, start=b.start + start, end=b.end + start) for b in one.beside)
        value = one.value
        holes = {
            at: attrs.evolve(hole, start=hole.start + start, end=hole.end + start)
            for at, hole in value.holes.items()
        }
        moved = Value(
            value.text,
            [at + start for at in value.starts],
            [at + start for at in value.ends],
            holes,
            tuple((a + start, b + start) for a, b in value.atoms),
        )
        yield attrs.evolve(one, value=moved, beside=beside)


def _found(one: Sighting, lines: Lines) -> Found | None:
    value = one.value
    form = one.form
    if form is None or form == "literal":
        value = _with_soft_holes(value)
        form = "template" if value.holes else "literal"
    if not value.text or one.confidence is Confidence.SILENT:
        return None
    start, end = value.place(0, len(value.text))
    if start == end:
        return None  # a broken file: the grammar put in what is missing
    if form == "template" and not value.text.replace(HOLE, "").strip("\"' "):
        form = "variable"
    line, column = lines.position(start)
    end_line, end_column = lines.position(end)
    return Found(
        line=line,
        column=column,
        end_line=end_line,
        end_column=end_column,
        start=start,
        end=end,
        dialect=one.dialect,
        form=Form(form),
        confidence=one.confidence,
        sink=one.sink,
        direction=one.direction,
        text=lines.data[start:end].decode("utf-8", "surrogateescape"),
        value=value.shown,
        template=value,
        carrier=one.language,
        beside=one.beside,
    )


def _with_soft_holes(value: Value) -> Value:
    """Make holes of what stands for a value: `${host}`, `<port>`, a `%s` that is formatted elsewhere."""
    match = ADDRESS_START.match(value.text)
    in_exec = match is not None and match["scheme"].lower() == "exec"
    pattern = _SOFT_IN_EXEC if in_exec else _SOFT
    if pattern.search(value.text) is None:
        return value
    text: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    holes: dict[int, Hole] = {}

    def keep(start: int, end: int) -> None:
        for at in range(start, end):
            if at in value.holes:
                holes[len(starts)] = value.holes[at]
            text.append(value.text[at])
            starts.append(value.starts[at])
            ends.append(value.ends[at])

    at = 0
    for soft in pattern.finditer(value.text):
        keep(at, soft.start())
        at = soft.end()
        place = value.starts[soft.start()], value.ends[at - 1]
        holes[len(starts)] = Hole(*place, soft[0].replace(HOLE, "{}"))
        text.append(HOLE)
        starts.append(place[0])
        ends.append(place[1])
    keep(at, len(value.text))
    return Value("".join(text), starts, ends, holes, value.atoms)


def _without_nested(found: list[Found]) -> list[Found]:
    """Drop what lies within another address: in channels, or in a command that is itself an address."""
    kept: list[Found] = []
    for one in found:
        last = kept[-1] if kept else None
        if last is not None and one.start < last.end:
            weaker = last.confidence < one.confidence or (
                last.form is Form.VARIABLE and one.form is not Form.VARIABLE and one.end <= last.end
            )
            if last.form is not Form.CHANNELS and weaker:
                kept[-1] = one
            continue
        kept.append(one)
    return kept
