"""What every transport offers: streams of bytes, listeners, deadlines. No kind is known here.

The laws of a transport:

* A call ends by its deadline: with a result, or with a TransportError that names the address and the cause.
  Whenever bytes have moved it says so, by `deadline.moved()`.
* `read_into` gives 0 only at the end of a stream that ended well as far as this transport can tell.
* `end` says that all was written. A stream that is closed before is broken off, and the other side is
  told where the transport has a way to: a reset, a signal to the child process.
* Whatever happens, closing leaves no descriptor, process or file behind.
"""

from __future__ import annotations

import contextlib
import errno
import math
import os
import time
from collections.abc import Generator, Mapping
from typing import Final, Protocol, Self, TypeAlias, final

import attrs

from migaddr.errors import TransportError
from migaddr.model import MigrateAddress

Buffer: TypeAlias = bytes | bytearray | memoryview
"""What can be written."""

CHUNK: Final = 1 << 20
"""Bytes moved at once: larger gains nothing, smaller costs system calls."""

TICK: Final = 0.1
"""Seconds that one wait in the kernel lasts at most, so that deadlines and progress are looked at."""

_FOR_EVER: Final = 2_000_000.0  # seconds; the kernel counts milliseconds in 32 bits


@final
class Deadline:
    """A moment until which something may last, and how long it may stand still; `Deadline()` never comes.

    Less than 0 seconds is 0: it has come. More than 2,000,000 (23 days) never comes.

    :raises ValueError: not a number.
    """

    __slots__ = ("_end", "_moved", "_stall", "_stalled", "seconds")

    def __init__(self, seconds: float | None = None, *, stall: float | None = None) -> None:
        for value in (seconds, stall):
            if value is not None and math.isnan(value):
                raise ValueError("a deadline is a number of seconds")
        self.seconds: float | None = seconds
        """What was asked for."""
        self._stall = _limited(stall)
        self._stalled = math.inf
        self._end = time.monotonic() + _limited(seconds)
        self._moved = True

    def moved(self) -> None:
        """Say that there was progress: it stands still only from the next look at the clock on."""
        self._moved = True

    def left(self) -> float | None:
        """Give the seconds that are left, never less than 0; None: for ever."""
        if self._end == self._stall == math.inf:
            return None
        now = time.monotonic()
        if self._moved:
            self._moved = False
            self._stalled = now + self._stall
        return max(0.0, min(self._end, self._stalled) - now)

    def tick(self, longest: float = TICK) -> float:
        """Give how long the next wait may last: `longest`, or less where less is left."""
        left = self.left()
        return longest if left is None else min(longest, left)

    def passed(self) -> bool:
        """Tell whether it has come."""
        return self.left() == 0

    def or_within(self, seconds: float) -> Deadline:
        """Give the earlier of this and the moment `seconds` from now."""
        left = self.left()
        return Deadline(seconds if left is None else min(seconds, left))

    def error(self, address: MigrateAddress, doing: str) -> TransportError:
        """Make the error for a deadline that has come while `doing` what was not done."""
        if self._end > time.monotonic() and self._stall != math.inf:
            cause = f"{doing} for {self._stall:g} s: the stream stands still"
        else:
            within = "" if self.seconds is None else f" within {self.seconds:g} s"
            cause = f"{doing}{within}: the deadline passed"
        return TransportError(address, cause, errno.ETIMEDOUT)


def _limited(seconds: float | None) -> float:
    return math.inf if seconds is None or seconds > _FOR_EVER else seconds


NEVER: Final = Deadline()


class Stream(Protocol):
    """One stream of bytes, opened by `connect` (to write it) or by `Listener.accept` (to read it).

    Sockets go both ways; what goes one way alone refuses the other with a TransportError.
    """

    @property
    def address(self) -> MigrateAddress:
        """The address it belongs to."""
        ...

    def read_into(self, buffer: memoryview, deadline: Deadline = NEVER) -> int:
        """Fill the buffer with what there is, waiting for at least one byte; 0 is the end of the stream.

        :raises TransportError: the stream broke, or the deadline passed.
        """
        ...

    def write(self, data: Buffer, deadline: Deadline = NEVER) -> None:
        """Write all of it.

        :raises TransportError: the stream broke, nobody reads it, or the deadline passed.
        """
        ...

    def end(self, deadline: Deadline = NEVER) -> None:
        """Say that all was written, and wait until the other side has taken it, where that can be seen.

        :raises TransportError: it did not take all of it, or the deadline passed.
        """
        ...

    def close(self) -> None:
        """Let go of everything, at once; a stream that was written and not ended is broken off."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


class Listener(Protocol):
    """Waits for streams. Closing it leaves the streams that it accepted open."""

    @property
    def address(self) -> MigrateAddress:
        """The address bound: the port that was free, not the 0 that was asked for."""
        ...

    @property
    def addresses(self) -> tuple[MigrateAddress, ...]:
        """All addresses bound: a name may have several."""
        ...

    def accept(self, deadline: Deadline = NEVER) -> Stream:
        """Wait for the next stream. A descriptor, a command and a file have one only.

        :raises TransportError: none came before the deadline, or there can be no other.
        """
        ...

    def close(self) -> None:
        """Stop listening, and remove what was made for it."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


@final
@attrs.frozen(kw_only=True)
class Options:
    """What a caller may say beside the address."""

    fds: Mapping[str, int] = attrs.field(factory=dict[str, int])
    """Descriptors by name, as `getfd` gives them to QEMU."""
    peer_uids: frozenset[int] | None = None
    """unix: the users from whom a listener accepts; None: file permissions alone decide."""
    pin_all: bool = False
    """rdma: all RAM of the destination is registered at once (QEMU's capability rdma-pin-all)."""


@contextlib.contextmanager
def failing(address: MigrateAddress, doing: str) -> Generator[None]:
    """Turn what the system refuses into a TransportError."""
    try:
        yield
    except TransportError:
        raise
    except OSError as error:
        raise failure(address, doing, error) from error


def failure(address: MigrateAddress, doing: str, error: OSError) -> TransportError:
    """Make a TransportError of what the system said."""
    number = error.errno
    said = os.strerror(number) if number is not None and number > 0 else error.strerror or str(error)
    return TransportError(address, f"{doing}: {said}", number)


def wrong_way(address: MigrateAddress, why: str) -> TransportError:
    """Make the error for reading what is only written, or the reverse."""
    return TransportError(address, why, errno.EBADF)
