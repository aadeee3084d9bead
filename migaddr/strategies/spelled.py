"""Texts: URIs in free spelling, near misses, anything like a URI, templates with holes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple, final

from hypothesis import strategies as st

from migaddr.errors import ParseError
from migaddr.generation import alphabets as words
from migaddr.generation import generate
from migaddr.generation.edits import TEXT_EDITS, TextEdit, edited
from migaddr.generation.source import Source
from migaddr.generation.spelling import spell
from migaddr.model import MigrateAddress
from migaddr.releases import LATEST, RELEASES, Release, ReleaseLike, as_release
from migaddr.strategies.addresses import Kind, addresses
from migaddr.strategies.texts import Drawn, any_texts, by_source, hostile_texts
from migaddr.uri import parse_uri, uri_parts
from migaddr.uri.trace import Part

_TRIES: Final = 10


def spellings(address: MigrateAddress, release: ReleaseLike = LATEST) -> st.SearchStrategy[str]:
    """Draw URIs that this release reads as this address; the simplest is that of `format_uri`.

    Empty where there is none: nothing can be drawn then.

    :raises UnknownReleaseError: as `Release.parse`.
    """
    known = as_release(release)
    if spell(_Simplest(), address, known) is None:
        return st.nothing()
    return by_source(lambda source: _spelled(source, address, known))


class _Simplest(Source):
    """Makes the simplest choices."""

    __slots__ = ()

    def below(self, count: int) -> int:  # noqa: ARG002 -- whatever it is
        """Choose 0."""
        return 0


def _spelled(source: Source, address: MigrateAddress, release: Release) -> str:
    text = spell(source, address, release)
    assert text is not None  # it is expressible
    return text


def uris(*kinds: Kind, release: ReleaseLike = LATEST) -> st.SearchStrategy[str]:
    """Draw URIs of these kinds, or of all, that the release reads, in free spelling.

    Options in any order, several times, negated and ignored ones; numbers in any base, offsets with suffixes;
    brackets, `addr=`, a second `tcp:`: whatever the release takes.

    :raises MigaddrError: there is no such kind of address.
    :raises UnknownReleaseError: as `Release.parse`.
    """
    known = as_release(release)
    return _uris(addresses(*kinds, release=known, expressible=True), known)


@st.composite
def _uris(draw: st.DrawFn, expressible: st.SearchStrategy[MigrateAddress], release: Release) -> str:
    return _spelled(Drawn(draw), draw(expressible), release)


@final
class NearMiss(NamedTuple):
    """A URI that a release refuses, one edit away from one that it reads."""

    uri: str
    valid: str
    """What it was before the edit."""
    edit: TextEdit
    at: int
    """The character at which it was edited."""
    piece: str
    """What came in, if something did."""
    release: Release
    error: ParseError
    """What migaddr raises for it: `error.qemu_message` is what QEMU says."""


def near_misses(*kinds: Kind, release: ReleaseLike = LATEST) -> st.SearchStrategy[NearMiss]:
    """Draw URIs that the release refuses, each one edit from one that it reads, of these kinds or of all.

    :raises MigaddrError: there is no such kind of address.
    :raises UnknownReleaseError: as `Release.parse`.
    """
    known = as_release(release)
    return _near_misses(uris(*kinds, release=known), known)


@st.composite
def _near_misses(draw: st.DrawFn, valid_ones: st.SearchStrategy[str], release: Release) -> NearMiss:
    valid = draw(valid_ones)
    source = Drawn(draw)
    for _ in range(_TRIES):
        edit = source.choice(TEXT_EDITS)
        at = len(valid) - source.below(len(valid) + 1)  # at the end first: a scheme is soon unknown
        piece = source.choice(words.PIECES) if edit in (TextEdit.INSERT, TextEdit.REPLACE) else ""
        miss = _miss(valid, edit, at, piece, release)
        if miss is not None:
            return miss
    miss = _miss(valid, TextEdit.CASE, 0, "", release)
    assert miss is not None  # no scheme has a capital letter
    return miss


def _miss(valid: str, edit: TextEdit, at: int, piece: str, release: Release) -> NearMiss | None:
    uri = edited(valid, edit, at, piece)
    try:
        parse_uri(uri, release)
    except ParseError as error:
        return NearMiss(uri, valid, edit, at, piece, release, error)
    return None


def any_uris() -> st.SearchStrategy[str]:
    """Draw texts that are URIs, or nearly, or something else: for no release in particular."""
    schemes = st.sampled_from([f"{scheme}:" for scheme in words.ODD_SCHEMES]) | st.sampled_from(words.BEFORE)
    rest = hostile_texts() | any_texts()
    return (
        by_source(_any_uri)
        | st.builds(lambda scheme, text: scheme + text, schemes, rest)
        | st.sampled_from(words.WHOLE)
    )


def _any_uri(source: Source) -> str:
    release = source.choice(RELEASES)
    return generate.uri(source, source.choice(generate.EVERY_KIND), release)


@final
class Template(NamedTuple):
    """A URI of which some parts are holes, which a program fills when it runs."""

    uri: str
    """The whole, as it is when the holes are filled."""
    holes: tuple[Part, ...]
    """The parts that are holes, from left to right, with their names and places in `uri`."""
    release: Release

    def written(self, hole: Callable[[Part], str]) -> str:
        """Write it, each hole as `hole` says: `lambda part: "%s"`. The text between is left as it is."""
        pieces: list[str] = []
        end = 0
        for part in self.holes:
            pieces += [self.uri[end : part.start], hole(part)]
            end = part.end
        return "".join([*pieces, self.uri[end:]])

    @property
    def values(self) -> tuple[str, ...]:
        """What fills the holes."""
        return tuple(self.uri[part.start : part.end] for part in self.holes)


def templates(*kinds: Kind, release: ReleaseLike = LATEST) -> st.SearchStrategy[Template]:
    """Draw templates of URIs of these kinds, or of all: one of its parts at least is a hole.

    :raises MigaddrError: there is no such kind of address.
    :raises UnknownReleaseError: as `Release.parse`.
    """
    known = as_release(release)
    return _templates(uris(*kinds, release=known), known)


@st.composite
def _templates(draw: st.DrawFn, whole: st.SearchStrategy[str], release: Release) -> Template:
    uri = draw(whole)
    parts = [part for part in uri_parts(uri, release) if part.end > part.start]
    first = draw(st.integers(0, len(parts) - 1))
    others = draw(st.lists(st.booleans(), min_size=len(parts), max_size=len(parts)))
    holes = tuple(part for at, part in enumerate(parts) if at == first or others[at])
    return Template(uri, holes, release)
