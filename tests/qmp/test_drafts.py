"""The drafts: what each can say, what it refuses and how it says so."""

from __future__ import annotations

import json
from typing import Any

import pytest

from migaddr import (
    DRAFT_V1,
    DRAFT_V2,
    DRAFT_V3,
    DRAFT_V4,
    LATEST,
    QAPI,
    RELEASES,
    RFC,
    ChannelType,
    Dialect,
    ExecAddress,
    FdAddress,
    FileAddress,
    InetAddress,
    InexpressibleError,
    MigrateAddress,
    MigrateChannel,
    RdmaAddress,
    Release,
    UnixAddress,
    WireError,
    address_from_qmp,
    address_to_qmp,
    channels_from_qmp,
    channels_to_qmp,
    command_from_qmp,
    command_to_qmp,
)
from tests.corpus_rows import CORPUS, Row, rows

DRAFTS: dict[str, Dialect[object]] = {
    dialect.name: dialect for dialect in (DRAFT_V1, DRAFT_V2, DRAFT_V3, DRAFT_V4, RFC)
}
INET = {"type": "inet", "host": "h", "port": "1"}
MAIN = MigrateChannel(ChannelType.MAIN, InetAddress("h", "1"))
CPR = MigrateChannel(ChannelType.CPR, FdAddress("c"))


def _more(name: str) -> list[Row]:
    found: list[Row] = json.loads((CORPUS / "drafts.json").read_text())[name]
    return found


@pytest.mark.parametrize("name", DRAFTS)
@pytest.mark.parametrize("row", rows("drafts"), ids=lambda row: str(row["channels"])[:60])
def test_a_row_of_the_corpus_in_every_draft(row: Row, name: str) -> None:
    channels = channels_from_qmp(row["channels"])
    if row[name] is None:
        with pytest.raises(InexpressibleError):
            channels_to_qmp(channels, DRAFTS[name])
    else:
        assert channels_to_qmp(channels, DRAFTS[name]) == row[name]
        assert channels_from_qmp(row[name], DRAFTS[name]) == channels
    if name in row.get("also", {}):
        assert channels_from_qmp(row["also"][name], DRAFTS[name]) == channels


@pytest.mark.parametrize("row", _more("refused"), ids=lambda row: row["path"])
def test_an_example_that_its_own_draft_refuses(row: Row) -> None:
    with pytest.raises(WireError) as caught:
        channels_from_qmp(row["value"], DRAFTS[row["dialect"]])
    assert (caught.value.path, caught.value.hint) == (row["path"], row["hint"])
    assert row["origin"].startswith("found: qemu-devel")


@pytest.mark.parametrize("release", [RELEASES[0], LATEST])
@pytest.mark.parametrize("row", _more("commands"), ids=lambda row: f"{row['dialect']} {row['command']}"[:60])
def test_a_command_of_a_draft(row: Row, release: Release) -> None:
    """Each changed `migrate`, and all but the first `migrate-incoming`; it is one for all releases."""
    dialect = DRAFTS[row["dialect"]]
    if "path" in row:
        with pytest.raises(WireError) as caught:
            command_from_qmp(row["command"], dialect, release=release)
        assert (caught.value.path, caught.value.qemu_message) == (row["path"], None)
        return
    command = command_from_qmp(row["command"], dialect, release=release)
    assert command.target == address_from_qmp(row["reads"])
    assert command_to_qmp(command, dialect, release=release) == row["command"]


def test_the_page_counts_the_rows() -> None:
    page = (CORPUS.parents[1] / "docs" / "dialects" / "drafts.md").read_text().replace("\n", " ")
    refused, commands = _more("refused"), _more("commands")
    origins = [row["origin"] for row in (*rows("drafts"), *refused, *commands)]
    found = sum(origin.startswith("found") for origin in origins)
    text = f"The corpus has {len(rows('drafts'))} addresses in every draft that can say them, {len(refused)} values that are"
    assert f"{text} refused, and {len(commands)} commands" in page
    assert f"{found} are found (the drafts' own examples), {len(origins) - found} made" in page


def main(addr: object) -> dict[str, object]:
    return {"channeltype": "main", "addr": addr}


def control(addr: object, **more: object) -> dict[str, object]:
    return {"channeltype": "control", "dest-addr": addr, **more}


