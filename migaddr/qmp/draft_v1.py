"""The first draft of December 2022 ("MigrateChannel"), which no release ever took.

    channel = {"channeltype": "main", "addr": addr}
    addr    = {"transport": "socket", "socket-type": {"type": "inet" | "unix" | "vsock" | "fd", ...}}
            | {"transport": "exec", "exec-str": command}          ; what follows exec: in a URI
            | {"transport": "rdma", "rdma-str": inet}             ; what follows rdma: in a URI

There is one channel, not a list, and no file. The release decides which members an inet address has, and
how the text of `rdma-str` is read.
"""

from __future__ import annotations

from typing import Final

from migaddr.errors import InexpressibleError, ParseError, WireError
from migaddr.model import (
    ExecAddress,
    FdAddress,
    FileAddress,
    InetAddress,
    MigrateAddress,
    MigrateChannel,
    RdmaAddress,
    UnixAddress,
    VsockAddress,
    not_an_address,
)
from migaddr.qmp import drafts, qapi, wire
from migaddr.qmp.dialect import Dialect
from migaddr.qmp.wire import JsonObject
from migaddr.releases import Release
from migaddr.uri import format_uri
from migaddr.uri.scheme import parse_inet

_TARGET: Final = "the draft of December 2022"
_WRAPPERS: Final = {"socket": "socket-type", "exec": "exec-str", "rdma": "rdma-str"}
_RDMA_PREFIX: Final = "rdma:"


def read_address(value: object, release: Release) -> MigrateAddress:
    """Read one `addr` object.

    :raises WireError: it has another shape than the draft's, or `rdma-str` cannot be read.
    """
    return drafts.unanswered(_read, value, "channel.addr", release)


def read_channels(value: object, release: Release) -> tuple[MigrateChannel, ...]:
    """Read the one channel.

    :raises WireError: it has another shape than the draft's.
    """
    return drafts.read_one(value, _read, release)


def _read(value: object, path: str, release: Release) -> MigrateAddress:
    obj = wire.as_object(value, path)
    transport = wire.read_tag(obj, "transport", path, drafts.TRANSPORTS)
    name = _WRAPPERS[transport]
    found = drafts.read_wrapper(obj, name, path)
    if transport == "socket":
        return drafts.read_socket(found, f"{path}.{name}", release)
    if transport == "exec":
        return drafts.read_command(found, path, name)
    try:
        return RdmaAddress(parse_inet(wire.text(found, path, name), release))
    except ParseError as error:
        raise WireError(error.reason, f"{path}.rdma-str", hint=error.hint) from None


def write_address(address: MigrateAddress, release: Release) -> JsonObject:
    """Write one `addr` object.

    :raises InexpressibleError: a file; an argument vector that is no shell command; an RDMA address that no
        URI of this release can say; a member that the release lacks; a text that JSON cannot carry.
    """
    match address:
        case InetAddress() | UnixAddress() | VsockAddress() | FdAddress():
            written = qapi.write_socket(address, release, _TARGET)
            return {"transport": "socket", "socket-type": written}
        case ExecAddress():
            return {"transport": "exec", "exec-str": drafts.write_command(address, "exec-str", _TARGET)}
        case RdmaAddress():
            try:
                inet = format_uri(address, release).removeprefix(_RDMA_PREFIX)
            except InexpressibleError as error:
                reason = f"rdma-str is written as in a URI: {error.reason}"
                raise InexpressibleError(address, _TARGET, reason) from None
            return {"transport": "rdma", "rdma-str": drafts.carried(inet, "rdma-str", address, _TARGET)}
        case FileAddress():
            drafts.refuse_file(address, _TARGET)
        case _:
            raise not_an_address(address)


def write_channels(channels: tuple[MigrateChannel, ...], release: Release) -> JsonObject:
    """Write the one channel.

    :raises InexpressibleError: there is not exactly one main channel, or the draft cannot say its address.
    """
    main = drafts.main_channel(channels, _TARGET, drafts.ONE_CHANNEL)
    return drafts.write_one(main, write_address, release)


DRAFT_V1: Final = Dialect(
    "draft-v1", read_address, write_address, read_channels, write_channels, argument="channel"
)
"""The draft of December 2022: `channel`, one object. Every release refuses it."""
