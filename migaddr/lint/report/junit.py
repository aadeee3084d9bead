"""JUnit's XML, which CI servers show as test results: a failed test case for each finding."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from migaddr.carets import printable
from migaddr.lint.report import Result, shown
from migaddr.lint.report.concise import line


def write(results: Sequence[Result]) -> str:
    """Write all findings."""
    total = sum(len(one.findings) for one in results)
    rows = [
        '<?xml version="1.0" encoding="UTF-8"?>\n',
        f'<testsuites tests="{max(total, 1)}" failures="{total}">\n',
        f'  <testsuite name="migaddr" tests="{max(total, 1)}" failures="{total}" errors="0">\n',
    ]
    for one in results:
        for found in one.findings:
            name = quoteattr(f"{found.code} {printable(shown(one.path))}:{found.line}:{found.column}")
            message = quoteattr(printable(shown(found.message)))
            file = quoteattr(printable(shown(one.path)))
            rows.append(f"    <testcase name={name} classname={quoteattr(found.code)} file={file}>\n")
            rows.append(f"      <failure message={message}>{escape(line(one.path, found))}</failure>\n")
            rows.append("    </testcase>\n")
    if not total:
        rows.append('    <testcase name="no findings" classname="migaddr"/>\n')
    rows.append("  </testsuite>\n</testsuites>\n")
    return "".join(rows)
