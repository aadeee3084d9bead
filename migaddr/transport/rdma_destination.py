"""The destination's end of QEMU's protocol over RDMA: reads a plain stream, and gives the memory that came.

Where the source puts a HOOK, the pages come into our memory, over and over, and nothing tells which. So
from the list of blocks on, the bytes are kept (devices, mostly: a PC's have some 100 KB) until the source
disconnects. Then they are given, with all of the memory as one round of pages in the last HOOK's place.
"""

from __future__ import annotations

import errno
from collections import deque
from collections.abc import Iterator
from typing import Final, final

import attrs

from migaddr.errors import TransportError
from migaddr.model import RdmaAddress
from migaddr.transport import rdma_ram as ram
from migaddr.transport import rdma_wire as wire
from migaddr.transport.base import NEVER, Deadline
from migaddr.transport.rdma_link import End, Link, Memory
from migaddr.transport.rdma_wire import CHUNK, MAX_CHUNK, CutOffError, Kind, MalformedError, Message

MAX_BLOCKS: Final = wire.MAX_DATA // 40
_REGISTERING: Final = {
    Kind.RAM_BLOCKS_REQUEST,
    Kind.COMPRESS,
    Kind.REGISTER_REQUEST,
    Kind.REGISTER_FINISHED,
    Kind.UNREGISTER_REQUEST,
}


@final
@attrs.frozen
class RamBlock:
    """A RAM block that was received. The memory is there until the stream is closed."""

    name: str
    length: int
    """Bytes."""
    memory: memoryview


