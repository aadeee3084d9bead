"""How other programs spell an address: every row of their corpora, and what they cannot say."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from migaddr import (
    AddressError,
    ExecAddress,
    FdAddress,
    FileAddress,
    InetAddress,
    InexpressibleError,
    MigrateAddress,
    ParseError,
    RdmaAddress,
    UnixAddress,
    UnknownReleaseError,
    VsockAddress,
    address_from_qmp,
    cloud_hypervisor,
    libvirt,
    stratovirt,
)
from tests.corpus_rows import Row, rows

DRIVERS = "bhyve ch esx gsx hyperv lxc parallels qemu test vbox vpx vz xen".split()


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_connection_uri_of_libvirt_is_named_as_one(driver: str) -> None:
    with pytest.raises(ParseError, match="this is a connection URI"):
        libvirt.parse(f"{driver}:///system")
    with pytest.raises(ParseError, match="libvirt has no such scheme"):
        libvirt.parse(f"{driver}x:///system")


def test_white_space_of_cloud_hypervisor_is_that_of_rust() -> None:
    """U+2000 to U+200A are in Unicode's White_Space, U+200B is not."""
    for code in range(0x2000, 0x200B):
        with pytest.raises(ParseError, match="white space at the end"):
            cloud_hypervisor.parse(f"unix:/a{chr(code)}")
    for code in (0x1FFF, 0x200B):
        assert cloud_hypervisor.parse(f"unix:/a{chr(code)}") == UnixAddress(f"/a{chr(code)}")


class Spelling(NamedTuple):
    parse: Callable[[str], MigrateAddress]
    format: Callable[[MigrateAddress], str]
    options: Callable[[str], dict[str, str]]
    target: str


SPELLINGS = {
    "libvirt": Spelling(libvirt.parse, libvirt.format, lambda _: {}, "a libvirt migration URI"),
    "cloud-hypervisor": Spelling(
        cloud_hypervisor.parse,
        cloud_hypervisor.format,
        cloud_hypervisor.options,
        "a cloud-hypervisor migration URL",
    ),
    "stratovirt": Spelling(
        stratovirt.parse, stratovirt.format, stratovirt.options, "a StratoVirt migration URI"
    ),
}
DIALECTS = Path(__file__).parents[1] / "docs" / "dialects"
ROWS = [(name, row) for name in SPELLINGS for row in rows(name)]


@pytest.mark.parametrize(("name", "row"), ROWS, ids=[f"{name}-{row['text']}" for name, row in ROWS])
def test_a_row_of_the_corpus(name: str, row: Row) -> None:
    spelling, text = SPELLINGS[name], row["text"]
    if "error" in row:
        with pytest.raises(ParseError) as caught:
            spelling.parse(text)
        error = caught.value
        assert (error.text[error.start : error.end], error.text) == (row["error"]["at"], text)
        assert row["error"]["reason"] in error.reason
        assert (error.qemu_message, error.crashes_qemu) == (None, False)
        return
    address = spelling.parse(text)
    assert address == address_from_qmp(row["addr"])
    assert spelling.options(text) == row.get("options", {})
    if row["writes"]:
        assert spelling.format(address) == row["writes"]
        assert spelling.parse(row["writes"]) == address
    else:
        with pytest.raises(InexpressibleError):
            spelling.format(address)


@pytest.mark.parametrize("name", SPELLINGS)
def test_every_row_has_its_origin(name: str) -> None:
    origins = [row["origin"].partition(":")[0] for row in rows(name)]
    assert set(origins) == {"found", "made"}
    assert len({row["text"] for row in rows(name)}) == len(origins)


@pytest.mark.parametrize("name", SPELLINGS)
def test_the_page_counts_the_rows(name: str) -> None:
    page = (DIALECTS / f"{name}.md").read_text()
    found = sum(row["origin"].startswith("found") for row in rows(name))
    counts = re.findall(r"The corpus has (\d+) texts: (\d+) found.*?, (\d+) made", page.replace("\n", " "))
    assert counts == [(str(len(rows(name))), str(found), str(len(rows(name)) - found))]


