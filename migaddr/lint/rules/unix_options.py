"""MIG120: options stand in a unix: path, and become part of it."""

from __future__ import annotations

from collections.abc import Iterator

from migaddr.lint.findings import Severity
from migaddr.lint.rules.facts import Row, fact
from migaddr.lint.rules.rule import Example, Problem, Rule, Subject

_WORDS = (",server", ",nowait", ",wait", ",abstract", ",tight")


def check(subject: Subject) -> Iterator[Problem]:
    """Ask what of the path looks like something else."""
    found = subject.surprises("literal-path")
    for _, surprise in found:
        yield Problem(surprise.start, surprise.end, surprise.message)
    if subject.scheme == "unix" and not found:
        starts = [at for word in _WORDS if (at := subject.text.find(word)) > 0]
        if starts:
            message = "unix: has no options: this is part of the file's name"
            yield Problem(min(starts), len(subject.text), message)


_ABSTRACT = (
    '{"execute": "migrate", "arguments": {"channels": [{"channel-type": "main", "addr": '
    '{"transport": "socket", '
    '"type": "unix", "path": "migaddr", "abstract": true}}]}}'
)

RULE = Rule(
    "MIG120",
    "unix-options-literal",
    Severity.ERROR,
    "Options stand in a unix: path, and become part of the file's name.",
    (
        fact(
            "Everything after unix: is the path, commas and all: the options of -chardev and -qmp, "
            "an @ for an "
            "abstract socket, or libvirt's ?socket= name another file.",
            Row("uri", "unix:/tmp/s,abstract=on", "7.2..11.1", '"path": "/tmp/s,abstract=on"'),
            Row("uri", "unix:@abs", "7.2..11.1", '"path": "@abs"'),
        ),
        fact(
            "An abstract socket can only be said with channels.",
            Row("commands", _ABSTRACT, "8.2.2..11.1", '"abstract": true'),
        ),
    ),
    bad=(
        Example("qemu-system-x86_64 -incoming unix:/run/m,server,nowait\n", "shell"),
        Example('vm.qmp("migrate", uri="unix:/run/m,abstract=on")\n'),
        Example('vm.qmp("migrate", uri="unix:@m")\n'),
    ),
    good=(
        Example('vm.qmp("migrate", uri="unix:/run/m")\n'),
        Example('vm.qmp("migrate", uri="unix:/run/a,b")\n'),
    ),
    check=check,
)
