"""The documentation of the rules, made of the rules themselves."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import Final

from migaddr.lint.rules.facts import Data, Fact, Live, Row
from migaddr.lint.rules.rule import Example, Rule

_FENCES: Final = {"text": ""}
_LONGEST: Final = 60  # characters of a row that are shown


def page(rule: Rule) -> str:
    """Write the page of a rule, in Markdown."""
    state = "on by default" if rule.on else "off by default"
    parts = [
        f"# {rule.code}: {rule.name}\n",
        f"{rule.summary} {rule.severity.name.capitalize()}, {state}.\n",
        f"{textwrap.fill(rule.rationale, 110)}\n",
        "## Bad\n",
        *_examples(rule.bad),
        "## Good\n",
        *_examples(rule.good),
        *_proofs(rule),
    ]
    return "\n".join(parts)


def _proofs(rule: Rule) -> list[str]:
    """List what proves the facts."""
    rows = []
    for said in rule.why:
        if isinstance(said, Fact):
            proofs = "; ".join(dict.fromkeys(map(_proof, said.proofs)))
            row = f"* {said} {proofs}"
            rows += _filled(row)
    return ["## How it is known\n", "\n".join(rows) + "\n"] if rows else []


def _filled(row: str) -> list[str]:
    return textwrap.wrap(row, 110, subsequent_indent="  ", break_on_hyphens=False, break_long_words=False)


def _proof(proof: Row | Live | Data) -> str:
    match proof:
        case Row():
            given = "" if len(proof.given) > _LONGEST else f" `{proof.given}`"
            return f"[{proof.corpus}.json](../../tests/corpus/{proof.corpus}.json){given}"
        case Live():
            path, _, name = proof.name.partition("::")
            return f"[{name}](../../{path})"
        case Data():
            return "[the releases](../../migaddr/releases.py), held against each binary's schema"


def index(rules: Iterable[Rule]) -> str:
    """Write the list of all rules, in Markdown."""
    rows = [
        f"| [{rule.code}](rules/{rule.code}.md) "
        f"| {rule.name} | {rule.severity.name.lower()} | {_fixes(rule)} "
        f"| {rule.summary}{'' if rule.on else ' Off by default.'} |"
        for rule in rules
    ]
    head = ["# Rules of the linter\n", "| Code | Name | Severity | Fix | Catches |", "|" + " --- |" * 5]
    return "\n".join([*head, *rows]) + "\n"


def _fixes(rule: Rule) -> str:
    return "yes" if any(example.fixed is not None for example in rule.bad) else ""


def _examples(examples: Iterable[Example]) -> list[str]:
    parts = []
    for example in examples:
        if example.targets:
            parts.append(f"With the target releases {example.targets}:\n")
        parts.append(f"```{_FENCES.get(example.language, example.language)}\n{example.source}```\n")
        if example.fixed is not None:
            parts.append("Fixed:\n")
            parts.append(f"```{_FENCES.get(example.language, example.language)}\n{example.fixed}```\n")
    return parts
