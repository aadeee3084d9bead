"""MIG105: the command has arguments that QEMU has removed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from migaddr.lint.find.text import Beside
from migaddr.lint.findings import Edit, Fix, Severity
from migaddr.lint.rules.facts import Data, Row, fact
from migaddr.lint.rules.rule import Example, Problem, Rule, Subject, releases_text
from migaddr.lint.rules.structure import is_json

_NEAR = 100
_COMMA_BEFORE = re.compile(rb",[ \t\r\n]*\Z")
_COMMA_BEHIND = re.compile(rb"[ \t]*,[ \t]*")
_FLAGS = {"-b": "blk", "-i": "inc"}
_JUDGED = frozenset({"blk", "inc"})


def check(subject: Subject) -> Iterator[Problem]:
    """Ask the release data for each argument that stands beside the address."""
    for beside in subject.found.beside:
        name = _FLAGS.get(beside.name, beside.name)
        if name not in _JUDGED or beside.value in ("None", "nil", "undefined"):
            continue  # what is none is not sent
        removed = [
            r
            for r in subject.targets.releases
            if name not in r.migrate.optional and name not in r.migrate.required
        ]
        deprecated = [r for r in subject.targets.releases if name in r.migrate.deprecated]
        if removed:
            message = f"{beside.name} is removed: {releases_text(removed)} refuses the command"
            yield Problem.at(beside, message, Severity.ERROR, _fix(subject, beside))
        elif deprecated:
            message = f"{beside.name} is deprecated in {releases_text(deprecated)}"
            yield Problem.at(beside, message, Severity.WARNING)


def _fix(subject: Subject, beside: Beside) -> Fix | None:
    """Leave out what is false, as it is without; with the comma before it or behind it."""
    if beside.value not in ("false", "False"):
        return None
    before = _COMMA_BEFORE.search(subject.data[max(0, beside.start - _NEAR) : beside.start])
    behind = _COMMA_BEHIND.match(subject.data, beside.end)
    if before is not None:
        edit = Edit(beside.start - len(before[0]), beside.end, "")
    elif behind is not None:
        edit = Edit(beside.start, behind.end(), "")
    else:
        return None
    return Fix((edit,), is_json(subject), "leave it out: without, it is false")


_BLK = '{"execute": "migrate", "arguments": {"uri": "tcp:h:80", "blk": true}}'

RULE = Rule(
    "MIG105",
    "blk-inc",
    Severity.ERROR,
    "The command has blk or inc, or in HMP -b or -i.",
    (
        fact(
            "Migration of disks by blk and inc is deprecated since QEMU 8.2,",
            Data("8.2..9.0", lambda r: {"blk", "inc"} <= r.migrate.deprecated),
        ),
        fact(
            "and removed in 9.1, which refuses a command that has them, whatever their value.",
            Data("7.2..9.0", lambda r: {"blk", "inc"} <= r.migrate.optional),
            Row("commands", _BLK, "9.1..11.1", '"error": "Parameter \'blk\' is unexpected"'),
        ),
        fact(
            "The human monitor has no -b and -i since then.",
            Row("hmp", "migrate -b -i tcp:h:1", "9.1..11.1", '"error"'),
            Row("hmp", "migrate -b -i tcp:h:1", "7.2..9.0", '"blk": true'),
        ),
        "Mirror the disks with blockdev-mirror to an NBD export instead.",
    ),
    bad=(
        Example('vm.qmp("migrate", uri="unix:/run/m", blk=True)\n'),
        Example(
            '{"execute": "migrate", "arguments": {"uri": "unix:/run/m", "inc": false}}\n',
            "json",
            fixed='{"execute": "migrate", "arguments": {"uri": "unix:/run/m"}}\n',
        ),
        Example(
            'vm.qmp("migrate", blk=False, uri="unix:/run/m")\n',
            fixed='vm.qmp("migrate", uri="unix:/run/m")\n',
        ),
        Example("(qemu) migrate -d -b unix:/run/m\n", "text"),
        Example("(qemu) migrate -d -b unix:/run/m\n", "text", targets="8.2..9.0"),
    ),
    good=(
        Example('vm.qmp("migrate", uri="unix:/run/m")\n'),
        Example('vm.qmp("migrate", uri="unix:/run/m", blk=True)\n', targets="7.2..8.1"),
    ),
    check=check,
)
