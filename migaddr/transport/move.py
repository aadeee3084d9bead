"""Moves the bytes of a stream, and says how many, how long it took, and their digest."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable
from typing import Protocol, TypeAlias, TypeGuard, cast, final

import attrs

from migaddr.errors import TransportError
from migaddr.model import MigrateAddress
from migaddr.transport.base import CHUNK, Deadline, Stream, failing
from migaddr.transport.digest import Digest, hasher
from migaddr.transport.frames import read_frames, write_frames

Progress: TypeAlias = Callable[[int], object]
"""Is called with the number of bytes moved so far."""


class Source(Protocol):
    """What bytes come from: a binary file, a BytesIO. It may not be a non-blocking one."""

    def readinto(self, buffer: memoryview, /) -> int | None:
        """Fill the buffer; give how many bytes there were, 0 at the end."""
        ...


class Sink(Protocol):
    """What bytes go to: a binary file, a BytesIO. It may not be a non-blocking one."""

    def write(self, data: memoryview, /) -> int | None:
        """Write the bytes; give how many, None for all."""
        ...


@final
@attrs.frozen
class Report:
    """What was moved."""

    bytes: int
    """How many, without the frames around them."""
    seconds: float
    """How long it took."""
    digest: str
    """The kind of digest and its value, `crc32:cbf43926`; empty where none was wanted.

    It is that of the bytes alone, without the frames around them.
    """


def send(
    stream: Stream,
    source: Source | Stream,
    *,
    framed: bool = False,
    digest: Digest | None = None,
    deadline: float | None = None,
    stall: float | None = None,
    progress: Progress | None = None,
) -> Report:
    """Write everything from a source, and end the stream.

    `deadline` is in seconds for all of it, `stall` for the time in which nothing moves; the time that a
    source which is no Stream takes is not cut off. A framed stream can only be read by `receive`, framed.

    :raises TransportError: not all of it was taken, or the source cannot be read.
    """
    kind = digest or Digest.best()
    _check(stream, framed, kind)
    started = time.monotonic()
    limit = Deadline(deadline, stall=stall)
    fill = _filler(source, limit, stream.address)
    counter = _Counter(progress)
    if framed:
        hashing = write_frames(stream, kind, fill, limit, counter.add)
    else:
        hashing = hasher(kind, stream.address)
        buffer = memoryview(bytearray(CHUNK))
        while count := fill(buffer):
            hashing.update(buffer[:count])
            limit.moved()
            stream.write(buffer[:count], limit)
            counter.add(count)
    limit.moved()
    stream.end(limit)
    return _report(counter, started, kind, hashing.digest())


def receive(
    stream: Stream,
    sink: Sink | None,
    *,
    framed: bool = False,
    digest: Digest | None = None,
    deadline: float | None = None,
    stall: float | None = None,
    progress: Progress | None = None,
) -> Report:
    """Read a stream to its end, and write it to a sink; None: only count.

    Of a framed stream the sender chose the digest. `deadline` and `stall` are those of `send`.

    :raises TransportError: the stream broke, its frames are not whole, or the sink cannot be written.
    """
    kind = digest or Digest.best()
    started = time.monotonic()
    limit = Deadline(deadline, stall=stall)
    counter = _Counter(progress)

    def take(data: memoryview) -> None:
        if sink is not None:
            with failing(stream.address, "keeping what came"):
                write_all(sink, data)
            limit.moved()
        counter.add(len(data))

    if framed:
        kind, hashing = read_frames(stream, take, limit)
    else:
        hashing = hasher(kind, stream.address)
        buffer = memoryview(bytearray(CHUNK))
        while count := stream.read_into(buffer, limit):
            hashing.update(buffer[:count])
            take(buffer[:count])
    return _report(counter, started, kind, hashing.digest())


def write_all(sink: Sink, data: memoryview) -> None:
    """Write all bytes, to a sink that may take a part of them at a time."""
    while data:
        count = sink.write(data)
        if count is None:
            return
        data = data[count:]


def _check(stream: Stream, framed: bool, kind: Digest) -> None:
    if framed and kind is Digest.NONE:
        raise TransportError(stream.address, "a framed stream has a digest", errno.EINVAL)


def _filler(source: Source | Stream, limit: Deadline, address: MigrateAddress) -> Callable[[memoryview], int]:
    if _is_stream(source):
        stream = source

        def from_stream(buffer: memoryview) -> int:
            limit.moved()
            return stream.read_into(buffer, limit)

        return from_stream
    plain = cast("Source", source)

    def from_file(buffer: memoryview) -> int:
        with failing(address, "reading what is to be sent"):
            count = plain.readinto(buffer) or 0
        limit.moved()
        return count

    return from_file


def _is_stream(source: Source | Stream) -> TypeGuard[Stream]:
    return hasattr(source, "read_into")


@final
class _Counter:
    def __init__(self, progress: Progress | None) -> None:
        self.bytes = 0
        self._progress = progress

    def add(self, count: int) -> None:
        self.bytes += count
        if self._progress is not None:
            self._progress(self.bytes)


def _report(counter: _Counter, started: float, kind: Digest, value: bytes) -> Report:
    shown = f"{kind.value}:{value.hex()}" if kind is not Digest.NONE else ""
    return Report(counter.bytes, time.monotonic() - started, shown)
