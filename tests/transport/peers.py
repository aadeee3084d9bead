"""The other side of a stream, made by hand: a socket or a pipe that a test can starve, garble, reset and kill."""

from __future__ import annotations

import contextlib
import functools
import os
import socket
import struct
import subprocess
import time
from collections.abc import Generator
from pathlib import Path
from typing import final

import pytest

from migaddr import FdAddress, InetAddress, MigrateAddress, UnixAddress, VsockAddress
from migaddr.transport import Deadline, Listener, Stream, connect, listen

PATIENCE = 5.0
VMADDR_CID_LOCAL = "1"
ANY_CID = "4294967295"


@functools.cache
def _why_no_vsock() -> str | None:
    try:
        with socket.socket(socket.AF_VSOCK) as listener, socket.socket(socket.AF_VSOCK) as sock:
            listener.bind((socket.VMADDR_CID_ANY, socket.VMADDR_PORT_ANY))
            listener.listen()
            sock.settimeout(1)
            sock.connect((1, listener.getsockname()[1]))
    except OSError as error:
        return f"no vsock here: {error}"
    return None


def need_vsock() -> None:
    """Skip where vsock has no loopback; tests/vm runs these in a virtual machine that has."""
    if (why := _why_no_vsock()) is not None:
        pytest.skip(why)


@final
class Peer:
    """One end of a connection, as a descriptor."""

    def __init__(self, descriptor: int) -> None:
        self._fd = descriptor

    def give(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._fd, view) :]

    def take(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            more = os.read(self._fd, count - len(data))
            assert more
            data += more
        return data

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = -1

    def reset(self) -> None:
        """Close a TCP connection by a reset."""
        with socket.socket(fileno=self._fd) as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._fd = -1

    def die(self) -> None:
        """Let a process have this end, and kill it."""
        with subprocess.Popen(["/bin/sleep", "1000"], stdin=self._fd, stdout=subprocess.DEVNULL) as holder:
            self.close()
            time.sleep(0.05)
            holder.kill()


def listening_place(kind: str, folder: Path) -> MigrateAddress:
    """Where a listener of that kind can be."""
    if kind == "tcp":
        return InetAddress("127.0.0.1", "0")
    if kind == "unix":
        return UnixAddress(str(folder / "s"))
    assert kind == "vsock"
    need_vsock()
    return VsockAddress(ANY_CID, "4294967295")  # any CID, any free port


def reachable(address: MigrateAddress) -> MigrateAddress:
    """The address to connect to, of a listener here."""
    return VsockAddress(VMADDR_CID_LOCAL, address.port) if isinstance(address, VsockAddress) else address


def raw_connection(address: MigrateAddress) -> socket.socket:
    """Connect without migaddr."""
    if isinstance(address, InetAddress):
        return socket.create_connection((address.host, int(address.port)), PATIENCE)
    if isinstance(address, UnixAddress):
        sock = socket.socket(socket.AF_UNIX)
        sock.connect(address.path)
        return sock
    assert isinstance(address, VsockAddress)
    sock = socket.socket(socket.AF_VSOCK)
    sock.connect((1, int(address.port)))
    return sock


def _as_peer(sock: socket.socket) -> Peer:
    sock.setblocking(True)
    return Peer(sock.detach())


@contextlib.contextmanager
def reading(kind: str, folder: Path) -> Generator[tuple[Stream, Peer]]:
    """A stream that we read, and who writes it."""
    with contextlib.ExitStack() as opened:
        listener: Listener
        if kind == "fd-socket":
            one, other = socket.socketpair()
            listener = opened.enter_context(listen(FdAddress(str(one.detach()))))
            peer = _as_peer(other)
        elif kind == "fd-pipe":
            from_them, theirs = os.pipe()
            listener = opened.enter_context(listen(FdAddress(str(from_them))))
            peer = Peer(theirs)
        else:
            listener = opened.enter_context(listen(listening_place(kind, folder)))
            peer = _as_peer(raw_connection(listener.address))
        opened.callback(peer.close)
        yield opened.enter_context(listener.accept(Deadline(PATIENCE))), peer


@contextlib.contextmanager
def writing(kind: str, folder: Path) -> Generator[tuple[Stream, Peer]]:
    """A stream that we write, and who reads it."""
    with contextlib.ExitStack() as opened:
        if kind == "fd-socket":
            one, other = socket.socketpair()
            stream = opened.enter_context(connect(FdAddress(str(one.detach()))))
            peer = _as_peer(other)
        elif kind == "fd-pipe":
            theirs, to_them = os.pipe()
            stream = opened.enter_context(connect(FdAddress(str(to_them))))
            peer = Peer(theirs)
        else:
            # the listener of migaddr hands over a plain connection
            listener = opened.enter_context(listen(listening_place(kind, folder)))
            stream = opened.enter_context(connect(reachable(listener.address), deadline=PATIENCE))
            accepted = listener.accept(Deadline(PATIENCE))
            peer = Peer(os.dup(accepted._socket.fileno()))  # type: ignore[attr-defined]
            accepted.close()
        opened.callback(peer.close)
        yield stream, peer
