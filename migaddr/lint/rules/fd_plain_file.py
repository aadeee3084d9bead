"""MIG104: fd: is given the descriptor of a plain file."""

from __future__ import annotations

import re
from collections.abc import Iterator

from migaddr.commands import Migrate, MigrateIncoming, preflight
from migaddr.lint.find.vocabulary import Direction
from migaddr.lint.findings import Severity
from migaddr.lint.rules.facts import Data, Live, fact
from migaddr.lint.rules.rule import Example, Problem, Rule, Subject, releases_text
from migaddr.model import FdAddress
from migaddr.releases import PlainFileFd

_WORD = re.compile(r"[A-Za-z_]\w*")
_NEAR = 4000


def check(subject: Subject) -> Iterator[Problem]:
    """Look for open() of what is put into fd:, shortly before."""
    if subject.scheme != "fd" or not subject.is_template:
        return
    command = MigrateIncoming if subject.found.direction is Direction.INCOMING else Migrate
    refusing = [
        r
        for r in subject.targets.releases
        if preflight(command(FdAddress("x")), r, form="uri", fd_is_file=True)
    ]
    deprecating = [r for r in subject.targets.releases if r.plain_file_fd is PlainFileFd.DEPRECATED]
    if not refusing and not deprecating:
        return
    for at, hole in subject.holes():
        names = _WORD.findall(hole.expression)
        if names and _opened(names[0], subject.before(_NEAR)):
            by = releases_text(refusing or deprecating)
            what = "is refused by" if refusing else "is deprecated in"
            severity = Severity.ERROR if refusing else Severity.WARNING
            message = f"{names[0]} comes from open(): fd: on a plain file {what} {by}; use file:, or add-fd"
            yield Problem(at, at + 1, message, severity)
            return


def _opened(name: str, before: str) -> bool:
    exact = re.escape(name)
    assigned = re.search(
        rf"\b{exact}\b\s*(?:,\s*\w+\s*)?:?=\s*(?:os\.)?(?:[Oo]pen|OpenFile|Create)\(", before
    )
    return assigned is not None or re.search(rf"\bopen\([^\n]*\)\s+as\s+{exact}\b", before) is not None


RULE = Rule(
    "MIG104",
    "fd-plain-file",
    Severity.ERROR,
    "fd: is given the descriptor of a plain file.",
    (
        "fd: is for sockets and pipes.",
        fact(
            "On a plain file it is deprecated since QEMU 9.1",
            Data("9.1..10.2", lambda r: r.plain_file_fd is PlainFileFd.DEPRECATED),
        ),
        fact(
            "and refused since 11.0.",
            Data("11.0..11.1", lambda r: r.plain_file_fd is PlainFileFd.REFUSED),
            Live("tests/qemu/test_preflight_live.py::test_a_descriptor_of_a_plain_file"),
        ),
        "Use file:, with the path, or with /dev/fdset/N and add-fd.",
    ),
    bad=(
        Example(
            "def save(vm, path):\n"
            "    fd = os.open(path, os.O_WRONLY)\n"
            '    vm.qmp("migrate", uri=f"fd:{fd}")\n'
        ),
    ),
    good=(
        Example('def save(vm, path):\n    vm.qmp("migrate", uri=f"file:{path}")\n'),
        Example(
            "def save(vm, path):\n    fd = os.open(path, os.O_WRONLY)\n    name = give(fd)\n"
            '    vm.qmp("migrate", uri=f"fd:{name}")\n'
        ),
        Example(
            'def save(vm, path):\n    fd = os.open(path, os.O_WRONLY)\n    vm.hmp(f"migrate fd:{fd}")\n',
            targets="7.2..9.0",
        ),
    ),
    check=check,
)
