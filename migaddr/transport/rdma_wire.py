"""The control messages of QEMU's protocol over RDMA, version 1 (its docs/rdma.txt): bytes to values and back.

    connection   private data, both ways: u32 version (1), u32 flags (1: pin all memory)
    message      u32 length of the data, u32 kind, u32 repeat, u32 padding, data; at most 512 KiB in all

Everything is big-endian. What is repeated is `repeat` records of the kind:

    RAM_BLOCKS_RESULT    u64 address, u64 offset, u64 length, u32 rkey, u32 padding   (repeat is 1)
    COMPRESS             u32 value, u32 block, u64 offset, u64 length
    REGISTER_REQUEST     u64 offset (UNREGISTER_REQUEST: chunk), u32 block, u32 padding, u64 further chunks
    REGISTER_RESULT      u32 rkey, u32 padding, u64 address of the block

Paddings, and `repeat` where nothing is repeated, hold whatever was in QEMU's memory.
Nothing here knows a device, a clock or a stream.
"""

from __future__ import annotations

import enum
import struct
from typing import Final, Self, final

import attrs

VERSION: Final = 1
"""The only version there is."""
PIN_ALL: Final = 1
"""The flag: all memory is registered at once, and its keys stand in RAM_BLOCKS_RESULT."""

MAX_MESSAGE: Final = 512 << 10
"""Bytes of a message with its head; QEMU's buffers are that large."""
HEAD_SIZE: Final = 16
MAX_DATA: Final = MAX_MESSAGE - HEAD_SIZE
MAX_REPEAT: Final = 4096
"""Records in one message; QEMU refuses more."""
CHUNK: Final = 1 << 20
"""Bytes that QEMU registers together, where x-rdma-chunk-size (11.1) does not say more."""
MAX_CHUNK: Final = 1 << 30
"""The most that it can say; less is always a power of 2."""

_HEAD: Final = struct.Struct("!IIII")
_CAPABILITIES: Final = struct.Struct("!II")
_BLOCK: Final = struct.Struct("!QQQII")
_COMPRESS: Final = struct.Struct("!IIQQ")
_REGISTER: Final = struct.Struct("!QIIQ")
_RESULT: Final = struct.Struct("!IIQ")


class MalformedError(Exception):
    """The other side does not speak the protocol; the text says how."""


class CutOffError(MalformedError):
    """It stopped in the middle."""


class Kind(enum.IntEnum):
    """What a message says."""

    NONE = 0
    ERROR = 1
    """The sender gives up. The one message that may come without a READY."""
    READY = 2
    """The destination waits for one message."""
    QEMU_FILE = 3
    """Bytes of the stream."""
    RAM_BLOCKS_REQUEST = 4
    RAM_BLOCKS_RESULT = 5
    COMPRESS = 6
    """Fill memory with one value."""
    REGISTER_REQUEST = 7
    REGISTER_RESULT = 8
    REGISTER_FINISHED = 9
    """A round of memory is over: the stream goes on."""
    UNREGISTER_REQUEST = 10
    UNREGISTER_FINISHED = 11


@final
@attrs.frozen
class Message:
    """One control message."""

    kind: Kind
    data: bytes = b""
    repeat: int = 1

    def encode(self) -> bytes:
        """Write it."""
        return _HEAD.pack(len(self.data), self.kind, self.repeat, 0) + self.data

    @classmethod
    def decode(cls, raw: bytes) -> Self:
        """Read one message, all of it.

        :raises MalformedError: these bytes are none.
        """
        if len(raw) < HEAD_SIZE:
            raise MalformedError(f"a control message of {len(raw)} bytes, shorter than its head")
        length, number, repeat, _ = _HEAD.unpack_from(raw)
        if length != len(raw) - HEAD_SIZE:
            raise MalformedError(
                f"a control message says {length} bytes of data, and has {len(raw) - HEAD_SIZE}"
            )
        try:
            kind = Kind(number)
        except ValueError:
            raise MalformedError(f"an unknown control message, {number}") from None
        return cls(kind, raw[HEAD_SIZE:], repeat)


