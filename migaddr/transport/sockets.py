"""Connected and listening stream sockets, whatever their family: what tcp, unix, vsock and fd share.

The sockets block, with a timeout of one tick in the kernel (SO_RCVTIMEO, SO_SNDTIMEO): so one call can
fill a whole buffer (MSG_WAITALL), which is what makes it fast, and deadlines are still looked at.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import socket
import struct
from collections.abc import Callable, Generator, Sequence
from typing import Final, Self, final

from migaddr.errors import TransportError
from migaddr.model import MigrateAddress
from migaddr.transport.base import NEVER, TICK, Buffer, Deadline, failing, failure

_TIMEVAL: Final = struct.Struct("@ll")
_RESET: Final = struct.pack("@ii", 1, 0)  # struct linger: on, no time
_VSOCK: Final = getattr(socket, "AF_VSOCK", None)
_LINGERING: Final = 1 << 16


def send_within(sock: socket.socket, deadline: Deadline) -> None:
    """Let the next call that sends, or connects, wait in the kernel for a tick, and not past the deadline."""
    _set_timeout(sock, socket.SO_SNDTIMEO, _tick(deadline))


def _tick(deadline: Deadline) -> float:
    return max(deadline.tick(TICK), 1e-3)  # to the kernel, 0 is for ever


def _set_timeout(sock: socket.socket, option: int, seconds: float) -> None:
    value = _TIMEVAL.pack(int(seconds), int(seconds % 1 * 1e6))
    with _options_of(sock) as plain:
        plain.setsockopt(socket.SOL_SOCKET, option, value)


@contextlib.contextmanager
def _options_of(sock: socket.socket) -> Generator[socket.socket]:
    """Give the socket as one that takes any options: of a vsock socket, Python takes numbers alone."""
    if sock.family != _VSOCK:
        yield sock
        return
    alias = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, sock.fileno())
    try:
        yield alias
    finally:
        alias.detach()


@final
class SocketStream:
    """A connected stream socket."""

    def __init__(self, sock: socket.socket, address: MigrateAddress, *, borrowed: bool = False) -> None:
        """Take the socket over. Others share a borrowed one: how it blocks is put back at the end."""
        self.address = address
        self._socket = sock
        # on a unix socket, waiting for all would swallow a reset that comes behind the last bytes;
        # a vsock socket refuses to wait for more than its own buffer holds (ENOMEM)
        patient = sock.family not in (socket.AF_UNIX, _VSOCK)
        self._flags = socket.MSG_WAITALL if patient else 0
        self._written = False
        self._ended = False
        self._waits: dict[int, float] = {}
        self._before: dict[int, bytes] = {}
        self._blocked = True
        if borrowed:
            self._blocked = os.get_blocking(sock.fileno())
            with _options_of(sock) as plain:
                for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
                    self._before[option] = plain.getsockopt(socket.SOL_SOCKET, option, _TIMEVAL.size)
        sock.settimeout(None)

    def read_into(self, buffer: memoryview, deadline: Deadline = NEVER) -> int:
        """Fill the buffer with what comes within a tick, or else wait for the first byte."""
        while True:
            try:
                self._wait_at_most(socket.SO_RCVTIMEO, deadline)
                count = self._socket.recv_into(buffer, 0, self._flags)
            except BlockingIOError:
                if deadline.passed():
                    raise deadline.error(self.address, "nothing came") from None
            except OSError as error:
                raise failure(self.address, "reading", error) from error
            else:
                deadline.moved()
                return count

    def write(self, data: Buffer, deadline: Deadline = NEVER) -> None:
        """Write all of it."""
        self._written = True
        view = memoryview(data).cast("B")
        while view:
            try:
                self._wait_at_most(socket.SO_SNDTIMEO, deadline)
                view = view[self._socket.send(view, socket.MSG_NOSIGNAL) :]
                deadline.moved()
            except BlockingIOError:
                pass
            except OSError as error:
                raise failure(self.address, "writing", error) from error
            if view and deadline.passed():
                raise deadline.error(self.address, "the other side did not take what was written")

    def end(self, deadline: Deadline = NEVER) -> None:
        """Shut the writing side, and wait until the other side closes: it has read everything, or resets."""
        with failing(self.address, "ending the stream"):
            self._socket.shutdown(socket.SHUT_WR)
            while not self._closed_by_peer(deadline):
                if deadline.passed():
                    raise deadline.error(self.address, "the other side did not close the stream")
        self._ended = True

    def _closed_by_peer(self, deadline: Deadline) -> bool:
        """Read and forget what the other side still says."""
        self._wait_at_most(socket.SO_RCVTIMEO, deadline)
        try:
            return not self._socket.recv(_LINGERING)
        except BlockingIOError:
            return False

    def close(self) -> None:
        """Close the socket; reset a TCP connection on which not all was written."""
        with contextlib.suppress(OSError):
            with _options_of(self._socket) as plain:
                for option, value in self._before.items():
                    plain.setsockopt(socket.SOL_SOCKET, option, value)
            if not self._blocked:
                os.set_blocking(self._socket.fileno(), False)
            if self._written and not self._ended and self._socket.family in (socket.AF_INET, socket.AF_INET6):
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._before.clear()
        self._socket.close()

    def _wait_at_most(self, option: int, deadline: Deadline) -> None:
        """Set how long one call waits in the kernel."""
        seconds = _tick(deadline)
        if self._waits.get(option) != seconds:
            _set_timeout(self._socket, option, seconds)
            self._waits[option] = seconds

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@final
class SocketListener:
    """One or several listening sockets."""

    def __init__(
        self,
        bound: Sequence[tuple[socket.socket, MigrateAddress]],
        prepare: Callable[[socket.socket], None] | None = None,
        cleanup: Callable[[], None] | None = None,
    ) -> None:
        """Take listening sockets over, each with its address.

        `prepare` is called with each accepted socket, and turns it away with a PermissionError; `cleanup`
        when the listener is closed.
        """
        self.addresses: tuple[MigrateAddress, ...] = tuple(address for _, address in bound)
        self._prepare = prepare
        self._cleanup = cleanup
        self._sockets = [sock for sock, _ in bound]
        for sock in self._sockets:
            sock.setblocking(False)

    @property
    def address(self) -> MigrateAddress:
        """The first address bound."""
        return self.addresses[0]

    def accept(self, deadline: Deadline = NEVER) -> SocketStream:
        """Wait for a connection on any of the sockets."""
        poll = select.poll()
        waiting = {sock.fileno(): index for index, sock in enumerate(self._sockets)}
        if -1 in waiting:
            raise TransportError(self.address, "this listener is closed", errno.EBADF)
        for number in waiting:
            poll.register(number, select.POLLIN)
        while True:
            left = deadline.left()
            ready = poll.poll(None if left is None else left * 1000)
            for number, _ in ready:
                stream = self._accepted(waiting[number])
                if stream is not None:
                    return stream
            if deadline.passed():
                raise deadline.error(self.address, "nobody connected")

    def _accepted(self, index: int) -> SocketStream | None:
        address = self.addresses[index]
        with failing(address, "accepting"), contextlib.ExitStack() as undo:
            try:
                connection, _ = self._sockets[index].accept()
            except (BlockingIOError, ConnectionAbortedError):  # it went away again
                return None
            undo.callback(connection.close)
            if self._prepare is not None:
                try:
                    self._prepare(connection)
                except PermissionError:
                    return None
            stream = SocketStream(connection, address)
            undo.pop_all()
            return stream

    def close(self) -> None:
        """Close the sockets and remove what was made for them."""
        cleanup, self._cleanup = self._cleanup, None
        if cleanup is not None:
            cleanup()
        for sock in self._sockets:
            sock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:  # a signal may come before anybody holds it
        if hasattr(self, "_sockets"):
            self.close()
