"""Faults of the other side: it dies, is silent, talks nonsense, stalls."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import signal
import socket
import time
from pathlib import Path

import pytest

from migaddr import ExecAddress, FileAddress, InetAddress, TransportError, UnixAddress
from migaddr.transport import BrokenStreamError, Deadline, QemuStream, Stream, connect, listen, receive, send
from tests.transport.peers import PATIENCE, listening_place, reachable, reading, writing

HEADER = b"MIGADDR\1crc32\0\0\0"
FRAME = (1 << 20).to_bytes(4, "big") + bytes(5000)
MUCH = 64 << 20
SHORT = 0.3
"""Seconds until we give up."""
LIMITS = ((SHORT, None, "the deadline passed"), (None, SHORT, "the stream stands still"))


class Endless(io.RawIOBase):
    """A source with more in it than anything holds."""

    def __init__(self) -> None:
        super().__init__()
        self._left = MUCH

    def readinto(self, buffer: object, /) -> int:
        count = min(len(memoryview(buffer)), self._left)  # type: ignore[arg-type]
        self._left -= count
        return count


def shell(command: str, *args: str) -> ExecAddress:
    return ExecAddress(("/bin/sh", "-c", command, *args))


def fails(error: pytest.ExceptionInfo[TransportError], *numbers: int) -> str:
    """The words of an error that has one of these numbers."""
    assert error.value.errno in numbers, error.value
    return error.value.cause


def _read_framed(stream: Stream) -> str:
    with pytest.raises(TransportError) as caught:
        receive(stream, None, framed=True, deadline=PATIENCE)
    assert caught.value.address == stream.address
    return fails(caught, errno.EBADMSG, errno.EPIPE, errno.ECONNRESET)


def the_writer_dies_mid_stream(kind: str, folder: Path) -> None:
    if kind == "exec":
        sends = "printf 'MIGADDR\\001crc32\\000\\000\\000\\000\\020\\000\\000xxx'; kill -9 $$"
        with listen(shell(sends)) as listener, listener.accept() as stream:
            assert _read_framed(stream) == "the command was killed by SIGKILL"
        return
    with reading(kind, folder) as (stream, peer):
        peer.give(HEADER + FRAME)
        peer.die()
        assert "truncated: data behind 0 bytes ends after 5000 of" in _read_framed(stream)


def the_reader_dies_mid_stream(kind: str, folder: Path) -> None:
    if kind == "exec":
        with connect(shell("head -c 1000 >/dev/null; kill -9 $$")) as stream:
            assert "was killed by SIGKILL" in _write(stream)
        return
    with writing(kind, folder) as (stream, peer):
        stream.write(bytes(1000), Deadline(PATIENCE))
        assert peer.take(1000) == bytes(1000)
        stream.write(bytes(1000), Deadline(PATIENCE))  # what it has not read
        peer.die()
        _write(stream)


def _write(stream: Stream) -> str:
    with pytest.raises(TransportError) as caught:
        send(stream, Endless(), deadline=PATIENCE)
    assert caught.value.address == stream.address
    return fails(caught, errno.EPIPE, errno.ECONNRESET)


def _times_out(caught: pytest.ExceptionInfo[TransportError], began: float, words: str) -> None:
    assert words in fails(caught, errno.ETIMEDOUT)
    assert SHORT <= time.monotonic() - began < SHORT + 1


def the_writer_sends_nothing(kind: str, folder: Path) -> None:
    _starve(kind, folder, b"", "sleep 1000")


def the_writer_stalls(kind: str, folder: Path) -> None:
    _starve(kind, folder, HEADER + FRAME, "echo some; sleep 1000")


def _starve(kind: str, folder: Path, first: bytes, command: str) -> None:
    for deadline, stall, words in LIMITS:
        with contextlib.ExitStack() as opened:
            if kind == "exec":
                stream = opened.enter_context(listen(shell(command))).accept()
                opened.callback(stream.close)
            else:
                stream, peer = opened.enter_context(reading(kind, folder))
                peer.give(first)
            began = time.monotonic()
            with pytest.raises(TransportError) as caught:
                receive(stream, None, deadline=deadline, stall=stall)
            _times_out(caught, began, words)


def the_writer_sends_garbage(kind: str, folder: Path) -> None:
    garbage = bytes(range(255, -1, -1)) * 300
    if kind in ("exec", "file"):
        (folder / "garbage").write_bytes(garbage)
    for framed in (True, False):
        if kind == "exec":
            with (
                listen(ExecAddress(("/bin/cat", str(folder / "garbage")))) as listener,
                listener.accept() as stream,
            ):
                _refused(stream, framed)
        elif kind == "file":
            with listen(FileAddress(str(folder / "garbage"))) as listener, listener.accept() as stream:
                _refused(stream, framed)
        else:
            with reading(kind, folder) as (stream, peer):
                peer.give(garbage[:4000])
                peer.close()
                _refused(stream, framed)
    (folder / "garbage").unlink(missing_ok=True)


def _refused(stream: Stream, framed: bool) -> None:
    """As a framed stream, and as QEMU's."""
    if framed:
        assert _read_framed(stream) == "this is no framed stream"
    else:
        with pytest.raises(BrokenStreamError, match="this is not QEMU's stream"):
            receive(stream, QemuStream(), deadline=PATIENCE)


