"""One JSON array of objects, for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence

from migaddr.lint.report import Result, shown


def write(results: Sequence[Result]) -> str:
    """Write all findings."""
    rows = [
        {
            "path": shown(one.path),
            "code": finding.code,
            "name": finding.name,
            "severity": finding.severity.name.lower(),
            "message": finding.message,
            "line": finding.line,
            "column": finding.column,
            "end_line": finding.end_line,
            "end_column": finding.end_column,
            "text": shown(finding.text),
            "fix": None
            if finding.fix is None
            else {
                "safe": finding.fix.safe,
                "description": finding.fix.description,
                "edits": [
                    {"start": edit.start, "end": edit.end, "replacement": edit.replacement}
                    for edit in finding.fix.edits
                ],
            },
        }
        for one in results
        for finding in one.findings
    ]
    return json.dumps(rows, indent=2) + "\n"
