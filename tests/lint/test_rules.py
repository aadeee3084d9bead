"""Every rule fires on its bad examples, is silent on its good ones, and its fixes do what they say."""

from __future__ import annotations

import pickle
import subprocess
import sys

import pytest

from migaddr.lint.engine import judge
from migaddr.lint.findings import Finding
from migaddr.lint.fixing import apply_fixes
from migaddr.lint.ignores import apply_ignores
from migaddr.lint.rules import RULES
from migaddr.lint.rules.rule import Example, Rule
from migaddr.lint.targets import parse_targets
from tests.lint.snippets import SNIPPETS

BAD = [(rule, example) for rule in RULES.values() for example in rule.bad]
GOOD = [(rule, example) for rule in RULES.values() for example in rule.good]


def _judge(example: Example, source: str | None = None) -> tuple[Finding, ...]:
    data = (example.source if source is None else source).encode()
    codes = frozenset(RULES)  # those that are off as well
    findings = judge(data, example.language, "vm", parse_targets(example.targets or None), codes)
    return apply_ignores(findings, data, codes).kept


def _id(value: object) -> str:
    return value.code if isinstance(value, Rule) else value.source[:40] if isinstance(value, Example) else ""


@pytest.mark.parametrize(("rule", "example"), BAD, ids=_id)
def test_a_rule_fires_on_its_bad_examples(rule: Rule, example: Example) -> None:
    findings = [found for found in _judge(example) if found.code == rule.code]
    assert findings, example.source
    for found in findings:
        assert example.source.encode()[found.start : found.end].decode() == found.text
        assert pickle.loads(pickle.dumps(found)) == found


@pytest.mark.parametrize(("rule", "example"), GOOD, ids=_id)
def test_a_rule_is_silent_on_its_good_examples(rule: Rule, example: Example) -> None:
    assert [found for found in _judge(example) if found.code == rule.code] == []


@pytest.mark.parametrize(("rule", "example"), BAD, ids=_id)
def test_fixes_are_what_the_example_says_and_hold(rule: Rule, example: Example) -> None:
    findings = [found for found in _judge(example) if found.code == rule.code]
    fixed = apply_fixes(example.source.encode(), findings, unsafe=True).decode()
    assert (fixed if fixed != example.source else None) == example.fixed
    if example.fixed is not None:
        assert [found for found in _judge(example, fixed) if found.code == rule.code] == []
        again = [found for found in _judge(example, fixed) if found.code == rule.code]
        assert apply_fixes(fixed.encode(), again, unsafe=True).decode() == fixed


def test_safe_fixes_alone_leave_what_needs_a_look() -> None:
    text = b'vm.qmp("migrate", uri=f"x-rdma:{host}:1")\nvm.qmp("migrate", uri=f"tcp:{host}:1")\n'
    findings = judge(text, "python")
    assert apply_fixes(text, findings, unsafe=False) == text.replace(b"x-rdma", b"rdma")


def test_every_rule_explains_itself() -> None:
    for code, rule in RULES.items():
        assert code == rule.code and rule.summary.endswith(".") and len(rule.rationale) > 40
        assert rule.bad and rule.good
    assert len({rule.name for rule in RULES.values()}) == len(RULES)


def test_the_rules_need_no_grammar() -> None:
    script = "import sys, migaddr.lint.rules; print('tree_sitter' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize(
    "text",
    [
        "-incoming tcp:[host]:port[,to=maxport][,ipv4]",
        "-incoming exec:...",
        "-incoming file:... -S",
        "-incoming tcp:...\u3002",
    ],
)
def test_what_tells_how_to_write_an_address_is_not_judged(text: str) -> None:
    assert judge(text.encode(), "text") == ()


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("tcp:fe80::1:4444", "MIG103"),
        ("x-rdma:h:1", "MIG117"),
        ("file:/m,OFFSET=1", "MIG125"),
        ("tcp:h:1,foo", "MIG123"),
        ("tcp:h", "MIG109"),
        ("rdma:h", "MIG110"),
        ("unix:@m", "MIG120"),
        ("tcp:h:99999", "MIG108"),
        ("tcp:h:9,to=8", "MIG124"),
    ],
)
def test_a_rule_that_judges_an_address_does_so_in_every_language(address: str, code: str) -> None:
    for snippet in SNIPPETS:
        text = (snippet.before + snippet.write(address) + snippet.after).encode()
        assert code in [found.code for found in judge(text, snippet.language, "vm")], snippet
