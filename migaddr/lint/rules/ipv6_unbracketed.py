"""MIG103: an IPv6 address stands in tcp: or rdma: without brackets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import AddressValueError, IPv6Address

from migaddr.lint.findings import Severity
from migaddr.lint.rules.facts import Row, fact
from migaddr.lint.rules.rule import Example, Problem, Rule, Subject, Suggestion
from migaddr.model import UINT16_MAX

_PARTS = re.compile(
    r"(?:tcp|rdma):(?P<host>[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(?:%\w+)?):(?P<port>[0-9]{1,5})(?=,|\Z)"
)


def check(subject: Subject) -> Iterator[Problem]:
    """Ask what stands before the last colon whether it is an IPv6 address."""
    match = _PARTS.match(subject.text)
    if match is None:
        return
    host = match["host"]
    try:
        IPv6Address(host.partition("%")[0])
    except AddressValueError:
        return
    start, end = match.span("host")
    safe = int(match["port"]) <= UINT16_MAX and not subject.is_bare_word  # brackets are a pattern to a shell
    fix = Suggestion(start, end, f"[{host}]", safe=safe, description="put it in brackets")
    yield Problem(
        start, end, f"the IPv6 address {host} needs brackets: its first colon ends the host", fix=fix
    )


RULE = Rule(
    "MIG103",
    "ipv6-unbracketed",
    Severity.ERROR,
    "An IPv6 address stands in tcp: or rdma: without brackets.",
    (
        fact(
            "Without brackets the host ends at the first colon. What follows is taken as the port, "
            "and cannot be "
            "one.",
            Row("uri", "tcp:fe80::1:4444", "7.2..11.1", '"host": "fe80", "port": ":1:4444"'),
            Row("uri", "tcp:::1:4444", "7.2..11.1", '"host": "", "port": ":1:4444"'),
        ),
    ),
    bad=(
        Example(
            'vm.qmp("migrate", uri="tcp:fe80::1:4444")\n',
            fixed='vm.qmp("migrate", uri="tcp:[fe80::1]:4444")\n',
        ),
        Example(
            "qemu-system-x86_64 -incoming tcp:::1:4444\n",
            "shell",
            fixed="qemu-system-x86_64 -incoming tcp:[::1]:4444\n",
        ),
    ),
    good=(
        Example('vm.qmp("migrate", uri="tcp:[fe80::1]:4444")\n'),
        Example('vm.qmp("migrate", uri="tcp::4444")\n'),
    ),
    check=check,
)
