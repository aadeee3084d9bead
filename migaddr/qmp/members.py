"""The members of every address as QMP knows them (QAPI `SocketAddress` and `MigrationAddress`).

One table for reading and writing; which optional members a release has, its data says.
"""

from __future__ import annotations

import functools
from typing import Final

from migaddr.model import ExecAddress, FileAddress, InetAddress, SocketAddress, UnixAddress
from migaddr.qmp.wire import Member, Shape, flag, text, texts, uint16, uint32, uint64
from migaddr.releases import LATEST, first_release

_INET_REQUIRED: Final = (Member("host", "host", text), Member("port", "port", text))
_INET_OPTIONAL: Final = (
    Member("numeric", "numeric", flag),
    Member("to", "to", uint16),
    Member("ipv4", "ipv4", flag),
    Member("ipv6", "ipv6", flag),
    Member("keep-alive", "keep_alive", flag),
    Member("keep-alive-count", "keep_alive_count", uint32),
    Member("keep-alive-idle", "keep_alive_idle", uint32),
    Member("keep-alive-interval", "keep_alive_interval", uint32),
    Member("mptcp", "mptcp", flag),
)
_UNIX_OPTIONAL: Final = (Member("abstract", "abstract", flag), Member("tight", "tight", flag))

VSOCK: Final = Shape((Member("cid", "cid", text), Member("port", "port", text)))
FD: Final = Shape((Member("str", "name", text),))
EXEC: Final = Shape((Member("args", "args", texts),))
FILE: Final = Shape((Member("filename", "filename", text), Member("offset", "offset", uint64)))


_OPTIONAL: Final[dict[type, tuple[Member, ...]]] = {InetAddress: _INET_OPTIONAL, UnixAddress: _UNIX_OPTIONAL}


def given(part: SocketAddress | ExecAddress | FileAddress) -> list[str]:
    """Name the optional members that an address has, in whatever release."""
    optional = _OPTIONAL.get(type(part), ())
    return [member.wire for member in optional if getattr(part, member.attribute) is not None]


def lacking(part: SocketAddress | ExecAddress | FileAddress, shape: Shape) -> str | None:
    """Say why an optional member that an address has is not in its shape; None: all are."""
    if len(shape.optional) == len(_OPTIONAL.get(type(part), ())):
        return None
    name = next((name for name in given(part) if name not in shape.names()), None)
    return None if name is None else since_when(name) or f"this QEMU has no member {name}"


@functools.lru_cache(maxsize=32)
def inet_shape(members: frozenset[str]) -> Shape:
    """Give the shape of an inet address with these members, a release's."""
    optional = tuple(member for member in _INET_OPTIONAL if member.wire in members)
    return Shape(_INET_REQUIRED, optional, since_when)


@functools.lru_cache(maxsize=32)
def unix_shape(members: frozenset[str]) -> Shape:
    """Give the shape of a unix address with these members, a release's."""
    optional = tuple(member for member in _UNIX_OPTIONAL if member.wire in members)
    return Shape((Member("path", "path", text),), optional)


def since_when(name: str) -> str | None:
    """Say since which release an inet address has this member, if ever."""
    if name not in LATEST.inet_members:
        return None
    return f"{name} came with QEMU {first_release('inet_members', name)}"
