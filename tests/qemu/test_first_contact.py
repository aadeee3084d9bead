"""Real QEMU takes what migaddr writes: one address of each scheme, incoming, in every form it knows."""

from __future__ import annotations

import os

import pytest

from migaddr import (
    ChannelType,
    ExecAddress,
    FdAddress,
    FileAddress,
    InetAddress,
    MigrateAddress,
    MigrateChannel,
    Release,
    UnixAddress,
    VsockAddress,
    channels_to_qmp,
    exec_address,
    format_uri,
    parse_uri,
)
from tests.qemu.bench import Qemu, QemuDiedError, binary

ADDRESSES: dict[str, tuple[MigrateAddress, str | None]] = {
    # an address, and what incoming answers when it has understood it and there is nothing to be had
    "tcp": (InetAddress("127.0.0.1", "4446", to=4450, ipv4=True), None),
    "tcp6": (InetAddress("::1", "4446"), None),
    "unix": (UnixAddress("/tmp/a,b.sock"), None),
    "vsock": (VsockAddress("4294967295", "nonsense"), "Failed to parse port 'nonsense'"),
    "fd": (FdAddress("mig"), "File descriptor named 'mig' has not been found"),
    "exec": (exec_address("cat /tmp/'a b'"), None),
    "file": (FileAddress("/tmp/none", offset=4096), "Could not open '/tmp/none': No such file or directory"),
}


@pytest.mark.parametrize("name", ADDRESSES)
@pytest.mark.parametrize("form", ["uri", "channels"])
def test_an_address_is_understood(series: str, name: str, form: str) -> None:
    address, answer = ADDRESSES[name]
    release = Release.parse(series)
    if form == "channels" and not release.transports:
        with Qemu(binary(series)) as qemu:
            said = qemu.answer("migrate-incoming", channels=[])
        assert said == "Parameter 'uri' is missing"
        return
    value: object = (
        format_uri(address, release if "file" in release.uri_schemes else None)
        if form == "uri"
        else channels_to_qmp([MigrateChannel(ChannelType.MAIN, address)], release=release)
    )
    with Qemu(binary(series)) as qemu:
        found = qemu.version["qemu"]
        assert (found["major"], found["minor"]) == release.version[:2]
        said = qemu.answer("migrate-incoming", **{form: value})
        state = qemu.execute("query-migrate")["return"]
        calls = qemu.shell_calls(1) if name == "exec" and said is None else []
    if name == "file" and "file" not in release.uri_schemes:
        assert said == f"unknown migration protocol: {value}"
        return
    assert said == answer
    if isinstance(address, InetAddress):
        bound = state["socket-address"][0]
        assert (bound["host"], bound["port"]) == (address.host, address.port)
    elif isinstance(address, UnixAddress):
        assert state["socket-address"] == [{"type": "unix", "path": address.path}]
    elif isinstance(address, ExecAddress):
        assert calls == [list(address.args)]


def test_rdma_is_understood_and_a_malformed_one_kills_8_2_and_later(series: str) -> None:
    """There is no RDMA device here: QEMU gets as far as resolving the host."""
    release = Release.parse(series)
    with Qemu(binary(series)) as qemu:
        said = qemu.answer("migrate-incoming", uri="rdma:127.0.0.1:4446,ipv4=on")
    assert said is not None
    assert "RDMA ERROR: bad" not in said and "unknown migration protocol" not in said
    with Qemu(binary(series)) as qemu:
        if release.bad_rdma_uri_crashes:
            with pytest.raises(QemuDiedError) as caught:
                qemu.answer("migrate-incoming", uri="rdma:h")
            assert caught.value.status == -6
        else:
            said = qemu.answer("migrate-incoming", uri="rdma:h")
            assert said == "RDMA ERROR: bad RDMA migration address 'h'"


def test_the_schema_of_the_binary_gives_the_release_of_the_table(series: str) -> None:
    with Qemu(binary(series)) as qemu:
        found = Release.from_schema(qemu.execute("query-qmp-schema"))
    assert found == Release.parse(series)


def test_nothing_is_left_behind(series: str) -> None:
    with Qemu(binary(series)) as qemu:
        pid, folder = qemu.pid, qemu.folder
        qemu.answer("migrate-incoming", uri="unix:/tmp/left.sock")
        assert (folder / "left.sock").exists()
    assert not folder.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_what_exec_would_run_is_recorded_and_not_run(series: str) -> None:
    with Qemu(binary(series)) as qemu:
        address = parse_uri("exec:touch /tmp/ran; echo 'é'", series)
        assert isinstance(address, ExecAddress)
        assert qemu.answer("migrate-incoming", uri=format_uri(address)) is None
        assert qemu.shell_calls(1) == [list(address.args)]
        assert not (qemu.folder / "ran").exists()
