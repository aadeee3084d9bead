"""Digests of streams: one for speed, one that is always there, one that nobody can forge."""

from __future__ import annotations

import enum
import errno
import hashlib
import importlib
import zlib
from typing import Final, Protocol, final

from migaddr.errors import TransportError
from migaddr.model import MigrateAddress
from migaddr.transport.base import Buffer


class Digest(enum.Enum):
    """A kind of digest; its value is its name in the header of a framed stream."""

    XXH3 = "xxh3-128"
    """Costs least. Needs the extra `hash`."""
    CRC32 = "crc32"
    """Of the standard library. Sees accidents, but 32 bits are few for very long streams."""
    SHA256 = "sha256"
    """Sees what was altered on purpose as well, where the digest itself came another way."""
    NONE = "none"
    """No digest: of an unframed stream only."""

    @staticmethod
    def best() -> Digest:
        """Give XXH3 where the extra `hash` is installed, else CRC32."""
        try:
            importlib.import_module("xxhash")
        except ImportError:  # or it is another Python's
            return Digest.CRC32
        return Digest.XXH3


class Hasher(Protocol):
    """What computes a digest piece by piece."""

    def update(self, data: Buffer, /) -> None:
        """Take the next bytes."""
        ...

    def digest(self) -> bytes:
        """Give the digest of all of them."""
        ...


@final
class _Crc32:
    def __init__(self) -> None:
        self._value = 0

    def update(self, data: Buffer, /) -> None:
        self._value = zlib.crc32(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(4, "big")


@final
class _Nothing:
    def update(self, data: Buffer, /) -> None:
        pass

    def digest(self) -> bytes:
        return b""


SIZES: Final = {Digest.XXH3: 16, Digest.CRC32: 4, Digest.SHA256: 32, Digest.NONE: 0}
"""Bytes of each digest."""


def hasher(kind: Digest, address: MigrateAddress) -> Hasher:
    """Begin a digest.

    :raises TransportError: it needs the extra `hash`, which is not installed.
    """
    if kind is Digest.CRC32:
        return _Crc32()
    if kind is Digest.SHA256:
        return hashlib.sha256()
    if kind is Digest.NONE:
        return _Nothing()
    try:
        import xxhash
    except ImportError as error:
        why = f"the digest {kind.value} needs the extra 'hash'"
        hint = "pip install 'migaddr[hash]', or use another digest on the sending side"
        raise TransportError(address, why, errno.ENOTSUP, hint) from error
    return xxhash.xxh3_128()
