"""For people: the message, the line of the source with carets, what would mend it, and a summary."""

from __future__ import annotations

from collections.abc import Sequence

from migaddr.carets import printable, under
from migaddr.lint.places import Lines
from migaddr.lint.report import Result, shown
from migaddr.lint.report.concise import line


def write(results: Sequence[Result]) -> str:
    """Write all findings, and how many there are."""
    out: list[str] = []
    total = safe = suggested = 0
    for one in results:
        lines = Lines(one.data)
        for finding in one.findings:
            total += 1
            source = lines.line(finding.line)
            start = finding.column - 1
            end = finding.end_column - 1 if finding.end_line == finding.line else len(source)
            out += [line(one.path, finding), shown(under(source, start, max(end, start + 1)))]
            if finding.fix is not None:
                how = "--fix does it" if finding.fix.safe else "--unsafe-fixes does it"
                out.append(f"  help: {printable(shown(finding.fix.description))} ({how})")
                safe += finding.fix.safe
                suggested += not finding.fix.safe
            out.append("")
    files = sum(1 for one in results if one.findings)
    if total:
        fixes = (
            f"; {safe} can be fixed with --fix, {suggested} with --unsafe-fixes" if safe or suggested else ""
        )
        out.append(f"{total} finding{'s' * (total != 1)} in {files} file{'s' * (files != 1)}{fixes}")
    return "".join(f"{row}\n" for row in out)
