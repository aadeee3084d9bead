"""The framed stream, between two migaddr ends: all that is missing or altered in it is an error.

It begins with "MIGADDR", a byte 1, and the name of a digest, padded with NUL to 8 bytes. Then come
frames: a length (32 bits, big-endian, 1 to 1 MiB) and that many bytes. A length of 0 is the end: the
number of all bytes (64 bits), and their digest, without what is around them. Nothing may follow.
"""

from __future__ import annotations

import errno
import struct
from collections.abc import Callable
from typing import Final

from migaddr.errors import TransportError
from migaddr.transport.base import CHUNK, Deadline, Stream
from migaddr.transport.digest import SIZES, Digest, Hasher, hasher

_MAGIC: Final = b"MIGADDR\1"
_NAME: Final = 8
_LENGTH: Final = struct.Struct(">I")
_TOTAL: Final = struct.Struct(">Q")


def write_frames(
    stream: Stream,
    kind: Digest,
    fill: Callable[[memoryview], int],
    deadline: Deadline,
    moved: Callable[[int], None],
) -> Hasher:
    """Write what `fill` puts into a buffer, until it gives 0, and then the end.

    :raises TransportError: the stream broke, or the deadline passed.
    """
    digest = hasher(kind, stream.address)
    header = _MAGIC + kind.value.encode().ljust(_NAME, b"\0")
    stream.write(header, deadline)
    buffer = memoryview(bytearray(_LENGTH.size + CHUNK))
    total = 0
    while count := fill(buffer[_LENGTH.size :]):
        _LENGTH.pack_into(buffer, 0, count)
        digest.update(buffer[_LENGTH.size : _LENGTH.size + count])
        stream.write(buffer[: _LENGTH.size + count], deadline)
        total += count
        moved(count)
    stream.write(_LENGTH.pack(0) + _TOTAL.pack(total) + digest.digest(), deadline)
    return digest


def read_frames(
    stream: Stream, take: Callable[[memoryview], None], deadline: Deadline
) -> tuple[Digest, Hasher]:
    """Give all bytes to `take`, and tell the digest, when everything was there.

    :raises TransportError: something is missing, altered or too much; the stream broke; the deadline passed.
    """
    reader = _Reader(stream, deadline)
    header = reader.exactly(len(_MAGIC) + _NAME, "the header")
    if not header.startswith(_MAGIC):
        why = "this is no framed stream"
        raise TransportError(stream.address, why, errno.EBADMSG, "frame it on the sending side as well")
    kind = _kind(stream, header[len(_MAGIC) :].rstrip(b"\0"))
    digest = hasher(kind, stream.address)
    total = 0
    while length := _LENGTH.unpack(reader.exactly(_LENGTH.size, f"a length behind {total} bytes"))[0]:
        if length > CHUNK:
            raise TransportError(stream.address, f"altered: a length of {length}", errno.EBADMSG)
        left = length
        while left:
            piece = reader.some(left)
            if not piece:
                raise _truncated(stream, f"data behind {total} bytes", length - left, length)
            digest.update(piece)
            take(piece)
            left -= len(piece)
        total += length
    (said,) = _TOTAL.unpack(reader.exactly(_TOTAL.size, "the total"))
    if said != total:
        why = f"altered: {total} bytes came, and {said} were sent"
        raise TransportError(stream.address, why, errno.EBADMSG)
    if reader.exactly(SIZES[kind], "the digest") != digest.digest():
        raise TransportError(stream.address, f"altered: the {kind.value} digest differs", errno.EBADMSG)
    if reader.some(1):
        raise TransportError(stream.address, "altered: there is more behind the end", errno.EBADMSG)
    return kind, digest


def _kind(stream: Stream, name: bytes) -> Digest:
    for kind in Digest:
        if kind.value.encode() == name and kind is not Digest.NONE:
            return kind
    raise TransportError(stream.address, f"an unknown digest: {name!r}", errno.EBADMSG)


def _truncated(stream: Stream, what: str, there: int, of: int) -> TransportError:
    why = f"truncated: {what} ends after {there} of {of} bytes"
    return TransportError(stream.address, why, errno.EBADMSG)


class _Reader:
    """Fetches what there is, wherever frames begin and end: waiting for the end of each costs a third."""

    def __init__(self, stream: Stream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline
        self._buffer = memoryview(bytearray(CHUNK))
        self._there = self._buffer[:0]

    def some(self, most: int) -> memoryview:
        """Give the next bytes, `most` or fewer, and none at the end; they are good until the next call."""
        if not self._there:
            self._there = self._buffer[: self._stream.read_into(self._buffer, self._deadline)]
        given, self._there = self._there[:most], self._there[most:]
        return given

    def exactly(self, count: int, what: str) -> bytes:
        """Give that many bytes."""
        found = b""
        while len(found) < count:
            piece = self.some(count - len(found))
            if not piece:
                raise _truncated(self._stream, what, len(found), count)
            found += piece
        return found
