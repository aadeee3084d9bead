"""rdma: QEMU's own protocol, so that a real QEMU can be at either end (its migration/rdma.c, 7.2 to 11.1).

QEMU uses host and port alone. The port is a number (QEMU takes what atoi finds, 0 for a name; a name is an
error here). A connection tries every address of the name in turn. A listener must name a local
interface that has an RDMA device: pyverbs cannot bind the wildcard. Port 0 takes a free one and tells it.

The stream is the plain one that every other transport carries: see rdma_link.
"""

from __future__ import annotations

import contextlib
import errno
import random
import re
import socket
import threading
from typing import Final, Self, final

import attrs

from migaddr.errors import TransportError
from migaddr.model import MigrateAddress, RdmaAddress
from migaddr.transport import rdma_manager, rdma_pyverbs
from migaddr.transport.base import NEVER, Buffer, Deadline, Options, wrong_way
from migaddr.transport.rdma_destination import Destination, RamBlock
from migaddr.transport.rdma_manager import Events
from migaddr.transport.rdma_pyverbs import CmId, Pyverbs, told
from migaddr.transport.rdma_source import Source
from migaddr.transport.rdma_verbs import Connection
from migaddr.transport.rdma_wire import Capabilities, MalformedError

_NUMBER: Final = re.compile(r"[0-9]{1,5}\Z")
_HIGHEST_PORT: Final = 0xFFFF
_EPHEMERAL: Final = range(49152, _HIGHEST_PORT + 1)
_BACKLOG: Final = 5


@final
class RdmaStream:
    """A stream over RDMA, with the RAM that came beside it."""

    def __init__(self, address: RdmaAddress, peer: Source | Destination) -> None:
        self._address = address
        self._peer = peer
        self._closed = False

    @property
    def address(self) -> MigrateAddress:
        """The address it belongs to."""
        return self._address

    @property
    def blocks(self) -> tuple[RamBlock, ...]:
        """The RAM blocks that came by RDMA, complete once the stream is at its end.

        They are empty where RAM came in the bytes, and gone when the stream is closed.
        """
        return self._peer.blocks if isinstance(self._peer, Destination) else ()

    @property
    def ram_bytes(self) -> int:
        """How many bytes of RAM were written by RDMA into the other side's memory."""
        return self._peer.ram_bytes if isinstance(self._peer, Source) else 0

    def read_into(self, buffer: memoryview, deadline: Deadline = NEVER) -> int:
        """Fill the buffer with what there is; 0 is the end of the stream.

        :raises TransportError: the stream broke, or the deadline passed.
        """
        self._check_open()
        if not isinstance(self._peer, Destination):
            raise wrong_way(self._address, "a connection over RDMA is only written")
        return self._peer.read_into(buffer, deadline)

    def write(self, data: Buffer, deadline: Deadline = NEVER) -> None:
        """Write all of it. Pages of RAM in it go by RDMA.

        :raises TransportError: the stream broke, nobody reads it, or the deadline passed.
        """
        self._check_open()
        if not isinstance(self._peer, Source):
            raise wrong_way(self._address, "an accepted connection over RDMA is only read")
        self._peer.write(data, deadline)

    def end(self, deadline: Deadline = NEVER) -> None:
        """Say that all was written, and wait until the other side has taken it.

        :raises TransportError: it did not take all of it, or the deadline passed.
        """
        self._check_open()
        if not isinstance(self._peer, Source):
            raise wrong_way(self._address, "an accepted connection over RDMA is only read")
        self._peer.end(deadline)

    def close(self) -> None:
        """Let go of everything; a stream that was written and not ended is broken off."""
        self._closed = True
        self._peer.close()

    def _check_open(self) -> None:
        if self._closed:
            raise TransportError(self._address, "the stream is closed", errno.EBADF)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@final
