"""What the two ends of QEMU's protocol over RDMA share, and the link below them.

    Destination   while it wants more: READY, then one message; RAM_BLOCKS_RESULT, REGISTER_RESULT and
                  UNREGISTER_FINISHED are answers, and COMPRESS, REGISTER_FINISHED and QEMU_FILE have none
    Source        waits for a READY before every message, and after a request for its answer

A plain stream goes in at the Source and comes out at the Destination, whichever way its RAM went. The
Source takes the pages out of it, writes them into the Destination's memory and puts a HOOK where they
stood; the Destination puts its memory back, as one round of pages where the last HOOK stood. Between two
migaddr ends, and with QEMU at one end, the bytes are the same as on any other transport: what was
received can be kept in a file and loaded over tcp.

The stream is over when the other side disconnects and has not said ERROR. Where RAM came by RDMA, the
bytes must then end as a QEMU stream ends: a killed QEMU disconnects as politely as one that is done.
"""

from __future__ import annotations

import contextlib
import errno
from typing import Final, Protocol

from migaddr.errors import TransportError
from migaddr.model import RdmaAddress
from migaddr.transport.base import Deadline
from migaddr.transport.rdma_wire import CutOffError, Kind, MalformedError, Message

FAREWELL: Final = 1.0
"""Seconds for an ERROR to go out while a stream is broken off."""


class Memory(Protocol):
    """Memory of this process that the other side may write to, once it has the key."""

    @property
    def address(self) -> int:
        """Its virtual address."""
        ...

    @property
    def view(self) -> memoryview:
        """Its bytes; zeros at first."""
        ...

    def key(self, start: int, end: int) -> int:
        """Register these bytes, if that was not done, and give the key to them."""
        ...


class Link(Protocol):
    """A connection over which both sides speak. All of its calls raise TransportError."""

    @property
    def pin_all(self) -> bool:
        """Whether both sides agreed on it."""
        ...

    def send(self, message: bytes, deadline: Deadline) -> bool:
        """Deliver one message; False: the other side has disconnected."""
        ...

    def receive(self, deadline: Deadline) -> bytes | None:
        """Wait for the next message; None: the other side has disconnected, and no more messages are here."""
        ...

    def allocate(self, length: int) -> Memory:
        """Make memory that the other side can be given."""
        ...

    def write(self, data: bytes | bytearray, address: int, key: int, deadline: Deadline) -> None:
        """Write into the other side's memory; at most CHUNK bytes. It may be under way for a while."""
        ...

    def flush(self, deadline: Deadline) -> None:
        """Wait until all that was written has arrived."""
        ...

    def close(self) -> None:
        """Disconnect, and let go of everything."""
        ...


class End:
    """What both ends share."""

    def __init__(self, link: Link, address: RdmaAddress) -> None:
        self._link = link
        self._address = address
        self._given_up = False  # the other side has

    def _fault(self, error: MalformedError) -> TransportError:
        number = errno.ECONNRESET if isinstance(error, CutOffError) else errno.EPROTO
        return TransportError(self._address, str(error), number)

    def _decode(self, raw: bytes) -> Message:
        try:
            message = Message.decode(raw)
        except MalformedError as error:
            raise self._fault(error) from None
        if message.kind is Kind.ERROR:
            self._given_up = True
            raise TransportError(
                self._address,
                "the other side gave up: it sent ERROR (its own log says why)",
                errno.ECONNABORTED,
            )
        return message

    def _send(self, message: Message, deadline: Deadline) -> None:
        if self._link.send(message.encode(), deadline):
            return
        while (raw := self._link.receive(deadline)) is not None:
            self._decode(raw)  # it may have said ERROR before
        raise self._gone()

    def _gone(self) -> TransportError:
        return TransportError(
            self._address, "the other side disconnected before the end of the stream", errno.ECONNRESET
        )

    def _break_off(self) -> None:
        """Tell the other side, as QEMU does, if it still listens."""
        if not self._given_up:
            with contextlib.suppress(TransportError):
                self._link.send(Message(Kind.ERROR).encode(), Deadline(FAREWELL))
