"""Judges the addresses of one source: finds them, asks every rule, and turns what it says into findings."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Final

from migaddr.lint.addresses import Form, Found
from migaddr.lint.find.finder import find_addresses
from migaddr.lint.find.vocabulary import Confidence
from migaddr.lint.findings import Edit, Finding, Fix
from migaddr.lint.places import Lines
from migaddr.lint.rules import RULES
from migaddr.lint.rules.rule import Problem, Rule, Subject, Suggestion, Targets

LEAST: Final = Confidence.LIKELY
"""How sure the finder must be of an address that is judged, if nobody says otherwise."""

# `tcp:[host]:port[,to=maxport]`, `exec:...`, Texinfo's `unix:@var{path}`: how to write an address, and none
_NOTATION = re.compile(r"\[,|@\w+\{|:/*\s*(?:\.\.\.|\u2026)")


def judge(
    data: bytes,
    language: str,
    path: str = "",
    targets: Targets | None = None,
    codes: Collection[str] | None = None,
    least: Confidence = LEAST,
    addresses: Iterable[Found] | None = None,
) -> tuple[Finding, ...]:
    """Give the findings in a source, in order of place; `codes` are the rules to ask (None: those on).

    `addresses` are those in the source (None: what the finder finds).
    """
    targets = targets or Targets()
    lines = Lines(data)
    rules = [rule for rule in RULES.values() if (rule.on if codes is None else rule.code in codes)]
    findings: set[Finding] = set()
    for found in find_addresses(data, language, path) if addresses is None else addresses:
        subject = Subject(found, targets, data, language)
        if found.confidence < least or _is_notation(subject):
            continue
        for rule in rules:
            if found.dialect in rule.dialects:
                for problem in _problems(rule, subject):
                    place = problem.place or _place(found, problem.start, problem.end)
                    findings.add(_finding(rule, problem, place, lines, subject))
    for rule in rules:
        if rule.scan is not None and addresses is None:
            scanned = rule.scan(data, language, targets)
            findings.update(_finding(rule, problem, problem.place or (0, 0), lines) for problem in scanned)
    return tuple(sorted(findings, key=lambda f: (f.start, f.end, f.code)))


def _is_notation(subject: Subject) -> bool:
    """Tell whether it says how to write an address: `tcp:<host>:<port>`."""
    if _NOTATION.search(subject.text) is not None:
        return True
    return any(subject.written(hole).startswith("<") for _, hole in subject.holes())


def _problems(rule: Rule, subject: Subject) -> Iterator[Problem]:
    if subject.found.form is Form.VARIABLE and not subject.found.beside:
        return
    yield from rule.check(subject)


def _finding(
    rule: Rule, problem: Problem, place: tuple[int, int], lines: Lines, subject: Subject | None = None
) -> Finding:
    start, end = place
    line, column = lines.position(start)
    end_line, end_column = lines.position(end)
    return Finding(
        code=rule.code,
        name=rule.name,
        severity=rule.severity if problem.severity is None else problem.severity,
        message=problem.message,
        line=line,
        column=column,
        end_line=end_line,
        end_column=end_column,
        start=start,
        end=end,
        text=lines.data[start:end].decode("utf-8", "surrogateescape"),
        fix=_fix(subject, problem.fix),
    )


def _place(found: Found, start: int, end: int) -> tuple[int, int]:
    length = len(found.template.text)
    start = min(start, length - 1)
    return found.template.place(start, min(max(end, start + 1), length))


def _fix(subject: Subject | None, suggestion: Suggestion | Fix | None) -> Fix | None:
    """Turn a suggestion into edits; None where the part is not written as it reads."""
    if suggestion is None or isinstance(suggestion, Fix):
        return suggestion
    assert subject is not None  # what is found in a source as a whole brings its own edits
    edits = []
    for start, end, replacement in (
        (suggestion.start, suggestion.end, suggestion.replacement),
        *suggestion.also,
    ):
        template = subject.found.template
        place = template.starts[start], template.ends[end - 1]
        written = subject.data[place[0] : place[1]].decode("utf-8", "surrogateescape")
        hole = template.holes.get(start) if end == start + 1 else None
        if hole is None and written != template.text[start:end]:
            return None
        if hole is not None and not subject.is_placeholder(hole):
            return None
        edits.append(Edit(*place, replacement))
    return Fix(tuple(sorted(edits, key=lambda e: e.start)), suggestion.safe, suggestion.description)