@final
@attrs.frozen
class Capabilities:
    """What travels as private data while the connection is made."""

    version: int = VERSION
    flags: int = 0

    @property
    def pin_all(self) -> bool:
        """Whether all memory is to be pinned."""
        return bool(self.flags & PIN_ALL)

    def encode(self) -> bytes:
        """Write it."""
        return _CAPABILITIES.pack(self.version, self.flags)

    @classmethod
    def decode(cls, raw: bytes) -> Self:
        """Read it; the connection manager pads it with zeros.

        :raises MalformedError: the other side speaks no version known, or is no QEMU.
        """
        if len(raw) < _CAPABILITIES.size:
            raise MalformedError(
                f"{len(raw)} bytes of private data instead of {_CAPABILITIES.size}: this is no migration"
            )
        version, flags = _CAPABILITIES.unpack_from(raw)
        if version != VERSION:
            raise MalformedError(f"protocol version {version}, where only {VERSION} is known")
        return cls(version, flags)


@final
@attrs.frozen
class RemoteBlock:
    """A RAM block as the destination has it."""

    address: int
    offset: int
    """Where the block begins in the destination's numbering: registrations and fills count from there."""
    length: int
    rkey: int
    """With PIN_ALL; otherwise it means nothing."""


@final
@attrs.frozen
class Fill:
    """`length` bytes at an offset of a block become `value`."""

    value: int
    block: int
    offset: int
    length: int


@final
@attrs.frozen
class Registration:
    """A part of a block that is to be registered; to be let go of, `offset` is the number of its chunk."""

    offset: int
    block: int
    chunks: int
    """How many chunks after the first."""


@final
@attrs.frozen
class Registered:
    """The key to a chunk, and the address of the block that it belongs to."""

    rkey: int
    address: int


def blocks_result(blocks: list[RemoteBlock]) -> Message:
    """Answer a RAM_BLOCKS_REQUEST."""
    data = b"".join(_BLOCK.pack(b.address, b.offset, b.length, b.rkey, 0) for b in blocks)
    return Message(Kind.RAM_BLOCKS_RESULT, data)


def read_blocks_result(message: Message) -> list[RemoteBlock]:
    """Read the blocks.

    :raises MalformedError: they are cut off.
    """
    if len(message.data) % _BLOCK.size:
        raise MalformedError(f"{len(message.data)} bytes of RAM blocks, which is no whole number of them")
    return [RemoteBlock(*record[:4]) for record in _BLOCK.iter_unpack(message.data)]


def fill(*fills: Fill) -> Message:
    """Ask for memory to be filled. QEMU looks at the first of several only."""
    data = b"".join(_COMPRESS.pack(f.value, f.block, f.offset, f.length) for f in fills)
    return Message(Kind.COMPRESS, data, len(fills))


def read_fills(message: Message) -> list[Fill]:
    """Read what is to be filled.

    :raises MalformedError: it is cut off, or too much.
    """
    return [Fill(*record) for record in _records(_COMPRESS, message)]


def register(*parts: Registration, kind: Kind = Kind.REGISTER_REQUEST) -> Message:
    """Ask for memory to be registered, or to be let go of."""
    data = b"".join(_REGISTER.pack(p.offset, p.block, 0, p.chunks) for p in parts)
    return Message(kind, data, len(parts))


def read_registrations(message: Message) -> list[Registration]:
    """Read what is to be registered, or let go of.

    :raises MalformedError: it is cut off, or too much.
    """
    return [Registration(offset, block, chunks) for offset, block, _, chunks in _records(_REGISTER, message)]


def register_result(results: list[Registered]) -> Message:
    """Answer a REGISTER_REQUEST."""
    data = b"".join(_RESULT.pack(r.rkey, 0, r.address) for r in results)
    return Message(Kind.REGISTER_RESULT, data, len(results))


def read_register_result(message: Message) -> list[Registered]:
    """Read the keys.

    :raises MalformedError: they are cut off, or too many.
    """
    return [Registered(rkey, address) for rkey, _, address in _records(_RESULT, message)]


def _records(layout: struct.Struct, message: Message) -> list[tuple[int, ...]]:
    if message.repeat > MAX_REPEAT:
        raise MalformedError(
            f"{message.kind.name} with {message.repeat} records, where {MAX_REPEAT} are allowed"
        )
    if message.repeat * layout.size != len(message.data):
        raise MalformedError(
            f"{message.kind.name} says {message.repeat} records of {layout.size} bytes,"
            f" and has {len(message.data)} bytes"
        )
    return list(layout.iter_unpack(message.data))
