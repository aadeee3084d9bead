"""Streams of bytes to and from every kind of migration address. An address meets the module for its kind.

>>> from migaddr import InetAddress
>>> from migaddr.transport import connect, listen
>>> with listen(InetAddress("127.0.0.1", "0")) as listener, connect(listener.address) as out:
...     with listener.accept() as stream:
...         out.write(b"QEVM")
...         stream.read_into(memoryview(bytearray(8)))
4
"""

from __future__ import annotations

import errno
import importlib
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Final, Protocol

from migaddr.errors import TransportError
from migaddr.model import (
    ADDRESS_TYPES,
    ExecAddress,
    FdAddress,
    FileAddress,
    InetAddress,
    MigrateAddress,
    RdmaAddress,
    UnixAddress,
    VsockAddress,
    not_an_address,
)
from migaddr.transport.base import Deadline, Listener, Options, Stream
from migaddr.transport.digest import Digest
from migaddr.transport.move import Progress, Report, Sink, Source, receive, send
from migaddr.transport.qemu_stream import BrokenStreamError, QemuStream, Summary

if TYPE_CHECKING:
    from typing import Any

__all__ = [
    "KINDS",
    "BrokenStreamError",
    "Deadline",
    "Digest",
    "Listener",
    "Progress",
    "QemuStream",
    "Report",
    "Sink",
    "Source",
    "Stream",
    "Summary",
    "connect",
    "listen",
    "receive",
    "send",
]

KINDS: Final[dict[type, str]] = {
    InetAddress: "tcp",
    UnixAddress: "unix",
    VsockAddress: "vsock",
    FdAddress: "fd",
    ExecAddress: "exec",
    FileAddress: "file",
    RdmaAddress: "rdma",
}
"""The module in this room that serves each class of address; it is loaded when it is needed."""


class _Kind(Protocol):
    """What such a module has; each of the two takes its own class of address."""

    connect: Any
    listen: Any


def connect(
    address: MigrateAddress,
    *,
    deadline: float | None = None,
    fds: Mapping[str, int] | None = None,
    pin_all: bool = False,
) -> Stream:
    """Open a stream to write to an address, as QEMU does to send a migration.

    `deadline` is in seconds, for all of it: name resolution, every address tried. `fds` are descriptors
    by name. A descriptor given to `fd:` belongs to the stream from then on, which closes it. `pin_all` asks
    an rdma destination to register all of its RAM at once, as QEMU's capability rdma-pin-all does.

    :raises TransportError: it cannot be opened, or not in time.
    :raises AddressError: this is no address.
    """
    stream: Stream = _kind(address).connect(
        address, Deadline(deadline), Options(fds=fds or {}, pin_all=pin_all)
    )
    return stream


def listen(
    address: MigrateAddress,
    *,
    deadline: float | None = None,
    fds: Mapping[str, int] | None = None,
    peer_uids: Collection[int] | None = None,
) -> Listener:
    """Wait at an address for streams to read, as QEMU does for an incoming migration.

    `deadline` is in seconds, for the binding; `accept` has its own. `peer_uids` are the users from whom a
    unix listener accepts; others are turned away, and no other kind of listener knows who comes.

    :raises TransportError: the address cannot be bound, or not in time; or it cannot keep `peer_uids` out.
    :raises AddressError: this is no address.
    """
    if peer_uids is not None and type(address) in ADDRESS_TYPES and not isinstance(address, UnixAddress):
        raise TransportError(address, "only unix sockets tell which user connects", errno.EINVAL)
    options = Options(fds=fds or {}, peer_uids=None if peer_uids is None else frozenset(peer_uids))
    listener: Listener = _kind(address).listen(address, Deadline(deadline), options)
    return listener


def _kind(address: MigrateAddress) -> _Kind:
    if type(address) not in ADDRESS_TYPES:
        raise not_an_address(address)  # type: ignore[arg-type]  # what the caller's types promise
    name = KINDS.get(type(address))
    if name is None:
        raise TransportError(address, "no transport serves this kind of address", errno.EAFNOSUPPORT)
    module: Any = importlib.import_module(f"migaddr.transport.{name}")
    kind: _Kind = module
    return kind