SOCKET = {"transport": "socket", "socket-type": INET}
CASES: list[tuple[str, Any, str, str, str | None]] = [
    # the word of another draft
    ("draft-v2", main({"transport": "exec", "exec-str": "x"}), "channel.addr.data", "is missing", "exec-str is a word of DRAFT_V1: read it as that, or write data"),
    ("draft-v2", main({"transport": "rdma", "rdma-str": "x"}), "channel.addr.data", "is missing", "rdma-str is a word of DRAFT_V1: read it as that, or write data"),
    ("draft-v2", main({"transport": "socket", "data": INET}), "channel.addr.socket-type", "is missing", "data is a word of DRAFT_V2 or DRAFT_V3: read it as that, or write socket-type"),
    ("draft-v3", main(SOCKET), "channel.addr.data", "is missing", "socket-type is a word of DRAFT_V1, DRAFT_V2 or RFC: read it as that, or write data"),
    ("draft-v3", main({"transport": "exec", "args": ["/x"]}), "channel.addr.data", "is missing", "args is a word of DRAFT_V4 or QAPI: read it as that, or write data"),
    ("draft-v3", main({"transport": "socket", **INET}), "channel.addr.data", "is missing", "put the members of the address into an object named data"),
    ("draft-v3", main({"transport": "rdma", "host": "h", "port": "1"}), "channel.addr.data", "is missing", "put the members of the address into an object named data"),
    ("draft-v3", main({"transport": "exec", "Data": []}), "channel.addr.data", "is missing", "Data: write data"),
    ("draft-v3", main({"transport": "exec"}), "channel.addr.data", "is missing", None),
    # members
    ("draft-v3", main({"transport": "exec", "data": ["/x"], "y": 1}), "channel.addr.y", "is unexpected", None),
    ("draft-v3", main({"transport": "exec", "data": []}), "channel.addr.data", "must not be empty", None),
    ("draft-v3", main({"transport": "exec", "data": ["/x", 1]}), "channel.addr.data[1]", "must be a string", 'write "1"'),
    ("draft-v3", main({"transport": "exec", "data": ["/x", "a\0"]}), "channel.addr.data[1]", "NUL", None),
    ("draft-v3", main({"transport": "rdma", "data": "h:1"}), "channel.addr.data", "must be an object", None),
    ("draft-v3", main({"transport": "rdma", "data": INET}), "channel.addr.data.type", "is unexpected", None),
    ("draft-v3", main({"transport": "socket", "data": {"type": "tcp"}}), "channel.addr.data.type", "cannot be", 'write "inet"'),
    ("draft-v3", main({"transport": "file", "data": {}}), "channel.addr.transport", "cannot be", "write one of exec, rdma, socket"),
    ("draft-v3", [main(SOCKET)], "channel", "must be an object", "write the object alone, without [ ]"),
    # the list of the fourth
    ("draft-v4", main({"transport": "socket", **INET}), "channels", "must be an array", "put it in a list: [{...}]"),
    ("draft-v4", [], "channels", "must not be empty", None),
    ("draft-v4", [main({"transport": "socket", **INET})] * 2, "channels[1]", "one channel only", None),
    ("draft-v4", [{"channel-type": "main", "addr": {}}], "channels[0].channeltype", "is missing", "channel-type: write channeltype"),
    ("draft-v4", [{"channeltype": "cpr", "addr": {}}], "channels[0].channeltype", "cannot be", "write one of main"),
    ("draft-v4", [{"channeltype": "main"}], "channels[0].addr", "is missing", None),
    ("draft-v4", [{**main({"transport": "socket", **INET}), "x": 1}], "channels[0].x", "is unexpected", None),
    ("draft-v4", [main(SOCKET)], "channels[0].addr.type", "is missing", "put what socket-type holds beside transport"),
    ("draft-v4", [main({"transport": "exec", "args": []})], "channels[0].addr.args", "must not be empty", None),
    ("draft-v4", [main({"transport": "file", "filename": "x", "offset": 0})], "channels[0].addr.transport", "cannot be", "write one of exec, rdma, socket"),
    # the proposal
    ("rfc", control(SOCKET), "channels", "must be an array", "put it in a list: [{...}]"),
    ("rfc", [], "channels", "no control channel", None),
    ("rfc", [control(SOCKET)] * 2, "channels[1]", "second control channel", None),
    ("rfc", [{"channeltype": "main", "dest-addr": SOCKET}], "channels[0].channeltype", "cannot be", "write one of async, control, data"),
    ("rfc", [{"channeltype": "control", "addr": SOCKET}], "channels[0].dest-addr", "is missing", "addr: write dest-addr"),
    ("rfc", [{"channeltype": "control", "dst-addr": SOCKET}], "channels[0].dest-addr", "is missing", "dst-addr: write dest-addr"),
    ("rfc", [control(SOCKET, **{"src-addr": SOCKET})], "channels[0].src-addr", "leaves the source address to the kernel", "leave it out"),
    ("rfc", [control(SOCKET, **{"multifd-count": 2})], "channels[0].multifd-count", "has no counterpart", "leave it out, and say how many with the parameter multifd-channels"),
    ("rfc", [control(SOCKET, x=1)], "channels[0].x", "is unexpected", None),
    ("rfc", [control(SOCKET), {"channeltype": "async", "dest-addr": SOCKET}], "channels[1].channeltype", "async channels have no counterpart", "leave it out, and set the capability postcopy-preempt"),
    ("rfc", [control({"transport": "exec", "exec-str": "x"})], "channels[0].dest-addr.str", "is missing", "exec-str is a word of DRAFT_V1: read it as that, or write str"),
    ("rfc", [control({"transport": "exec", "str": "a\0"})], "channels[0].dest-addr.str", "NUL", None),
    ("rfc", [control({"transport": "exec", "str": 7})], "channels[0].dest-addr.str", "must be a string", 'write "7"'),
    ("rfc", [control({"transport": "rdma", "host": "h", "port": "1"})], "channels[0].dest-addr.transport", "cannot be", "write one of exec, socket"),
    ("rfc", [control({"transport": "socket", "socket-type": INET, "type": "inet"})], "channels[0].dest-addr.type", "is unexpected", None),
    ("rfc", [control({"transport": "socket"})], "channels[0].dest-addr.socket-type", "is missing", None),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value", "path", "reason", "hint"), CASES)
def test_a_refused_value(name: str, value: object, path: str, reason: str, hint: str | None) -> None:
    with pytest.raises(WireError) as caught:
        channels_from_qmp(value, DRAFTS[name])
    error = caught.value
    assert (error.path, error.hint) == (path, hint)
    assert reason in error.reason
    assert (error.qemu_message, error.crashes_qemu) == (None, False)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("draft-v1", "channel.addr"),
        ("draft-v2", "channel.addr"),
        ("draft-v3", "channel.addr"),
        ("draft-v4", "channels[0].addr"),
        ("rfc", "channels[0].dest-addr"),
    ],
)
def test_an_address_alone_is_named_as_in_the_first_channel(name: str, path: str) -> None:
    with pytest.raises(WireError) as caught:
        address_from_qmp([], DRAFTS[name])
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("names", "address", "reason"),
    [
        ("draft-v2 draft-v3 draft-v4 rfc", FileAddress("f"), "no file transport"),
        ("draft-v2 draft-v3", ExecAddress(("/x", "\udc80")), "data holds the raw byte 0x80"),
        ("draft-v4", ExecAddress(("/x", "\udc80")), "args holds the raw byte 0x80"),
        ("draft-v2 draft-v3 draft-v4", RdmaAddress(InetAddress("\ufdd0", "1")), r"host holds U\+FDD0"),
        ("draft-v2 draft-v3 draft-v4 rfc", UnixAddress("\udc80"), "path holds the raw byte 0x80"),
        ("rfc", ExecAddress(("/bin/cat",)), "quote=True"),
        ("rfc", ExecAddress(("/bin/sh", "-c", "\udc80")), "str holds the raw byte 0x80"),
        ("rfc", RdmaAddress(InetAddress("h", "1")), "no rdma transport"),
    ],
)
def test_what_a_draft_cannot_say(names: str, address: MigrateAddress, reason: str) -> None:
    for name in names.split():
        with pytest.raises(InexpressibleError, match=reason) as caught:
            address_to_qmp(address, DRAFTS[name])
        assert caught.value.address == address
        assert caught.value.target in {
            "the draft of 8 February 2023",
            "the draft of 9 February 2023",
            "the draft of May 2023",
            "the proposal of November 2022",
        }


