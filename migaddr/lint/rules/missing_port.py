"""MIG109: tcp: or rdma: has no port."""

from __future__ import annotations

from collections.abc import Iterator

from migaddr.errors import ParseError
from migaddr.lint.find.values import HOLE
from migaddr.lint.findings import Severity
from migaddr.lint.rules.facts import Row, fact
from migaddr.lint.rules.rule import Example, Problem, Rule, Subject
from migaddr.releases import Release
from migaddr.uri import parse_uri


def check(subject: Subject) -> Iterator[Problem]:
    """Ask whether a port is all that lacks."""
    if subject.scheme not in ("tcp", "rdma") or subject.rest.startswith("//") or not subject.faults():
        return
    head = subject.probe.partition(",")[0]
    if subject.text[: len(head)].endswith(HOLE):
        return  # the port may be in the hole
    for release, error in subject.faults():
        if error.start not in (len(head), len(head) - 1) and error.start < len(head):
            continue
        if not _is_read(head, release) and _is_read(f"{head.removesuffix(':')}:1", release):
            yield Problem(0, len(head), "the port is missing: QEMU has no default for it")
            return


def _is_read(uri: str, release: Release) -> bool:
    try:
        parse_uri(uri, release)
    except ParseError:
        return False
    return True


RULE = Rule(
    "MIG109",
    "missing-port",
    Severity.ERROR,
    "tcp: or rdma: has no port.",
    (
        fact(
            "QEMU has no default port.",
            Row("uri", "tcp:host", "7.2..11.1", "error parsing address"),
            Row("uri", "tcp:host:", "7.2..11.1", "error parsing address"),
            Row("uri", "tcp:[::1]", "7.2..11.1", "error parsing IPv6 address"),
        ),
        "libvirt's own URIs, such as tcp://host, may leave it out, because libvirt chooses one.",
    ),
    bad=(
        Example('vm.qmp("migrate", uri="tcp:10.0.0.1")\n'),
        Example('vm.qmp("migrate", uri="tcp:10.0.0.1:")\n'),
        Example("qemu-system-x86_64 -incoming 'tcp:[::1]'\n", "shell"),
    ),
    good=(
        Example('vm.qmp("migrate", uri="tcp:10.0.0.1:4444")\n'),
        Example('vm.qmp("migrate", uri="tcp:%s" % address)\n'),
        Example('vm.qmp("migrate", uri="tcp::0")\n'),
        Example('vm.qmp("migrate", uri="tcp:10.0.0.1:4444,foo")\n'),
    ),
    check=check,
)
