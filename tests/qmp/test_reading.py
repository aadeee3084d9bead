"""Strict reading: the path, the words, the near miss (QEMU's own words are in the corpus too)."""

from __future__ import annotations

from typing import Any

import pytest

from migaddr import (
    DRAFT_V1,
    ChannelType,
    ExecAddress,
    FdAddress,
    InetAddress,
    MigrateChannel,
    RdmaAddress,
    WireError,
    address_from_qmp,
    channels_from_qmp,
)

ADDR = "channels[0].addr"
INET: dict[str, object] = {"transport": "socket", "type": "inet", "host": "h", "port": "1"}


def _refused(value: object, **options: Any) -> WireError:
    with pytest.raises(WireError) as caught:
        address_from_qmp(value, **options)
    return caught.value


@pytest.mark.parametrize(
    ("value", "path", "reason", "hint"),
    [
        ({**INET, "port": 4444}, "port", "must be a string, not the number 4444", 'write "4444"'),
        ({**INET, "port": True}, "port", "not true", None),
        ({**INET, "port": 10**5000}, "port", "the number with many digits", None),
        ({**INET, "port": None}, "port", "not null", None),
        ({**INET, "port": 1.5}, "port", "the number 1.5", None),
        ({**INET, "port": {}}, "port", "an object", None),
        ({**INET, "port": b"1"}, "port", "a Python bytes", None),
        ({**INET, "ipv4": "on"}, "ipv4", "must be a boolean", "write true"),
        ({**INET, "ipv4": 0}, "ipv4", "must be a boolean", "write false"),
        ({**INET, "ipv4": "maybe"}, "ipv4", 'the string "maybe"', None),
        ({**INET, "to": "4450"}, "to", "must be an integer", "write 4450"),
        ({**INET, "to": 4450.0}, "to", "must be an integer", "write 4450"),
        ({**INET, "to": "x"}, "to", "must be an integer", None),
        ({**INET, "to": "70000"}, "to", "must be an integer", None),
        ({**INET, "to": "-1"}, "to", "must be an integer", None),
        ({**INET, "to": 1.5}, "to", "must be an integer", None),
        ({"type": "inet", "host": "h", "port": "1"}, "transport", "is missing", 'add "transport": "socket"'),
        ({"transport": "socket", "path": "/s"}, "type", "is missing", 'add "type": "unix"'),
        ({"transport": "socket", "args": ["a"]}, "type", "is missing", None),
        ({"host": "h", "port": "1"}, "transport", "is missing", 'add "transport": "socket", "type": "inet"'),
        ({"path": "/s"}, "transport", "is missing", 'add "transport": "socket", "type": "unix"'),
        ({"args": ["a"]}, "transport", "is missing", 'add "transport": "exec"'),
        ({}, "transport", "is missing", None),
        ({**INET, "to": [1]}, "to", "an array", None),
        ({**INET, "to": -1}, "to", "between 0 and 65535", None),
        ({**INET, "keep_alive": True}, "keep_alive", "unexpected", "keep_alive: write keep-alive"),
        ({**INET, "x" * 50: True}, "x" * 50, "unexpected", None),
        ({**INET, "host": "a\0"}, "host", "NUL", None),
        ({**INET, "host": "\ud800"}, "host", "U+D800", None),
        ({**INET, "host": "\udc80"}, "host", "U+DC80", None),
        ({**INET, "host": "x\ufffe"}, "host", "U+FFFE at 1", None),
        ({"transport": "nbd"}, "transport", 'cannot be "nbd"', "write one of exec, file, rdma, socket"),
        ({"transport": "tcp"}, "transport", 'cannot be "tcp"', 'write "socket", and "type": "inet"'),
        ({"transport": "inet"}, "transport", "cannot be", 'write "socket", and "type": "inet"'),
        ({"transport": "unix"}, "transport", "cannot be", 'write "socket", and "type": "unix"'),
        ({"transport": "fd"}, "transport", "cannot be", 'write "socket", and "type": "fd"'),
        ({"transport": "vsock"}, "transport", "cannot be", 'write "socket", and "type": "vsock"'),
        ({"transport": "socket", "type": "tcp"}, "type", 'cannot be "tcp"', 'write "inet"'),
        ({"transport": "socket", "type": "exec"}, "type", "cannot be", "write one of fd, inet, unix, vsock"),
        ({"transport": "sockets"}, "transport", "cannot be", 'write "socket"'),
        ({"transport": "\udc80"}, "transport", "cannot be", "write one of"),
        ({"transport": "exec", "args": "ls"}, "args", "must be an array", '["/bin/sh", "-c", "COMMAND"]'),
        ({"transport": "exec", "args": ["a\0"]}, "args[0]", "NUL", None),
        ({"transport": "exec", "args": []}, "args", "must not be empty", "name a program"),
        ({"transport": "exec", "exec-str": "ls"}, "args", "is missing", "exec-str: write args"),
        (
            {"transport": "file", "filename": "f", "offset": "0x1000"},
            "offset",
            "must be an integer",
            "write 4096",
        ),
        ({"transport": "file", "filename": "f", "offset": -1}, "offset", "between 0", None),
        ({"transport": "file", "path": "f", "offset": 0}, "filename", "is missing", "path: write filename"),
        ({"transport": "file", "filename": "f"}, "offset", "is missing", 'add "offset": 0'),
        ({"transport": "socket", "type": "fd", "name": "x"}, "str", "is missing", "name: write str"),
        ([], None, "must be an object, not an array", None),
        ("tcp:h:1", None, 'the string "tcp:h:1"', None),
    ],
)
def test_a_refused_address(value: object, path: str | None, reason: str, hint: str | None) -> None:
    error = _refused(value)
    assert error.path == (ADDR if path is None else f"{ADDR}.{path}")
    assert reason in error.reason
    assert hint in error.hint if hint is not None and error.hint is not None else error.hint is hint


