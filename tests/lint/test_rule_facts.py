"""Every sentence of a rule's page that says what QEMU does has proofs, and they are there.

Rows of the corpus are sent to real QEMU by tests/qemu, each and all; here the rows that a rule names are
looked up, and whether they say so. The tests that a rule names must start real QEMU.
"""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from migaddr import RELEASES
from migaddr.lint.rules import RULES
from migaddr.lint.rules.facts import Data, Fact, Live, Row
from migaddr.lint.rules.rule import Rule
from migaddr.lint.targets import parse_targets
from tests.corpus_rows import expected, rows
from tests.qemu.test_corpus_live import NOT_TRIED

ROOT = Path(__file__).parents[2]
KEYS = {"uri": "uri", "channels": "channels", "commands": "command", "hmp": "line", "incoming": "value"}
"""What each corpus is asked by."""
SPEAKS_OF_QEMU = re.compile(r"QEMU|\b\d+\.\d+\b(?!\.\d)")

FACTS = [(rule, said) for rule in RULES.values() for said in rule.why if isinstance(said, Fact)]
PROOFS = [(rule, proof) for rule, said in FACTS for proof in said.proofs]


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.code)
def test_what_is_no_fact_says_nothing_of_qemu(rule: Rule) -> None:
    for said in rule.why:
        if isinstance(said, Fact):
            assert said.proofs, said
        else:
            assert not SPEAKS_OF_QEMU.search(said), said
    judges_comments = rule.code < "MIG100"
    assert judges_comments or any(isinstance(said, Fact) for said in rule.why)


@pytest.mark.parametrize(
    ("rule", "row"),
    [(rule, proof) for rule, proof in PROOFS if isinstance(proof, Row)],
    ids=lambda value: value.code if isinstance(value, Rule) else value.given[:50],
)
def test_the_row_is_in_the_corpus_and_says_so(rule: Rule, row: Row) -> None:
    given = json.loads(row.given) if row.corpus in ("channels", "commands") else row.given
    (found,) = [one for one in rows(row.corpus) if one[KEYS[row.corpus]] == given]
    says = {release: json.dumps(item, ensure_ascii=False) for release, item in expected(found)}
    for release in parse_targets(row.releases).releases:
        assert row.says in says[release], f"{rule.code}, QEMU {release}: {says[release]}"
    assert not [key for key in NOT_TRIED if key[1] == row.given], "real QEMU is not sent this row"


@pytest.mark.parametrize(
    ("rule", "named"),
    [(rule, proof) for rule, proof in PROOFS if isinstance(proof, Live)],
    ids=lambda value: value.code if isinstance(value, Rule) else value.name.rpartition("::")[2],
)
def test_the_test_is_there_and_starts_real_qemu(rule: Rule, named: Live) -> None:
    path, _, name = named.name.partition("::")
    assert path.startswith("tests/qemu/")
    tree = ast.parse((ROOT / path).read_text())
    (function,) = [one for one in tree.body if isinstance(one, ast.FunctionDef) and one.name == name]
    assert "series" in [argument.arg for argument in function.args.args], rule.code


@pytest.mark.parametrize(
    ("rule", "data"),
    [(rule, proof) for rule, proof in PROOFS if isinstance(proof, Data)],
    ids=lambda value: value.code if isinstance(value, Rule) else value.releases,
)
def test_the_data_of_the_releases_says_so(rule: Rule, data: Data) -> None:
    holding = tuple(release for release in RELEASES if data.holds(release))
    assert holding == parse_targets(data.releases).releases, rule.code
