"""One line a finding: `path:line:column: CODE message`."""

from __future__ import annotations

from collections.abc import Sequence

from migaddr.carets import printable
from migaddr.lint.findings import Finding
from migaddr.lint.report import Result, shown


def line(path: str, finding: Finding) -> str:
    """Write one finding."""
    where = f"{printable(shown(path))}:{finding.line}:{finding.column}"
    mark = "" if finding.fix is None else "[*] " if finding.fix.safe else "[?] "
    severity = finding.severity.name.lower()
    return f"{where}: {severity} {finding.code} {mark}{printable(shown(finding.message))}"


def write(results: Sequence[Result]) -> str:
    """Write all findings."""
    return "".join(f"{line(one.path, finding)}\n" for one in results for finding in one.findings)