def test_an_address_by_its_whole_name_is_named() -> None:
    with pytest.raises(WireError) as caught:
        channels_from_qmp([{"channel-type": "main", "address": INET}])
    assert caught.value.hint == "address: write addr"


def test_a_member_of_a_later_release_is_named_with_that_release() -> None:
    error = _refused({**INET, "keep-alive-count": 1}, release="10.0")
    assert error.hint == "keep-alive-count came with QEMU 10.1"
    assert error.qemu_message == f"Parameter '{ADDR}.keep-alive-count' is unexpected"


def test_names_are_strings() -> None:
    numbered: dict[object, object] = {5: True}
    numbered.update(INET)
    assert "names are strings" in _refused(numbered).reason


def test_what_is_stricter_than_qemu_has_no_answer_of_qemu() -> None:
    for value in (
        {**INET, "host": "a\0"},
        {"transport": "file", "filename": "f", "offset": -1},
        {**INET, "host": "\ud800"},
        {"transport": "\ufffe"},
        {**INET, "\udc80": 1},
    ):
        error = _refused(value)
        assert (error.qemu_message, error.crashes_qemu) == (None, False)


def test_an_offset_beyond_what_qemu_reads_has_its_answer() -> None:
    for offset in (2**64, -(2**63) - 1):
        error = _refused({"transport": "file", "filename": "f", "offset": offset})
        assert error.qemu_message == f"Parameter '{ADDR}.offset' expects uint64"


@pytest.mark.parametrize("release", ["7.2", "8.0", "8.1"])
def test_before_8_2_there_are_no_channels(release: str) -> None:
    for read in (address_from_qmp, channels_from_qmp):
        with pytest.raises(WireError, match=r"no channels, they came with 8\.2") as caught:
            read(INET, release=release)
        assert caught.value.qemu_message == "Parameter 'uri' is missing"


CHANNEL = {"channel-type": "main", "addr": INET}
MAIN = MigrateChannel(ChannelType.MAIN, InetAddress("h", "1"))
CPR = {"channel-type": "cpr", "addr": {"transport": "socket", "type": "fd", "str": "x"}}


@pytest.mark.parametrize(
    ("value", "release", "path", "answer"),
    [
        ([], "8.2", "channels", "neither 'uri' or 'channels' argument are specified in 'migrate-incoming' qmp command "),
        ([], "8.2.2", "channels", "neither 'uri' or 'channels' argument are specified in 'migrate' qmp command "),
        ([], "9.0", "channels", "need either 'uri' or 'channels' argument"),
        ([CHANNEL, CHANNEL], "9.2", "channels[1]", "Channel list has more than one entries"),
        ([CHANNEL, CHANNEL], "10.0", "channels[1]", "Channel list has more than one main entry"),
        ([CPR, CHANNEL, CPR], "11.1", "channels[2]", "Channel list has more than one cpr entry"),
        ([CPR], "9.2", "channels[0].channel-type", "Parameter 'channel-type' does not accept value 'cpr'"),
        (CHANNEL, "11.1", "channels", "Invalid parameter type for 'channels', expected: array"),
        ([{"channel-type": "main"}], "11.1", "channels[0].addr", "Parameter 'channels[0].addr' is missing"),
        ([{**CHANNEL, "x": 1}], "11.1", "channels[0].x", "Parameter 'channels[0].x' is unexpected"),
        ([CHANNEL, 5], "11.1", "channels[1]", "Invalid parameter type for 'channels[1]', expected: object"),
    ],
)  # fmt: skip
def test_a_refused_list(value: object, release: str, path: str, answer: str) -> None:
    with pytest.raises(WireError) as caught:
        channels_from_qmp(value, release=release)
    assert (caught.value.path, caught.value.qemu_message) == (path, answer)


