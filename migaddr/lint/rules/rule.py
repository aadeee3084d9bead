"""What a rule is, and what it is given: an address, read by each release that the code shall run with.

A rule restates no fact: it asks `parse_uri`, `uri_surprises` and the release data.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeAlias, final

import attrs

from migaddr.errors import ParseError
from migaddr.lint.addresses import Form, Found
from migaddr.lint.find.text import Beside
from migaddr.lint.find.values import HOLE, Hole
from migaddr.lint.findings import Fix, Severity
from migaddr.lint.rules.facts import Why
from migaddr.model import MigrateAddress
from migaddr.releases import RELEASES, Release
from migaddr.uri import parse_uri, uri_surprises
from migaddr.uri.trace import Surprise

_PROBE: Final = {"fd": "x", "exec": "x"}
_ANY_PROBE: Final = "1"
_NEAR: Final = 4000  # bytes before an address in which a variable is set
_F_STRING: Final = re.compile(rb"(?i:f|fr|rf)[\"']")


@final
@attrs.frozen
class Targets:
    """The QEMU releases that the code shall run with."""

    releases: tuple[Release, ...] = RELEASES
    chosen: bool = False
    """Somebody said so; if not, they are all that migaddr knows."""


@final
@attrs.frozen
class Suggestion:
    """How to mend a part of an address: `text[start:end]` becomes `replacement`."""

    start: int
    end: int
    replacement: str
    safe: bool
    description: str
    also: tuple[tuple[int, int, str], ...] = ()
    """Further parts of the same mend."""


@final
@attrs.frozen
class Problem:
    """What a rule has to say about `text[start:end]` of an address."""

    start: int
    end: int
    message: str
    severity: Severity | None = None
    """None: the rule's own."""
    fix: Suggestion | Fix | None = None
    """How to mend it, in the address or in the source."""
    place: tuple[int, int] | None = None
    """Where in the source, if it is not in the address itself."""

    @staticmethod
    def at(beside: Beside, message: str, severity: Severity | None = None, fix: Fix | None = None) -> Problem:
        """Make a problem of what stands beside an address."""
        return Problem(0, 0, message, severity, fix, (beside.start, beside.end))


