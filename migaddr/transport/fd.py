"""fd: an open socket or pipe, by the number of its descriptor or by a name in the caller's table.

A name that begins with a digit is a number, as to an incoming QEMU, and anything but a socket or a pipe
is refused, as by QEMU 11. The stream owns the descriptor and
closes it; where opening the stream fails, the descriptor stays open and the caller's.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import socket
import stat
from typing import Final, Self, final

from migaddr.errors import TransportError
from migaddr.model import FdAddress
from migaddr.transport.base import NEVER, Buffer, Deadline, Options, Stream, failing, wrong_way
from migaddr.transport.pipes import Pipe
from migaddr.transport.single import SingleListener
from migaddr.transport.sockets import SocketStream

_NUMBER: Final = re.compile("[0-9]+")
_INT_MAX: Final = 0x7FFF_FFFF
_KINDS: Final = {
    stat.S_IFREG: "a file",
    stat.S_IFDIR: "a folder",
    stat.S_IFCHR: "a character device",
    stat.S_IFBLK: "a block device",
}


def connect(address: FdAddress, deadline: Deadline, options: Options) -> Stream:  # noqa: ARG001
    """Take a descriptor to write to."""
    return _open(address, options, reading=False)


def listen(address: FdAddress, deadline: Deadline, options: Options) -> SingleListener:  # noqa: ARG001
    """Take a descriptor to read from."""
    return SingleListener(_open(address, options, reading=True))


def _open(address: FdAddress, options: Options, *, reading: bool) -> Stream:
    number = _find(address, options)
    with failing(address, f"descriptor {number}"):
        mode = os.fstat(number).st_mode
        flags = fcntl.fcntl(number, fcntl.F_GETFL)
    if stat.S_ISSOCK(mode):
        return _socket(address, number)
    if not stat.S_ISFIFO(mode):
        kind = _KINDS.get(stat.S_IFMT(mode), "of another kind")
        hint = "use file: for a file" if stat.S_ISREG(mode) else None
        why = f"descriptor {number} is {kind}, and must be a socket or a pipe"
        raise TransportError(address, why, errno.EINVAL, hint)
    if flags & os.O_ACCMODE == (os.O_WRONLY if reading else os.O_RDONLY):
        end, use = ("writing", "read from") if reading else ("reading", "written to")
        raise wrong_way(address, f"descriptor {number} is a pipe's end for {end}, and cannot be {use}")
    with failing(address, f"descriptor {number}"):
        return PipeStream(Pipe(number, address, reading=reading), address, reading=reading)


def _find(address: FdAddress, options: Options) -> int:
    name = address.name
    if name[:1].isascii() and name[:1].isdigit():
        if not _NUMBER.fullmatch(name) or int(name) > _INT_MAX:
            raise TransportError(address, f"{name!r} is not the number of a descriptor", errno.EBADF)
        return int(name)
    if name not in options.fds:
        hint = f"give one of {', '.join(sorted(options.fds))}" if options.fds else "give a number"
        raise TransportError(address, f"there is no descriptor named {name!r}", errno.EBADF, hint)
    number = options.fds[name]
    if not 0 <= number <= _INT_MAX:
        raise TransportError(address, f"{number} is not the number of a descriptor", errno.EBADF)
    return number


def _socket(address: FdAddress, number: int) -> SocketStream:
    sock = socket.socket(fileno=number)
    with failing(address, f"descriptor {number}"), contextlib.ExitStack() as undo:
        undo.callback(sock.detach)  # closes nothing
        if sock.type != socket.SOCK_STREAM:
            raise TransportError(address, f"descriptor {number} is no stream socket", errno.EPROTOTYPE)
        if sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            why = f"descriptor {number} is a listening socket, and must be a connected one"
            raise TransportError(address, why, errno.ENOTCONN)
        sock.getpeername()
        stream = SocketStream(sock, address, borrowed=True)
        undo.pop_all()
        return stream


@final
class PipeStream:
    """One end of a pipe that somebody else made."""

    def __init__(self, pipe: Pipe, address: FdAddress, *, reading: bool) -> None:
        self.address = address
        self._pipe = pipe
        self._reading = reading

    def read_into(self, buffer: memoryview, deadline: Deadline = NEVER) -> int:
        """Read what there is."""
        if not self._reading:
            raise wrong_way(self.address, "this end of the pipe is for writing")
        return self._pipe.read_into(buffer, deadline)

    def write(self, data: Buffer, deadline: Deadline = NEVER) -> None:
        """Write all of it."""
        if self._reading:
            raise wrong_way(self.address, "this end of the pipe is for reading")
        self._pipe.write(data, deadline)

    def end(self, deadline: Deadline = NEVER) -> None:
        """Wait until the pipe is empty, and close it."""
        if not self._reading:
            self._pipe.drain(deadline)
        self._pipe.close()

    def close(self) -> None:
        """Close it. Whoever reads cannot tell a stream that broke off from one that ended."""
        self._pipe.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
