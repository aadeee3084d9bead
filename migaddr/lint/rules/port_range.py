"""MIG108: a port is not one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from migaddr.lint.findings import Severity
from migaddr.lint.rules.facts import Live, Row, fact
from migaddr.lint.rules.rule import Example, Problem, Rule, Subject
from migaddr.uri import uri_parts

_NEGATIVE = re.compile(r"-[0-9]+")


def check(subject: Subject) -> Iterator[Problem]:
    """Ask for what the C library makes of the port."""
    for release, surprise in subject.surprises("port-wraps"):
        del release
        if not subject.touches_hole(surprise.start, surprise.end):
            yield Problem(surprise.start, surprise.end, surprise.message)
    if subject.scheme in ("tcp", "rdma"):
        for part in uri_parts(subject.probe, subject.targets.releases[-1]):
            if part.name == "port" and _NEGATIVE.fullmatch(subject.probe[part.start : part.end]):
                yield Problem(part.start, part.end, "a port is not negative")


RULE = Rule(
    "MIG108",
    "port-range",
    Severity.ERROR,
    "A port is greater than 65535, or negative.",
    (
        fact(
            "QEMU does not look at the port: the C library takes it modulo 65536, so that "
            "tcp:h:99999 listens at "
            "34463 without a word.",
            Row("uri", "tcp:host:99999", "7.2..11.1", '"port": "99999"'),
            Live("tests/qemu/test_rule_facts_live.py::test_a_port_wraps"),
        ),
    ),
    bad=(
        Example('vm.qmp("migrate", uri="tcp:10.0.0.1:99999")\n'),
        Example('vm.qmp("migrate", uri="tcp:10.0.0.1:-1")\n'),
    ),
    good=(
        Example('vm.qmp("migrate", uri="tcp:10.0.0.1:65535")\n'),
        Example('vm.qmp("migrate", uri="tcp:10.0.0.1:9%d" % n)\n'),
    ),
    check=check,
)
