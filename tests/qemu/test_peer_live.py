"""One and the same caller migrates between real QEMUs, whatever their release and the transport."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import attrs
import pytest
from qemu.qmp import QMPClient

from migaddr import (
    ChannelType,
    ExecAddress,
    FdAddress,
    FileAddress,
    InetAddress,
    InexpressibleError,
    Migrate,
    MigrateAddress,
    MigrateChannel,
    MigrateIncoming,
    MigrationCancelledError,
    MigrationFailedError,
    PeerLostError,
    PeerRefusedError,
    PeerTimeoutError,
    Release,
    UnixAddress,
    arguments_for,
    exec_address,
    incoming,
)
from migaddr.qmp_client import (
    Migration,
    follow,
    migrate,
    migrate_incoming,
    negotiate_socket,
    release_of,
    send,
)
from tests.loops import run
from tests.qemu.bench import Jailed, binary
from tests.qemu.pairs import SIZE, digest, fill, monitor, pair, ram

DEADLINE = 60.0


async def move(
    out: QMPClient,
    into: QMPClient,
    there: MigrateAddress,
    here: MigrateAddress,
    passed_out: dict[str, int] | None = None,
    passed_in: dict[str, int] | None = None,
) -> tuple[Migration, Migration]:
    """The caller: it knows no release and no form. A file is written before it is read, all else meets."""
    if isinstance(there, FileAddress):
        sent = await migrate(out, there, descriptors=passed_out, deadline=DEADLINE)
        await migrate_incoming(into, here, descriptors=passed_in, deadline=DEADLINE)
        return sent, await follow(into, deadline=DEADLINE)
    bound = await migrate_incoming(into, here, descriptors=passed_in, deadline=DEADLINE)
    for descriptor in (passed_in or {}).values():
        os.close(descriptor)  # QEMU has its own
    if isinstance(there, InetAddress):
        (address,) = (item for item in bound if isinstance(item, InetAddress))
        # where there is loopback alone, getaddrinfo finds nothing for ipv4=on
        there = attrs.evolve(address, ipv4=None)
    return await asyncio.gather(
        migrate(out, there, descriptors=passed_out, deadline=DEADLINE), follow(into, deadline=DEADLINE)
    )


TRANSPORTS: dict[str, tuple[MigrateAddress, MigrateAddress]] = {
    "tcp": (InetAddress("127.0.0.1", "0"), InetAddress("127.0.0.1", "0")),
    "unix": (UnixAddress("/tmp/migration"), UnixAddress("/tmp/migration")),
    "exec": (
        ExecAddress(("/bin/sh", "-c", "cat >/tmp/fifo")),
        ExecAddress(("/bin/sh", "-c", "cat /tmp/fifo")),
    ),
    "fd": (FdAddress("out"), FdAddress("in")),
    "file": (FileAddress("/tmp/saved", offset=4096), FileAddress("/tmp/saved", offset=4096)),
}


@pytest.mark.parametrize("events", [False, True], ids=["polled", "events"])
@pytest.mark.parametrize("transport", TRANSPORTS)
def test_ram_arrives(series: str, transport: str, events: bool) -> None:
    there, here = TRANSPORTS[transport]

    async def main() -> None:
        async with pair(series) as (source, out, _, into):
            if events:
                on = {"capabilities": [{"capability": "events", "state": True}]}
                await out.execute("migrate-set-capabilities", on)
                await into.execute("migrate-set-capabilities", on)
            os.mkfifo(source.folder / "fifo")
            ours, theirs = socket.socketpair()
            passed_out, passed_in = None, None
            if transport == "fd":
                passed_out, passed_in = {"out": ours.detach()}, {"in": theirs.detach()}
            ours.close()
            theirs.close()
            sent, received = await move(out, into, there, here, passed_out, passed_in)
            for descriptor in (passed_out or {}).values():
                os.close(descriptor)
            assert sent.status == received.status == "completed"
            ram_sent = sent.answer["ram"]
            assert isinstance(ram_sent, dict)
            assert isinstance(ram_sent["transferred"], int)
            assert ram_sent["transferred"] > 64 << 20
            assert digest(source.folder / "source") == digest(source.folder / "destination")
            assert out.events.history or not events

    if transport == "file" and not Release.parse(series).transports:
        with pytest.raises(InexpressibleError, match=r"QEMU 8\.2 is the first"):
            run(main())
    else:
        run(main())


def test_a_refused_connection_and_a_bad_address(series: str) -> None:
    async def main() -> None:
        with Jailed(binary(series), incoming=None) as source:
            async with monitor(source) as out:
                for address, said in (
                    (InetAddress("127.0.0.1", "1"), "Failed to connect to '127.0.0.1:1': Connection refused"),
                    (UnixAddress("/tmp/none"), "Failed to connect to '/tmp/none': No such file or directory"),
                    (UnixAddress("/" * 200), "UNIX socket path '" + "/" * 200 + "' is too long"),
                ):
                    with pytest.raises(MigrationFailedError) as failed:
                        await migrate(out, address, deadline=DEADLINE)
                    assert (failed.value.command, failed.value.status) == ("migrate", "failed")
                    assert failed.value.qemu_message == said
                with pytest.raises(MigrationFailedError) as failed:
                    await migrate(out, InetAddress("no.such.host", "1"), deadline=DEADLINE)
                assert "no.such.host:1" in str(failed.value)
                with pytest.raises(PeerRefusedError) as refused:
                    await migrate_incoming(out, UnixAddress("/tmp/x"), deadline=DEADLINE)
                assert "'-incoming'" in str(refused.value)
                with pytest.raises(PeerRefusedError) as refused:
                    await migrate(out, FdAddress("nobody"), deadline=DEADLINE)
                assert refused.value.command == "migrate"
                assert refused.value.qemu_message == "File descriptor named 'nobody' has not been found"
        with Jailed(binary(series)) as destination:
            async with monitor(destination) as into:
                with pytest.raises(PeerRefusedError) as refused:
                    await migrate_incoming(into, UnixAddress("/none/x"), deadline=DEADLINE)
                assert refused.value.command == "migrate-incoming"
                assert (
                    refused.value.qemu_message
                    == "Failed to bind socket to /none/x: No such file or directory"
                )

    run(main())


def test_a_command_can_be_sent_and_followed_apart(series: str) -> None:
    """`exec:` runs what it was told to, in whatever form that came."""

    async def main() -> None:
        with Jailed(binary(series), incoming=None) as source:
            async with monitor(source) as out:
                sent = await send(out, Migrate(exec_address("cat >x")), deadline=DEADLINE)
                assert list(sent) == ["channels" if Release.parse(series).transports else "uri"]
                with contextlib.suppress(MigrationFailedError):  # what records the call reads nothing
                    await follow(out, deadline=DEADLINE)
                assert (source.folder / "sh.log").read_bytes() == b"3\0/bin/sh\0-c\0cat >x\0"

    run(main())


def test_descriptors_are_taken_back_where_the_command_is_refused(series: str) -> None:
    async def main() -> None:
        with Jailed(binary(series)) as waiting:
            async with monitor(waiting) as client:
                ours, theirs = socket.socketpair()
                with ours:
                    with theirs, pytest.raises(PeerRefusedError) as refused:
                        await migrate(client, FdAddress("x"), descriptors={"x": theirs.fileno()})
                    assert refused.value.qemu_message == "Guest is waiting for an incoming migration"
                    assert ours.recv(1) == b""  # QEMU has no duplicate any more
                    with pytest.raises(PeerRefusedError) as number:
                        await send(
                            client,
                            MigrateIncoming(FdAddress("1x")),
                            descriptors={"1x": ours.fileno()},
                        )
                    assert number.value.command == "getfd"
                    assert (
                        number.value.qemu_message
                        == "Parameter 'fdname' expects a name not starting with a digit"
                    )

    run(main())


def test_a_migration_past_its_deadline_is_cancelled(series: str) -> None:
    """The listener takes no byte: without migaddr it would go on for ever."""

    async def main() -> None:
        with Jailed(binary(series), *ram("/tmp/source"), incoming=None) as source:
            async with monitor(source) as out:
                fill(source.folder / "source")
                with socket.socket(socket.AF_UNIX) as listener:
                    listener.bind(str(source.folder / "deaf"))
                    listener.listen()
                    with pytest.raises(PeerTimeoutError) as late:
                        await migrate(out, UnixAddress("/tmp/deaf"), deadline=0.3)
                    assert late.value.status == "cancelled"
                    task = asyncio.create_task(migrate(out, UnixAddress("/tmp/deaf")))
                    while (await _status(out)) != "active":
                        await asyncio.sleep(0.01)
                    task.cancel()
                    with pytest.raises(asyncio.CancelledError):
                        await task
                    assert await _status(out) == "cancelled"
                    task = asyncio.create_task(migrate(out, UnixAddress("/tmp/deaf")))
                    while (await _status(out)) != "active":
                        await asyncio.sleep(0.01)
                    await out.execute("migrate_cancel")
                    with pytest.raises(MigrationCancelledError):
                        await task

    run(main())


async def _status(client: QMPClient) -> object:
    answer = await client.execute("query-migrate")
    assert isinstance(answer, dict)
    return answer.get("status")


def test_qemu_dies(series: str) -> None:
    async def main() -> None:
        with Jailed(binary(series), *ram("/tmp/source"), incoming=None) as source:
            async with monitor(source) as out:
                fill(source.folder / "source")
                with socket.socket(socket.AF_UNIX) as listener:
                    listener.bind(str(source.folder / "deaf"))
                    listener.listen()
                    task = asyncio.create_task(migrate(out, UnixAddress("/tmp/deaf")))
                    while (await _status(out)) != "active":
                        await asyncio.sleep(0.01)
                    source.kill()
                    began = time.monotonic()
                    with pytest.raises(PeerLostError):
                        await task
                    assert time.monotonic() - began < 5
                    with pytest.raises(PeerLostError):
                        await release_of(out)

    run(main())


def test_an_incoming_migration_that_fails(series: str) -> None:
    """QEMU exits, or where it can be told not to, says why."""

    async def main(exits: bool | None) -> None:
        with Jailed(binary(series)) as destination:
            async with monitor(destination) as into:
                ours, theirs = socket.socketpair()
                with ours, theirs:
                    command = MigrateIncoming(FdAddress("in"), exit_on_error=exits)
                    await migrate_incoming(into, command, descriptors={"in": theirs.fileno()})
                    ours.sendall(b"no migration stream" * 10)
                    expected = PeerLostError if exits is None else MigrationFailedError
                    with pytest.raises(expected) as caught:
                        await follow(into, deadline=DEADLINE)
                    assert exits is None or "load of migration failed: Invalid argument" in str(caught.value)

    run(main(None))
    if "exit-on-error" in Release.parse(series).migrate_incoming.optional:
        run(main(False))


def test_the_release(series: str) -> None:
    async def main() -> None:
        with Jailed(binary(series), "-qmp", "unix:/tmp/qmp,server=on,wait=off") as qemu:
            async with monitor(qemu) as client:
                release = await release_of(client)
                assert release.series == series
                assert release.known
                assert await release_of(client, schema=True) == release
                assert await client.execute("query-migrate") == {}
            path = qemu.folder / "qmp"
            assert await asyncio.to_thread(negotiate_socket, path) == release
            assert await asyncio.to_thread(negotiate_socket, str(path), schema=True) == release
            command = [sys.executable, "-m", "migaddr", "negotiate", "--socket", str(path), "tcp:h:1"]
            done = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
            written, _ = await done.communicate()
            assert json.loads(written) == arguments_for(InetAddress("h", "1"), release)

    run(main())


def _memory(pid: int) -> Path:
    """Find the RAM of a QEMU whose RAM is a memfd."""
    (found,) = {
        path.stat().st_ino: path
        for path in Path(f"/proc/{pid}/fd").iterdir()
        if path.readlink().name.startswith("memfd:memory-backend-memfd") or path.stat().st_size == SIZE
    }.values()
    return found


def test_cpr_transfer(series: str) -> None:
    """The main and the cpr channel, as migaddr writes them for both sides; RAM is not copied but handed over."""
    release = Release.parse(series)
    main_address, cpr_address = UnixAddress("/tmp/main"), UnixAddress("/tmp/cpr")
    channels = (
        MigrateChannel(ChannelType.MAIN, main_address),
        MigrateChannel(ChannelType.CPR, cpr_address),
    )

    async def main() -> None:
        options = ["-object", "memory-backend-memfd,id=r,size=64M,share=on", "-m", "64M"]
        options += ["-M", "none,memory-backend=r,aux-ram-share=on"]
        with Jailed(binary(series), *options, incoming=None) as source:
            async with monitor(source) as out:
                await out.execute("migrate-set-parameters", {"mode": "cpr-transfer"})
                with Jailed(
                    binary(series),
                    *options,
                    *incoming.format_argv(channels, release),
                    beside=source,
                    incoming=None,
                ) as destination:
                    while not (source.folder / "cpr").exists():
                        await asyncio.sleep(0.01)
                    memory = _memory(source.pid)
                    content, inode = fill(memory), memory.stat().st_ino
                    sent = await migrate(out, Migrate(channels), deadline=DEADLINE)
                    assert sent.status == "completed"
                    amounts = sent.answer["ram"]
                    assert isinstance(amounts, dict)
                    assert isinstance(amounts["transferred"], int)
                    assert amounts["transferred"] < 1 << 20
                    async with monitor(destination) as into:
                        assert (await follow(into, deadline=DEADLINE)).status == "completed"
                    source.kill()
                    assert _memory(destination.pid).stat().st_ino == inode
                    assert digest(_memory(destination.pid)) == content

    if ChannelType.CPR in release.channel_types:
        run(main())
    else:
        with pytest.raises(InexpressibleError, match=r"QEMU 10\.0 is the first"):
            arguments_for(channels, release)
