"""What every target does: it takes bytes apart, and hands its law to atheris."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Callable
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


def drawn(*laws: Any) -> Law:
    """Make one law of several that draw: the first byte chooses, Hypothesis draws from the rest."""
    from hypothesis import settings

    settings.register_profile("fuzz", database=None, deadline=None)
    settings.load_profile("fuzz")
    tries: list[Callable[[bytes], object]] = [
        settings(settings.get_profile("fuzz"))(law).hypothesis.fuzz_one_input for law in laws
    ]

    def law(data: bytes) -> object:
        return tries[(data[0] if data else 0) % len(tries)](data[1:])

    return law


def fuzz(law: Law) -> None:
    """Run as libFuzzer does, with its options: corpus folders, -runs=, -max_total_time=, -dict=."""
    atheris.Setup(sys.argv, law)
    atheris.Fuzz()