HINTS = [
    ("libvirt", "tcp://h", "write tcp://h:49152, or give a default port"),
    ("libvirt", "tcp://h:0/", "write tcp://h:49152/, or give a default port"),
    ("libvirt", "tcp://h:", "write tcp://h:49152"),
    ("libvirt", "tcp://h:http", "write tcp://h:49152"),
    ("libvirt", "tcp://h:12ab", "write tcp://h:12"),
    ("libvirt", "tcp://h:1,ipv4", "write tcp://h:1"),
    ("libvirt", "tcp://h:99999", None),
    ("libvirt", "tcp://fe80::1:4444", "write tcp://[fe80::1]:4444"),
    ("libvirt", "tcp:fe80::1:4444", "write tcp:[fe80::1]:4444"),
    ("libvirt", "fe80::1:4444", "write tcp://[fe80::1]:4444"),
    ("libvirt", "::1:4444", "write tcp://[::1]:4444"),
    ("libvirt", "tcp://[::1", "write tcp://[ADDRESS]:PORT"),
    ("libvirt", "tcp://[h]:1", "write tcp://h:1"),
    ("libvirt", "tcp://[]:1", "write tcp://HOST:1"),
    ("libvirt", "tcp://[::1]x:1", None),
    ("libvirt", "tcp://h h:1", None),
    ("libvirt", "tcp://h,ipv4", "write tcp://h,ipv4:49152, or give a default port"),
    ("libvirt", "tcp://[::1],ipv4", "leave the options away: they are QEMU's, libvirt has none"),
    ("libvirt", "tcp://é:1", "write the name in its ASCII form, xn--..."),
    ("libvirt", "tcp:///h:1", "write tcp://h:1"),
    ("libvirt", "tcp://", "write tcp://HOST:PORT"),
    ("libvirt", "tcp://:1", "write tcp://HOST:1"),
    ("libvirt", "rdma:h:1", "write rdma://h:1"),
    ("libvirt", "TCP://h:1", "write tcp://h:1"),
    ("libvirt", "UNIX:/x", "write unix:/x"),
    ("libvirt", "tcp://u@[::1]:1", "write tcp://[::1]:1"),
    ("libvirt", "tcp://h:1/x", "write tcp://h:1"),
    ("libvirt", "qemu+ssh://root@h:22/system", "give it as the destination; as the migration URI write tcp://h:49152"),
    ("libvirt", "qemu+ssh://[::1]/system", "give it as the destination; as the migration URI write tcp://[::1]:49152"),
    ("libvirt", "qemu:///system", "give it as the destination; as the migration URI write tcp://HOST:49152"),
    ("libvirt", "xenmigr://h", "write tcp://h:49152, rdma:// or unix:///PATH"),
    ("libvirt", "exec:cat", "write tcp://HOST:PORT; only QEMU itself can run a command"),
    ("libvirt", "x-rdma:h:1", "write rdma://HOST:PORT"),
    ("libvirt", "defer", "leave it out: libvirt does that itself"),
    ("libvirt", "/tmp/m", "write unix:///tmp/m"),
    ("libvirt", " tcp://h:1 ", "write tcp://h:1"),
    ("libvirt", "h h", None),
    ("libvirt", "?", "write tcp://HOST:PORT or unix:///PATH"),
    ("libvirt", "unix://tmp/m", "write unix:///tmp/m"),
    ("libvirt", "unix:///a b", "write unix:///a%20b"),
    ("libvirt", "unix:///a%", "write unix:///a%25"),
    ("libvirt", "unix:", "write unix:///PATH"),
    ("libvirt", "tcp://fe80::1", "write tcp://[fe80::1]:49152"),
    ("libvirt", "tcp://fe80::1:4444", "write tcp://[fe80::1]:4444"),
    ("libvirt", "fe80::1:", "write tcp://[fe80::1]:49152"),
    ("libvirt", "::1", "write tcp://[::1]:49152"),
    ("libvirt", "tcp://a:b:c", "write tcp://[ADDRESS]:c"),
    ("libvirt", "tcp://h:0x10", "write tcp://h:49152"),
    ("cloud-hypervisor", "unix:/a,local=on", "write destination_url=unix:/a,local=on"),
    ("cloud-hypervisor", "unix:/a,b", 'write destination_url="unix:/a,b"'),
    ("cloud-hypervisor", "tcp:h:1,b", None),
    ("cloud-hypervisor", "tcp:", "write tcp:HOST:PORT"),
    ("cloud-hypervisor", "tcp:h", "write tcp:h:PORT"),
    ("cloud-hypervisor", "tcp:[::1]", "write tcp:[::1]:PORT"),
    ("cloud-hypervisor", "tcp:[::1", "write tcp:[HOST]:PORT"),
    ("cloud-hypervisor", "tcp:h:", "write tcp:h:PORT"),
    ("cloud-hypervisor", "TCP:h:1", "write tcp:h:1"),
    ("cloud-hypervisor", "file:///x", "write unix:PATH; files are for snapshot and restore"),
    ("cloud-hypervisor", "destination_url=UNIX:/x", "write unix:/x"),
    ("cloud-hypervisor", "unix:", "write tcp:HOST:PORT or unix:PATH"),
    ("cloud-hypervisor", "exec:cat", "write tcp:HOST:PORT or unix:PATH"),
    ("cloud-hypervisor", "destination_url=file:/x", "write unix:PATH; files are for snapshot and restore"),
    ("cloud-hypervisor", "local=on", "write destination_url=URL,local=on"),
    ("cloud-hypervisor", "vfio_fds=[]", "write receiver_url=URL,vfio_fds=[]"),
    ("cloud-hypervisor", "destination_url=tcp:h:1,local", "write local=VALUE"),
    ("stratovirt", "tcp:1.2.3.4", "write tcp:1.2.3.4:4444"),
    ("stratovirt", "tcp:h:1", "write four numbers: tcp:127.0.0.1:4444"),
    ("stratovirt", "tcp://1.2.3.4:1", "write tcp:1.2.3.4:1"),
    ("stratovirt", "tCp:1.2.3.4:1", "write tcp:1.2.3.4:1"),
    ("stratovirt", "exec:cat", "begin with tcp:, unix: or file:"),
    ("stratovirt", "/x", "write unix:/x"),
    ("stratovirt", "x", "begin with tcp:, unix: or file:"),
    ("stratovirt", "unix:-x", "write unix:./-x"),
    ("stratovirt", "unix:/a:b", "name the file otherwise"),
    ("stratovirt", "file:/a=b", "name the file otherwise"),
    ("stratovirt", "tcp:1.2.3.4:x,mapped=true", "write tcp:1.2.3.4:4444,mapped=true"),
    ("stratovirt", "unix:/x,", "leave the comma out"),
    ("stratovirt", "unix:/x,a=b", "leave it out"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "hint"), HINTS)
