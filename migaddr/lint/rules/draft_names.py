"""MIG111: channels have the names of a draft that never shipped."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from migaddr.errors import MigaddrError
from migaddr.lint.addresses import Form
from migaddr.lint.findings import Edit, Fix, Severity
from migaddr.lint.rules import structure
from migaddr.lint.rules.facts import Live, Row, fact
from migaddr.lint.rules.rule import Example, Problem, Rule, Subject
from migaddr.model import MigrateChannel
from migaddr.qmp import JsonValue, channels_from_qmp, channels_to_qmp
from migaddr.qmp.draft_v1 import DRAFT_V1
from migaddr.qmp.draft_v2 import DRAFT_V2
from migaddr.qmp.draft_v3 import DRAFT_V3
from migaddr.qmp.draft_v4 import DRAFT_V4
from migaddr.releases import LATEST

_NAMES = re.compile(rb"(?P<quote>\\?[\"'])(?P<name>channeltype|socket-type|exec-str|rdma-str)(?P=quote)")
_SHIPPED = {
    "channeltype": "channel-type",
    "socket-type": "type",
    "exec-str": "args",
    "rdma-str": "host and port",
}
_DRAFTS: Final = (DRAFT_V1, DRAFT_V2, DRAFT_V3, DRAFT_V4)
_WRAPPERS: Final = ("socket-type", "data")


def check(subject: Subject) -> Iterator[Problem]:
    """Look for the draft's names."""
    found = subject.found
    if found.form is not Form.CHANNELS:
        return
    names = list(_NAMES.finditer(subject.data, found.start, found.end))
    fix = _fix(subject) if names else None
    for match in names:
        name = match["name"].decode()
        message = f"{name} is of a draft of 2022; QEMU's member is {_SHIPPED[name]}"
        yield Problem(0, 0, message, fix=fix, place=match.span("name"))


def _fix(subject: Subject) -> Fix | None:
    """Rename and unwrap, and see whether QEMU reads then what the draft meant; None if not."""
    start, end = subject.found.start, subject.found.end
    written = subject.data[start:end]
    quote = structure.quote_of(written)
    if not written.startswith(b"{") or structure.in_format(subject):
        return None
    channel = _channel(structure.read(written, quote, subject))
    if channel is None:
        return None
    edits = _edits(written, channel, quote, subject)
    if edits is None or structure.read(_applied(written, edits), quote, subject) != _json(channel):
        return None
    edits = [Edit(start + edit.start, start + edit.end, edit.replacement) for edit in edits]
    member = structure.member_before(subject, "channel", start, quote)
    if member is not None:  # a draft had one; channels are a list
        key = structure.key("channels", member, subject)
        edits += [Edit(member.start, start, f"{key}["), Edit(end, end, "]")]
    safe = structure.is_json(subject)
    what = "use the names that shipped" + ("" if safe else ", if nothing else reads the old ones")
    return Fix(tuple(sorted(edits, key=lambda edit: (edit.start, edit.end))), safe, what)


def _channel(value: JsonValue) -> MigrateChannel | None:
    """Read it as each draft does, or as one with only the name of the type wrong."""
    if not isinstance(value, dict):
        return None
    renamed = {"channel-type" if name == "channeltype" else name: item for name, item in value.items()}
    attempts = [(value if draft.argument == "channel" else [value], draft) for draft in _DRAFTS]
    old = {"channeltype" if name == "channel-type" else name: item for name, item in value.items()}
    attempts += [(old if draft.argument == "channel" else [old], draft) for draft in _DRAFTS]
    for given, draft in attempts:
        try:
            return channels_from_qmp(given, draft)[0]
        except MigaddrError:
            continue
    try:
        return channels_from_qmp([renamed])[0]
    except MigaddrError:
        return None


def _json(channel: MigrateChannel) -> object:
    try:
        written = channels_to_qmp((channel,), release=LATEST)
    except MigaddrError:
        return None
    return written[0] if isinstance(written, list) else None


