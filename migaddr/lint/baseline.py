"""Findings that a project knows of and lives with: a file lists them, and only new ones are reported.

A finding is known by its path, its code and the text of its line, blanks apart: it may move, and others may
come and go around it. Two on lines of the same text are counted.

{"format": 1, "findings": [{"path": "vm.py", "code": "MIG101", "line": "vm.migrate(...)", "count": 1}, ...]}
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias, final

from migaddr import carets
from migaddr.errors import MigaddrError
from migaddr.lint.findings import Finding
from migaddr.lint.places import Lines
from migaddr.lint.report import Result, shown

_FORMAT: Final = 1
_HEAD: Final = f'{{"format": {_FORMAT}, "findings": ['

Known: TypeAlias = tuple[str, str, str]
"""Path below the baseline's directory, code, line."""


@final
class BaselineError(MigaddrError):
    """A baseline that cannot be used."""

    path: Final[str]
    reason: Final[str]

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return carets.printable(f"{self.path}: {self.reason}")


@final
class Baseline:
    """What is known already."""

    def __init__(self, path: str, known: Counter[Known]) -> None:
        self._base = os.path.dirname(os.path.abspath(path))
        self._known = known

    def new(self, path: str, data: bytes, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
        """Leave out the findings of a source that are known."""
        if not self._known:
            return findings
        left: Counter[Known] = Counter()
        kept = []
        for finding, known in zip(findings, self.known(path, data, findings), strict=True):
            left[known] += 1
            if left[known] > self._known[known]:
                kept.append(finding)
        return tuple(kept)

    def known(self, path: str, data: bytes, findings: Sequence[Finding]) -> list[Known]:
        """Tell by what each finding would be known."""
        lines, name = Lines(data), self._name(path)
        texts = (lines.around(one.line, one.column) for one in findings)
        return [
            (name, one.code, " ".join(shown(text).split())) for one, text in zip(findings, texts, strict=True)
        ]

    def gone(self, results: Iterable[Result]) -> int:
        """Count what is known of these sources and no longer found in them; `results` hold all findings."""
        found: Counter[Known] = Counter()
        names = set()
        for one in results:
            names.add(self._name(one.path))
            found.update(self.known(one.path, one.data, one.findings))
        return sum((Counter({k: n for k, n in self._known.items() if k[0] in names}) - found).values())

    def _name(self, path: str) -> str:
        return shown(os.path.relpath(os.path.abspath(path), self._base))


def read_baseline(path: str) -> Baseline:
    """Read a baseline.

    :raises BaselineError: it cannot be read, or is none.
    """
    try:
        with open(path, encoding="utf-8") as file:
            value: object = json.load(file)
    except FileNotFoundError:
        raise BaselineError(path, "there is none yet; --write-baseline makes it") from None
    except OSError as error:
        raise BaselineError(path, error.strerror or str(error)) from None
    except (ValueError, RecursionError) as error:
        raise BaselineError(path, f"is no baseline: {error}") from None
    if not isinstance(value, dict) or value.get("format") != _FORMAT:
        raise BaselineError(path, f'is no baseline of this migaddr: "format" must be {_FORMAT}')
    rows = value.get("findings")
    if not isinstance(rows, list):
        raise BaselineError(path, 'is no baseline: "findings" must be a list')
    known: Counter[Known] = Counter()
    for index, row in enumerate(rows):
        members = [row.get(name) for name in ("path", "code", "line")] if isinstance(row, dict) else [None]
        count = row.get("count") if isinstance(row, dict) else None
        if not all(isinstance(member, str) for member in members) or type(count) is not int or count < 1:
            reason = f"is no baseline: findings[{index}] must have path, code and line, and a count from 1"
            raise BaselineError(path, reason)
        name, code, line = map(str, members)
        known[name, code, line] += count
    return Baseline(path, known)


def is_baseline(data: bytes) -> bool:
    """Tell whether a source is a baseline: the lines that it knows are not its own."""
    return data.startswith(_HEAD.encode())


def baseline_text(path: str, results: Iterable[Result]) -> str:
    """Write the baseline that knows all findings, for the file `path`."""
    empty = Baseline(path, Counter())
    known: Counter[Known] = Counter()
    for one in results:
        known.update(empty.known(one.path, one.data, one.findings))
    rows = [
        json.dumps({"path": name, "code": code, "line": line, "count": count}, ensure_ascii=False)
        for (name, code, line), count in sorted(known.items())
    ]
    return _HEAD + ",".join(f"\n  {row}" for row in rows) + "\n]}\n"