@final
class Destination(End):
    """Reads a stream."""

    def __init__(self, link: Link, address: RdmaAddress) -> None:
        super().__init__(link, address)
        self._asked = False  # a READY is out
        self._broken = False  # a message was handled in part
        self._seen = bytearray()  # the end of what came, in which the list of blocks is looked for
        self._begun = b""  # its first bytes
        self._held = b""  # what may turn out to be a HOOK
        self._ready: deque[memoryview] = deque()
        self._later: Iterator[bytes] = iter(())
        self._ended = False
        self._blocks: list[tuple[ram.Block, Memory]] = []
        self._after = bytearray()  # what follows the list of blocks, without HOOKs
        self._place = 0  # where in it the memory belongs
        self._round = False  # between HOOK and REGISTER_FINISHED

    @property
    def blocks(self) -> tuple[RamBlock, ...]:
        """The RAM that came by RDMA, complete when the stream is at its end."""
        return tuple(
            RamBlock(block.name.decode(errors="surrogateescape"), block.length, memory.view)
            for block, memory in self._blocks
        )

    def read_into(self, buffer: memoryview, deadline: Deadline = NEVER) -> int:
        """Fill the buffer with what there is of the plain stream; 0 is its end.

        :raises TransportError: it broke, or the deadline passed.
        """
        buffer = buffer.cast("B")
        if not buffer:
            return 0
        while True:
            while self._ready:
                piece = self._ready[0]
                count = min(len(piece), len(buffer))
                buffer[:count] = piece[:count]
                if count == len(piece):
                    self._ready.popleft()
                else:
                    self._ready[0] = piece[count:]
                return count
            try:
                piece_of_ram = next(self._later, None)
                if piece_of_ram is not None:
                    self._give(piece_of_ram)
                elif self._ended:
                    return 0
                else:
                    self._step(deadline)
            except MalformedError as error:
                raise self._fault(error) from None

    def close(self) -> None:
        """Let go of the link; a source that is not done is told."""
        if not self._ended:
            self._break_off()
        self._ended = True
        self._ready.clear()
        self._later = iter(())
        self._link.close()

    def _give(self, data: bytes | bytearray) -> None:
        if data:
            self._ready.append(memoryview(data))

    def _step(self, deadline: Deadline) -> None:
        """Take one message, or the end."""
        if self._broken:
            raise TransportError(self._address, "the stream broke before", errno.EPIPE)
        self._broken = True
        if not self._asked:
            # if it has disconnected, its last messages are here yet
            self._link.send(Message(Kind.READY).encode(), deadline)
            self._asked = True
        self._broken = False
        raw = self._link.receive(deadline)  # this can be tried again
        self._broken = True
        if raw is None:
            self._finish()
            self._ended = True
        else:
            self._asked = False
            self._take(self._decode(raw), deadline)
        self._broken = False

    def _take(self, message: Message, deadline: Deadline) -> None:
        if message.kind is Kind.QEMU_FILE:
            self._file(message.data)
        elif message.kind in _REGISTERING:
            self._registering(message, deadline)
        else:
            raise MalformedError(f"{message.kind.name} is no message for a destination")

    def _file(self, data: bytes) -> None:
        if self._round:
            raise MalformedError("bytes of the stream came before REGISTER_FINISHED")
        if self._blocks:
            self._after += data
            return
        self._seen += data
        self._begun = (self._begun + data)[: len(ram.MAGIC)]
        if len(self._seen) > 2 * ram.MAX_LIST:
            del self._seen[: -ram.MAX_LIST]
        data = self._held + data
        held = _start_of_hook(data)
        self._held = data[len(data) - held :]
        self._give(data[: len(data) - held])

    def _registering(self, message: Message, deadline: Deadline) -> None:
        if not self._round:
            self._begin_round()
        if message.kind is Kind.RAM_BLOCKS_REQUEST:
            self._tell_blocks(deadline)
        elif message.kind is Kind.REGISTER_FINISHED:
            self._round = False
        elif message.kind is Kind.COMPRESS:
            for fill in wire.read_fills(message):
                if fill.value > 255:
                    raise MalformedError(f"memory is to be filled with {fill.value}, which is no byte")
                _fill(self._part(fill.block, fill.offset, fill.length), fill.value)
        elif message.kind is Kind.REGISTER_REQUEST:
            results = [self._register(part) for part in wire.read_registrations(message)]
            self._send(wire.register_result(results), deadline)
        else:  # of a chunk, whose size is not known: it stays registered, which the protocol leaves to us
            for part in wire.read_registrations(message):
                self._part(part.block, 0, 0)
            self._send(Message(Kind.UNREGISTER_FINISHED, repeat=message.repeat), deadline)

    def _begin_round(self) -> None:
        """Look at the HOOK, which tells where in the stream the memory belongs."""
        if self._blocks:
            if not self._after.endswith(ram.HOOK):
                raise MalformedError("a round of memory begins where the stream has no HOOK")
            del self._after[-len(ram.HOOK) :]
            self._place = len(self._after)
        self._round = True

    def _tell_blocks(self, deadline: Deadline) -> None:
        if self._blocks:
            raise MalformedError("the source asks for its RAM blocks a second time")
        found = ram.blocks_before_hook(self._seen)
        self._seen.clear()
        self._held = b""
        if len(found) > MAX_BLOCKS:
            raise MalformedError(f"{len(found)} RAM blocks are more than one message can list")
        for block in found:
            self._blocks.append((block, self._link.allocate(block.length)))
        answer = [
            wire.RemoteBlock(
                memory.address, 0, block.length, memory.key(0, block.length) if self._link.pin_all else 0
            )
            for block, memory in self._blocks
        ]
        self._send(wire.blocks_result(answer), deadline)

    def _part(self, index: int, offset: int, length: int) -> memoryview:
        if index >= len(self._blocks):
            raise MalformedError(f"RAM block {index}, where there are {len(self._blocks)}")
        block, memory = self._blocks[index]
        if not (offset <= block.length and length <= block.length - offset):
            raise MalformedError(
                f"bytes {offset} to {offset + length} of RAM block {index}, which has {block.length}"
            )
        return memory.view[offset : offset + length]

    def _register(self, part: wire.Registration) -> wire.Registered:
        """Give the key to a chunk.

        How large the source's chunks are it does not say, and QEMU fails where its own differ. So all is
        registered that may belong to the chunk: the largest one that is allowed.
        """
        self._part(part.block, part.offset, 1)
        block, memory = self._blocks[part.block]
        if self._link.pin_all:
            return wire.Registered(memory.key(0, block.length), memory.address)
        start = part.offset // MAX_CHUNK * MAX_CHUNK
        return wire.Registered(memory.key(start, min(start + MAX_CHUNK, block.length)), memory.address)

    def _finish(self) -> None:
        """The other side has disconnected."""
        if self._round or (self._begun == ram.MAGIC and self._held == ram.HOOK):
            raise CutOffError("the source disconnected in the middle of a round of memory")
        if not self._blocks:
            self._give(self._held)
            self._held = b""
            return
        size = ram.page_size(self._after[-ram.MAX_DESCRIPTION :])
        memory = [(block, memory.view) for block, memory in self._blocks]
        after = self._after
        self._later = _with_pages(after[: self._place], ram.pages(memory, size), after[self._place :])
        self._after = bytearray()


def _start_of_hook(data: bytes) -> int:
    """Give how many of the last bytes may be the beginning of a HOOK, or all of it."""
    return next((n for n in range(min(len(ram.HOOK), len(data)), 0, -1) if data.endswith(ram.HOOK[:n])), 0)


def _fill(memory: memoryview, value: int) -> None:
    same = bytes([value]) * min(len(memory), CHUNK)
    for at in range(0, len(memory), CHUNK):
        part = memory[at : at + CHUNK]
        part[:] = same[: len(part)]


def _with_pages(before: bytearray, pages: Iterator[bytes], after: bytearray) -> Iterator[bytes]:
    yield bytes(before)
    yield from pages
    yield bytes(after)
