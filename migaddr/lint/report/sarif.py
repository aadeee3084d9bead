"""SARIF 2.1.0, which GitHub code scanning and GitLab read."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from migaddr import __version__
from migaddr.lint.findings import Finding, Severity
from migaddr.lint.places import Lines
from migaddr.lint.report import Result, shown
from migaddr.lint.rules import RULES
from migaddr.lint.rules.page import page

_LEVELS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def write(results: Sequence[Result]) -> str:
    """Write one run with all findings and the rules that they are of."""
    codes = sorted({finding.code for one in results for finding in one.findings})
    index = {code: number for number, code in enumerate(codes)}
    rows = []
    for one in results:
        lines = Lines(one.data)
        rows += [_result(one, lines, finding, index) for finding in one.findings]
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "migaddr",
                        "semanticVersion": __version__,
                        "rules": [_rule(code) for code in codes],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": rows,
            }
        ],
    }
    return json.dumps(log, indent=2) + "\n"


def _rule(code: str) -> dict[str, object]:
    rule = RULES[code]
    return {
        "id": code,
        "name": rule.name,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.rationale},
        "help": {"text": rule.rationale, "markdown": page(rule)},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
    }


def _result(one: Result, lines: Lines, finding: Finding, index: dict[str, int]) -> dict[str, object]:
    text = lines.around(finding.line, finding.column).strip()
    print_of = f"{finding.code}\0{shown(one.path)}\0{shown(text)}"
    row: dict[str, object] = {
        "ruleId": finding.code,
        "ruleIndex": index[finding.code],
        "level": _LEVELS[finding.severity],
        "message": {"text": shown(finding.message)},
        "locations": [
            {"physicalLocation": {"artifactLocation": _artifact(one.path), "region": _region(finding)}}
        ],
        "partialFingerprints": {"migaddr/v1": hashlib.sha256(print_of.encode()).hexdigest()[:32]},
    }
    if finding.fix is not None:
        replacements = []
        for edit in finding.fix.edits:
            line, column = lines.position(edit.start)
            end_line, end_column = lines.position(edit.end)
            region = {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}
            replacements.append({"deletedRegion": region, "insertedContent": {"text": edit.replacement}})
        change = {"artifactLocation": _artifact(one.path), "replacements": replacements}
        row["fixes"] = [{"description": {"text": finding.fix.description}, "artifactChanges": [change]}]
    return row


def _artifact(path: str) -> dict[str, str]:
    path = os.path.normpath(path)
    return {
        "uri": ("file://" if os.path.isabs(path) else "") + quote(path.encode("utf-8", "surrogateescape"))
    }


def _region(finding: Finding) -> dict[str, int]:
    return {
        "startLine": finding.line,
        "startColumn": finding.column,
        "endLine": finding.end_line,
        "endColumn": finding.end_column,
    }