def _edits(written: bytes, channel: MigrateChannel, quote: str, subject: Subject) -> list[Edit] | None:
    q = re.escape(quote).encode()
    shipped = _json(channel)
    addr = shipped.get("addr") if isinstance(shipped, dict) else None
    if not isinstance(addr, dict):
        return None
    edits = [
        Edit(*match.span("name"), "channel-type")
        for match in _NAMES.finditer(written)
        if match["name"] == b"channeltype"
    ]
    for match in re.finditer(
        q + rb"(?:exec-str|rdma-str)" + q + rb"\s*:\s*" + q + rb"[^\"'\\]*" + q, written
    ):
        members = {name: value for name, value in addr.items() if name != "transport"}
        text = structure.write(members, quote, subject)
        if text is None:
            return None
        edits.append(Edit(*match.span(), text[1:-1]))
    for name in _WRAPPERS:
        edits += _unwrapped(
            written, re.compile(q + name.encode() + q + rb"\s*:\s*(?P<open>\{|(?=\[))"), quote
        )
    return edits


def _unwrapped(written: bytes, pattern: re.Pattern[bytes], quote: str) -> Iterator[Edit]:
    """Let the members of a wrapper stand for it; a wrapped list becomes args."""
    for match in pattern.finditer(written):
        if not match["open"]:
            yield Edit(*match.span(), f"{quote}args{quote}: ")
            continue
        depth, at = 1, match.end()
        while at < len(written) and depth:
            depth += {ord("{"): 1, ord("}"): -1}.get(written[at], 0)
            at += 1
        yield Edit(*match.span(), "")
        yield Edit(at - 1, at, "")


def _applied(written: bytes, edits: list[Edit]) -> bytes:
    for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
        written = written[: edit.start] + edit.replacement.encode() + written[edit.end :]
    return written


_UNIX = '"transport": "socket", "type": "unix", "path": "/m"'

RULE = Rule(
    "MIG111",
    "draft-channel-names",
    Severity.ERROR,
    "Channels have the names of a draft that never shipped.",
    (
        (
            "Channels were discussed for a year before they shipped, and the names of the drafts are "
            "still copied: "
            "channeltype, socket-type, exec-str, rdma-str."
        ),
        fact(
            "QEMU refuses them.",
            Live("tests/qemu/test_drafts_live.py::test_every_draft_of_every_address_is_refused"),
            Row(
                "channels",
                '[{"channel-type": "main", "addr": {"transport": "exec", "exec-str": "/tmp/exec"}}]',
                "10.0..11.1",
                "Parameter 'channels[0].addr.args' is missing",
            ),
        ),
        (
            "The fix is offered where the channel is one of a draft as a whole, and stands there as "
            "a whole. It is "
            "safe in JSON; in a program something else may read the old names."
        ),
    ),
    bad=(
        Example(
            f'-> {{"channeltype": "main", "addr": {{{_UNIX}}}}}\n',
            "text",
            fixed=f'-> {{"channel-type": "main", "addr": {{{_UNIX}}}}}\n',
        ),
        Example(
            '{"execute": "migrate", "arguments": {"channel": {"channeltype": "main", "addr":\n'
            '    {"transport": "socket", "socket-type": {"type": "inet", "host": "h", "port": "80"}}}}}\n',
            "json",
            fixed='{"execute": "migrate", "arguments": {"channels": [{"channel-type": "main", "addr":\n'
            '    {"transport": "socket", "type": "inet", "host": "h", "port": "80"}}]}}\n',
        ),
        Example(
            '{"channel-type": "main", "addr": {"transport": "exec", "exec-str": "cat"}}\n',
            "json",
            fixed='{"channel-type": "main", "addr": '
            '{"transport": "exec", "args": ["/bin/sh", "-c", "cat"]}}\n',
        ),
        Example(
            'channel = {"channeltype": "main", "addr": {"transport": "rdma", "rdma-str": "h:4444"}}\n',
            fixed='channel = {"channel-type": "main", "addr": '
            '{"transport": "rdma", "host": "h", "port": "4444"}}\n',
        ),
        Example(
            '{"channeltype": "main", "addr": {"transport": "socket", "socket-type": {"type": "x"}}}\n', "json"
        ),
    ),
    good=(
        Example('{"channel-type": "main", "addr": {"transport": "exec", "args": ["/bin/cat"]}}\n', "json"),
    ),
    check=check,
)
