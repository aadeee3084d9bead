"""Checks QEMU's own stream while it passes by, and says whether it is whole.

    "QEVM"  version 3  configuration (07)  sections  end mark (00)  description (06, length, JSON)

RAM is followed page by page. What devices say has no lengths of its own: the description, which comes
last, tells them, so their sections are kept and walked through at the end. What cannot be followed
(postcopy, block migration, devices' own iterations) is named in the summary, and only the end is looked at.
Bytes inside of pages and fields are not checked: nothing in the stream tells what they were.

Sources of the rules: QEMU's docs/devel/migration, migration/savevm.c and ram.c (7.2 to 11.1).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Generator
from typing import Final, TypeAlias, final

import attrs

from migaddr.errors import MigaddrError
from migaddr.transport.qemu_devices import description_of, walk

MAGIC: Final = b"QEVM"

_EOF, _START, _PART, _END, _FULL, _SUBSECTION, _DESCRIPTION, _CONFIGURATION, _COMMAND = range(9)
_FOOTER: Final = 0x7E
_ZERO, _MEM_SIZE, _PAGE, _EOS, _CONTINUE, _XBZRLE, _HOOK, _COMPRESSED, _FLUSH = (
    0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0x100, 0x200
)  # fmt: skip
_FLAGS: Final = 0x3FF
_RAM: Final = "ram"
_HARMLESS_COMMANDS: Final = {1, 2, 11}  # open the return path, ping, switchover starts
_TAIL: Final = 16 << 20  # bytes kept for the end: devices and their description take some 100 KB
_QUAD: Final = struct.Struct(">Q")
_WORD: Final = struct.Struct(">I")
_HALF: Final = struct.Struct(">H")
_LEAST_BITS, _MOST_BITS = 10, 20  # of the size of a page
_MOST: Final = 4096  # RAM blocks, sections: QEMU has some dozens
_SUFFICES: Final = 4096  # bytes of configuration that are looked through

OnPage: TypeAlias = Callable[[str, int, bytes], None]
"""Is given a block's name, an offset into it, and the page; or one byte, which fills the page."""


