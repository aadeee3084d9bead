"""RAM in the bytes of a QEMU stream: what stands there instead of pages when the pages come by RDMA.

    section   0x01 u32 id, 0x03 "ram", u32 0, u32 4, start       the list of blocks
              0x02 u32 id, records                               a round of pages, any number of sections
              0x03 u32 id, records                               the last round
              each followed by 0x7e u32 id
    start     u64 all bytes | MEM_SIZE, (u8 length, name, u64 length)..., records
    records   record..., u64 EOS
    record    u64 offset | flags, [u8 length, name: without CONTINUE], PAGE: the page, ZERO: u8 0

Over RDMA a record HOOK stands where control messages go on: after it, QEMU takes them until
REGISTER_FINISHED, and the pages arrive in its memory. (migration/ram.c of QEMU 7.2 to 11.1.)
A stream ends with 0x00, 0x06, u32 length and a JSON description, which tells the page size.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from typing import Final, final

import attrs

from migaddr.transport.rdma_wire import CutOffError, MalformedError

MAGIC: Final = b"QEVM\0\0\0\3"
"""How a stream begins: its magic and its version."""

ZERO: Final = 0x02
MEM_SIZE: Final = 0x04
PAGE: Final = 0x08
EOS: Final = 0x10
CONTINUE: Final = 0x20
HOOK: Final = struct.pack("!Q", 0x80)
FLAGS: Final = 0xFFF
"""Offsets are multiples of the page size, at least 4096; QEMU puts flags below."""

SECTION_START, SECTION_PART, SECTION_END, SECTION_FOOTER = 0x01, 0x02, 0x03, 0x7E
RAM_HEAD: Final = b"\x03ram\0\0\0\0\0\0\0\4"
"""Name, instance and version of the only RAM section there is."""

MAX_LIST: Final = 4 << 20
"""Bytes of the longest list of blocks; RAM_BLOCKS_RESULT could not answer a longer one."""
MAX_DESCRIPTION: Final = 16 << 20
"""Bytes of the longest description; a PC's has 100 KB."""

_U64: Final = struct.Struct("!Q")
_U32: Final = struct.Struct("!I")


@final
@attrs.frozen
class Block:
    """One RAM block: its name, as bytes, and its length in bytes."""

    name: bytes
    length: int


def block_list(data: bytes | bytearray, start: int) -> tuple[tuple[Block, ...], int] | None:
    """Read the list of blocks that begins at `start`; give it and where it ends, or None where it is cut off.

    :raises MalformedError: this is no list of blocks.
    """
    if len(data) < start + 8:
        return None
    (total,) = _U64.unpack_from(data, start)
    if total & FLAGS != MEM_SIZE:
        raise MalformedError("the RAM section does not begin with its size")
    at, left, found = start + 8, total & ~FLAGS, list[Block]()
    while left > 0:
        if len(data) <= at or len(data) < at + 9 + data[at]:
            return None
        end = at + 1 + data[at]
        (length,) = _U64.unpack_from(data, end)
        if not 0 < length <= left or end == at + 1:
            raise MalformedError("the lengths of the RAM blocks do not add up to the size of RAM")
        found.append(Block(bytes(data[at + 1 : end]), length))
        at, left = end + 8, left - length
    return tuple(found), at


def blocks_before_hook(stream: bytes | bytearray) -> tuple[Block, ...]:
    """Find the list of blocks in a stream that has come as far as RAM_BLOCKS_REQUEST.

    The source puts its list, a HOOK, and asks: so the list is what ends exactly there, and whatever
    sections stand before it need not be understood.

    :raises MalformedError: there is none. Lists with more than names and lengths are not known
        (capability x-ignore-shared, or postcopy-ram with huge pages).
    """
    if stream.endswith(HOOK):
        at = stream.rfind(RAM_HEAD)
        while at >= 0:
            try:
                found = block_list(stream, at + len(RAM_HEAD))
            except MalformedError:
                found = None
            if found is not None and found[1] == len(stream) - len(HOOK):
                return found[0]
            at = stream.rfind(RAM_HEAD, 0, at + len(RAM_HEAD) - 1)
    raise MalformedError("the source asks for its RAM blocks, but its stream does not end with their list")


def page_size(stream: bytes | bytearray) -> int:
    """Check that a stream ends as QEMU's do, and give the page size that it tells.

    Its last MAX_DESCRIPTION bytes will do.

    :raises MalformedError: it ends elsewhere, or its description has no page size.
    """
    at = stream.rfind(b"\0\x06")
    while at >= 0:
        body = at + 6
        if len(stream) > body and _U32.unpack_from(stream, at + 2)[0] == len(stream) - body:
            size = _described_page_size(stream[body:])
            if size is not None:
                return size
        at = stream.rfind(b"\0\x06", 0, at + 1)
    raise CutOffError("the source disconnected before the end of its stream")


def _described_page_size(text: bytes | bytearray) -> int | None:
    try:
        description: object = json.loads(text)
    except (ValueError, RecursionError):  # not JSON, or not the UTF-8 that json wants
        return None
    if not isinstance(description, dict):
        return None
    size: object = description.get("page_size")
    if type(size) is not int or size <= FLAGS or size & (size - 1):
        raise MalformedError("the stream's description tells no page size that pages can be written with")
    return size


def pages(blocks: list[tuple[Block, memoryview]], size: int, chunk: int = 1 << 20) -> Iterator[bytes]:
    """Write memory as the records of a round, in pieces of about `chunk` bytes."""
    blank = bytes(size)
    out, filled = list[bytes](), 0
    for block, memory in blocks:
        named = 0
        name = bytes([len(block.name)]) + block.name
        for offset in range(0, block.length, size):
            page = bytes(memory[offset : offset + size])
            if len(page) < size:
                name_shown = block.name.decode(errors="replace")
                raise MalformedError(
                    f"RAM block {name_shown} of {block.length} bytes is no whole number of pages"
                )
            if page == blank:
                out += (_U64.pack(offset | ZERO | named), b"" if named else name, b"\0")
            else:
                out += (_U64.pack(offset | PAGE | named), b"" if named else name, page)
                filled += size
            named = CONTINUE
            filled += 16
            if filled >= chunk:
                yield b"".join(out)
                out, filled = [], 0
    if out:
        yield b"".join(out)
