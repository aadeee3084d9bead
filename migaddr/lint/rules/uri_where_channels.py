"""MIG132: a uri, where every target release takes channels."""

from __future__ import annotations

import re
from collections.abc import Iterator

from migaddr.commands import arguments_for
from migaddr.errors import InexpressibleError, ParseError
from migaddr.lint.addresses import Form
from migaddr.lint.find.vocabulary import Direction
from migaddr.lint.findings import Edit, Fix, Severity
from migaddr.lint.rules import structure
from migaddr.lint.rules.facts import Data, Live, Row, fact
from migaddr.lint.rules.rule import Example, Problem, Rule, Subject
from migaddr.releases import Release
from migaddr.uri import uri_surprises

_NEAR = 300
_VERBATIM = {
    "unix": ({"transport": "socket", "type": "unix"}, "path"),
    "fd": ({"transport": "socket", "type": "fd"}, "str"),
    "exec": ({"transport": "exec"}, "args"),
}
_OPENING = re.compile(rb"(?P<prefix>[fF]?)(?P<quote>\\?[\"'])\Z")
_CLOSED = re.compile(rb"\s*[,)}\]]")


def check(subject: Subject) -> Iterator[Problem]:
    """Ask each target release whether its command takes channels alone."""
    found = subject.found
    around = subject.data[max(0, found.start - _NEAR) : found.end + _NEAR]
    if (
        not subject.is_address
        or not found.sink.startswith("QMP ")
        or re.search(rb"migrate[_-]recover", around)
        or any(beside.name == "channels" for beside in found.beside)
    ):
        return
    command = "migrate-incoming" if found.direction is Direction.INCOMING else "migrate"
    if all(_takes(release, command) for release in subject.targets.releases):
        message = "every target release takes channels, where each member stands by its name"
        yield Problem(0, len(subject.text), message, fix=_fix(subject, command))


def _takes(release: Release, command: str) -> bool:
    facts = release.migrate_incoming if command == "migrate-incoming" else release.migrate
    return "channels" in facts.optional and "uri" not in facts.required


def _fix(subject: Subject, command: str) -> Fix | None:
    """Make it of the key, what opens the literal, and what closes it; None if it stands elsewhere."""
    data, start, end = subject.data, subject.found.start, subject.found.end
    opening = _OPENING.search(data[max(0, start - 3) : start])
    if opening is None or structure.in_format(subject):
        return None
    closing = data[end : end + len(opening["quote"])]
    if closing != opening["quote"] or not _CLOSED.match(data, end + len(closing)):
        return None
    begin = start - len(opening[0])
    member = structure.member_before(subject, "uri", begin, opening["quote"].decode())
    if member is None or (opening["prefix"] and not subject.is_template):
        return None
    end += len(closing)
    key = structure.key("channels", member, subject)
    if subject.found.form is Form.LITERAL:
        value = _channels(subject, command)
        written = None if value is None else structure.write(value, member.quote, subject)
        edits: tuple[Edit, ...] = () if written is None else (Edit(member.start, end, key + written),)
    else:
        edits = _verbatim(subject, member, key, begin, end)
    safe = structure.is_json(subject)
    return (
        Fix(edits, safe, "send channels" if safe else "send channels, if they get there") if edits else None
    )


def _channels(subject: Subject, command: str) -> object:
    """Give the channels that every target release reads as it reads the uri; None if there are none."""
    values: list[object] = []
    for release in subject.targets.releases:
        address = subject.read(release)
        if isinstance(address, ParseError) or uri_surprises(subject.text, release):
            return None
        try:
            values.append(arguments_for(address, release, command)["channels"])
        except InexpressibleError:
            return None
    return values[0] if all(value == values[0] for value in values) else None


def _verbatim(subject: Subject, member: structure.Member, key: str, begin: int, end: int) -> tuple[Edit, ...]:
    """Let an f-string stand, without its scheme, where all of the rest is one member."""
    scheme = f"{subject.scheme}:"
    start = subject.found.start
    written = subject.data[start : start + len(scheme)]
    if (
        subject.scheme not in _VERBATIM
        or not structure.is_python(subject)
        or subject.data[begin : begin + 1] not in (b"f", b"F")
        or written != scheme.encode()
    ):
        return ()
    members, last = _VERBATIM[subject.scheme]
    addr = structure.write(members, member.quote, subject)
    assert addr is not None
    quote = member.quote
    head = f"{key}[{{{quote}channel-type{quote}: {quote}main{quote}, {quote}addr{quote}: "
    head += f"{addr[:-1]}, {quote}{last}{quote}: "
    tail = "}}]"
    if last == "args":
        head, tail = f"{head}[{quote}/bin/sh{quote}, {quote}-c{quote}, ", f"]{tail}"
    return (
        Edit(member.start, begin, head),
        Edit(start, start + len(scheme), ""),
        Edit(end, end, tail),
    )


_JSON = '{"execute": "migrate", "arguments": {"uri": "tcp:10.0.0.1:4444"}}\n'
_CHANNELS = (
    '[{"channel-type": "main", "addr": {"transport": "socket", "type": "inet", '
    '"host": "10.0.0.1", "port": "4444"}}]'
)

RULE = Rule(
    "MIG132",
    "uri-where-channels",
    Severity.INFO,
    "A uri is sent where every target release takes channels.",
    (
        fact(
            "A uri is deprecated in no release of QEMU, and every release takes it.",
            Data("7.2..11.1", lambda r: "uri" not in r.migrate.deprecated | r.migrate_incoming.deprecated),
            Row(
                "commands",
                '{"execute": "migrate", "arguments": {"uri": "tcp:h:80"}}',
                "7.2..11.1",
                '"host": "h"',
            ),
        ),
        "So the rule is off until it is selected, and says nothing unless target releases are named.",
        fact(
            "Channels say what a uri cannot: an abstract socket, a program without a shell.",
            Live("tests/qemu/test_howto.py::test_the_last_says_what_only_channels_say"),
        ),
        fact(
            "Where the fix is offered, every target release makes the same address of both.",
            Live("tests/qemu/test_corpus_live.py::test_every_uri_as_channels"),
        ),
        (
            "In JSON it is safe. In a program it is a suggestion: what the function does with its arguments "
            "is not seen."
        ),
        (
            "Of templates, only f-strings of unix:, fd: and exec: are changed, in which all of the "
            "rest is one "
            "member."
        ),
    ),
    bad=(
        Example(
            _JSON,
            "json",
            targets="8.2.2..",
            fixed=_JSON.replace('"uri": "tcp:10.0.0.1:4444"', f'"channels": {_CHANNELS}'),
        ),
        Example(
            'vm.qmp("migrate", uri=f"unix:{path}")\n',
            targets="9.0..11.1",
            fixed='vm.qmp("migrate", channels=[{"channel-type": "main", "addr": '
            '{"transport": "socket", "type": "unix", "path": f"{path}"}}])\n',
        ),
        Example('vm.qmp("migrate", uri=f"tcp:[{host}]:{port}")\n', targets="9.0..11.1"),
    ),
    good=(
        Example(_JSON, "json", targets="7.2..11.1"),
        Example(_JSON, "json"),
        Example('vm.qmp("migrate-recover", uri="tcp:10.0.0.1:4444")\n', targets="9.0..11.1"),
        Example('vm.hmp("migrate tcp:10.0.0.1:4444")\n', targets="9.0..11.1"),
    ),
    check=check,
    on=False,
)