class RdmaListener:
    """Waits for a connection over RDMA. It serves one stream at a time."""

    def __init__(self, address: RdmaAddress, verbs: Pyverbs, events: Events, cm_id: CmId) -> None:
        self._address, self._verbs, self._events, self._id = address, verbs, events, cm_id
        self._stream: Connection | None = None
        self._closed = False

    @property
    def address(self) -> MigrateAddress:
        """The address bound, with its port."""
        return self._address

    @property
    def addresses(self) -> tuple[MigrateAddress, ...]:
        """All addresses bound: one."""
        return (self._address,)

    def accept(self, deadline: Deadline = NEVER) -> RdmaStream:
        """Wait for a connection, and read what it sends.

        :raises TransportError: none came before the deadline, it speaks another version, or the stream
            accepted before is still open.
        """
        if self._closed:
            raise TransportError(self._address, "the listener is closed", errno.EBADF)
        if self._stream is not None and not self._stream.closed:
            raise TransportError(
                self._address,
                "a listener over RDMA serves one stream at a time: close that first",
                errno.EBUSY,
            )
        with told(self._verbs, self._address, "waiting for a connection"):
            request = rdma_manager.next_request(self._verbs, self._events, self._id, self._address, deadline)
            connection = Connection(self._verbs, self._events.share(), request.cm_id, self._address)
        try:
            theirs = Capabilities.decode(request.private_data)
            connection.prepare()
            connection.accept(theirs, deadline)
        except MalformedError as error:
            connection.refuse()
            raise TransportError(self._address, str(error), errno.EPROTO) from None
        except BaseException:
            connection.refuse()
            raise
        self._stream = connection
        return RdmaStream(self._address, Destination(connection, self._address))

    def close(self) -> None:
        """Stop listening. The stream that was accepted stays open."""
        if self._closed:
            return
        self._closed = True
        with contextlib.suppress(self._verbs.Error):
            self._id.close()
        self._events.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def connect(address: RdmaAddress, deadline: Deadline, options: Options) -> RdmaStream:
    """Connect to the first of the name's addresses that answers."""
    port = _port(address)
    verbs = rdma_pyverbs.load(address)
    last = TransportError(address, "the name has no address")
    for host in _resolve(address, deadline):
        try:
            connection = _connected(address, verbs, host, port, deadline, options)
        except TransportError as error:
            last = error
            if deadline.passed():
                break
        else:
            return RdmaStream(address, Source(connection, address))
    raise last


def _connected(
    address: RdmaAddress, verbs: Pyverbs, host: str, port: int, deadline: Deadline, options: Options
) -> Connection:
    events = Events(verbs, address)
    try:
        with told(verbs, address, "connecting"):
            cm_id = events.make_id()
    except BaseException:
        events.release()
        raise
    connection = Connection(verbs, events, cm_id, address)
    try:
        with told(verbs, address, "connecting"):
            where = rdma_manager.remote_address(verbs, host, port)
            try:
                rdma_manager.resolve(events, cm_id, where, address, deadline)
            finally:
                where.close()
        connection.prepare()
        connection.connect(deadline, pin_all=options.pin_all)
    except BaseException:
        connection.close()
        raise
    return connection


def listen(address: RdmaAddress, deadline: Deadline, options: Options) -> RdmaListener:  # noqa: ARG001
    """Listen on the first of the name's addresses that can be had."""
    port = _port(address)
    verbs = rdma_pyverbs.load(address)
    last = TransportError(address, "the name has no address")
    for host in _resolve(address, deadline):
        # pyverbs does not tell which port the system takes for 0: so it is taken here
        tries = random.sample(_EPHEMERAL, 64) if port == 0 else [port]
        for number in tries:
            try:
                return _listening(address, verbs, host, number)
            except TransportError as error:
                last = error
                if error.errno != errno.EADDRINUSE:
                    break
    raise last


def _listening(address: RdmaAddress, verbs: Pyverbs, host: str, port: int) -> RdmaListener:
    events = Events(verbs, address)
    cm_id = None
    try:
        with told(verbs, address, "listening"):
            cm_id = events.make_id()
            rdma_manager.bind(verbs, cm_id, host, port, address)
            cm_id.listen(_BACKLOG)
    except BaseException:
        if cm_id is not None:
            cm_id.close()
        events.release()
        raise
    bound = RdmaAddress(attrs.evolve(address.inet, port=str(port)))
    return RdmaListener(bound, verbs, events, cm_id)


def _port(address: RdmaAddress) -> int:
    """Read the port, and see that there is a host."""
    port, host = address.inet.port, address.inet.host
    if _NUMBER.match(port) is None or int(port) > _HIGHEST_PORT:
        raise TransportError(
            address,
            f"the port of an rdma address is a number up to {_HIGHEST_PORT}, not {port!r}",
            errno.EINVAL,
        )
    if not host:
        raise TransportError(address, "an rdma address must have a host", errno.EINVAL)
    return int(port)


def _resolve(address: RdmaAddress, deadline: Deadline) -> list[str]:
    """Look the host up; give its addresses as text."""
    host = address.inet.host
    answer: list[list[str] | str] = []

    def ask(flags: int) -> None:
        name = host.encode("utf-8", "surrogateescape")
        try:
            found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM, flags=flags)
            answer.append([str(place[0]) for *_, place in found])
        except socket.gaierror as error:
            answer.append(error.strerror or str(error))
        except (OSError, UnicodeError) as error:
            answer.append(str(error))

    ask(socket.AI_NUMERICHOST)
    if isinstance(answer[0], str):
        answer.clear()
        # the C library knows no deadline: a thread waits for it, and ends when it gives up
        asking = threading.Thread(target=ask, args=(0,), daemon=True, name="migaddr-getaddrinfo")
        asking.start()
        asking.join(deadline.left())
    if not answer:
        raise deadline.error(address, "address resolution")
    hosts = answer[0]
    if isinstance(hosts, str):
        raise TransportError(address, f"address resolution failed: {hosts}", errno.EADDRNOTAVAIL)
    return list(dict.fromkeys(hosts))
