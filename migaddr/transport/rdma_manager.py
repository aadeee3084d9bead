"""The connection manager of RDMA: its events, and how a connection comes about.

One event channel serves a listener and the stream that it accepted, and pyverbs does not tell whose an event
is: a listener serves one stream at a time, and turns others away until that one is closed.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import threading
from collections.abc import Callable
from typing import Final, Self, TypeVar, final

import attrs

from migaddr.errors import TransportError
from migaddr.model import RdmaAddress
from migaddr.transport.base import Deadline
from migaddr.transport.rdma_pyverbs import Closable, CmId, Event, Pyverbs, told
from migaddr.transport.rdma_wire import Capabilities, MalformedError

RESOLVE: Final = 10.0
"""Seconds for an address or a route to be found, as in QEMU."""

_PS_TCP, _PASSIVE = 0x0106, 0x1

# what an event says (enum rdma_cm_event_type)
_ADDR_RESOLVED, _ADDR_ERROR, _ROUTE_RESOLVED, _ROUTE_ERROR, CONNECT_REQUEST = range(5)
_UNREACHABLE, _REJECTED, ESTABLISHED, DISCONNECTED, _DEVICE_REMOVAL, TIMEWAIT_EXIT = 7, 8, 9, 10, 11, 15
_MEANINGS: Final = {
    _ADDR_ERROR: "no RDMA device leads to this address",
    _ROUTE_ERROR: "there is no route to this address",
    6: "the connection cannot be made",
    _UNREACHABLE: "the other side does not answer",
    _REJECTED: "refused: nobody listens there, or it turned the connection down",
    _DEVICE_REMOVAL: "the RDMA device is gone",
}

T = TypeVar("T")

_opening: Final = threading.Lock()


def opened(make: Callable[[], T], what: str) -> tuple[T, int]:
    """Open something, and find its descriptor: the one that is new and looks like it."""
    with _opening:
        before = _descriptors(what)
        made = make()
        new = _descriptors(what) - before
    if len(new) != 1:
        raise OSError(errno.EBADFD, f"{len(new)} descriptors of {what} appeared where 1 was opened")
    return made, new.pop()


def _descriptors(what: str) -> set[int]:
    found: set[int] = set()
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):  # it was the listing's own
            if what in os.readlink(f"/proc/self/fd/{name}"):
                found.add(int(name))
    return found


@final
class Events:
    """The connection manager's event channel, shared by a listener and its stream; the last one closes it."""

    def __init__(self, verbs: Pyverbs, address: RdmaAddress) -> None:
        self._verbs, self._address = verbs, address
        self._users = 1
        with told(verbs, address, "opening the RDMA connection manager"):
            try:
                self._channel, found = opened(verbs.CMEventChannel, "/rdma_cm")
            except OSError as error:
                raise TransportError(
                    address, f"opening the RDMA connection manager: {error.strerror}", error.errno
                ) from None
        self.fd: int = found
        """Where events are to be read."""

    def make_id(self) -> CmId:
        """Make an identifier whose events come here."""
        return self._verbs.CMID(creator=self._channel)

    def ready(self) -> bool:
        """Tell whether an event is here."""
        return bool(poll([self.fd], 0))

    def get(self) -> Event:
        """Give an event that is here. It must be closed before its identifier is."""
        return self._verbs.CMEvent(self._channel)

    def wait(self, deadline: Deadline, doing: str) -> Event:
        """Wait for an event."""
        while not self.ready():
            if deadline.passed():
                raise deadline.error(self._address, doing)
            poll([self.fd], deadline.tick())
        return self.get()

    def share(self) -> Self:
        """Count one more user."""
        self._users += 1
        return self

    def release(self) -> None:
        """Count one less."""
        self._users -= 1
        if self._users == 0:
            self._channel.close()