def test_a_hint_that_can_be_pasted(name: str, text: str, hint: str | None) -> None:
    with pytest.raises(ParseError) as caught:
        SPELLINGS[name].parse(text)
    assert caught.value.hint == hint


def test_a_default_port_stands_where_libvirt_would_choose() -> None:
    for text in ("tcp://h", "tcp://h:0", "h", "tcp:h", "tcp://h/"):
        assert libvirt.parse(text, default_port="4444") == InetAddress("h", "4444")
    assert libvirt.parse("rdma://[::1]", default_port="4444") == RdmaAddress(InetAddress("::1", "4444"))
    assert libvirt.parse("tcp://h:1", default_port="4444") == InetAddress("h", "1")
    with pytest.raises(AddressError, match="port: must be str"):
        libvirt.parse("tcp://h", default_port=4444)  # type: ignore[arg-type]


INEXPRESSIBLE: list[tuple[str, MigrateAddress, str]] = [
    ("libvirt", InetAddress("", "1"), "needs a host"),
    ("libvirt", InetAddress("h", ""), "number from 1 to 65535"),
    ("libvirt", InetAddress("h", "http"), "number from 1 to 65535"),
    ("libvirt", InetAddress("h", "0"), "number from 1 to 65535"),
    ("libvirt", InetAddress("h", "65536"), "number from 1 to 65535"),
    ("libvirt", InetAddress("h", "٣"), "number from 1 to 65535"),
    ("libvirt", InetAddress("h", "080"), "take the zeros"),
    ("libvirt", InetAddress("h", "1", to=2), "no place for to"),
    ("libvirt", RdmaAddress(InetAddress("h", "1", keep_alive=False)), "no place for keep-alive"),
    ("libvirt", UnixAddress("p", abstract=True), "an abstract socket"),
    ("libvirt", UnixAddress("p", abstract=False), "no option for abstract"),
    ("libvirt", UnixAddress("p", tight=True), "no option for tight"),
    ("libvirt", UnixAddress(""), "an empty path"),
    ("libvirt", ExecAddress(("/x",)), "runs no command"),
    ("libvirt", FdAddress("x"), "descriptors"),
    ("libvirt", VsockAddress("1", "2"), "no vsock"),
    ("libvirt", FileAddress("x"), "by another command"),
    ("cloud-hypervisor", InetAddress("", "1"), "needs a host"),
    ("cloud-hypervisor", InetAddress("h", "http"), "number up to 65535"),
    ("cloud-hypervisor", InetAddress("h", "080"), "take the zeros"),
    ("cloud-hypervisor", InetAddress("h", "1", ipv6=True), "no place for ipv6"),
    ("cloud-hypervisor", InetAddress("::1]", "1"), "holds ']'"),
    ("cloud-hypervisor", InetAddress("h,x", "1"), "name a parameter"),
    ("cloud-hypervisor", UnixAddress("/a,b"), "name a parameter"),
    ("cloud-hypervisor", UnixAddress("/a "), "name a parameter"),
    ("cloud-hypervisor", UnixAddress("/\udcff"), "UTF-8"),
    ("cloud-hypervisor", UnixAddress("p", abstract=True), "an abstract socket"),
    ("cloud-hypervisor", UnixAddress("p", tight=False), "no option for tight"),
    ("cloud-hypervisor", UnixAddress("p", abstract=False), "no option for abstract"),
    ("cloud-hypervisor", UnixAddress(""), "an empty path"),
    ("cloud-hypervisor", RdmaAddress(InetAddress("h", "1")), "tcp and unix only"),
    ("cloud-hypervisor", FileAddress("x"), "tcp and unix only"),
    ("stratovirt", InetAddress("h", "1"), "IPv4 addresses only"),
    ("stratovirt", InetAddress("::1", "1"), "IPv4 addresses only"),
    ("stratovirt", InetAddress("1.2.3.4", "x"), "number up to 65535"),
    ("stratovirt", InetAddress("1.2.3.4", "00"), "take the zeros"),
    ("stratovirt", InetAddress("1.2.3.4", "1", mptcp=True), "no place for mptcp"),
    ("stratovirt", UnixAddress("a:b"), "holds ':'"),
    ("stratovirt", UnixAddress("a,b"), "holds ','"),
    ("stratovirt", FileAddress("a=b"), "holds '='"),
    ("stratovirt", FileAddress("-a"), "is an option"),
    ("stratovirt", FileAddress("a", offset=1), "no offset"),
    ("stratovirt", UnixAddress(""), "needs a path"),
    ("stratovirt", UnixAddress("\udcff"), "UTF-8"),
    ("stratovirt", UnixAddress("p", abstract=True), "abstract socket"),
    ("stratovirt", UnixAddress("p", abstract=False), "no option for abstract"),
    ("stratovirt", UnixAddress("p", tight=False), "no option for tight"),
    ("stratovirt", ExecAddress(("/x",)), "tcp, unix and to a file only"),
]