@pytest.mark.parametrize("name", DRAFTS)
def test_the_release_decides_which_members_there_are(name: str) -> None:
    address = InetAddress("h", "1", keep_alive_count=3)
    written = address_to_qmp(address, DRAFTS[name], release="10.1")
    assert address_from_qmp(written, DRAFTS[name], release="10.1") == address
    with pytest.raises(WireError, match="unexpected"):
        address_from_qmp(written, DRAFTS[name], release="10.0")
    with pytest.raises(InexpressibleError, match=r"came with QEMU 10\.1"):
        address_to_qmp(address, DRAFTS[name], release="7.2")


@pytest.mark.parametrize("name", DRAFTS)
def test_a_draft_has_one_main_channel(name: str) -> None:
    for channels in ([], [CPR], [MAIN, CPR], [MAIN, MAIN]):
        with pytest.raises(InexpressibleError) as caught:
            channels_to_qmp(channels, DRAFTS[name])
        assert caught.value.address == tuple(channels)


def test_what_is_no_address_is_refused() -> None:
    for dialect in DRAFTS.values():
        with pytest.raises(ValueError, match="must be a MigrateAddress"):
            address_to_qmp("tcp:h:1", dialect)  # type: ignore[arg-type]


def test_each_draft_names_its_argument() -> None:
    assert {name: dialect.argument for name, dialect in DRAFTS.items()} == {
        "draft-v1": "channel",
        "draft-v2": "channel",
        "draft-v3": "channel",
        "draft-v4": "channels",
        "rfc": "channels",
    }
    assert QAPI.argument == "channels"
    assert {name: dialect.shipped for name, dialect in DRAFTS.items()} == dict.fromkeys(DRAFTS, False)
    assert QAPI.shipped is True
    assert [dialect.name for dialect in (QAPI, *DRAFTS.values()) if dialect.shipped] == ["qapi"]