@final
@attrs.define
class Subject:
    """An address as the rules see it."""

    found: Found
    targets: Targets
    data: bytes = b""
    """The whole source."""
    language: str = "text"
    # by the identity of the release: to hash one costs more than to read an address
    _read: dict[int, MigrateAddress | ParseError] = attrs.field(factory=dict)
    _surprises: dict[int, tuple[Surprise, ...]] = attrs.field(factory=dict)

    @property
    def text(self) -> str:
        """The text of the address, with HOLE for what is not known."""
        return self.found.template.text

    def before(self, most: int) -> str:
        """Give what stands before the address, at most so many bytes."""
        start = self.found.start
        return self.data[max(0, start - most) : start].decode("utf-8", "surrogateescape")

    def written(self, hole: Hole) -> str:
        """Give what makes a hole, as written: `%s`, `{host}`, `$HOST`."""
        return self.data[hole.start : hole.end].decode("utf-8", "surrogateescape")

    def is_placeholder(self, hole: Hole) -> bool:
        """Tell whether a hole is made by a mark within a literal, and not by an operand beside it."""
        return self.written(hole)[:1] in ("%", "{", "$", "#")

    def assigned(self, name: str) -> str:
        """Give what a variable was last set to before, near by, as written; empty where that is not seen."""
        if not name.isidentifier():
            return ""
        found = re.findall(rf"(?<![\w.$]){name}[ \t]*:?=(?!=)([^\n]*)", self.before(_NEAR))
        return found[-1] if found else ""

    def in_f_string(self, hole: Hole) -> bool:
        """Tell whether a hole is a replacement field of Python's f"..."."""
        for start, end in self.found.template.atoms:
            if start < hole.start and hole.end < end:
                return _F_STRING.match(self.data, start) is not None
        return False

    @property
    def shown_text(self) -> str:
        """The text, or where a structure stands for it, that as written."""
        return self.found.text if self.text == HOLE else self.text

    @property
    def in_one_literal(self) -> bool:
        """Whether the address is written in one piece."""
        template = self.found.template
        return template.place(0, len(template.text)) == (template.starts[0], template.ends[-1])

    @property
    def is_bare_word(self) -> bool:
        """Whether a shell would read special characters in it."""
        if self.language not in ("shell", "make"):
            return False
        return self.data[max(0, self.found.start - 1) : self.found.start] not in (b"'", b'"')

    @property
    def given_to_qemu(self) -> bool:
        """Whether QEMU itself, and not libvirt, is certain to read it."""
        sink = self.found.sink
        return sink in ("-incoming", "--incoming") or sink.startswith("QMP ") or self.found.carrier == "hmp"

    @property
    def scheme(self) -> str:
        """What stands before the first colon."""
        return self.text.partition(":")[0]

    @property
    def rest(self) -> str:
        """What stands behind the first colon."""
        return self.text.partition(":")[2]

    @property
    def is_template(self) -> bool:
        """Whether it has holes."""
        return HOLE in self.text

    @property
    def is_address(self) -> bool:
        """Whether there is a text to judge, and QEMU is what reads it."""
        return self.found.form in (Form.LITERAL, Form.TEMPLATE)

    @property
    def probe(self) -> str:
        """The text with something harmless in each hole; every place is the same in both."""
        return self.text.replace(HOLE, _PROBE.get(self.scheme, _ANY_PROBE))

    def holes(self) -> Iterator[tuple[int, Hole]]:
        """Give the holes in order of place."""
        return iter(sorted(self.found.template.holes.items()))

    def touches_hole(self, start: int, end: int) -> bool:
        """Tell whether a part has a hole in it or beside it, and so may be something else at run time."""
        return HOLE in self.text[max(0, start - 1) : end + 1]

    def read(self, release: Release) -> MigrateAddress | ParseError:
        """Read the probe as a release does."""
        if id(release) not in self._read:
            try:
                self._read[id(release)] = parse_uri(self.probe, release)
            except ParseError as error:
                self._read[id(release)] = error
        return self._read[id(release)]

    def faults(self) -> list[tuple[Release, ParseError]]:
        """List the target releases that refuse it, with their words."""
        return [(r, e) for r in self.targets.releases if isinstance(e := self.read(r), ParseError)]

    def addresses(self) -> list[MigrateAddress]:
        """List what the target releases that take it read in it."""
        return [a for r in self.targets.releases if not isinstance(a := self.read(r), ParseError)]

    def surprises(self, *codes: str) -> list[tuple[Release, Surprise]]:
        """List the surprises of these kinds, each with the first target release that has it."""
        seen: dict[tuple[str, int, int], tuple[Release, Surprise]] = {}
        for release in self.targets.releases:
            if id(release) not in self._surprises:
                self._surprises[id(release)] = uri_surprises(self.probe, release)
            for surprise in self._surprises[id(release)]:
                if surprise.code in codes:
                    seen.setdefault((surprise.code, surprise.start, surprise.end), (release, surprise))
        return list(seen.values())


@final
@attrs.frozen
class Example:
    """A source, for the documentation and as a test."""

    source: str
    language: str = "python"
    targets: str = ""
    """`8.2..11.1`; empty for all."""
    fixed: str | None = None
    """What all fixes, safe and suggested, make of a bad one."""


Check: TypeAlias = Callable[[Subject], Iterator[Problem]]
Scan: TypeAlias = Callable[[bytes, str, Targets], Iterator[Problem]]
"""Looks for what is no address, in a whole source and its language; problems have a place."""


def no_address(_: Subject) -> Iterator[Problem]:
    """Check nothing: the check of a rule that does not judge addresses."""
    return iter(())


@final
@attrs.frozen
class Rule:
    """One rule."""

    code: str
    name: str
    severity: Severity
    summary: str
    """One sentence: what it catches."""
    why: Why
    """What QEMU does, with what proves it, and what to do."""
    bad: tuple[Example, ...]
    good: tuple[Example, ...]
    check: Check = attrs.field(repr=False, default=no_address)
    scan: Scan | None = attrs.field(repr=False, default=None)
    on: bool = True
    """Whether it is on by default."""
    dialects: frozenset[str] = frozenset({"qemu", "stratovirt"})

    @property
    def rationale(self) -> str:
        """Why, as one text."""
        return " ".join(str(sentence) for sentence in self.why)


def releases_text(releases: Sequence[Release]) -> str:
    """Name releases for a message: `QEMU 9.1 to 11.1`."""
    if len(releases) == 1:
        return f"QEMU {releases[0]}"
    return f"QEMU {releases[0]} to {releases[-1]}"
