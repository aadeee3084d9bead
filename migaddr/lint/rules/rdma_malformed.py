"""MIG110: an rdma: address kills QEMU."""

from __future__ import annotations

from collections.abc import Iterator

from migaddr.lint.find.values import HOLE
from migaddr.lint.findings import Severity
from migaddr.lint.rules.facts import Live, Row, fact
from migaddr.lint.rules.rule import Example, Problem, Rule, Subject, releases_text


def check(subject: Subject) -> Iterator[Problem]:
    """Ask which releases die of it."""
    if subject.scheme != "rdma" or subject.text.endswith(HOLE):
        return
    dying = [(release, error) for release, error in subject.faults() if error.crashes_qemu]
    if dying:
        releases = [release for release, _ in dying]
        reason = dying[-1][1].reason.partition(" (QEMU would say")[0]
        yield Problem(0, len(subject.text), f"{releases_text(releases)} dies of this (SIGABRT): {reason}")


RULE = Rule(
    "MIG110",
    "rdma-malformed",
    Severity.ERROR,
    "A malformed rdma: address kills the QEMU process.",
    (
        fact(
            "Since 8.2 QEMU aborts over an rdma: address that it cannot read: no port,",
            Row("uri", "rdma:host", "8.2..11.1", '"crash": "SIGABRT'),
            Row("uri", "rdma:host", "7.2..8.1", '"error"'),
            Live(
                ""
                "tests/qemu/test_first_contact.py::test_rdma_is_understood_and_a_malformed_one_kills_8_2_and_later"
            ),
        ),
        fact(
            "or since 10.1 an unknown option.",
            Row("uri", "rdma:host:4444,foo=1", "10.1..11.1", '"crash": "SIGABRT'),
            Row("uri", "rdma:host:4444,foo=1", "7.2..10.0", '"addr"'),
        ),
        fact(
            "On the source, that is the end of the running guest.",
            Live("tests/qemu/test_commands_live.py::test_what_is_said_to_kill_a_release_kills_it"),
        ),
    ),
    bad=(
        Example('vm.qmp("migrate", uri="rdma:10.0.0.1")\n'),
        Example('vm.qmp("migrate", uri="rdma:10.0.0.1:4444,pin")\n', targets="10.1..11.1"),
    ),
    good=(
        Example('vm.qmp("migrate", uri="rdma:10.0.0.1:4444")\n'),
        Example('vm.qmp("migrate", uri="rdma:10.0.0.1:4444,pin")\n', targets="8.2..10.0"),
        Example('vm.qmp("migrate", uri="rdma:%s" % address)\n'),
    ),
    check=check,
)
