"""What every target does: it takes bytes apart, and hands its law to atheris."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import atheris

Law: TypeAlias = Callable[[bytes], object]
"""Takes what the fuzzer made, and raises where the law does not hold."""

_NEEDS_MORE = ("migaddr.cli", "migaddr.fuzz", "migaddr.proof", "migaddr.qmp_client", "migaddr.transport")
"""Rooms that no law is about."""


def load() -> None:
    """Import the package with its branches counted; what is imported first elsewhere, is not counted."""
    with atheris.instrument_imports(include=["migaddr"]):
        import migaddr

        for module in pkgutil.walk_packages(migaddr.__path__, "migaddr.", onerror=lambda _: None):
            if not module.name.startswith((*_NEEDS_MORE, "migaddr.__main__")):
                importlib.import_module(module.name)


def text_after(data: bytes, count: int) -> tuple[int, str]:
    """Take the first byte as a choice of `count`, the rest as text, with a code point for each stray byte."""
    return (data[0] if data else 0) % count, data[1:].decode("utf-8", "surrogateescape")


def inner(law: Any) -> Callable[..., None]:
    """Give the law itself, which Hypothesis would call with what it draws."""
    found: Callable[..., None] = law.hypothesis.inner_test
    return found


def drawn(law: Any) -> Law:
    """Make a law of one of Hypothesis, which draws from the bytes."""
    from hypothesis import settings

    settings.register_profile("fuzz", database=None, deadline=None)
    settings.load_profile("fuzz")
    found: Law = settings(settings.get_profile("fuzz"))(law).hypothesis.fuzz_one_input
    return found


def of_json(law: Any, *choices: Sequence[object]) -> Law:
    """Make a law of one of Hypothesis: a byte chooses each further argument, the rest is the first, as JSON.

    What draws from bytes comes to a whole address late; from the corpus, written as JSON, it is a byte away.
    """
    from migaddr import ParseError, parse_json

    tried = inner(law)

    def from_json(data: bytes) -> None:
        chosen, text = data[: len(choices)], data[len(choices) :]
        try:
            value = parse_json(text.decode("utf-8", "surrogateescape"))
        except ParseError:
            return
        tried(value, *(several[byte % len(several)] for several, byte in zip(choices, chosen, strict=True)))

    return from_json


def one_of(*laws: Law) -> Law:
    """Make one law of several: the first byte chooses."""

    def law(data: bytes) -> object:
        return laws[(data[0] if data else 0) % len(laws)](data[1:])

    return law


def fuzz(law: Law) -> None:
    """Run as libFuzzer does, with its options: corpus folders, -runs=, -max_total_time=, -dict=."""
    atheris.Setup(sys.argv, law)
    atheris.Fuzz()
