"""MIG106: the command has both uri and channels, or neither."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from migaddr.errors import ParseError
from migaddr.lint.findings import Severity
from migaddr.lint.rules.facts import Row, fact
from migaddr.lint.rules.rule import Example, Problem, Rule, Subject, Targets
from migaddr.qmp import parse_json

_EXECUTE = re.compile(
    rb"\{\s*(?P<quote>\\?[\"'])execute(?P=quote)\s*:\s*(?P=quote)migrate(?:-incoming)?(?P=quote)"
)
_BRACE = re.compile(rb"[{}]")
_LONGEST: Final = 4096  # bytes of a command
_CODE: Final = frozenset({"json", "text", "markdown", "yaml", "shell"})


def check(subject: Subject) -> Iterator[Problem]:
    """Look for channels beside a uri."""
    for beside in subject.found.beside:
        if beside.name == "channels" and beside.value not in ("None", "null", "nil", "undefined"):
            yield Problem.at(beside, "uri and channels exclude each other: QEMU refuses a command with both")


def scan(data: bytes, language: str, targets: Targets) -> Iterator[Problem]:
    """Look for a whole command in JSON that has arguments, and neither of the two among them."""
    del targets  # every release refuses it
    for match in _EXECUTE.finditer(data):
        end = _closing(data, match.start())
        try:
            text = data[match.start() : end].decode().replace(match["quote"].decode(), '"')
            value = parse_json(text)
        except (ParseError, UnicodeDecodeError):
            continue  # a template, or no JSON at all
        arguments = value.get("arguments") if isinstance(value, dict) else None
        # a program may fill what is empty; and its dict looks like JSON
        if not isinstance(arguments, dict) or (not arguments and language not in _CODE):
            continue
        # drafts had channel; that is MIG111's
        if arguments.keys().isdisjoint(("uri", "channels", "channel")):
            message = "the command has neither uri nor channels: QEMU refuses it"
            yield Problem(0, 0, message, place=(match.start(), end))


def _closing(data: bytes, start: int) -> int:
    """Find the end of an object; its strings may hold no brace."""
    depth = 0
    for brace in _BRACE.finditer(data, start, start + _LONGEST):
        depth += 1 if brace[0] == b"{" else -1
        if depth == 0:
            return brace.end()
    return start


_BOTH = (
    '{"execute": "migrate", "arguments": {"uri": "tcp:h:80", "channels": [{"channel-type": "main", "addr": '
    '{"transport": "socket", "type": "inet", "host": "h", "port": "80"}}]}}'
)

RULE = Rule(
    "MIG106",
    "uri-and-channels",
    Severity.ERROR,
    "The command has both uri and channels, or neither.",
    (
        "A migration has one target.",
        fact(
            "QEMU refuses a migrate or migrate-incoming that has both arguments.",
            Row("commands", _BOTH, "7.2..11.1", '"error"'),
            Row("commands", _BOTH.replace('"migrate"', '"migrate-incoming"'), "7.2..11.1", '"error"'),
        ),
        fact(
            "It refuses one that has neither.",
            Row("commands", '{"execute": "migrate", "arguments": {}}', "7.2..11.1", '"error"'),
            Row("commands", '{"execute": "migrate-incoming", "arguments": {}}', "7.2..11.1", '"error"'),
        ),
        "Neither is only looked for where the command stands as a whole, in JSON.",
    ),
    bad=(
        Example('vm.qmp("migrate", uri="unix:/run/m", channels=channels)\n'),
        Example('{"execute": "migrate", "arguments": {"detach": true}}\n', "json"),
        Example('-> { "execute": "migrate-incoming", "arguments": {} }\n', "text"),
    ),
    good=(
        Example('vm.qmp("migrate", uri="unix:/run/m")\n'),
        Example('vm.qmp("migrate", channels=channels)\n'),
        Example('command = {"execute": "migrate", "arguments": {}}\ncommand["arguments"]["uri"] = uri\n'),
        Example('{"execute": "migrate-recover", "arguments": {}}\n', "json"),
    ),
    check=check,
    scan=scan,
)