class BrokenStreamError(MigaddrError):
    """The stream is not what QEMU writes, or it is not whole."""

    reason: Final[str]
    """What is wrong with it, and where."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return self.reason


@final
@attrs.frozen
class Summary:
    """What was seen of a whole stream."""

    version: int
    """Of the format of the stream: 3."""
    machine: str
    """The machine type by its name in the stream; empty where there is none."""
    blocks: dict[str, int]
    """RAM blocks and their sizes in bytes."""
    pages: int
    """Pages that came with their content, or as one byte that fills them."""
    devices: tuple[str, ...]
    """The devices that the description names, in the order of the stream."""
    unchecked: str | None
    """What could not be followed, and why; None: every section was."""


_Steps: TypeAlias = Generator[None, None, None]


@final
class QemuStream:
    """Takes the bytes of a stream as they come; `finish` gives the verdict."""

    def __init__(self, on_page: OnPage | None = None) -> None:
        self._on_page = on_page
        self._buffer = bytearray()
        self._at = 0
        self._before = 0
        self._steps: _Steps | None = self._read()
        self._tail: bytearray | None = None
        self._cut = False
        self._version = 0
        self._machine = ""
        self._page_size = 4096
        self._ignore_shared = False
        self._blocks: dict[str, int] = {}
        self._block = ""
        self._pages = 0
        self._unchecked: str | None = None

    def write(self, data: bytes | bytearray | memoryview) -> int:
        """Take the next bytes; give how many, as a binary file does.

        :raises BrokenStreamError: this is not QEMU's stream.
        """
        if self._tail is not None:
            self._keep(data)
            return len(data)
        del self._buffer[: self._at]
        self._before += self._at
        self._at = 0
        self._buffer += data
        try:
            if self._steps is not None:
                next(self._steps)
        except StopIteration:
            self._steps = None
            self._tail = bytearray()
            self._keep(self._buffer[self._at :])
            self._buffer.clear()
        return len(data)

    def finish(self) -> Summary:
        """Give the verdict at the end of the stream.

        :raises BrokenStreamError: it is not whole.
        """
        if self._tail is None:
            length = self._before + len(self._buffer)
            raise BrokenStreamError(f"truncated: the stream ends after {length} bytes")
        found = description_of(self._tail)
        if found is None or (found[1] is None and not self._blocks):
            raise BrokenStreamError("truncated: the stream has no end mark and no description at its end")
        end, description = found
        unchecked = self._unchecked
        devices: tuple[str, ...] = ()
        if description is not None:
            devices, problem = walk(self._tail[:end], description, whole=unchecked is None and not self._cut)
            unchecked = unchecked or problem
        elif unchecked is None:
            unchecked = "devices: the stream has no description"
        if self._cut and unchecked is None:
            unchecked = f"devices: their sections are more than {_TAIL >> 20} MiB"
        return Summary(self._version, self._machine, self._blocks, self._pages, devices, unchecked)

    def _keep(self, data: bytes | bytearray | memoryview) -> None:
        assert self._tail is not None
        self._tail += data
        if len(self._tail) > 2 * _TAIL:
            del self._tail[:-_TAIL]
            self._cut = True

    # each step below asks for more bytes by a yield

    def _read(self) -> _Steps:
        yield from self._need(8)
        if self._buffer[:4] != MAGIC:
            raise BrokenStreamError(f"this is not QEMU's stream: it begins with {bytes(self._buffer[:4])!r}")
        self._at = 4
        self._version = self._word()
        if self._version != 3:
            raise BrokenStreamError(f"the stream has version {self._version}, and QEMU's is 3")
        yield from self._need(1)
        if self._buffer[self._at] == _CONFIGURATION:
            self._at += 1
            yield from self._configuration()
        names: dict[int, str] = {}
        while True:
            yield from self._need(1)
            kind = self._buffer[self._at]
            if kind in (_EOF, _FULL):
                return
            self._at += 1
            if kind in (_START, _PART, _END):
                yield from self._need(4)
                number = self._word()
                if kind == _START:
                    names[number] = yield from self._text()
                    if len(names) > _MOST:
                        raise self._broken(f"more than {_MOST} sections were begun")
                    yield from self._need(8)
                    self._at += 8  # instance and version
                if number not in names:
                    raise self._broken(f"section {number} was never begun")
                if names[number] != _RAM:
                    self._unchecked = f"section {names[number]!r}: only its devices know where it ends"
                    return
                yield from self._ram()
                yield from self._footer(number)
            elif kind == _COMMAND:
                yield from self._need(4)
                command = self._half()
                length = self._half()
                if command not in _HARMLESS_COMMANDS:
                    self._unchecked = f"command {command}: postcopy and the like are not followed"
                    return
                yield from self._need(length)
                self._at += length
            else:
                raise self._broken(f"there is no section of type {kind}")

    def _configuration(self) -> _Steps:
        yield from self._need(4)
        length = self._word()
        if length > _SUFFICES:
            raise self._broken(f"the machine's name has {length} bytes")
        yield from self._need(length)
        self._machine = self._take(length).decode(errors="replace")
        while True:
            yield from self._need(1)
            if self._buffer[self._at] != _SUBSECTION:
                return
            self._at += 1
            name = yield from self._text()
            yield from self._need(4)
            self._at += 4  # its version
            yield from self._subsection(name)

    def _subsection(self, name: str) -> _Steps:
        if name == "configuration/target-page-bits":
            yield from self._need(4)
            bits = self._word()
            if not _LEAST_BITS <= bits <= _MOST_BITS:
                raise self._broken(f"pages of 2^{bits} bytes")
            self._page_size = 1 << bits
        elif name == "configuration/capabilities":
            yield from self._need(4)
            for _ in range(self._word()):
                capability = yield from self._text()
                self._ignore_shared |= capability == "x-ignore-shared"
        elif name == "configuration/uuid":
            yield from self._need(16)
            self._at += 16
        else:
            raise self._broken(f"the configuration has an unknown part {name!r}")

    def _ram(self) -> _Steps:
        """Follow one section of RAM to its end."""
        plain, size, buffer = _PAGE | _CONTINUE, self._page_size, self._buffer
        while True:
            # pages of the block that the one before was in: nearly all
            while len(buffer) - self._at >= 8 + size:
                (word,) = _QUAD.unpack_from(buffer, self._at)
                if word & _FLAGS != plain:
                    break
                if self._on_page is not None:
                    self._on_page(
                        self._block, word - plain, bytes(buffer[self._at + 8 : self._at + 8 + size])
                    )
                self._at += 8 + size
                self._pages += 1
            yield from self._need(8)
            (word,) = _QUAD.unpack_from(buffer, self._at)
            self._at += 8
            flags, offset = word & _FLAGS, word & ~_FLAGS
            if flags & _EOS:
                return
            if flags & _MEM_SIZE:
                yield from self._block_list(offset)
            elif flags & (_FLUSH | _HOOK):
                continue
            elif flags & (_ZERO | _PAGE | _XBZRLE | _COMPRESSED):
                if not flags & _CONTINUE:
                    self._block = yield from self._text()
                if self._block not in self._blocks or offset + size > self._blocks[self._block]:
                    raise self._broken(f"a page at {offset:#x} of {self._block!r}, which has no such place")
                yield from self._page(flags, offset)
            else:
                raise self._broken(f"there is no kind of page {flags:#x}")

    def _page(self, flags: int, offset: int) -> _Steps:
        if flags & _PAGE:
            length = self._page_size
        elif flags & _ZERO:
            length = 1
        elif flags & _COMPRESSED:
            yield from self._need(4)
            length = self._word()
            if length > 2 * self._page_size:
                raise self._broken(f"a compressed page of {length} bytes")
        else:
            yield from self._need(3)
            self._at += 1
            length = self._half()
        yield from self._need(length)
        content = self._take(length)
        self._pages += 1
        if self._on_page is not None and flags & (_PAGE | _ZERO):
            self._on_page(self._block, offset, content)

    def _block_list(self, total: int) -> _Steps:
        while total > 0:
            name = yield from self._text()
            yield from self._need(16 if self._ignore_shared else 8)
            (size,) = _QUAD.unpack(self._take(8))
            if self._ignore_shared:
                self._at += 8  # where it is in the guest
            if not 0 < size <= total:
                raise self._broken(f"the block {name!r} has {size} bytes, of {total} that are left")
            if len(self._blocks) >= _MOST:
                raise self._broken(f"more than {_MOST} RAM blocks")
            self._blocks[name] = size
            total -= size

    def _footer(self, number: int) -> _Steps:
        yield from self._need(1)
        if self._buffer[self._at] == _FOOTER:
            yield from self._need(5)
            self._at += 1
            if (found := self._word()) != number:
                raise self._broken(f"section {number} ends as section {found}")

    def _need(self, count: int) -> _Steps:
        while len(self._buffer) - self._at < count:
            yield

    def _text(self) -> Generator[None, None, str]:
        yield from self._need(1)
        length = self._buffer[self._at]
        yield from self._need(1 + length)
        self._at += 1
        return self._take(length).decode(errors="replace")

    def _take(self, count: int) -> bytes:
        taken = bytes(self._buffer[self._at : self._at + count])
        self._at += count
        return taken

    def _word(self) -> int:
        value: int = _WORD.unpack(self._take(4))[0]
        return value

    def _half(self) -> int:
        value: int = _HALF.unpack(self._take(2))[0]
        return value

    def _broken(self, why: str) -> BrokenStreamError:
        return BrokenStreamError(f"broken before byte {self._before + self._at}: {why}")
