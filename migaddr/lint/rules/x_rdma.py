"""MIG117: x-rdma: was renamed."""

from __future__ import annotations

from collections.abc import Iterator

from migaddr.lint.findings import Severity
from migaddr.lint.rules.facts import Row, fact
from migaddr.lint.rules.rule import Example, Problem, Rule, Subject, Suggestion

_OLD = "x-rdma"


def check(subject: Subject) -> Iterator[Problem]:
    """Look at the scheme."""
    if subject.scheme == _OLD and not any(_OLD in r.uri_schemes for r in subject.targets.releases):
        fix = Suggestion(0, len(_OLD), "rdma", safe=True, description="write rdma:")
        yield Problem(0, len(_OLD), "x-rdma: is long gone; its name is rdma:", fix=fix)


RULE = Rule(
    "MIG117",
    "x-rdma",
    Severity.ERROR,
    "The scheme is x-rdma:.",
    (
        fact(
            "The experimental name of rdma: is unknown to every release that is looked at here.",
            Row("uri", "x-rdma:host:4444", "7.2..11.1", "unknown migration protocol: x-rdma:host:4444"),
        ),
    ),
    bad=(
        Example(
            'vm.qmp("migrate", uri="x-rdma:10.0.0.1:4444")\n',
            fixed='vm.qmp("migrate", uri="rdma:10.0.0.1:4444")\n',
        ),
    ),
    good=(Example('vm.qmp("migrate", uri="rdma:10.0.0.1:4444")\n'),),
    check=check,
)
