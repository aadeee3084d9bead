"""MIG135: what is set beside the address makes QEMU refuse it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from migaddr.commands import Command, Migrate, MigrateIncoming, preflight
from migaddr.errors import MigaddrError, ParseError
from migaddr.lint.find.vocabulary import Direction
from migaddr.lint.findings import Severity
from migaddr.lint.rules.facts import Live, fact
from migaddr.lint.rules.rule import Example, Problem, Rule, Subject, releases_text

_IN_ORDER: Final = frozenset({"json", "text", "markdown", "shell"})
_FARTHEST: Final = 4000  # bytes
_PARAGRAPH = re.compile(rb"\n[ \t]*\r?\n")
_LINE_END = re.compile(rb"(?<!\\)\n")
_GLOBAL = re.compile(r"-global[ =]+[\"']?migration\.(?:x-)?(?P<name>[\w-]+)=(?P<on>on|true|yes)\b")
_SET = re.compile(
    r"migrate_set_capability\s+(?P<name>[\w-]+)\s+(?P<on>on|off)\b"
    r"|\\?[\"']capability\\?[\"']\s*:\s*\\?[\"'](?P<json_name>[\w-]+)\\?[\"']\s*,\s*"
    r"\\?[\"']state\\?[\"']\s*:\s*(?P<state>true|false)"
)
_MODE = re.compile(
    r"migrate_set_parameter\s+mode\s+(?P<hmp>[\w-]+)"
    r"|migrate-set-parameters[^\n]{0,100}\\?[\"']mode\\?[\"']\s*:\s*\\?[\"'](?P<qmp>[\w-]+)\\?[\"']"
)


def check(subject: Subject) -> Iterator[Problem]:
    """Ask preflight, with what the command line or the paragraph sets before."""
    found = subject.found
    if not subject.is_address or found.direction is Direction.UNKNOWN or subject.language not in _IN_ORDER:
        return
    if found.sink in ("-incoming", "--incoming"):
        capabilities, mode = _on_the_line(subject), None
    else:
        capabilities, mode = _before(subject)
    if not capabilities and mode is None:
        return
    parameters = {} if mode is None else {"mode": mode}
    refusing = []
    for release in subject.targets.releases:
        address = subject.read(release)
        if isinstance(address, ParseError):
            continue
        command: Command = (
            Migrate(address) if found.direction is Direction.OUTGOING else MigrateIncoming(address)
        )
        try:
            refusals = preflight(
                command, release, capabilities=capabilities, parameters=parameters, form="uri"
            )
        except MigaddrError:
            continue  # a mode that is none, or a release without this command
        if refusals:
            refusing.append((release, refusals[0]))
    if refusing:
        refusal = refusing[0][1]
        who = releases_text([release for release, _ in refusing])
        does = "dies of this" if refusal.crashes_qemu else "refuses this"
        yield Problem(0, len(subject.text), f"{who} {does}: {refusal.reason}")


def _on_the_line(subject: Subject) -> frozenset[str]:
    """List what -global sets in the same command; lines that a backslash joins are one."""
    data, found = subject.data, subject.found
    begin = max(
        (m.end() for m in _LINE_END.finditer(data, max(0, found.start - _FARTHEST), found.start)), default=0
    )
    after = _LINE_END.search(data, found.end, found.end + _FARTHEST)
    line = data[begin : after.start() if after else found.end + _FARTHEST].decode("utf-8", "surrogateescape")
    return frozenset(match["name"] for match in _GLOBAL.finditer(line))


def _before(subject: Subject) -> tuple[frozenset[str], str | None]:
    """Follow what the commands before it, in its paragraph, have set; the last word on each counts."""
    data, start = subject.data, subject.found.start
    begin = max((m.end() for m in _PARAGRAPH.finditer(data, max(0, start - _FARTHEST), start)), default=0)
    begin = max(begin, start - _FARTHEST)
    text = data[begin:start].decode("utf-8", "surrogateescape")
    on: set[str] = set()
    for match in _SET.finditer(text):
        name = match["name"] or match["json_name"]
        (on.add if (match["on"] or match["state"]) in ("on", "true") else on.discard)(name)
    modes = [match["hmp"] or match["qmp"] for match in _MODE.finditer(text)]
    return frozenset(on), modes[-1] if modes else None


RULE = Rule(
    "MIG135",
    "settings-refuse",
    Severity.ERROR,
    "What is set in the same script, or on the same command line, makes QEMU refuse the address.",
    (
        fact(
            "multifd and postcopy-preempt need a transport of several connections, mapped-ram needs "
            "a file, RDMA "
            "excludes xbzrle and multifd, and mode cpr-transfer needs a second channel: QEMU refuses "
            "the command "
            "before it opens anything.",
            Live("tests/qemu/test_preflight_live.py::test_every_row"),
            Live("tests/qemu/test_preflight_live.py::test_settings_at_random"),
        ),
        fact(
            "A uri in mode cpr-transfer ends the process since QEMU 11.0.",
            Live("tests/qemu/test_preflight_live.py::test_a_uri_in_mode_cpr_transfer_kills_11_0_and_later"),
        ),
        fact(
            "-global migration.x-multifd=on sets the capability for the command line.",
            Live("tests/qemu/test_rule_facts_live.py::test_a_global_sets_a_capability"),
        ),
        (
            "The rule looks at command lines, and at scripts of monitor commands up to a blank line; "
            "not at what a "
            "program may set elsewhere."
        ),
    ),
    bad=(
        Example('(qemu) migrate_set_capability multifd on\n(qemu) migrate "exec:cat > /tmp/m"\n', "text"),
        Example(
            '{"execute": "migrate-set-capabilities", "arguments": {"capabilities": [{"capability": '
            '"mapped-ram", '
            '"state": true}]}}\n{"execute": "migrate", "arguments": {"uri": "tcp:10.0.0.1:4444"}}\n',
            "text",
            targets="9.0..11.1",
        ),
        Example(
            "qemu-system-x86_64 -global migration.x-multifd=on \\\n    -incoming 'exec:cat /tmp/m'\n",
            "shell",
            targets="9.0..11.1",
        ),
    ),
    good=(
        Example(
            "(qemu) migrate_set_capability multifd on\n(qemu) migrate_set_capability multifd off\n"
            '(qemu) migrate "exec:cat > /tmp/m"\n',
            "text",
        ),
        Example('(qemu) migrate_set_capability multifd on\n\n(qemu) migrate "exec:cat > /tmp/m"\n', "text"),
        Example("(qemu) migrate_set_capability multifd on\n(qemu) migrate tcp:10.0.0.1:4444\n", "text"),
        Example("qemu-system-x86_64 -global migration.x-multifd=on -incoming tcp:10.0.0.1:4444\n", "shell"),
    ),
    check=check,
)
