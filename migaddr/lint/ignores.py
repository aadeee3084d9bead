"""Comments that silence findings: `# migaddr: ignore[MIG102]`, in whatever comment the language has.

comment = "migaddr:" blank* "ignore" ["[" code *("," code) "]"]     ; without codes: all of the line
file    = "migaddr:" blank* "ignore-file" ["[" ... "]"]             ; anywhere: all of the file

It stands on the line of the finding, or alone on the line above. A code that is none, and a comment that
silences nothing, are findings themselves: MIG001 and MIG002.
"""

from __future__ import annotations

import re
from typing import Final, final

import attrs

from migaddr.lint.findings import Finding
from migaddr.lint.places import Lines
from migaddr.lint.rules import RULES
from migaddr.lint.rules.comments import UNKNOWN_CODE, UNUSED_IGNORE
from migaddr.lint.rules.rule import Rule

_COMMENT: Final = re.compile(
    rb"(?P<mark>#|//|/\*|--|;|<!--)[^\n]*?migaddr:[ \t]*ignore(?P<file>-file)?(?:\[(?P<codes>[^\]\n]*)\])?"
)
_ALONE: Final = re.compile(rb"\s*\Z")


@final
@attrs.frozen
class Applied:
    """What is left of the findings, and what was silenced."""

    kept: tuple[Finding, ...]
    silenced: tuple[Finding, ...]


@final
@attrs.define
class _Ignore:
    """One comment."""

    line: int | None
    """The line that it silences; None: all."""
    codes: frozenset[str] | None
    """None: all."""
    start: int
    end: int
    used: bool = False

    def silences(self, finding: Finding) -> bool:
        if self.codes is not None and finding.code not in self.codes:
            return False
        return self.line is None or finding.line <= self.line <= finding.end_line


def apply_ignores(findings: tuple[Finding, ...], data: bytes, codes: frozenset[str] | None = None) -> Applied:
    """Take the findings out that comments silence; add those on the comments themselves.

    `codes` are the rules that were asked: a comment for another one is not called unused.
    """
    if b"migaddr:" not in data:
        return Applied(findings, ())
    lines = Lines(data)
    ignores = [_read(match, lines) for match in _COMMENT.finditer(data)]
    kept: list[Finding] = []
    silenced: list[Finding] = []
    for finding in findings:
        silencing = [one for one in ignores if one.silences(finding)]
        for one in silencing:
            one.used = True
        (silenced if silencing else kept).append(finding)
    for one in ignores:
        kept += [fault for fault in _faults(one, lines, codes) if codes is None or fault.code in codes]
    return Applied(tuple(sorted(kept, key=lambda f: (f.start, f.end, f.code))), tuple(silenced))


def _read(match: re.Match[bytes], lines: Lines) -> _Ignore:
    line, column = lines.position(match.start())
    begin = match.start() - (column - 1)
    alone = _ALONE.match(lines.data[max(begin, 0) : match.start()]) is not None
    codes = None
    if match["codes"] is not None:
        written = match["codes"].decode("utf-8", "replace").split(",")
        codes = frozenset(code.strip() for code in written if code.strip())
    number: int | None = line + 1 if alone else line
    if match["file"]:
        number = None
    start = lines.data.index(b"migaddr:", match.start())
    return _Ignore(number, codes, start, match.end())


def _faults(one: _Ignore, lines: Lines, asked: frozenset[str] | None) -> list[Finding]:
    found = [
        _finding(UNKNOWN_CODE, f"there is no rule {code}", one, lines)
        for code in sorted((one.codes or frozenset()) - set(RULES))
    ]
    wanted = one.codes is None or asked is None or bool(one.codes & asked)
    if not one.used and not found and wanted:
        found.append(_finding(UNUSED_IGNORE, "this comment silences nothing", one, lines))
    return found


def _finding(rule: Rule, message: str, one: _Ignore, lines: Lines) -> Finding:
    line, column = lines.position(one.start)
    end_line, end_column = lines.position(one.end)
    text = lines.data[one.start : one.end].decode("utf-8", "surrogateescape")
    return Finding(
        rule.code,
        rule.name,
        rule.severity,
        message,
        line,
        column,
        end_line,
        end_column,
        one.start,
        one.end,
        text,
    )
