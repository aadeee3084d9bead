"""MIG124: the range of ports that to= names is none."""

from __future__ import annotations

from collections.abc import Iterator

from migaddr.lint.find.values import HOLE
from migaddr.lint.findings import Severity
from migaddr.lint.rules.facts import Live, Row, fact
from migaddr.lint.rules.rule import Example, Problem, Rule, Subject
from migaddr.model import InetAddress

_OPTION = ",to="


def check(subject: Subject) -> Iterator[Problem]:
    """Ask what the releases make of the option."""
    at = subject.text.find(_OPTION)
    if at < 0 or subject.scheme != "tcp":
        return
    start = at + len(_OPTION)
    end = subject.text.find(",", start)
    end = len(subject.text) if end < 0 else end
    if HOLE in subject.text[start:end]:
        return
    wraps = subject.surprises("to-wraps")
    faults = [(r, e) for r, e in subject.faults() if start <= e.start <= end]
    if wraps:
        yield Problem(start, end, wraps[0][1].message)
    elif faults:
        release, error = faults[0]
        yield Problem(start, end, f"QEMU {release} refuses it: {error.reason}")
    else:
        values = {a.to for a in subject.addresses() if isinstance(a, InetAddress)}
        if len(values) > 1:
            yield Problem(
                start,
                end,
                f"releases read different ports here: {', '.join(map(str, sorted(map(str, values))))}",
            )
            return
        for address in subject.addresses()[-1:]:
            assert isinstance(address, InetAddress)
            port = address.port
            if HOLE in subject.text[:at] or not (port.isascii() and port.isdigit()) or address.to is None:
                return
            if address.to < int(port):
                yield Problem(start, end, f"the last port, {address.to}, is before the first, {port}")


RULE = Rule(
    "MIG124",
    "to-range",
    Severity.ERROR,
    "The last port of a range is before the first, too large, or not decimal.",
    (
        "to= names the last port that is tried.",
        fact(
            "QEMU up to 10.0 reads a decimal number modulo 65536;",
            Row("uri", "tcp:h:80,to=70000", "7.2..10.0", '"to": 4464'),
            Row("uri", "tcp:h:80,to=0x5a", "7.2..10.0", '"error"'),
        ),
        fact(
            "later releases take hexadecimal and octal numbers, and what is too large modulo 65536, too.",
            Row("uri", "tcp:h:80,to=0x5a", "10.1..11.1", '"to": 90'),
            Row("uri", "tcp:h:80,to=70000", "10.1..11.1", '"to": 4464'),
        ),
        fact(
            "An empty range cannot be bound.",
            Live("tests/qemu/test_listening.py::test_the_same_addresses_are_bound"),
        ),
    ),
    bad=(
        Example("qemu-system-x86_64 -incoming tcp:10.0.0.1:4450,to=4444\n", "shell"),
        Example("qemu-system-x86_64 -incoming tcp:10.0.0.1:4444,to=70000\n", "shell"),
        Example("qemu-system-x86_64 -incoming tcp:10.0.0.1:4444,to=high\n", "shell"),
        Example("qemu-system-x86_64 -incoming tcp:10.0.0.1:4444,to=0x1200\n", "shell"),
    ),
    good=(
        Example("qemu-system-x86_64 -incoming tcp:10.0.0.1:4444,to=4450\n", "shell"),
        Example('vm.qmp("migrate-incoming", uri="tcp:10.0.0.1:4444,to=%d" % last)\n'),
    ),
    check=check,
)
