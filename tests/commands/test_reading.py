"""Reading commands: what the corpus does not say, hints and drafts above all."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from migaddr import (
    DRAFT_V1,
    LATEST,
    CommandError,
    FdAddress,
    InetAddress,
    Migrate,
    MigrateIncoming,
    MigrateRecover,
    ParseError,
    Release,
    WireError,
    command_from_qmp,
)
from migaddr.releases import CommandArguments

ADDR = {"transport": "socket", "type": "fd", "str": "x"}
MAIN = {"channel-type": "main", "addr": ADDR}
DRAFT = {"channeltype": "main", "addr": {"transport": "socket", "socket-type": {"type": "fd", "str": "x"}}}


def _migrate(**arguments: Any) -> dict[str, Any]:
    return {"execute": "migrate", "arguments": {name.replace("_", "-"): v for name, v in arguments.items()}}


def test_both_forms_read_alike() -> None:
    assert command_from_qmp(_migrate(uri="fd:x")) == command_from_qmp(_migrate(channels=[MAIN]))
    assert command_from_qmp(_migrate(uri="fd:x", resume=False)) == Migrate(FdAddress("x"), resume=False)
    value = {"execute": "migrate-incoming", "arguments": {"uri": "fd:x", "exit-on-error": False}}
    assert command_from_qmp(value) == MigrateIncoming(FdAddress("x"), exit_on_error=False)
    value = {"execute": "migrate-recover", "arguments": {"uri": "fd:x"}}
    assert command_from_qmp(value) == MigrateRecover(FdAddress("x"))


@pytest.mark.parametrize(
    ("value", "release", "path", "hint"),
    [
        ({"execute": "migrate", "uri": "fd:x"}, "11.1", "uri", 'put uri into "arguments"'),
        ({"uri": "fd:x"}, "11.1", "uri", 'put uri into "arguments"'),
        ({"exec-oob": "migrate-recover"}, "11.1", "exec-oob", 'write "execute"'),
        ({"execute": "Migrate"}, "11.1", "execute", 'write "migrate"'),
        ({"execute": "migrate_incoming"}, "11.1", "execute", 'write "migrate-incoming"'),
        (_migrate(url="fd:x"), "11.1", "url", "url: write uri"),
        (_migrate(url="fd:x"), "7.2", "uri", "url: write uri"),
        (_migrate(channel=[MAIN]), "11.1", "channel", "channel: write channels"),
        (_migrate(channels=MAIN), "11.1", "channels", "put it in a list: [{...}]"),
        (_migrate(uri="fd:x", resume="on"), "11.1", "resume", "write true"),
        (_migrate(uri="fd:x", blk=True), "9.1", "blk", "blk was removed in QEMU 9.1: leave it out"),
        (_migrate(uri="fd:x", detach=True), "11.0", "detach", "detach was removed in QEMU 11.0: leave it out"),
        (_migrate(uri="fd:x", exit_on_error=True), "11.1", "exit-on-error", None),
        (_migrate(uri="fd:x", channels=[]), "7.2", "channels", "channels came with QEMU 8.2: give a uri"),
        (_migrate(channels=[MAIN]), "8.1", "uri", "give it a uri: migrate of QEMU 8.1 does not take channels alone"),
        (_migrate(channels=[MAIN]), "8.2.1", "uri", "give it a uri: migrate of QEMU 8.2.1 does not take channels alone"),
        (
            {"execute": "migrate-incoming", "arguments": {"uri": "fd:x", "exit-on-error": True}},
            "9.0",
            "exit-on-error",
            "exit-on-error came with QEMU 9.1: leave it out",
        ),
        (
            {"execute": "migrate-recover", "arguments": {"uri": "fd:x", "channels": [MAIN]}},
            "11.1",
            "channels",
            "migrate-recover has channels in no release: give a uri",
        ),
    ],
)  # fmt: skip
def test_a_fault_has_its_place_and_what_to_write(
    value: Any, release: str, path: str, hint: str | None
) -> None:
    with pytest.raises(WireError) as caught:
        command_from_qmp(value, release=release)
    assert (caught.value.path, caught.value.hint) == (path, hint)


@pytest.mark.parametrize("value", [None, [], "migrate", 1, [{"execute": "migrate"}]])
def test_a_command_is_an_object(value: Any) -> None:
    with pytest.raises(WireError) as caught:
        command_from_qmp(value)
    assert (caught.value.path, caught.value.qemu_message) == ("", "QMP input must be a JSON object")


@pytest.mark.parametrize("name", ["query-migrate", "", "quit", "\udc80"])
def test_other_commands_are_none_of_ours(name: str) -> None:
    with pytest.raises(WireError, match="is none of the commands that take an address") as caught:
        command_from_qmp({"execute": name})
    assert caught.value.qemu_message is None


def test_names_that_json_cannot_have_or_qemu_cannot_read() -> None:
    for key in (1, None, "\udc80"):
        wrong: Any = {"execute": "migrate", key: 1}
        with pytest.raises(WireError) as caught:
            command_from_qmp(wrong)
        assert caught.value.qemu_message is None
        wrong = _migrate(uri="fd:x")
        wrong["arguments"][key] = 1
        with pytest.raises(WireError):
            command_from_qmp(wrong)


def test_a_bad_uri_has_its_span_and_the_answer_to_this_command() -> None:
    with pytest.raises(ParseError) as caught:
        command_from_qmp(_migrate(uri="tcp:h:80,ipv4=yes"), release="10.0")
    assert caught.value.text[caught.value.start : caught.value.end] == "=yes"
    answers = []
    for release in ("8.0", "8.1", "8.2"):
        with pytest.raises(ParseError) as caught:
            command_from_qmp(_migrate(uri="x"), release=release)
        answers.append(caught.value.qemu_message)
    assert answers == [
        "Parameter 'uri' expects a valid migration protocol",
        None,
        "unknown migration protocol: x",
    ]
    with pytest.raises(ParseError) as caught:
        command_from_qmp({"execute": "migrate-incoming", "arguments": {"uri": "x"}}, release="8.1")
    assert caught.value.qemu_message == "unknown migration protocol: x"


def test_a_schema_decides_about_the_arguments() -> None:
    release = attrs.evolve(
        LATEST, migrate=CommandArguments(frozenset(), LATEST.migrate.optional | {"detach"})
    )
    assert command_from_qmp(_migrate(uri="fd:x", detach=True), release=release) == Migrate(
        FdAddress("x"), detach=True
    )
    fewer = attrs.evolve(LATEST, migrate=CommandArguments(frozenset(), frozenset({"uri", "channels"})))
    with pytest.raises(WireError) as caught:
        command_from_qmp(_migrate(uri="fd:x", resume=True), release=fewer)
    assert caught.value.hint == "this QEMU has no resume: leave it out"


def test_the_draft_s_command() -> None:
    for release in (Release.parse("7.2"), LATEST):
        read = command_from_qmp(_migrate(channel=DRAFT, blk=True, detach=False), DRAFT_V1, release=release)
        assert read == Migrate(FdAddress("x"), blk=True, detach=False)
        assert command_from_qmp(_migrate(uri="fd:x"), DRAFT_V1, release=release) == Migrate(FdAddress("x"))


@pytest.mark.parametrize("arguments", [{}, {"uri": "fd:x", "channel": DRAFT}])
def test_the_draft_s_exclusivity(arguments: dict[str, Any]) -> None:
    with pytest.raises(CommandError) as caught:
        command_from_qmp(_migrate(**arguments), DRAFT_V1)
    assert caught.value.reason == "uri and channel are mutually exclusive, but at least one must be present"
    assert caught.value.qemu_message is None


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (_migrate(channels=[MAIN]), "channels"),
        (_migrate(channel=[DRAFT]), "channel"),
        (_migrate(channel={**DRAFT, "channeltype": "cpr"}), "channel.channeltype"),
        ({"execute": "migrate-recover", "arguments": {"channel": DRAFT}}, "uri"),
        ({"execute": "migrate-incoming", "arguments": {"channel": [DRAFT]}}, "channel"),
        ([], ""),
    ],
)
def test_the_draft_refuses_without_words_of_qemu(value: Any, path: str) -> None:
    """It left `migrate-recover` as it was, which takes a uri."""
    with pytest.raises(WireError) as caught:
        command_from_qmp(value, DRAFT_V1, release="7.2")
    assert (caught.value.path, caught.value.qemu_message) == (path, None)


def test_only_dialects_are_dialects() -> None:
    wrong: Any = "qapi"
    with pytest.raises(WireError, match="must be a Dialect"):
        command_from_qmp(_migrate(uri="fd:x"), wrong)


def test_a_lone_cpr_channel_is_the_main_one_for_10_0_to_10_2() -> None:
    value = {
        "execute": "migrate-incoming",
        "arguments": {"channels": [{"channel-type": "cpr", "addr": ADDR}]},
    }
    assert command_from_qmp(value, release="10.2") == MigrateIncoming(FdAddress("x"))
    with pytest.raises(WireError) as caught:
        command_from_qmp(value, release="11.0")
    assert caught.value.crashes_qemu


def test_a_uri_keeps_its_release() -> None:
    assert command_from_qmp(_migrate(uri="tcp:h,x:1"), release="10.0") == Migrate(InetAddress("h,x", "1"))
    with pytest.raises(ParseError):
        command_from_qmp(_migrate(uri="tcp:h,x:1"), release="10.1")