@pytest.mark.parametrize(("name", "address", "reason"), INEXPRESSIBLE)
def test_what_another_program_cannot_say(name: str, address: MigrateAddress, reason: str) -> None:
    with pytest.raises(InexpressibleError, match=reason) as caught:
        SPELLINGS[name].format(address)
    assert (caught.value.address, caught.value.target) == (address, SPELLINGS[name].target)


def test_ch_remotes_parameters_are_quoted_where_they_must() -> None:
    for address, written in (
        (InetAddress("::1", "1"), "destination_url=tcp:[::1]:1"),
        (UnixAddress("/a b"), "destination_url=unix:/a b"),
        (UnixAddress("/a,b"), 'destination_url="unix:/a,b"'),
        (UnixAddress('/a"b'), 'destination_url="unix:/a""b"'),
        (UnixAddress("/a] "), 'destination_url="unix:/a] "'),
    ):
        assert cloud_hypervisor.format(address, parameter="destination_url") == written
        assert cloud_hypervisor.parse(written) == address
    assert cloud_hypervisor.format(UnixAddress("/a"), parameter="receiver_url") == "receiver_url=unix:/a"


PAIRS: list[tuple[Callable[..., MigrateAddress], Callable[..., str]]] = [
    (libvirt.parse, libvirt.format),
    (cloud_hypervisor.parse, cloud_hypervisor.format),
    (stratovirt.parse, stratovirt.format),
]


@pytest.mark.parametrize(("parse", "write"), PAIRS)
def test_what_is_no_text_address_or_release(
    parse: Callable[..., MigrateAddress], write: Callable[..., str]
) -> None:
    with pytest.raises(ParseError, match="is a str, not int"):
        parse(7)
    with pytest.raises(ParseError, match="NUL"):
        parse("tcp://h\0:1")
    with pytest.raises(AddressError, match="must be a MigrateAddress"):
        write("tcp://h:1")
    for call in (lambda: parse("unix:/x", "6.0"), lambda: write(UnixAddress("/x"), "6.0")):
        with pytest.raises(UnknownReleaseError):
            call()
    assert parse("unix:/x", "7.2") == UnixAddress("/x")


def test_what_is_not_utf8_is_refused_where_it_must_be() -> None:
    for parse in (cloud_hypervisor.parse, stratovirt.parse):
        with pytest.raises(ParseError, match="UTF-8") as caught:
            parse("unix:/a\udcff")
        assert (caught.value.start, caught.value.end) == (7, 8)
    assert libvirt.parse("unix:///a%ff") == UnixAddress("/a\udcff")
