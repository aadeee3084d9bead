"""Every kind of address: bytes arrive, in order, to the last one, and nothing is left behind."""

from __future__ import annotations

import errno
import io
import os
import socket
import stat
import threading
from pathlib import Path
from typing import Any

import pytest

from migaddr import (
    AddressError,
    ExecAddress,
    FdAddress,
    FileAddress,
    InetAddress,
    MigrateAddress,
    RdmaAddress,
    TransportError,
    UnixAddress,
    VsockAddress,
)
from migaddr.transport import Deadline, Report, connect, listen, receive, send
from tests.transport.left import nothing_left

DATA = bytes(range(256)) * (20 << 10)  # 5 MiB: more than any socket or pipe holds
PATIENCE = 10.0


def _pair(kind: str, folder: Path) -> tuple[MigrateAddress, MigrateAddress | None, dict[str, int]]:
    """Where to listen, where to connect (None: where it listens), and descriptors by name."""
    if kind == "tcp":
        return InetAddress("127.0.0.1", "0"), None, {}
    if kind == "tcp6":
        return InetAddress("::1", "0", keep_alive=True), None, {}
    if kind == "unix":
        return UnixAddress(str(folder / "s")), None, {}
    if kind == "abstract":
        return UnixAddress(f"migaddr-{os.getpid()}", abstract=True), None, {}
    if kind == "padded":
        return UnixAddress(f"migaddr-{os.getpid()}", abstract=True, tight=False), None, {}
    if kind == "fd-socket":
        ours, theirs = socket.socketpair()
        return FdAddress("in"), FdAddress("out"), {"in": ours.detach(), "out": theirs.detach()}
    assert kind == "fd-pipe"
    reading, writing = os.pipe()
    return FdAddress(str(reading)), FdAddress(str(writing)), {}


def move(kind: str, folder: Path, **how: Any) -> tuple[Report, Report, bytes]:
    """Send DATA from one end to the other; give both reports and what came."""
    inward, outward, fds = _pair(kind, folder)
    sent: list[Report] = []
    sink = io.BytesIO()
    with listen(inward, fds=fds) as listener:

        def sending() -> None:
            with connect(outward or listener.address, fds=fds, deadline=PATIENCE) as stream:
                sent.append(send(stream, io.BytesIO(DATA), deadline=PATIENCE, **how))

        thread = threading.Thread(target=sending)
        thread.start()
        try:
            with listener.accept(Deadline(PATIENCE)) as stream:
                got = receive(stream, sink, deadline=PATIENCE, **how)
        finally:
            thread.join()
    return sent[0], got, sink.getvalue()


@pytest.mark.parametrize("how", [{}, {"framed": True}], ids=["raw", "framed"])
@pytest.mark.parametrize("kind", ["tcp", "tcp6", "unix", "abstract", "padded", "fd-socket", "fd-pipe"])
def test_all_bytes_arrive_and_nothing_is_left(kind: str, how: dict[str, bool], tmp_path: Path) -> None:
    with nothing_left(tmp_path):
        sent, got, content = move(kind, tmp_path, **how)
    assert content == DATA
    assert (sent.bytes, sent.digest) == (got.bytes, got.digest)
    assert got.bytes == len(DATA)


@pytest.mark.parametrize("how", [{}, {"framed": True}], ids=["raw", "framed"])
def test_commands_and_files(how: dict[str, bool], tmp_path: Path) -> None:
    kept, stored = tmp_path / "kept", tmp_path / "stored"
    with nothing_left(tmp_path, but={"kept", "stored"}):
        for address in (
            ExecAddress(("/bin/sh", "-c", 'cat >"$0"', str(kept))),
            FileAddress(str(stored), offset=4096),
        ):
            with connect(address) as stream:
                send(stream, io.BytesIO(DATA), deadline=PATIENCE, framed=bool(how))
        assert stored.read_bytes()[4096:] == kept.read_bytes()
        assert stored.read_bytes()[:4096] == bytes(4096)
        for address in (ExecAddress(("/bin/cat", str(kept))), FileAddress(str(stored), offset=4096)):
            sink = io.BytesIO()
            with listen(address) as listener, listener.accept() as stream:
                receive(stream, sink, deadline=PATIENCE, framed=bool(how))
            assert sink.getvalue() == DATA


