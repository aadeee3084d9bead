"""MIG129: fd: is given a number where QEMU looks for a name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from migaddr.lint.find.vocabulary import Direction
from migaddr.lint.findings import Severity
from migaddr.lint.rules.facts import Live, fact
from migaddr.lint.rules.rule import Example, Problem, Rule, Subject

_NUMBER_SPEC = re.compile(r"%[-+0 ]*[0-9]*(?:ll|l|h)*[diu]")


def check(subject: Subject) -> Iterator[Problem]:
    """Ask whether the name begins with a digit, for a command that goes out."""
    if subject.found.direction is not Direction.OUTGOING or subject.scheme != "fd":
        return
    for _, surprise in subject.surprises("fd-number"):
        yield Problem(surprise.start, surprise.end, surprise.message)
    for at, hole in subject.holes():
        if at == len("fd:") and _NUMBER_SPEC.fullmatch(subject.written(hole)):
            message = "a number is put in: migrate looks for a getfd name, and none begins with a digit"
            yield Problem(at, at + 1, message)


RULE = Rule(
    "MIG129",
    "fd-number",
    Severity.WARNING,
    "fd: is given a number, where QEMU looks for a name.",
    (
        fact(
            "On the command line, -incoming fd:7 is the inherited descriptor 7.",
            Live(
                "tests/qemu/test_rule_facts_live.py::test_a_number_is_a_descriptor_on_the_command_line_alone"
            ),
        ),
        fact(
            "migrate looks for a descriptor that was given a name by getfd, and a name cannot begin "
            "with a digit.",
            Live(
                "tests/qemu/test_rule_facts_live.py::test_a_number_is_a_descriptor_on_the_command_line_alone"
            ),
        ),
    ),
    bad=(
        Example('vm.qmp("migrate", uri="fd:7")\n'),
        Example('vm.qmp("migrate", uri="fd:%d" % number)\n'),
    ),
    good=(
        Example('vm.qmp("migrate", uri="fd:mig")\n'),
        Example("qemu-system-x86_64 -incoming fd:7\n", "shell"),
    ),
    check=check,
)
