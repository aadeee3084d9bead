"""MIG107: channels are sent to a QEMU that does not take them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from migaddr.errors import MigaddrError, ParseError
from migaddr.lint.addresses import Form
from migaddr.lint.find.vocabulary import Direction
from migaddr.lint.findings import Edit, Fix, Severity
from migaddr.lint.rules import structure
from migaddr.lint.rules.facts import Data, Row, fact
from migaddr.lint.rules.rule import Example, Problem, Rule, Subject, releases_text
from migaddr.model import ChannelType, MigrateAddress
from migaddr.qmp import channels_from_qmp
from migaddr.uri import format_uri, parse_uri

_OPEN = re.compile(rb"\[\s*\Z")
_CLOSE = re.compile(rb"\s*,?\s*\]")
_NEAR: Final = 80


def check(subject: Subject) -> Iterator[Problem]:
    """Ask each target release, if somebody chose them, whether it takes channels alone."""
    if subject.found.form is not Form.CHANNELS or not subject.targets.chosen:
        return
    incoming = subject.found.direction is Direction.INCOMING
    lacking = []
    for release in subject.targets.releases:
        command = release.migrate_incoming if incoming else release.migrate
        if "channels" not in command.optional or "uri" in command.required:
            lacking.append(release)
    if lacking:
        message = f"{releases_text(lacking)} takes no channels here: send the uri to it"
        yield Problem(0, len(subject.text), message, fix=_fix(subject))


def _fix(subject: Subject) -> Fix | None:
    """Write a uri, if the channels stand there as a whole and are one address that a uri can say."""
    data, start, end = subject.data, subject.found.start, subject.found.end
    quote = structure.quote_of(data[start:end])
    if structure.in_format(subject):
        return None
    if not data.startswith(b"[", start):
        before = _OPEN.search(data[max(0, start - _NEAR) : start])
        after = _CLOSE.match(data, end)
        if before is None or after is None:
            return None
        start, end = start - len(before[0]), after.end()
    member = structure.member_before(subject, "channels", start, quote)
    value = structure.read(data[start:end], quote, subject)
    uri = _uri(value, subject)
    if member is None or uri is None:
        return None
    written = structure.write(uri, quote, subject)
    if written is None:
        return None
    safe = structure.is_json(subject)
    edit = Edit(member.start, end, structure.key("uri", member, subject) + written)
    return Fix((edit,), safe, "send the uri" if safe else "send the uri, if it gets there")


def _uri(value: object, subject: Subject) -> str | None:
    """Give the uri that every target release reads as these channels."""
    try:
        channels = channels_from_qmp(value)
        if [channel.channel_type for channel in channels] != [ChannelType.MAIN]:
            return None
        address: MigrateAddress = channels[0].addr
        uri = format_uri(address)
        same = all(parse_uri(uri, release) == address for release in subject.targets.releases)
    except ParseError:
        return None  # a release that has no such scheme
    except MigaddrError:
        return None  # no channels, or none that a uri can say
    return uri if same else None


_ADDR = '{"transport": "socket", "type": "unix", "path": "/run/m"}'
_COMMAND = (
    '{"execute": "migrate", "arguments": {"channels": [{"channel-type": "main", "addr": '
    '{"transport": "socket", '
    '"type": "inet", "host": "h", "port": "80"}}]}}'
)

RULE = Rule(
    "MIG107",
    "channels-need-8.2",
    Severity.ERROR,
    "Channels are sent to a target release that takes none.",
    (
        fact(
            "channels came with QEMU 8.2, and migrate takes them without a uri since 8.2.2.",
            Row("commands", _COMMAND, "7.2..8.2", '"error": "Parameter \'uri\' is missing"'),
            Row("commands", _COMMAND, "8.2.2..11.1", '"reads"'),
            Row(
                "commands",
                _COMMAND.replace('"migrate"', '"migrate-incoming"'),
                "8.2..11.1",
                '"reads"',
            ),
        ),
        fact("Before, only uri works.", Data("7.2..8.1", lambda r: "channels" not in r.migrate.optional)),
        "Choose by the version, or by query-qmp-schema.",
        "The rule looks at the target releases that the configuration names.",
        (
            "The fix writes the uri where one says the same. In JSON it is safe; in a program it is a "
            "suggestion, because what the function does with its arguments is not seen."
        ),
    ),
    bad=(
        Example('vm.qmp("migrate", channels=channels)\n', targets="7.2..11.1"),
        Example(
            f'{{"execute": "migrate", "arguments": {{"channels": [{{"channel-type": "main", "addr": '
            f"{_ADDR}}}]}}}}\n",
            "json",
            targets="7.2..11.1",
            fixed='{"execute": "migrate", "arguments": {"uri": "unix:/run/m"}}\n',
        ),
        Example(
            f'vm.qmp("migrate", channels=[{{"channel-type": "main", "addr": {_ADDR}}}])\n',
            targets="7.2..11.1",
            fixed='vm.qmp("migrate", uri="unix:/run/m")\n',
        ),
        Example(
            '{"execute": "migrate", "arguments": {"channels": [{"channel-type": "main", "addr": '
            '{"transport": '
            '"socket", "type": "unix", "path": "m", "abstract": true}}]}}\n',
            "json",
            targets="7.2..11.1",
        ),
    ),
    good=(
        Example('vm.qmp("migrate", channels=channels)\n', targets="8.2.2..11.1"),
        Example('vm.qmp("migrate", channels=channels)\n'),
    ),
    check=check,
)