def test_a_file_is_private_and_cut_off_at_the_offset(tmp_path: Path) -> None:
    path = tmp_path / "f"
    with connect(FileAddress(str(path))) as stream:
        send(stream, io.BytesIO(b"0123456789"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with connect(FileAddress(str(path), offset=4)) as stream:
        send(stream, io.BytesIO(b"ab"))
    assert path.read_bytes() == b"0123ab"
    path.chmod(0o644)
    with connect(FileAddress(str(path), offset=2)) as stream:
        stream.end()
    assert path.read_bytes() == b"01"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    with listen(FileAddress(str(path), offset=9)) as listener, listener.accept() as stream:
        assert stream.read_into(memoryview(bytearray(1))) == 0


def test_a_command_is_run_as_it_is(tmp_path: Path) -> None:
    """No shell of ours, no PATH; a name without a slash is one in the working folder."""
    said = tmp_path / "said"
    program = tmp_path / "show"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >{said}\ncat >/dev/null\n')
    program.chmod(0o755)
    with connect(ExecAddress((str(program), "a b", "$HOME", "*", "\udcff"))) as stream:
        stream.end(Deadline(PATIENCE))
    assert said.read_bytes() == b"a b\n$HOME\n*\n\xff\n"
    with pytest.raises(TransportError) as caught:
        connect(ExecAddress(("cat",)))
    assert caught.value.errno == errno.ENOENT
    before = Path.cwd()
    os.chdir(tmp_path)
    try:
        with connect(ExecAddress(("show", "here"))) as stream:
            stream.end(Deadline(PATIENCE))
    finally:
        os.chdir(before)
    assert said.read_bytes() == b"here\n"


def test_what_a_command_is_not_asked_for_goes_nowhere() -> None:
    with connect(ExecAddress(("/bin/cat",))) as stream:  # it writes back all that it reads
        send(stream, io.BytesIO(DATA), deadline=PATIENCE)
    with listen(ExecAddress(("/bin/sh", "-c", "read a; echo got:$a"))) as listener:
        with listener.accept() as stream, pytest.raises(TransportError) as caught:
            stream.read_into(memoryview(bytearray(9)), Deadline(0.2))  # its input stays open, and silent
        assert caught.value.errno == errno.ETIMEDOUT


def test_one_way_streams_refuse_the_other_way(tmp_path: Path) -> None:
    (tmp_path / "f").touch()
    reading, writing = os.pipe()
    inward: list[MigrateAddress] = [
        FileAddress(str(tmp_path / "f")),
        ExecAddress(("/bin/true",)),
        FdAddress(str(reading)),
    ]
    for address in inward:
        with (
            listen(address) as listener,
            listener.accept() as stream,
            pytest.raises(TransportError) as caught,
        ):
            stream.write(b"x")
        assert caught.value.errno == errno.EBADF
    outward: list[MigrateAddress] = [
        FileAddress(str(tmp_path / "f")),
        ExecAddress(("/bin/cat",)),
        FdAddress(str(writing)),
    ]
    for address in outward:
        with connect(address) as stream, pytest.raises(TransportError) as caught:
            stream.read_into(memoryview(bytearray(1)))
        assert caught.value.errno == errno.EBADF


def test_sockets_go_both_ways(tmp_path: Path) -> None:
    with (
        listen(UnixAddress(str(tmp_path / "s"))) as listener,
        connect(listener.address) as one,
        listener.accept() as other,
    ):
        one.write(b"there")
        other.write(b"back")
        buffer = memoryview(bytearray(9))
        assert other.read_into(buffer, Deadline(PATIENCE)) == 5
        assert one.read_into(buffer, Deadline(PATIENCE)) == 4


def test_what_has_one_stream_gives_it_once(tmp_path: Path) -> None:
    (tmp_path / "f").touch()
    with nothing_left(tmp_path):
        with listen(FileAddress(str(tmp_path / "f"))) as listener:
            listener.accept().close()
            with pytest.raises(TransportError, match="one stream only"):
                listener.accept()
        with listen(ExecAddress(("/bin/sleep", "1000"))):
            pass  # nobody took it


def test_what_is_no_address_is_refused() -> None:
    for wrong in ("tcp:h:1", None, 7):
        with pytest.raises(AddressError):
            connect(wrong)  # type: ignore[arg-type]
        with pytest.raises(AddressError):
            listen(wrong)  # type: ignore[arg-type]


def test_a_deadline_is_a_number_of_seconds() -> None:
    with pytest.raises(ValueError, match="a deadline is a number of seconds"):
        connect(InetAddress("127.0.0.1", "1"), deadline=float("nan"))
    with pytest.raises(TransportError) as caught:  # what is left of a longer one may be less than nothing
        connect(InetAddress("127.0.0.1", "1"), deadline=-1)
    assert caught.value.errno == errno.ETIMEDOUT


def test_a_very_long_deadline_is_for_ever(tmp_path: Path) -> None:
    for seconds in (2_000_000, 3e6, 1e308, float("inf")):
        with (
            listen(UnixAddress(str(tmp_path / "s"))) as listener,
            connect(listener.address, deadline=seconds) as one,
            listener.accept(Deadline(seconds)) as other,
        ):
            one.write(b"x", Deadline(seconds, stall=seconds))
            assert other.read_into(memoryview(bytearray(9)), Deadline(seconds, stall=seconds)) == 1
        for address in (InetAddress("localhost", "1"), VsockAddress("1", "1")):
            with pytest.raises(TransportError):
                connect(address, deadline=seconds)
        with connect(ExecAddress(("/bin/cat",)), deadline=seconds) as stream:
            stream.end(Deadline(seconds))


def test_a_descriptor_by_name_is_one() -> None:
    for number in (-1, 1 << 31, 1 << 70):
        for opens in (connect, listen):
            with pytest.raises(TransportError) as caught:
                opens(FdAddress("mig"), fds={"mig": number})
            assert caught.value.errno == errno.EBADF


def test_a_borrowed_descriptor_is_put_back_as_it_was() -> None:
    """Whether it blocks, and its timeouts, belong to all who share it."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        with connect(FdAddress(str(os.dup(ours.fileno())))) as stream:
            stream.write(b"x", Deadline(PATIENCE))
        assert not os.get_blocking(ours.fileno())
        assert ours.getsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, 16) == bytes(16)
    reading, writing = os.pipe()
    with open(reading, "rb"), open(writing, "wb") as kept:
        stream = connect(FdAddress(str(os.dup(writing))))
        stream.write(b"x")
        assert os.get_blocking(kept.fileno())
        stream.close()


def test_rdma_has_its_own_room_or_says_so() -> None:
    with pytest.raises(TransportError):
        connect(RdmaAddress(InetAddress("127.0.0.1", "1")), deadline=1)
