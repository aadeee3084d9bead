"""MIG118: a scheme is not written exactly."""

from __future__ import annotations

import re
from collections.abc import Iterator

from migaddr.lint.findings import Severity
from migaddr.lint.rules.facts import Row, fact
from migaddr.lint.rules.rule import Example, Problem, Rule, Subject, Suggestion

_SCHEME = re.compile(r"[ \t]*(?P<name>[A-Za-z]+):")


def check(subject: Subject) -> Iterator[Problem]:
    """Compare with the schemes of the releases."""
    match = _SCHEME.match(subject.text)
    if match is None:
        return
    exact = match["name"].lower()
    known = {scheme for release in subject.targets.releases for scheme in release.uri_schemes}
    if exact in known and match[0] != f"{exact}:":
        end = match.end("name")
        fix = Suggestion(0, end, exact, safe=True, description=f"write {exact}:")
        yield Problem(
            0, end, f"the scheme must be written exactly: {exact}:, with nothing before it", fix=fix
        )


RULE = Rule(
    "MIG118",
    "scheme-case",
    Severity.ERROR,
    "A scheme has capitals, or a blank before it.",
    (
        fact(
            "QEMU compares the scheme byte for byte: TCP: and a blank before tcp: are unknown "
            "migration protocols.",
            Row("uri", "TCP:h:80", "7.2..11.1", "unknown migration protocol: TCP:h:80"),
            Row("uri", " tcp:h:80", "7.2..11.1", "unknown migration protocol:  tcp:h:80"),
        ),
    ),
    bad=(
        Example(
            'vm.qmp("migrate", uri="TCP:10.0.0.1:4444")\n',
            fixed='vm.qmp("migrate", uri="tcp:10.0.0.1:4444")\n',
        ),
        Example(
            'vm.qmp("migrate", uri=" tcp:10.0.0.1:4444")\n',
            fixed='vm.qmp("migrate", uri="tcp:10.0.0.1:4444")\n',
        ),
    ),
    good=(Example('vm.qmp("migrate", uri="tcp:10.0.0.1:4444")\n'),),
    check=check,
)
