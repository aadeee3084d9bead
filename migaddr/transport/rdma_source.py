"""The source's end of QEMU's protocol over RDMA: writes a plain stream, and the pages in it by RDMA."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from typing import final

import attrs

from migaddr.errors import TransportError
from migaddr.model import RdmaAddress
from migaddr.transport import rdma_ram as ram
from migaddr.transport import rdma_wire as wire
from migaddr.transport.base import NEVER, Buffer, Deadline
from migaddr.transport.rdma_link import End, Link
from migaddr.transport.rdma_split import PAGE_SIZE, Blank, Blocks, Bytes, Item, Page, RoundEnd, Splitter
from migaddr.transport.rdma_wire import CHUNK, Kind, MalformedError, Message


@final
class Source(End):
    """Writes a stream."""

    def __init__(self, link: Link, address: RdmaAddress) -> None:
        super().__init__(link, address)
        self.ram_bytes: int = 0
        """Of RAM, that went beside the stream: written, or filled."""
        self._splitter = Splitter()
        self._out = bytearray()  # bytes that are yet to be sent
        self._ended = False
        self._broken = False  # what was being sent may have gone in part: nothing can follow it
        self._ready = False  # a READY is here
        self._remote: list[wire.RemoteBlock] = []
        self._keys: dict[tuple[int, int], int] = {}  # of chunks, by block and number
        self._round = False
        self._chunk = (0, 0)  # block and number of the chunk that pages are collected for
        self._from = 0  # where in the block the collected pages begin
        self._pages = bytearray()
        self._filled = False  # a fill is out, which no write may overtake

    def write(self, data: Buffer, deadline: Deadline = NEVER) -> None:
        """Send bytes of a plain stream.

        :raises TransportError: nobody takes them, or not in time.
        """
        if self._ended or self._broken:
            why = "the stream has ended" if self._ended else "the stream broke before"
            raise TransportError(self._address, why, errno.EPIPE)
        self._broken = True
        self._send_all(self._splitter.feed(data), deadline)
        self._broken = False

    def end(self, deadline: Deadline = NEVER) -> None:
        """Wait until the other side has taken everything.

        It shows that by asking for more, or by disconnecting: QEMU does when it has loaded all.

        :raises TransportError: it gave up, or the deadline passed.
        """
        if self._ended:
            return
        if self._broken:
            raise TransportError(self._address, "the stream broke before", errno.EPIPE)
        self._broken = True
        self._send_all(self._splitter.end(), deadline)
        if self._round:
            self._end_round(deadline)
        self._flush_bytes(deadline)
        if not self._ready:
            raw = self._link.receive(deadline)
            if raw is not None:
                self._expected(self._decode(raw), Kind.READY)
        self._ended, self._broken = True, False

    def close(self) -> None:
        """Let go of the link; without `end` the other side is told that this is not all."""
        if not self._ended:
            self._break_off()
        self._ended = True
        self._link.close()

    def _send_all(self, items: Iterator[Item], deadline: Deadline) -> None:
        try:
            for item in items:
                self._send_item(item, deadline)
            if not self._round:
                self._flush_bytes(deadline)
        except MalformedError as error:
            raise self._fault(error) from None

    def _send_item(self, item: Item, deadline: Deadline) -> None:
        if isinstance(item, Bytes):
            if self._round:
                self._end_round(deadline)
            self._out += item.data
            if len(self._out) >= wire.MAX_DATA:
                self._flush_bytes(deadline)
        elif isinstance(item, Blocks):
            self._begin_round(deadline)
            self._exchange_blocks(item.blocks, deadline)
            self._end_round(deadline)
        elif isinstance(item, RoundEnd):
            if self._round:
                self._end_round(deadline)
        else:
            if not self._round:
                self._begin_round(deadline)
            self._collect(item, deadline)

    # --- messages ---

    def _receive(self, deadline: Deadline, wanted: Kind) -> Message:
        raw = self._link.receive(deadline)
        if raw is None:
            raise self._gone()
        message = self._decode(raw)
        self._expected(message, wanted)
        return message

    def _expected(self, message: Message, wanted: Kind) -> None:
        if message.kind is not wanted:
            raise self._fault(MalformedError(f"{message.kind.name} came instead of {wanted.name}"))

    def _say(self, message: Message, deadline: Deadline, answer: Kind | None = None) -> Message | None:
        self._await_ready(deadline)
        self._ready = False
        self._send(message, deadline)
        return None if answer is None else self._receive(deadline, answer)

    def _await_ready(self, deadline: Deadline) -> None:
        if not self._ready:
            self._receive(deadline, Kind.READY)
            self._ready = True

    def _flush_bytes(self, deadline: Deadline) -> None:
        data = memoryview(bytes(self._out))
        self._out.clear()
        for at in range(0, len(data), wire.MAX_DATA):
            self._say(Message(Kind.QEMU_FILE, bytes(data[at : at + wire.MAX_DATA])), deadline)

    # --- rounds of memory ---

    def _begin_round(self, deadline: Deadline) -> None:
        self._out += ram.HOOK
        self._flush_bytes(deadline)
        self._round = True

    def _end_round(self, deadline: Deadline) -> None:
        self._write_chunk(deadline)
        self._link.flush(deadline)
        self._say(Message(Kind.REGISTER_FINISHED), deadline)
        self._round = False

    def _exchange_blocks(self, blocks: tuple[ram.Block, ...], deadline: Deadline) -> None:
        answer = self._say(Message(Kind.RAM_BLOCKS_REQUEST), deadline, Kind.RAM_BLOCKS_RESULT)
        assert answer is not None
        remote = wire.read_blocks_result(answer)
        ours, theirs = [block.length for block in blocks], [block.length for block in remote]
        if ours != theirs:
            raise MalformedError(
                f"the stream's RAM blocks have {ours} bytes, the destination's {theirs}: its RAM is another"
            )
        self._remote = remote

    def _collect(self, page: Page | Blank, deadline: Deadline) -> None:
        """Put a page to the ones before it, if it follows them in the same chunk."""
        data = page.data if isinstance(page, Page) else b""
        chunk = (page.block, page.offset // CHUNK)
        if chunk != self._chunk or page.offset != self._from + len(self._pages):
            self._write_chunk(deadline)
            self._chunk, self._from = chunk, page.offset
        self._pages += data or bytes(PAGE_SIZE)

    def _write_chunk(self, deadline: Deadline) -> None:
        if not self._pages:
            return
        data, index, start = self._pages, self._chunk[0], self._from
        self._pages = bytearray()
        self.ram_bytes += len(data)
        block = self._remote[index]
        key = block.rkey if self._link.pin_all else self._keys.get(self._chunk)
        if key is None and data.count(0) == len(data):
            # as QEMU does: zeros are written only where memory is registered anyway
            self._say(wire.fill(wire.Fill(0, index, block.offset + start, len(data))), deadline)
            self._filled = True
            return
        if key is None:
            part = wire.Registration(block.offset + start, index, 0)
            answer = self._say(wire.register(part), deadline, Kind.REGISTER_RESULT)
            assert answer is not None
            results = wire.read_register_result(answer)
            if len(results) != 1:
                raise MalformedError(f"{len(results)} keys came for 1 chunk")
            key = self._keys[self._chunk] = results[0].rkey
            self._remote[index] = block = attrs.evolve(block, address=results[0].address)
        elif self._filled:
            self._await_ready(deadline)  # only then the fill is done
        self._filled = False
        self._link.write(data, block.address + start, key, deadline)
