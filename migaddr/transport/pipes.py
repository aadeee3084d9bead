"""Pipes: what exec and fd share. The descriptor does not block; waiting is done by poll, a tick at a time."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import select
import signal
import time
from collections.abc import Generator
from typing import Final, final

from migaddr.errors import TransportError
from migaddr.model import MigrateAddress
from migaddr.transport.base import CHUNK, TICK, Buffer, Deadline, failure

_LARGER: Final = 1 << 20  # bytes in a pipe, where the system lets us; its own default is 64 KiB


@final
class Pipe:
    """One end of a pipe. Closing it is the caller's way to end the stream as well."""

    def __init__(self, descriptor: int, address: MigrateAddress, *, reading: bool) -> None:
        """Take the descriptor over.

        Whether it blocks is a property that it shares with whoever else holds this end; so it is opened
        anew where /proc allows it, and put back at the end where not.
        """
        self._address = address
        self._fd = descriptor
        self._blocked = False
        flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
        if not flags & os.O_NONBLOCK:
            try:
                mode = os.O_RDONLY if reading else os.O_WRONLY
                self._fd = os.open(f"/proc/self/fd/{descriptor}", mode | os.O_NONBLOCK | os.O_CLOEXEC)
                os.close(descriptor)
            except OSError:
                fcntl.fcntl(descriptor, fcntl.F_SETFL, flags | os.O_NONBLOCK)
                self._blocked = True
        with contextlib.suppress(OSError):  # there is a limit for each user
            fcntl.fcntl(self._fd, fcntl.F_SETPIPE_SZ, _LARGER)
        self._poll = select.poll()
        self._poll.register(self._fd, select.POLLIN if reading else select.POLLOUT)

    def read_into(self, buffer: memoryview, deadline: Deadline) -> int:
        """Read what there is, waiting for the first byte; 0: every writer has closed."""
        while True:
            try:
                count = os.readv(self._fd, [buffer])
            except BlockingIOError:
                if deadline.passed():
                    raise deadline.error(self._address, "nothing came") from None
                self._poll.poll(deadline.tick() * 1000)
            except OSError as error:
                raise failure(self._address, "reading", error) from error
            else:
                deadline.moved()
                return count

    def write(self, data: Buffer, deadline: Deadline) -> None:
        """Write all of it."""
        view = memoryview(data).cast("B")
        while view:
            try:
                with no_sigpipe():
                    view = view[os.write(self._fd, view[:CHUNK]) :]
                deadline.moved()
                continue
            except BlockingIOError:
                pass
            except OSError as error:
                raise failure(self._address, "writing", error) from error
            if deadline.passed():
                raise deadline.error(self._address, "the other side did not take what was written")
            self._poll.poll(deadline.tick() * 1000)

    def drain(self, deadline: Deadline) -> None:
        """Wait until the reader has taken everything, or gone.

        Bytes in a pipe that nobody has open any more are lost, and no system call tells.
        """
        waiting, pause, before = bytearray(4), 0.0005, b""
        while True:
            try:
                fcntl.ioctl(self._fd, _FIONREAD, waiting)
            except OSError as error:
                raise failure(self._address, "ending the stream", error) from error
            if not any(waiting):
                return
            if waiting != before:
                before = bytes(waiting)
                deadline.moved()
            events = self._poll.poll(0)
            if events and events[0][1] & select.POLLERR:
                why = "the reader went away before it had read everything"
                raise TransportError(self._address, why, errno.EPIPE)
            if deadline.passed():
                raise deadline.error(self._address, "the other side did not take what was written")
            pause = min(2 * pause, TICK)
            time.sleep(deadline.tick(pause))

    def close(self) -> None:
        """Close this end."""
        if self._fd < 0:
            return
        if self._blocked:
            with contextlib.suppress(OSError):
                flags = fcntl.fcntl(self._fd, fcntl.F_GETFL)
                fcntl.fcntl(self._fd, fcntl.F_SETFL, flags & ~os.O_NONBLOCK)
        descriptor, self._fd = self._fd, -1
        os.close(descriptor)


_FIONREAD: Final = 0x541B


@contextlib.contextmanager
def no_sigpipe() -> Generator[None]:
    """Let a write to a pipe without a reader be an error, whatever the process does about SIGPIPE."""
    if signal.getsignal(signal.SIGPIPE) is not signal.SIG_DFL:
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGPIPE})
    try:
        yield
    except BrokenPipeError:
        if signal.SIGPIPE not in before:
            signal.sigtimedwait({signal.SIGPIPE}, 0)
        raise
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
