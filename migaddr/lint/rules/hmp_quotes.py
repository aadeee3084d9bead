"""MIG112: quotes of the human monitor are part of a QMP uri."""

from __future__ import annotations

from collections.abc import Iterator

from migaddr.lint.findings import Severity
from migaddr.lint.rules.facts import Live, Row, fact
from migaddr.lint.rules.rule import Example, Problem, Rule, Subject, Suggestion


def check(subject: Subject) -> Iterator[Problem]:
    """Look for a text that is nothing but a quoted address."""
    text = subject.text
    if (
        len(text) < 2
        or text[0] not in "\"'"
        or text[-1] != text[0]
        or subject.found.carrier not in ("code", "json")
    ):
        return
    last = len(text) - 1
    fix = None
    if subject.found.sink.startswith("QMP") and subject.in_one_literal:
        fix = Suggestion(
            0, 1, "", safe=True, description="take the quotes away", also=((last, last + 1, ""),)
        )
    yield Problem(
        0, len(text), "the quotes are part of the uri here: only the human monitor takes them away", fix=fix
    )


RULE = Rule(
    "MIG112",
    "hmp-quotes-in-qmp",
    Severity.ERROR,
    "The quotes of the human monitor are part of a uri in a program.",
    (
        fact(
            "The human monitor takes quotes off its arguments,",
            Row("hmp", 'migrate "exec:cat > mig"', "7.2..11.1", '"args": ["/bin/sh", "-c", "cat > mig"]'),
        ),
        fact(
            "QMP does not: there the scheme begins with a quote, which QEMU does not know.",
            Live("tests/qemu/test_rule_facts_live.py::test_qmp_takes_no_quotes_away"),
        ),
        "A function that may talk to either monitor must add the quotes where it knows which.",
    ),
    bad=(
        Example(
            'vm.qmp("migrate", uri=\'"exec:nc h 5200"\')\n',
            fixed="vm.qmp(\"migrate\", uri='exec:nc h 5200')\n",
        ),
    ),
    good=(
        Example('vm.qmp("migrate", uri="exec:nc h 5200")\n'),
        Example("vm.hmp('migrate \"exec:nc h 5200\"')\n"),
    ),
    check=check,
)
