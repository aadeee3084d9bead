"""Workflow commands of GitHub Actions: annotations on the lines of a pull request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from migaddr.lint.findings import Severity
from migaddr.lint.report import Result, shown

_LEVELS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def write(results: Sequence[Result]) -> str:
    """Write all findings."""
    rows = []
    for one in results:
        for found in one.findings:
            place = f"file={_property(shown(one.path))},line={found.line},endLine={found.end_line}"
            if found.line == found.end_line:  # columns of two lines would be refused
                place += f",col={found.column},endColumn={found.end_column}"
            title = _property(f"{found.code} {found.name}")
            message = _data(shown(found.message))
            rows.append(f"::{_LEVELS[found.severity]} {place},title={title}::{message}\n")
    return "".join(rows)
