"""RDMA without a device: two ends, their messages and their memory, in this process."""

from __future__ import annotations

import errno
import itertools
import queue
import threading
from collections.abc import Callable
from typing import TypeVar

from migaddr import InetAddress, RdmaAddress, TransportError
from migaddr.transport.base import Deadline
from migaddr.transport.rdma_wire import CHUNK, MAX_MESSAGE

ADDRESS = RdmaAddress(InetAddress("10.77.0.1", "4444"))
PATIENCE = 20.0

T = TypeVar("T")


class FabricMemory:
    """Memory whose keys are good for exactly what was registered."""

    def __init__(self, fabric: Fabric, length: int) -> None:
        self._fabric = fabric
        self.address = fabric.next_address
        fabric.next_address += length + (1 << 30)
        self.view = memoryview(bytearray(length))
        self._parts: dict[tuple[int, int], int] = {}

    def key(self, start: int, end: int) -> int:
        assert 0 <= start < end <= len(self.view)
        if (start, end) not in self._parts:
            key = self._parts[start, end] = next(self._fabric.numbers)
            self._fabric.keys[key] = (self, start, end)
        return self._parts[start, end]


class Fabric:
    """What both ends share."""

    def __init__(self, *, pin_all: bool = False) -> None:
        self.pin_all = pin_all
        self.next_address = 0x7F00_0000_0000
        self.numbers = itertools.count(1)
        self.keys: dict[int, tuple[FabricMemory, int, int]] = {}
        self.written = 0
        mailboxes: list[queue.Queue[bytes | None]] = [queue.Queue(), queue.Queue()]
        self.source = FabricLink(self, mailboxes[0], mailboxes[1])
        self.destination = FabricLink(self, mailboxes[1], mailboxes[0])


class FabricLink:
    """One end."""

    def __init__(
        self, fabric: Fabric, inbox: queue.Queue[bytes | None], outbox: queue.Queue[bytes | None]
    ) -> None:
        self._fabric, self.inbox, self.outbox = fabric, inbox, outbox
        self.sent: list[bytes] = []
        self.closed = False
        self.alone = False  # the other side has disconnected, and we notice when we send
        self._gone = False

    @property
    def pin_all(self) -> bool:
        return self._fabric.pin_all

    def send(self, message: bytes, deadline: Deadline) -> bool:
        assert not self.closed
        assert len(message) <= MAX_MESSAGE
        if self.alone:
            return False
        self.sent.append(message)
        self.outbox.put(message)
        return True

    def receive(self, deadline: Deadline) -> bytes | None:
        if self._gone:
            return None
        try:
            left = deadline.left()
            message = self.inbox.get(timeout=PATIENCE if left is None else left)
        except queue.Empty:
            raise TransportError(ADDRESS, "the deadline passed", errno.ETIMEDOUT) from None
        self._gone = message is None
        return message

    def allocate(self, length: int) -> FabricMemory:
        if length > 2 << 30:
            raise TransportError(ADDRESS, "no memory", errno.ENOMEM)
        return FabricMemory(self._fabric, length)

    def write(self, data: bytes | bytearray, address: int, key: int, deadline: Deadline) -> None:
        memory, start, end = self._fabric.keys[key]
        at = address - memory.address
        assert 0 < len(data) <= CHUNK
        assert start <= at <= at + len(data) <= end, "written outside of what the key is for"
        memory.view[at : at + len(data)] = data
        self._fabric.written += len(data)

    def flush(self, deadline: Deadline) -> None: ...

    def close(self) -> None:
        if not self.closed:
            self.outbox.put(None)
        self.closed = True


def at_once(first: Callable[[], object], second: Callable[[], T]) -> T:
    """Run both; raise what either raised, the first's before the second's."""
    errors: list[BaseException] = []

    def run() -> None:
        try:
            first()
        except BaseException as error:  # noqa: BLE001  # raised below
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        return second()
    finally:
        thread.join(PATIENCE)
        if errors:
            raise errors[0]
