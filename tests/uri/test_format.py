"""The fidelity map: what each spelling can say, and the reason where it cannot."""

from __future__ import annotations

import pytest

from migaddr import (
    RELEASES,
    ExecAddress,
    FdAddress,
    FileAddress,
    InetAddress,
    InexpressibleError,
    MigrateAddress,
    RdmaAddress,
    UnixAddress,
    VsockAddress,
    exec_address,
    format_uri,
    parse_uri,
)


@pytest.mark.parametrize(
    ("address", "uri"),
    [
        (InetAddress("h", "1"), "tcp:h:1"),
        (InetAddress("", "1"), "tcp::1"),
        (InetAddress("::1", "1"), "tcp:[::1]:1"),
        (InetAddress("[x", "1"), "tcp:[[x]:1"),
        (InetAddress("unix", "/x"), "tcp:[unix]:/x"),
        (InetAddress("fd", "7"), "tcp:[fd]:7"),
        (InetAddress("vsock", "2:1"), "tcp:[vsock]:2:1"),
        (InetAddress("tcp", "h:1"), "tcp:[tcp]:h:1"),
        (
            InetAddress("h", "1", to=0, ipv4=True, ipv6=False, keep_alive=True, mptcp=False),
            "tcp:h:1,to=0,ipv4=on,ipv6=off,keep-alive=on,mptcp=off",
        ),
        (RdmaAddress(InetAddress("::1", "1", ipv6=True)), "rdma:[::1]:1,ipv6=on"),
        (UnixAddress("/a,b"), "unix:/a,b"),
        (VsockAddress("2,3", "4:5"), "vsock:2,3:4:5"),
        (FdAddress("a:b"), "fd:a:b"),
        (exec_address(""), "exec:"),
        (exec_address(" cat >'a b'\n"), "exec: cat >'a b'\n"),
        (FileAddress(""), "file:"),
        (FileAddress("a,b"), "file:a,b"),
        (FileAddress("a,offset", offset=5), "file:a,offset,offset=5"),
        (UnixAddress("\udcff"), "unix:\udcff"),
    ],
)
def test_the_portable_spelling(address: MigrateAddress, uri: str) -> None:
    assert format_uri(address) == uri
    assert parse_uri(uri) == address


@pytest.mark.parametrize(
    ("address", "uri"),
    [
        (InetAddress("h,x", "1"), "tcp:h,,x:1"),
        (InetAddress("h", "1,x"), "tcp:h:1,,x"),
        (InetAddress("h=x", "1"), "tcp:addr=h=x:1"),
        (InetAddress("h,x=y", "1"), "tcp:h,,x=y:1"),
        (InetAddress("h,id=9", "1"), "tcp:addr=h,,id=9:1"),
        (InetAddress("h", "1,id=x"), "tcp:addr=h:1,,id=x"),
        (InetAddress("unix", "8=0"), "tcp:addr=unix:8=0"),
        (InetAddress("[a=b", "80"), "tcp:addr=[a=b:80"),
        (InetAddress("[h,id=9", "1"), "tcp:addr=[h,,id=9:1"),
        (InetAddress("::1", "1,x=y"), "tcp:[::1]:1,,x=y"),
        (InetAddress("a]b:c", "1"), "tcp:[a]b:c]:1"),
        (InetAddress("x" * 65, "1" * 33), f"tcp:{'x' * 65}:{'1' * 33}"),
        (InetAddress("h", "1", numeric=False, keep_alive_count=0), "tcp:h:1,numeric=off,keep-alive-count=0"),
        (
            InetAddress("h", "1", keep_alive_idle=1, keep_alive_interval=2),
            "tcp:h:1,keep-alive-idle=1,keep-alive-interval=2",
        ),
    ],
)
def test_what_only_10_1_and_later_can_say(address: MigrateAddress, uri: str) -> None:
    assert format_uri(address, "10.1") == uri
    assert parse_uri(uri, "10.1") == address
    with pytest.raises(InexpressibleError):
        format_uri(address)


@pytest.mark.parametrize("host", ["h,x", "h=x"])
def test_up_to_10_0_comma_and_equals_stand_as_they_are_in_a_host(host: str) -> None:
    address = InetAddress(host, "8=0")
    assert format_uri(address, "10.0") == f"tcp:{host}:8=0"


def test_the_empty_fd_name_parses_up_to_8_1() -> None:
    assert format_uri(FdAddress(""), "8.1") == "fd:"
    with pytest.raises(InexpressibleError, match=r"since QEMU 8\.2"):
        format_uri(FdAddress(""), "8.2")


@pytest.mark.parametrize(
    ("address", "release", "reason"),
    [
        (UnixAddress("p", abstract=True), None, "abstract socket; channels can"),
        (UnixAddress("p", abstract=False), None, "no option for abstract"),
        (UnixAddress("p", tight=True), "11.1", "no option for tight"),
        (UnixAddress(""), None, "needs a path"),
        (InetAddress("h", ""), None, "the port is empty"),
        (InetAddress("h" * 65, "1"), None, "64 bytes of a host"),
        (InetAddress("é" * 33, "1"), "10.0", "64 bytes of a host"),
        (InetAddress("h", "1" * 33), None, "after 32 bytes"),
        (InetAddress("h", "1,2"), "9.2", "ends a port at a comma"),
        (InetAddress("h,x", "1"), None, "differ in how they read a ','"),
        (InetAddress("h", "8=0"), None, "differ in how they read a '='"),
        (InetAddress("a]:b", "1"), "10.0", "first ']'"),
        (InetAddress("a]:b", "1"), "11.1", "holds ']:'"),
        (InetAddress("a]:b,", "1"), "11.1", "holds ']:'"),
        (InetAddress("a=b::", "1"), "11.1", "before the first comma"),
        (InetAddress("::1,id=9", "1"), "11.1", "takes what follows the doubled comma for an id"),
        (InetAddress("h", "1", numeric=True), None, "can say numeric since QEMU 10.1"),
        (InetAddress("h", "1", keep_alive_count=1), "10.0", "can say keep-alive-count since"),
        (RdmaAddress(InetAddress("h", "1", keep_alive_idle=1)), "8.2", "can say keep-alive-idle since"),
        (VsockAddress("", "1"), None, "needs a CID"),
        (VsockAddress("2:", "1"), None, "CID holds ':'"),
        (VsockAddress("2" * 33, "1"), None, "CID is longer than 32 bytes"),
        (VsockAddress("2", ""), None, "needs a port"),
        (VsockAddress("2", "1,"), None, "port holds ','"),
        (VsockAddress("2", "1" * 33), None, "port is longer than 32 bytes"),
        (FdAddress(""), None, "needs a name"),
        (ExecAddress(("/bin/cat",)), None, r"quote=True"),
        (ExecAddress(("/bin/sh", "-c", "a", "b")), None, "another argument vector"),
        (FileAddress("a,offset=1"), None, "which starts the offset"),
        (FileAddress("a"), "8.1", "file: came with QEMU 8.2"),
    ],
)
def test_what_cannot_be_said_and_why(address: MigrateAddress, release: str | None, reason: str) -> None:
    with pytest.raises(InexpressibleError, match=reason) as caught:
        format_uri(address, release)
    assert caught.value.address is address
    assert caught.value.target == ("a URI" if release is None else f"a URI for QEMU {release}")


def test_every_release_writes_the_common_address_alike() -> None:
    address = InetAddress("192.0.2.1", "4446", to=4450)
    assert {format_uri(address, release) for release in RELEASES} == {"tcp:192.0.2.1:4446,to=4450"}
