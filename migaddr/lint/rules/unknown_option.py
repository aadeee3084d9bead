"""MIG123: an option of tcp: is ignored by some releases and refused by others."""

from __future__ import annotations

from collections.abc import Iterator

from migaddr.lint.findings import Severity
from migaddr.lint.rules.facts import Row, fact
from migaddr.lint.rules.rule import Example, Problem, Rule, Subject, releases_text


def check(subject: Subject) -> Iterator[Problem]:
    """Ask for what is ignored, and who refuses what others take."""
    if subject.scheme not in ("tcp", "rdma") or "," not in subject.text:
        return
    comma = subject.text.index(",")
    refusing = [
        (release, error)
        for release, error in subject.faults()
        if error.start > comma and not error.crashes_qemu
    ]
    ignored = [
        (r, s)
        for r, s in subject.surprises("ignored-option", "duplicate-option")
        if not subject.touches_hole(s.start, s.end)
    ]
    for release, surprise in ignored:
        severity = Severity.ERROR if refusing else Severity.WARNING
        said = surprise.message if "QEMU" in surprise.message else f"QEMU {release}: {surprise.message}"
        if refusing and "is an error" not in said:
            said += f"; {releases_text([r for r, _ in refusing])} refuses the address"
        yield Problem(surprise.start, surprise.end, said, severity)
    if refusing and not ignored and not subject.text[comma:].startswith(",to="):
        release, error = refusing[0]
        if not subject.touches_hole(error.start, error.end):
            yield Problem(
                error.start, max(error.end, error.start + 1), f"QEMU {release} refuses it: {error.reason}"
            )


RULE = Rule(
    "MIG123",
    "unknown-option",
    Severity.ERROR,
    "An option of tcp: is ignored by some releases, and refused by others.",
    (
        fact(
            "Up to QEMU 10.0 an option that it does not know is ignored, and the first of two counts.",
            Row("uri", "tcp:h:80,foo=bar", "7.2..10.0", '"addr"'),
            Row("uri", "tcp:h:80,to=90,to=95", "7.2..10.0", '"to": 90'),
        ),
        fact(
            "Since 10.1 an unknown option is an error, and the last of two counts.",
            Row("uri", "tcp:h:80,foo=bar", "10.1..11.1", "Invalid parameter 'foo'"),
            Row("uri", "tcp:h:80,to=90,to=95", "10.1..11.1", '"to": 95'),
        ),
    ),
    bad=(
        Example('vm.qmp("migrate", uri="tcp:10.0.0.1:4444,ft_mode")\n'),
        Example('vm.qmp("migrate", uri="tcp:10.0.0.1:4444,nodelay=on")\n', targets="7.2..10.0"),
        Example('vm.qmp("migrate", uri="tcp:10.0.0.1:4444,nodelay=on")\n', targets="10.1..11.1"),
    ),
    good=(
        Example('vm.qmp("migrate", uri="tcp:10.0.0.1:4444,ipv4=on")\n'),
        Example('vm.qmp("migrate", uri="tcp:10.0.0.1:4444,to=4450")\n'),
    ),
    check=check,
)
