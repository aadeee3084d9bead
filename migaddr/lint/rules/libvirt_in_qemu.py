"""MIG121: a libvirt URI is given to QEMU."""

from __future__ import annotations

import re
from collections.abc import Iterator

from migaddr.lint.find.values import HOLE
from migaddr.lint.findings import Severity
from migaddr.lint.rules.facts import Live, Row, fact
from migaddr.lint.rules.rule import Example, Problem, Rule, Subject, Suggestion

_NEAR = 400  # bytes; virsh has its migration URI as a third word, too
_URL = re.compile(
    rf"(?P<scheme>tcp|rdma)://(?P<host>\[[^\]]+\]|[^/:,?\[\]]+)(?P<port>:[0-9{HOLE}]+)?(?P<rest>.*)",
    re.DOTALL,
)


def check(subject: Subject) -> Iterator[Problem]:
    """Look for // where only QEMU reads it."""
    if not subject.given_to_qemu or "virsh" in subject.before(_NEAR):
        return
    match = _URL.match(subject.text)
    if match is not None:
        start = match.end("scheme") + 1
        fix = None
        if match["port"] and not match["rest"]:
            fix = Suggestion(start, start + 2, "", safe=True, description="take the slashes away")
        lacks = "" if match["port"] or HOLE in match["host"] else ", and the port is missing"
        yield Problem(
            start,
            start + 2,
            f"this is libvirt's form: to QEMU the slashes belong to the host{lacks}",
            fix=fix,
        )
    elif subject.text.startswith("unix:///"):
        yield Problem(5, 8, "this is libvirt's form; QEMU takes unix:/path", Severity.INFO)


RULE = Rule(
    "MIG121",
    "libvirt-in-qemu",
    Severity.ERROR,
    "A URI in libvirt's form is given to QEMU.",
    (
        "libvirt's migration URIs are tcp://host:port, rdma://host:port and unix:///path.",
        fact(
            "QEMU's have no slashes: of tcp://host:1 the host is //host, which does not resolve.",
            Row("uri", "tcp://h:80", "7.2..11.1", '"host": "//h", "port": "80"'),
            Live("tests/qemu/test_corpus_live.py::test_every_uri"),
        ),
        fact(
            "Of unix:///path the path is ///path, which is the same file.",
            Row("uri", "unix:///tmp/x", "7.2..11.1", '"path": "///tmp/x"'),
        ),
    ),
    bad=(
        Example(
            "qemu-system-x86_64 -incoming tcp://10.0.0.1:4444\n",
            "shell",
            fixed="qemu-system-x86_64 -incoming tcp:10.0.0.1:4444\n",
        ),
        Example('vm.qmp("migrate", uri="tcp://10.0.0.1")\n'),
        Example('vm.qmp("migrate", uri="unix:///run/m")\n'),
    ),
    good=(
        Example("virsh migrate vm qemu+ssh://d/system --migrateuri tcp://10.0.0.1\n", "shell"),
        Example("virsh migrate --live vm qemu+ssh://d/system tcp://10.0.0.1:49152\n", "shell"),
        Example('vm.qmp("migrate", uri="tcp:10.0.0.1:4444")\n'),
        Example('domain.migrateToURI3("qemu+ssh://d/system", {"migrate_uri": "tcp://10.0.0.1:49152"})\n'),
    ),
    check=check,
    dialects=frozenset({"qemu", "stratovirt", "libvirt"}),
)
