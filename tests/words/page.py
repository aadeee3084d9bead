"""A page: for each thing that is asked, what is answered, releases that answer alike together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import groupby
from pathlib import Path
from typing import NamedTuple, TypeAlias

from migaddr import RELEASES, InexpressibleError, MigaddrError, ParseError, Release, WireError

Way: TypeAlias = Callable[[Release], object]


class Asked(NamedTuple):
    """Something that is given, and the ways to ask about it."""

    given: str
    ways: Mapping[str, Way]


def each(work: Callable[..., object], *given: object, **options: object) -> Way:
    """Ask it of each release."""
    return lambda release: work(*given, release=release, **options)


def always(work: Callable[..., object], *given: object, **options: object) -> Way:
    """Ask it once, for it has nothing to do with the release."""
    return lambda _: work(*given, **options)


def answer(way: Way, release: Release) -> str:
    """Give what comes back, or what the error says."""
    try:
        value = way(release)
    except MigaddrError as error:
        said = str(error)
        for own in (
            f"for QEMU {release}:",
            f"this is {release}\n",
        ):  # else no two releases would answer alike
            said = said.replace(own, own.replace(str(release), "X"))
        span = f" {error.start}-{error.end} of {error.text!a:.30}" if isinstance(error, ParseError) else ""
        span = f" {type(error.address).__name__}" if isinstance(error, InexpressibleError) else span
        span = f" at {error.path!a}" if isinstance(error, WireError) else span
        return "\n    ".join([f"{type(error).__name__}{span}", *said.split("\n")])
    return "\n    ".join(map(ascii, value)) if isinstance(value, tuple) else ascii(value)


def entry(asked: Asked) -> str:
    """Write all about one thing."""
    lines = [f"== {asked.given}"]
    for name, way in asked.ways.items():
        answers = [(answer(way, release), release) for release in RELEASES]
        for said, group in groupby(answers, lambda pair: pair[0]):
            known = [str(release) for _, release in group]
            span = (
                "" if len(known) == len(RELEASES) else " " + " to ".join(dict.fromkeys((known[0], known[-1])))
            )
            lines.append(f"{name}{span}: {said}")
    return "\n".join(lines) + "\n"


def written(asked: Iterable[Asked]) -> str:
    """Write a page."""
    return "".join(map(entry, asked))


def file_of(name: str) -> Path:
    """Give where a page is kept."""
    return Path(__file__).with_name(f"{name}.txt")


def kept(name: str) -> dict[str, str]:
    """Read a page: the entry of each thing."""
    entries = file_of(name).read_text("utf-8").split("\n== ")
    return {
        one.partition("\n")[0].removeprefix("== "): one.removeprefix("== ").rstrip("\n") for one in entries
    }
