"""MIG102: a host is put into tcp: or rdma: where an IPv6 address would break it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from migaddr.lint.find.values import HOLE
from migaddr.lint.findings import Severity
from migaddr.lint.rules.facts import Row, fact
from migaddr.lint.rules.rule import Example, Problem, Rule, Subject, Suggestion

_HOST = re.compile(f"(?:tcp|rdma):{HOLE}:")
# a name or a function that says that it is none, or has brackets
_NO_IPV6 = re.compile(
    r"(?i)ipv?4|inet4|vsock|\bcid\b|hostname|localhost|inet_ntoa|bracket|ur[il]_?host"
    r"|(?:format|fmt|wrap|quote|escape|normali[sz]e)\w*(?:host|addr|ip)\w*\("
)
_BRACKETS = re.compile(r"[\"'`]\[|bracket")


def check(subject: Subject) -> Iterator[Problem]:
    """Look for a host that is one hole, without brackets."""
    match = _HOST.match(subject.text)
    if match is None:
        return
    at = match.end() - 2
    hole = subject.found.template.holes[at]
    written = subject.written(hole)
    name = hole.expression or written
    if _NO_IPV6.search(hole.expression) or _BRACKETS.search(subject.assigned(name.strip("${}"))):
        return
    fix = None
    if subject.is_placeholder(hole):
        fix = Suggestion(
            at,
            at + 1,
            f"[{written}]",
            safe=False,
            description="put brackets around it, if it never has its own",
        )
    message = f"if {name} is an IPv6 address, its first colon ends the host: put brackets around it"
    yield Problem(at, at + 1, message, fix=fix)


RULE = Rule(
    "MIG102",
    "ipv6-unsafe-template",
    Severity.ERROR,
    "A host is put into tcp: or rdma: without brackets.",
    (
        fact(
            "Without brackets the host ends at the first colon: of tcp:fe80::1:4444 the host is "
            "fe80, and the "
            "rest is no port.",
            Row("uri", "tcp:fe80::1:4444", "7.2..11.1", '"host": "fe80", "port": ":1:4444"'),
        ),
        fact(
            "In brackets QEMU reads IPv6 and IPv4 addresses and names alike, in every release.",
            Row("uri", "tcp:[::1]:4444", "7.2..11.1", '"host": "::1"'),
            Row("uri", "tcp:[127.0.0.1]:80", "7.2..11.1", '"host": "127.0.0.1"'),
            Row("uri", "tcp:[localhost]:80", "7.2..11.1", '"host": "localhost"'),
        ),
        "A host that may already have its brackets needs a look first.",
    ),
    bad=(
        Example(
            'vm.qmp("migrate", uri="tcp:%s:%d" % (host, port))\n',
            fixed='vm.qmp("migrate", uri="tcp:[%s]:%d" % (host, port))\n',
        ),
        Example(
            'vm.qmp("migrate", uri=f"tcp:{host}:{port}")\n',
            fixed='vm.qmp("migrate", uri=f"tcp:[{host}]:{port}")\n',
        ),
    ),
    good=(
        Example('vm.qmp("migrate", uri=f"tcp:[{host}]:{port}")\n'),
        Example('vm.qmp("migrate", uri=f"tcp:{ipv4}:{port}")\n'),
        Example('host = f"[{host}]" if ":" in host else host\nvm.qmp("migrate", uri=f"tcp:{host}:{port}")\n'),
        Example('vm.qmp("migrate", uri="tcp:%s:%d" % (format_host(host), port))\n'),
        Example(
            'char *migrate_uri(A *a) { return g_strdup_printf("tcp:%s:%s", a->vsock.cid, a->port); }\n', "c"
        ),
        Example('package m\n\nfunc f() { migrate("tcp:" + net.JoinHostPort(h, p)) }\n', "go"),
    ),
    check=check,
)
