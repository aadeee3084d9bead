"""Writing QMP: only what the release has, and only what JSON can carry."""

from __future__ import annotations

import pytest

from migaddr import (
    DRAFT_V1,
    QAPI,
    ChannelType,
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
    VsockAddress,
    address_to_qmp,
    channels_to_qmp,
)

FULL = InetAddress(
    "h", "1", numeric=False, to=0, ipv4=True, ipv6=False, keep_alive=True, keep_alive_count=1, keep_alive_idle=2,
    keep_alive_interval=3, mptcp=False,
)  # fmt: skip
WIRE = {
    "host": "h", "port": "1", "numeric": False, "to": 0, "ipv4": True, "ipv6": False, "keep-alive": True,
    "keep-alive-count": 1, "keep-alive-idle": 2, "keep-alive-interval": 3, "mptcp": False,
}  # fmt: skip


@pytest.mark.parametrize(
    ("address", "written"),
    [
        (FULL, {"transport": "socket", "type": "inet", **WIRE}),
        (RdmaAddress(FULL), {"transport": "rdma", **WIRE}),
        (
            UnixAddress("p", abstract=True, tight=False),
            {"transport": "socket", "type": "unix", "path": "p", "abstract": True, "tight": False},
        ),
        (VsockAddress("2", "1"), {"transport": "socket", "type": "vsock", "cid": "2", "port": "1"}),
        (FdAddress("n"), {"transport": "socket", "type": "fd", "str": "n"}),
        (ExecAddress(("a", "")), {"transport": "exec", "args": ["a", ""]}),
        (FileAddress("f"), {"transport": "file", "filename": "f", "offset": 0}),
    ],
)
def test_an_address_in_order(address: MigrateAddress, written: dict[str, object]) -> None:
    found = address_to_qmp(address)
    assert found == written
    assert list(found) == list(written)


@pytest.mark.parametrize(
    ("address", "release", "reason"),
    [
        (InetAddress("h", "1"), "8.1", "has no channels, they came with 8.2"),
        (InetAddress("h", "1", keep_alive_count=0), "10.0", "keep-alive-count came with QEMU 10.1"),
        (RdmaAddress(InetAddress("h", "1", keep_alive_idle=0)), "9.2", "keep-alive-idle came with QEMU 10.1"),
        (UnixAddress("\udcff"), "11.1", "path holds the raw byte 0xFF"),
        (ExecAddress(("a", "\ufdd0")), "11.1", r"args holds U\+FDD0"),
        (FileAddress("\U0010ffff"), "11.1", r"filename holds U\+10FFFF"),
    ],
)
def test_what_channels_cannot_say(address: MigrateAddress, release: str, reason: str) -> None:
    with pytest.raises(InexpressibleError, match=reason) as caught:
        address_to_qmp(address, release=release)
    assert caught.value.address == address
    assert caught.value.target == f"channels for QEMU {release}"


def test_a_member_that_a_schema_lacks_is_refused() -> None:
    import attrs

    no_abstract = attrs.evolve(Release.parse("11.1"), unix_members=frozenset({"path"}))
    with pytest.raises(InexpressibleError, match="no member abstract"):
        address_to_qmp(UnixAddress("p", abstract=True), release=no_abstract)


MAIN = MigrateChannel(ChannelType.MAIN, FdAddress("m"))
CPR = MigrateChannel(ChannelType.CPR, FdAddress("c"))


@pytest.mark.parametrize(
    ("channels", "release", "reason"),
    [
        ([], "11.1", "must not be empty"),
        ([CPR], "11.1", "no main channel"),
        ([MAIN, MAIN], "11.1", "second main channel"),
        ([MAIN, CPR], "9.2", r"cpr channels came with QEMU 10\.0"),
        ([MAIN, MAIN], "9.2", "takes one channel only"),
        ([MAIN], "8.1", r"no channels, they came with 8\.2"),
    ],
)
def test_lists_that_no_qemu_takes(channels: list[MigrateChannel], release: str, reason: str) -> None:
    with pytest.raises(InexpressibleError, match=reason) as caught:
        channels_to_qmp(channels, release=release)
    assert caught.value.address == tuple(channels)


def test_channels() -> None:
    written = channels_to_qmp((MAIN, CPR))
    assert written == channels_to_qmp([MAIN, CPR], QAPI, release="10.0")
    assert written == [
        {"channel-type": "main", "addr": {"transport": "socket", "type": "fd", "str": "m"}},
        {"channel-type": "cpr", "addr": {"transport": "socket", "type": "fd", "str": "c"}},
    ]


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        (FileAddress("f"), "no file transport"),
        (ExecAddress(("/bin/cat",)), "quote=True"),
        (ExecAddress(("/bin/sh", "-c", "\udc80")), "exec-str holds the raw byte 0x80"),
        (RdmaAddress(InetAddress("h", "")), "rdma-str is written as in a URI: the port is empty"),
        (RdmaAddress(InetAddress("\udc80", "1")), "rdma-str holds the raw byte 0x80"),
        (InetAddress("\udc80", "1"), "host holds the raw byte 0x80"),
    ],
)
def test_what_the_draft_cannot_say(address: MigrateAddress, reason: str) -> None:
    with pytest.raises(InexpressibleError, match=reason) as caught:
        address_to_qmp(address, DRAFT_V1)
    assert caught.value.target == "the draft of December 2022"


def test_the_draft_has_one_main_channel() -> None:
    for channels in ([], [CPR], [MAIN, CPR]):
        with pytest.raises(InexpressibleError, match="exactly one channel"):
            channels_to_qmp(channels, DRAFT_V1)


def test_dialects_have_names() -> None:
    assert (repr(QAPI), repr(DRAFT_V1)) == ("<Dialect qapi>", "<Dialect draft-v1>")
