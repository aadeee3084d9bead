"""Takes the pages out of a plain QEMU stream, so that they can go by RDMA WRITE.

    Stream -> Bytes | Blocks | Page | Blank | RoundEnd ...

What is not understood stays in the bytes: QEMU loads a page from there as well. So nothing has to be
guessed. From the first section on that is not RAM's (sections have no length; only its device can read it)
all is bytes. A page is taken out only where the records around it are those of a RAM section with pages of
the size that was read from them: the pages' size is what all of `PROBE` records agree with.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import Final, Never, TypeAlias, final

import attrs

from migaddr.transport import rdma_ram as ram
from migaddr.transport.rdma_wire import MalformedError

PAGE_SIZE: Final = 4096
"""Bytes of a page of every target that QEMU migrates over RDMA in practice; another is left in the bytes."""
PROBE: Final = 16
"""Records that must be well-formed, one behind the other, before the first page is taken out."""

_CONFIGURATION, _SUBSECTION, _COMMAND = 0x07, 0x05, 0x08
_MULTIFD_FLUSH: Final = 0x200
_OTHER_RECORDS: Final = {0x40, 0x80, 0x100}
"""XBZRLE, HOOK, COMPRESS_PAGE: what needs the page that was there before, or is not for here."""
_U16: Final = struct.Struct("!H")
_U32: Final = struct.Struct("!I")
_U64: Final = struct.Struct("!Q")


@final
@attrs.frozen
class Bytes:
    """Bytes of the stream that stay."""

    data: bytes


@final
@attrs.frozen
class Blocks:
    """The list of RAM blocks stands right before this place."""

    blocks: tuple[ram.Block, ...]


@final
@attrs.frozen
class Page:
    """A page that stood here."""

    block: int
    offset: int
    data: bytes


@final
@attrs.frozen
class Blank:
    """A page of zeros that stood here."""

    block: int
    offset: int


@final
@attrs.frozen
class RoundEnd:
    """The pages since the last such place must have arrived before what follows."""


Item: TypeAlias = Bytes | Blocks | Page | Blank | RoundEnd


class _NotUnderstoodError(Exception):
    """From here on all is bytes."""


class _Short(Exception):  # noqa: N818  # it asks for more, and is no error
    """What is read here has not arrived in full."""


class Splitter:
    """Reads a stream piece by piece. The pieces may be cut anywhere."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._at = 0  # what of it is read
        self._step: Callable[[], Iterator[Item]] | None = self._magic
        self._section = 0  # the id of the RAM section
        self._blocks: tuple[ram.Block, ...] = ()
        self._by_name: dict[bytes, int] = {}
        self._block: int | None = None  # to which CONTINUE refers, in the next section as well
        self._probed = False
        self._taken = False  # pages were taken out since the last RoundEnd

    def feed(self, data: bytes | bytearray | memoryview) -> Iterator[Item]:
        """Read on."""
        if self._step is None:
            yield Bytes(bytes(data))
            return
        self._data += data
        while self._step is not None:
            before = self._at
            try:
                yield from self._step()
            except _Short:
                self._at = before
                break
            except _NotUnderstoodError:
                self._at = before
                self._step = None
                yield from self._round_end()
        if self._step is None and len(self._data) > self._at:
            yield Bytes(self._rest())
        del self._data[: self._at]
        self._at = 0

    def end(self) -> Iterator[Item]:
        """Give what was held back: the stream ends here."""
        rest = self._rest()
        self._step = None
        if rest:
            yield Bytes(rest)

    def _rest(self) -> bytes:
        rest = bytes(memoryview(self._data)[self._at :])
        self._at = len(self._data)
        return rest

    # --- what is read, step by step: a step yields what it read, or raises and has read nothing ---

    def _peek(self, size: int, ahead: int = 0) -> bytes:
        start = self._at + ahead
        if len(self._data) < start + size:
            raise _Short
        return bytes(memoryview(self._data)[start : start + size])

    def _number(self, layout: struct.Struct, ahead: int) -> int:
        number: int = layout.unpack(self._peek(layout.size, ahead))[0]
        return number

    def _take(self, size: int) -> Bytes:
        data = self._peek(size)
        self._at += size
        return Bytes(data)

    def _magic(self) -> Iterator[Item]:
        have = bytes(memoryview(self._data)[: len(ram.MAGIC)])
        if have != ram.MAGIC[: len(have)]:
            raise _NotUnderstoodError
        yield self._take(len(ram.MAGIC))
        self._step = self._between

    def _between(self) -> Iterator[Item]:
        """Read what stands between sections, or the head of one."""
        kind = self._peek(1)[0]
        if kind == _CONFIGURATION:
            yield self._take(5 + self._checked(self._number(_U32, 1)))
        elif kind == _SUBSECTION:
            yield self._take(self._subsection())
        elif kind == _COMMAND:
            yield self._take(5 + self._number(_U16, 3))
        elif kind == ram.SECTION_START:
            yield from self._ram_start()
        elif kind in {ram.SECTION_PART, ram.SECTION_END}:
            if not self._blocks or self._number(_U32, 1) != self._section:
                raise _NotUnderstoodError
            yield self._take(5)
            self._step = self._records
        elif kind == ram.SECTION_FOOTER and self._blocks:
            yield self._take(5)
        else:
            raise _NotUnderstoodError

    def _checked(self, length: int) -> int:
        if length > ram.MAX_LIST:
            raise _NotUnderstoodError
        return length

    def _subsection(self) -> int:
        """Give the size of one of the few that the configuration has."""
        length = self._peek(1, 1)[0]
        name = self._peek(length, 2)
        body = 2 + length + 4
        if name == b"configuration/uuid":
            return body + 16
        if name == b"configuration/target-page-bits":
            if self._number(_U32, body) != PAGE_SIZE.bit_length() - 1:
                raise _NotUnderstoodError
            return body + 4
        if name != b"configuration/capabilities":
            raise _NotUnderstoodError
        end = body + 4
        for _ in range(self._checked(self._number(_U32, body))):
            end += 1 + self._peek(1, end)[0]
        return end

    def _ram_start(self) -> Iterator[Item]:
        head = 5 + len(ram.RAM_HEAD)
        if self._blocks or self._peek(len(ram.RAM_HEAD), 5) != ram.RAM_HEAD:
            raise _NotUnderstoodError
        try:
            found = ram.block_list(self._data, self._at + head)
        except MalformedError:
            raise _NotUnderstoodError from None
        if found is None:
            if len(self._data) - self._at > ram.MAX_LIST:
                raise _NotUnderstoodError
            raise _Short
        blocks, end = found
        # a list with more in it (huge pages, shared blocks) would not end before one of these
        if self._number(_U64, end - self._at) not in {ram.EOS, _MULTIFD_FLUSH}:
            raise _NotUnderstoodError
        names = {block.name: index for index, block in enumerate(blocks)}
        if len(names) < len(blocks) or any(block.length % PAGE_SIZE for block in blocks):
            raise _NotUnderstoodError
        self._section = self._number(_U32, 1)
        yield self._take(end - self._at)
        self._blocks, self._by_name = blocks, names
        yield Blocks(blocks)
        self._step = self._records

    def _records(self) -> Iterator[Item]:
        """Read one record of a RAM section."""
        if not self._probed:
            self._probe()
        size, flags, block, offset = self._record(0, self._block)
        if flags & (ram.PAGE | ram.ZERO):
            data = self._peek(size)
            self._at += size
            self._block, self._taken = block, True
            assert block is not None  # a record with a page has one
            yield Page(block, offset, data[-PAGE_SIZE:]) if flags & ram.PAGE else Blank(block, offset)
            return
        taken = self._take(size)
        if flags == ram.EOS:
            self._step = self._between
            yield from self._round_end()
        yield taken

    def _round_end(self) -> Iterator[Item]:
        if self._taken:
            self._taken = False
            yield RoundEnd()

    def _probe(self) -> None:
        """Look ahead, to see whether the first records are what this takes them for."""
        ahead, block, seen = 0, self._block, 0
        while seen < PROBE:
            size, flags, block, _ = self._record(ahead, block)
            ahead += size
            seen += bool(flags & (ram.PAGE | ram.ZERO))
            if flags == ram.EOS:
                self._probed = seen > 0
                return
        self._probed = True

    def _record(self, ahead: int, block: int | None) -> tuple[int, int, int | None, int]:
        """Read the record there: its size, its flags, and its block and offset where it has them."""
        head = self._number(_U64, ahead)
        offset, flags = head & ~ram.FLAGS, head & ram.FLAGS
        if flags in {ram.EOS, _MULTIFD_FLUSH} and not offset:
            return 8, flags, block, 0
        size = 8
        if flags & ~ram.CONTINUE in _OTHER_RECORDS:
            raise _NotUnderstoodError
        if flags & ~ram.CONTINUE not in {ram.PAGE, ram.ZERO}:
            self._foreign(f"the flags {flags:#x}")
        if not flags & ram.CONTINUE:
            length = self._peek(1, ahead + 8)[0]
            name = self._peek(length, ahead + 9)
            block = self._by_name.get(name)
            size += 1 + length
        if block is None or offset >= self._blocks[block].length:
            self._foreign("a page outside of every block")
        if flags & ram.ZERO:
            if self._peek(1, ahead + size) != b"\0":
                raise _NotUnderstoodError  # filled with another value, as old releases did
            size += 1
        else:
            self._peek(PAGE_SIZE, ahead + size)
            size += PAGE_SIZE
        return size, flags, block, offset

    def _foreign(self, what: str) -> Never:
        # before a page was taken out all is left alone; afterwards the pages may have been the wrong ones
        if self._probed:
            raise MalformedError(f"the RAM section of the stream that is sent has {what}")
        raise _NotUnderstoodError