def test_a_list_without_a_main_channel_crashes_qemu() -> None:
    with pytest.raises(WireError, match="no main channel") as caught:
        channels_from_qmp([CPR])
    assert caught.value.crashes_qemu


def test_a_program_without_a_name_kills_qemu_only_when_it_is_run() -> None:
    nothing = {"transport": "exec", "args": []}
    for value, path, answer, crashes in (
        ([{"channel-type": "main", "addr": nothing}], "channels[0].addr.args", None, True),
        ([CHANNEL, {"channel-type": "cpr", "addr": nothing}], "channels[1].addr.args", None, False),
        (
            [CHANNEL, CHANNEL, {"channel-type": "cpr", "addr": nothing}],
            "channels[1]",
            "Channel list has more than one main entry",
            False,
        ),
        (
            [{"channel-type": "main", "addr": {**nothing, "x": 1}}],
            "channels[0].addr.x",
            "Parameter 'channels[0].addr.x' is unexpected",
            False,
        ),
    ):
        with pytest.raises(WireError) as caught:
            channels_from_qmp(value)
        assert (caught.value.path, caught.value.qemu_message, caught.value.crashes_qemu) == (
            path,
            answer,
            crashes,
        )


def test_main_and_cpr_are_taken_in_any_order() -> None:
    cpr = MigrateChannel(ChannelType.CPR, FdAddress("x"))
    assert channels_from_qmp([CHANNEL, CPR]) == (MAIN, cpr)
    assert channels_from_qmp([CPR, CHANNEL], release="10.0") == (cpr, MAIN)


DRAFT = {"channeltype": "main", "addr": {"transport": "exec", "exec-str": "cat"}}


@pytest.mark.parametrize(
    ("value", "path", "reason", "hint"),
    [
        (
            {"channel-type": "main", "addr": {}},
            "channel.channeltype",
            "is missing",
            "channel-type: write channeltype",
        ),
        ({**DRAFT, "channeltype": "data"}, "channel.channeltype", "cannot be", "write one of main"),
        ({"channeltype": "main"}, "channel.addr", "is missing", None),
        ({**DRAFT, "x": 1}, "channel.x", "is unexpected", None),
        ([DRAFT], "channel", "must be an object", "write the object alone, without [ ]"),
        (
            {**DRAFT, "addr": {"transport": "file"}},
            "channel.addr.transport",
            "cannot be",
            "exec, rdma, socket",
        ),
        (
            {**DRAFT, "addr": INET},
            "channel.addr.socket-type",
            "is missing",
            "into an object named socket-type",
        ),
        ({**DRAFT, "addr": {"transport": "exec", "exec-str": "a\0"}}, "channel.addr.exec-str", "NUL", None),
        (
            {**DRAFT, "addr": {"transport": "rdma", "rdma-str": "h"}},
            "channel.addr.rdma-str",
            "the port are missing",
            "write h:4444",
        ),
        (
            {
                **DRAFT,
                "addr": {"transport": "socket", "socket-type": {"type": "inet", "host": "h", "port": 1}},
            },
            "channel.addr.socket-type.port",
            "must be a string",
            'write "1"',
        ),
        (
            {**DRAFT, "addr": {"transport": "socket", "socket-type": "inet"}},
            "channel.addr.socket-type",
            "must be an object",
            None,
        ),
    ],
)
def test_a_refused_draft(value: object, path: str, reason: str, hint: str | None) -> None:
    with pytest.raises(WireError) as caught:
        channels_from_qmp(value, DRAFT_V1)
    error = caught.value
    assert error.path == path
    assert reason in error.reason
    assert hint in error.hint if hint is not None and error.hint is not None else error.hint is hint
    assert (error.qemu_message, error.crashes_qemu) == (None, False)


def test_the_text_of_a_drafts_rdma_is_read_as_the_release_does() -> None:
    value = {"transport": "rdma", "rdma-str": "h:1,foo"}
    assert address_from_qmp(value, DRAFT_V1, release="10.0") == RdmaAddress(InetAddress("h", "1"))
    with pytest.raises(WireError, match="does not know"):
        address_from_qmp(value, DRAFT_V1)


def test_a_draft_needs_no_release_with_channels() -> None:
    assert address_from_qmp({"transport": "exec", "exec-str": "cat"}, DRAFT_V1, release="7.2") == ExecAddress(
        ("/bin/sh", "-c", "cat")
    )


def test_a_tag_that_cannot_be_looked_up_is_no_tag() -> None:
    with pytest.raises(WireError) as caught:
        address_from_qmp({"transport": ["socket"], "type": "inet"})
    assert caught.value.path == "channels[0].addr.transport"
    assert caught.value.qemu_message == (
        "Invalid parameter type for 'channels[0].addr.transport', expected: string"
    )