def the_writer_resets(kind: str, folder: Path) -> None:
    with reading(kind, folder) as (stream, peer):
        peer.give(HEADER + FRAME)
        if kind == "tcp":
            peer.reset()
        else:  # a local socket that is closed with something in it that was never read
            stream.write(b"never read", Deadline(PATIENCE))
            peer.close()
        with pytest.raises(TransportError) as caught:
            receive(stream, None, deadline=PATIENCE)
        fails(caught, errno.ECONNRESET)


def the_reader_stalls(kind: str, folder: Path) -> None:
    for deadline, stall, words in LIMITS:
        with contextlib.ExitStack() as opened:
            if kind == "exec":
                stream = opened.enter_context(connect(shell("sleep 1000")))
            else:
                stream, _ = opened.enter_context(writing(kind, folder))
            began = time.monotonic()
            with pytest.raises(TransportError) as caught:
                send(stream, Endless(), deadline=deadline, stall=stall)
            _times_out(caught, began, "did not take what was written")
            assert words in caught.value.cause


def the_reader_never_closes(kind: str, folder: Path) -> None:
    began = time.monotonic()
    if kind == "exec":
        with connect(shell("cat >/dev/null; sleep 1000")) as stream, pytest.raises(TransportError) as caught:
            send(stream, io.BytesIO(b"abc"), deadline=SHORT)
        _times_out(caught, began, "the command did not end")
        return
    with writing(kind, folder) as (stream, peer):
        stream.write(b"abc")
        assert peer.take(3) == b"abc"
        began = time.monotonic()
        with pytest.raises(TransportError) as caught:
            stream.end(Deadline(SHORT))
    _times_out(caught, began, "the other side did not close the stream")


def nobody_connects(kind: str, folder: Path) -> None:
    with listen(listening_place(kind, folder)) as listener:
        began = time.monotonic()
        with pytest.raises(TransportError) as caught:
            listener.accept(Deadline(SHORT))
        _times_out(caught, began, "nobody connected")
        assert caught.value.address == listener.address


def nobody_listens(kind: str, folder: Path) -> None:
    with listen(listening_place(kind, folder)) as listener:
        place = reachable(listener.address)
    with pytest.raises(TransportError) as caught:
        connect(place, deadline=PATIENCE)
    assert caught.value.address == place
    if kind == "unix":
        fails(caught, errno.ENOENT)
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(str(folder / "s"))  # bound, and nobody listens
        with pytest.raises(TransportError) as caught:
            connect(place, deadline=PATIENCE)
        (folder / "s").unlink()
    fails(caught, errno.ECONNREFUSED, errno.ECONNRESET)


