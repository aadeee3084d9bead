"""How findings are written: one file a format. Each is given all results and gives the whole text."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias, final

import attrs

from migaddr.lint.findings import Finding


@final
@attrs.frozen
class Result:
    """What was found in one source."""

    path: str
    data: bytes
    findings: tuple[Finding, ...]


Report: TypeAlias = Callable[[Sequence[Result]], str]

FORMATS: Final = ("text", "concise", "json", "github", "sarif", "junit")
"""The formats; each is a module here, whose `write` is a Report."""


def report(results: Sequence[Result], output: str) -> str:
    """Write findings in one of FORMATS."""
    write: Report = importlib.import_module(f"migaddr.lint.report.{output}").write
    return write(results)


def shown(path: str) -> str:
    """Give a path as text that any output takes; bytes that are no UTF-8 are escaped."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