def poll(fds: list[int], seconds: float) -> set[int]:
    """Wait until there is something to read; give the descriptors that have it."""
    poller = select.poll()
    for fd in fds:
        poller.register(fd, select.POLLIN)
    return {fd for fd, _ in poller.poll(seconds * 1000)}


def turn_away(verbs: Pyverbs, listener: CmId, event: Event) -> None:
    """Refuse a connection."""
    refused = verbs.CMID(creator=event, listen_id=listener)
    verbs.Context(cmid=refused)  # of its own: closing takes the listener's otherwise
    verbs.PD(refused)
    refused.reject()
    event.close()
    refused.close()


def take_event(events: Events, address: RdmaAddress, deadline: Deadline, doing: str, wanted: int) -> bytes:
    """Wait for the event that must come now; give its private data."""
    event = events.wait(deadline, doing)
    kind, name, data = event.event_type, event.event_str(), b""
    if kind == wanted == ESTABLISHED:
        data = event.private_data
    event.close()
    if kind != wanted:
        number = errno.ECONNREFUSED if kind == _REJECTED else errno.EHOSTUNREACH
        raise TransportError(address, f"{doing}: {meaning(kind, name)}", number)
    return data


def resolve(events: Events, cm_id: CmId, where: Closable, address: RdmaAddress, deadline: Deadline) -> None:
    """Find the device and the route to an address."""
    milliseconds = max(1, int(deadline.tick(RESOLVE) * 1000))
    cm_id.resolve_addr(where, milliseconds)
    take_event(events, address, deadline, "looking for a device", _ADDR_RESOLVED)
    cm_id.resolve_route(milliseconds)
    take_event(events, address, deadline, "looking for a route", _ROUTE_RESOLVED)


def established(events: Events, address: RdmaAddress, deadline: Deadline, doing: str) -> Capabilities:
    """Wait until the connection is there; give what the other side can do."""
    data = take_event(events, address, deadline, doing, ESTABLISHED)
    try:
        return Capabilities.decode(data)
    except MalformedError as error:
        raise TransportError(address, str(error), errno.EPROTO) from None


def meaning(kind: int, name: str) -> str:
    """Say an event in plain words."""
    return _MEANINGS.get(kind, name or f"event {kind}")


@attrs.frozen
class Request:
    """A connection that somebody asks for."""

    cm_id: CmId
    private_data: bytes


def next_request(
    verbs: Pyverbs, events: Events, listener: CmId, address: RdmaAddress, deadline: Deadline
) -> Request:
    """Wait until somebody wants to connect."""
    while True:
        event = events.wait(deadline, "waiting for a connection")
        if event.event_type == CONNECT_REQUEST:
            cm_id = verbs.CMID(creator=event, listen_id=listener)
            verbs.Context(cmid=cm_id)
            verbs.PD(cm_id)
            data = event.private_data
            event.close()
            return Request(cm_id, data)
        kind, name = event.event_type, event.event_str()
        event.close()
        if kind == _DEVICE_REMOVAL:
            raise TransportError(address, meaning(kind, name), errno.ENODEV)


def bind(verbs: Pyverbs, cm_id: CmId, host: str, port: int, address: RdmaAddress) -> None:
    """Bind to a local address.

    pyverbs crashes where an address has no device (the wildcard, loopback): another identifier looks first.
    """
    where = verbs.AddrInfo(src=host, src_service=str(port), port_space=_PS_TCP, flags=_PASSIVE)
    try:
        probe = verbs.CMID(creator=where)
        on_device = probe.port_num != 0
        probe.close()
        if not on_device:
            raise TransportError(
                address,
                f"listening: no RDMA device has the address {host}",
                errno.EADDRNOTAVAIL,
                "name one interface that has a device: `rdma link` lists them",
            )
        cm_id.bind_addr(where)
    finally:
        where.close()


def remote_address(verbs: Pyverbs, host: str, port: int) -> Closable:
    """Name an address to connect to."""
    return verbs.AddrInfo(dst=host, dst_service=str(port), port_space=_PS_TCP)
