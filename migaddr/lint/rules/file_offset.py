"""MIG125: file: is too new for a target, or its offset is none."""

from __future__ import annotations

from collections.abc import Iterator

from migaddr.lint.findings import Severity
from migaddr.lint.rules.facts import Data, Row, fact
from migaddr.lint.rules.rule import Example, Problem, Rule, Subject, Suggestion, releases_text

_OFFSETS = ("?offset=", "&offset=", ";offset=", ", offset=", ",OFFSET=", ",Offset=")


def check(subject: Subject) -> Iterator[Problem]:
    """Ask who knows file:, and what of the name looks like an offset."""
    if subject.scheme != "file":
        return
    lacking = [r for r in subject.targets.releases if "file" not in r.uri_schemes]
    if lacking and subject.targets.chosen:
        yield Problem(0, 4, f"{releases_text(lacking)} has no file:")
    for _, surprise in subject.surprises("literal-filename"):
        if subject.touches_hole(surprise.start, surprise.start + 1):
            continue
        fix = None
        for wrong in _OFFSETS:
            digits = subject.text[surprise.start + len(wrong) : surprise.end]
            if subject.text.startswith(wrong, surprise.start) and digits.isascii() and digits.isalnum():
                end = surprise.start + len(wrong)
                fix = Suggestion(surprise.start, end, ",offset=", safe=False, description="write ,offset=")
        yield Problem(surprise.start, surprise.end, surprise.message, fix=fix)
    faults = [(r, e) for r, e in subject.faults() if "file" in r.uri_schemes]
    if faults and not subject.touches_hole(faults[0][1].start, faults[0][1].end):
        release, error = faults[0]
        start = min(error.start, len(subject.text) - 1)
        yield Problem(start, max(error.end, start + 1), f"QEMU {release} refuses it: {error.reason}")


RULE = Rule(
    "MIG125",
    "file-version-offset",
    Severity.ERROR,
    "file: is too new for a target release, or its offset is not one.",
    (
        fact(
            "file: came with QEMU 8.2.",
            Data("8.2..11.1", lambda r: "file" in r.uri_schemes),
            Row("uri", "file:/tmp/mig", "7.2..8.1", "unknown migration protocol"),
        ),
        fact(
            "Its offset begins with the exact text ,offset= and everything else is part of the file's name: "
            "a blank after the comma, capitals.",
            Row("uri", "file:/tmp/mig,OFFSET=1", "8.2..11.1", '"filename": "/tmp/mig,OFFSET=1"'),
            Row("uri", "file:/tmp/mig, offset=1", "8.2..11.1", '"filename": "/tmp/mig, offset=1"'),
        ),
    ),
    bad=(
        Example(
            'vm.qmp("migrate", uri="file:/m?offset=4096")\n',
            fixed='vm.qmp("migrate", uri="file:/m,offset=4096")\n',
        ),
        Example(
            'vm.qmp("migrate", uri="file:/m, offset=4096")\n',
            fixed='vm.qmp("migrate", uri="file:/m,offset=4096")\n',
        ),
        Example('vm.qmp("migrate", uri="file:/m,offset=much")\n'),
        Example('vm.qmp("migrate", uri="file:/m")\n', targets="7.2..11.1"),
    ),
    good=(
        Example('vm.qmp("migrate", uri="file:/m,offset=0x2000")\n'),
        Example('vm.qmp("migrate", uri="file:/m")\n', targets="8.2..11.1"),
        Example('vm.qmp("migrate", uri=f"file:{path},offset={at}")\n'),
    ),
    check=check,
)
