"""MIG128: defer is no uri."""

from __future__ import annotations

from collections.abc import Iterator

from migaddr.lint.findings import Severity
from migaddr.lint.rules.facts import Row, fact
from migaddr.lint.rules.rule import Example, Problem, Rule, Subject


def check(subject: Subject) -> Iterator[Problem]:
    """Look for defer in a QMP command."""
    if subject.text == "defer" and subject.found.sink.startswith("QMP"):
        yield Problem(0, len(subject.text), "defer is for the option -incoming alone; give the address here")


RULE = Rule(
    "MIG128",
    "defer-misuse",
    Severity.ERROR,
    "defer is given to a QMP command.",
    (
        fact(
            "-incoming defer lets QEMU wait for a migrate-incoming, which brings the address.",
            Row("incoming", "defer", "7.2..11.1", '"defer": true'),
        ),
        fact(
            "To that command, defer is an unknown migration protocol.",
            Row("uri", "defer", "7.2..11.1", "unknown migration protocol: defer"),
        ),
    ),
    bad=(Example('vm.qmp("migrate-incoming", uri="defer")\n'),),
    good=(Example("qemu-system-x86_64 -incoming defer\n", "shell"),),
    check=check,
)
