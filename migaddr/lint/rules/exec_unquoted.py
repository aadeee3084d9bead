"""MIG101: something is put into the command of exec: without quoting it for the shell."""

from __future__ import annotations

import re
from collections.abc import Iterator

from migaddr.lint.find.values import HOLE
from migaddr.lint.findings import Severity
from migaddr.lint.rules.facts import Live, Row, fact
from migaddr.lint.rules.rule import Example, Problem, Rule, Subject, Suggestion

# numbers and the like, by their names
_HARMLESS = re.compile(
    r"(?i)(?:str\()?(?:\w*[._])?(?:port|pid|fd|fileno|uuid[0-9]?|int|len|count|size|number|offset|level)"
    r"(?:\([^()]*(?:\(\))?\))?\)?"
)
# Go's own quotes do not stop a shell
_QUOTED = re.compile(r"(?i)(?<!strconv\.)(?:quote\w*|escape)\(|shellescape|@Q\}|printf %q")
_NUMBER = re.compile(r"%[-+0 #]*[0-9]*(?:ll|l|h)*[diuxXo]")


def check(subject: Subject) -> Iterator[Problem]:
    """Look at every hole but the one that is the whole command."""
    if subject.scheme != "exec" or not subject.is_template:
        return
    start = len("exec:")
    if subject.text[start:].strip() == HOLE:
        return  # the whole command is the caller's
    for at, hole in subject.holes():
        written = subject.written(hole)
        name = hole.expression or written
        if hole.quoted or at < start or _NUMBER.fullmatch(written) or _HARMLESS.fullmatch(name.strip("${}")):
            continue
        if _QUOTED.search(name) or _QUOTED.search(subject.assigned(name.strip("${}"))):
            continue
        if subject.text[at - 1] in "'\"" and subject.text[at + 1 : at + 2] == subject.text[at - 1]:
            continue  # quoted by hand: spaces do no harm
        if at == start and subject.text[at + 1 : at + 2] in ("", ">", " "):
            continue  # it begins the command: a program, not a value
        fix = None
        if written == f"{{{hole.expression}}}" and subject.in_f_string(hole):
            quoted = f"{{shlex.quote({hole.expression})}}"
            fix = Suggestion(at, at + 1, quoted, safe=False, description="quote it (import shlex)")
        message = f"{name} goes to /bin/sh unquoted: a blank ends it, and $, ; or ` run something else"
        yield Problem(at, at + 1, message, fix=fix)


RULE = Rule(
    "MIG101",
    "exec-unquoted",
    Severity.ERROR,
    "Something is put into an exec: command without being quoted for the shell.",
    (
        fact(
            "QEMU hands everything after exec: to /bin/sh -c as one command.",
            Row("uri", "exec:cat > /tmp/mig", "7.2..11.1", '"args": ["/bin/sh", "-c", "cat > /tmp/mig"]'),
            Live("tests/qemu/test_first_contact.py::test_what_exec_would_run_is_recorded_and_not_run"),
        ),
        (
            "A path with a blank becomes two words, and one with $, ; or backquotes runs something "
            "else with the "
            "rights of the virtual machine. Quote each value for the shell."
        ),
        fact(
            "In channels, args go to the program as they are.",
            Live("tests/qemu/test_rule_facts_live.py::test_args_go_to_the_program_as_they_are"),
        ),
    ),
    bad=(
        Example(
            'vm.qmp("migrate", uri=f"exec:cat > {path}")\n',
            fixed='vm.qmp("migrate", uri=f"exec:cat > {shlex.quote(path)}")\n',
        ),
        Example('package m\n\nfunc f() { migrate(fmt.Sprintf("exec:cat >%s", path)) }\n', "go"),
        Example(
            'fn f() { let uri = format!("exec:cat {}", path); execute_migration_incoming(&uri); }\n', "rust"
        ),
    ),
    good=(
        Example('vm.qmp("migrate", uri=f"exec:cat > {shlex.quote(path)}")\n'),
        Example('vm.qmp("migrate", uri="exec:nc -l %d" % port)\n'),
        Example('vm.qmp("migrate", uri="exec:%s" % command)\n'),
        Example('quoted = shlex.quote(path)\nvm.qmp("migrate", uri=f"exec:cat > {quoted}")\n'),
        Example('vm.qmp("migrate", uri=f"exec:nc -l {port}")\n'),
        Example('run("-incoming", "exec:cat #{Shellwords.escape(path)}")\n', "ruby"),
    ),
    check=check,
)
