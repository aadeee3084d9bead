"""MIG114: an incoming migration listens at every interface."""

from __future__ import annotations

from collections.abc import Iterator

from migaddr.lint.find.vocabulary import Direction
from migaddr.lint.findings import Severity
from migaddr.lint.rules.facts import Live, fact
from migaddr.lint.rules.rule import Example, Problem, Rule, Subject
from migaddr.model import InetAddress
from migaddr.uri import uri_parts

_EVERY = frozenset({"", "0", "0.0.0.0", "::", "[::]"})  # noqa: S104 -- that is what it looks for


def check(subject: Subject) -> Iterator[Problem]:
    """Ask for the host that is listened at."""
    if subject.found.direction is not Direction.INCOMING or subject.scheme != "tcp":
        return
    for address in subject.addresses()[-1:]:
        if not isinstance(address, InetAddress) or address.host not in _EVERY:
            continue
        start = end = len("tcp:")
        for part in uri_parts(subject.probe, subject.targets.releases[-1]):
            if part.name == "host":
                start, end = part.start, part.end
        if not subject.touches_hole(start, max(end, start)) or subject.text[start:end] in _EVERY - {""}:
            shown = end if end > start else min(len(subject.text), start + 1)
            message = "it listens at every interface: whoever connects first sends the guest's memory"
            yield Problem(start, shown, message)


RULE = Rule(
    "MIG114",
    "listen-wildcard",
    Severity.WARNING,
    "An incoming migration listens at every interface.",
    (
        fact(
            "Without a host, and with 0, 0.0.0.0 or ::, QEMU listens at every interface.",
            Live("tests/qemu/test_listening.py::test_the_same_addresses_are_bound"),
            Live("tests/qemu/test_rule_facts_live.py::test_zero_is_every_interface"),
        ),
        (
            "Without TLS, whoever connects to the port first sends the guest's memory. Listen at the "
            "address of the "
            "migration network, and set tls-creds."
        ),
    ),
    bad=(
        Example("qemu-system-x86_64 -incoming tcp:0:4444\n", "shell"),
        Example("qemu-system-x86_64 -incoming 'tcp:[::]:4444'\n", "shell"),
        Example('vm.qmp("migrate-incoming", uri="tcp:0.0.0.0:%d" % port)\n'),
        Example('vm.qmp("migrate-incoming", uri="tcp::4444")\n'),
    ),
    good=(
        Example("qemu-system-x86_64 -incoming tcp:10.0.0.4:4444\n", "shell"),
        Example('vm.qmp("migrate-incoming", uri="tcp:%s:4444" % host)\n'),
        Example('vm.qmp("migrate", uri="tcp:0:4444")\n'),
    ),
    check=check,
)