def the_listener_accepts_nobody(kind: str, folder: Path) -> None:
    waiting: list[socket.socket] = []
    family = socket.AF_INET if kind == "tcp" else socket.AF_UNIX
    with socket.socket(family) as listener:
        listener.bind(("127.0.0.1", 0) if kind == "tcp" else str(folder / "s"))
        listener.listen(0)
        place = (
            InetAddress("127.0.0.1", str(listener.getsockname()[1]))
            if kind == "tcp"
            else UnixAddress(str(folder / "s"))
        )
        try:
            for _ in range(3):  # fill the queue
                waiting.append(socket.socket(family))
                waiting[-1].setblocking(False)
                waiting[-1].connect_ex(listener.getsockname())
            began = time.monotonic()
            with pytest.raises(TransportError) as caught:
                connect(place, deadline=SHORT)
            _times_out(caught, began, "the deadline passed")
        finally:
            for sock in waiting:
                sock.close()
    (folder / "s").unlink(missing_ok=True)


def the_command_exits_with_1(kind: str, folder: Path) -> None:
    with listen(shell("echo some; exit 1")) as listener, listener.accept() as stream:
        with pytest.raises(TransportError) as caught:
            receive(stream, None, deadline=PATIENCE)
        assert fails(caught, errno.EPIPE) == "the command exited with status 1"
    with connect(shell("exit 1")) as stream, pytest.raises(TransportError) as caught:
        send(stream, Endless(), deadline=PATIENCE)
    assert fails(caught, errno.EPIPE) == "the command exited with status 1 before it had read everything"
    with connect(shell("cat >/dev/null; exit 1")) as stream, pytest.raises(TransportError) as caught:
        send(stream, io.BytesIO(b"abc"), deadline=PATIENCE)
    assert fails(caught, errno.EPIPE) == "the command exited with status 1"


def the_command_is_killed(kind: str, folder: Path) -> None:
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGRTMIN + 2):
        with listen(shell(f"kill -{int(number)} $$")) as listener, listener.accept() as stream:
            with pytest.raises(TransportError) as caught:
                receive(stream, None, deadline=PATIENCE)
            assert fails(caught, errno.EPIPE).startswith("the command was killed by ")


def the_command_ignores_its_input(kind: str, folder: Path) -> None:
    """Even where all of it fits into the pipe, which is when QEMU takes it for done."""
    for command in ("exit 0", "sleep 0.1", "exec <&-; sleep 0.1"):
        for source in (io.BytesIO(b"abc"), Endless()):
            with connect(shell(command)) as stream, pytest.raises(TransportError) as caught:
                send(stream, source, deadline=PATIENCE)
            assert "before it had read everything" in fails(caught, errno.EPIPE)


def sigpipe_is_not_ignored(kind: str, folder: Path) -> None:
    before = signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        if kind == "exec":
            with connect(shell("exit 0")) as stream:
                _write(stream)
            return
        with writing(kind, folder) as (stream, peer):
            peer.close()
            _write(stream)
        assert signal.SIGPIPE not in signal.pthread_sigmask(signal.SIG_BLOCK, ())
        assert signal.SIGPIPE not in signal.sigpending()
    finally:
        signal.signal(signal.SIGPIPE, before)


def the_disk_is_full(kind: str, folder: Path) -> None:
    if kind == "file":
        from tests.transport.place_faults import full_file

        full_file(folder)
        return
    with open("/dev/full", "wb", buffering=0) as full:
        if kind == "exec":
            with listen(shell("cat /dev/zero")) as listener, listener.accept() as stream:
                _does_not_keep(stream, full)
            return
        with reading(kind, folder) as (stream, peer):
            peer.give(bytes(9))
            _does_not_keep(stream, full)


def _does_not_keep(stream: Stream, full: io.FileIO) -> None:
    with pytest.raises(TransportError) as caught:
        receive(stream, full, deadline=PATIENCE)
    assert fails(caught, errno.ENOSPC) == f"keeping what came: {os.strerror(errno.ENOSPC)}"
