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

from migaddr.errors import AddressError, InexpressibleError, ParseError, WireError
from migaddr.model import (
    ChannelType,
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
from migaddr.qmp import qapi, wire
from migaddr.qmp.dialect import Dialect
from migaddr.qmp.wire import JsonObject, Member, Shape
from migaddr.releases import Release
from migaddr.uri import exec_address, exec_command, format_uri
from migaddr.uri.scheme import parse_inet

_TARGET: Final = "the draft of December 2022"
_EXEC: Final = Shape((Member("exec-str", "command", wire.text),))
_RDMA: Final = Shape((Member("rdma-str", "inet", wire.text),))
_SOCKET: Final = Shape((Member("socket-type", "socket", lambda value, _path, _name: value),))
_SHAPES: Final = {"socket": _SOCKET, "exec": _EXEC, "rdma": _RDMA}
_NAMES: Final = ("channeltype", "addr")
_RDMA_PREFIX: Final = "rdma:"


def read_address(value: object, release: Release) -> MigrateAddress:
    """Read one `addr` object.

    :raises WireError: it has another shape than the draft's, or `rdma-str` cannot be read.
    """
    path = "channel.addr"
    try:
        return _read_addr(value, path, release)
    except WireError as error:
        raise _without_answer(error) from None


def read_channels(value: object, release: Release) -> tuple[MigrateChannel, ...]:
    """Read the one channel.

    :raises WireError: it has another shape than the draft's.
    """
    path = "channel"
    try:
        obj = wire.as_object(value, path)
        wire.read_tag(obj, "channeltype", path, ("main",), _NAMES)
        if "addr" not in obj:
            raise wire.missing(obj, "addr", path, _NAMES)
        addr = _read_addr(obj["addr"], f"{path}.addr", release)
        if len(obj) > len(_NAMES):
            raise wire.unexpected(obj, path, _NAMES)
    except WireError as error:
        raise _without_answer(error) from None
    return (MigrateChannel(ChannelType.MAIN, addr),)


def _without_answer(error: WireError) -> WireError:
    """Drop what QEMU would answer: it never learnt this dialect."""
    return WireError(error.reason, error.path, hint=error.hint)


def _read_addr(value: object, path: str, release: Release) -> MigrateAddress:
    obj = wire.as_object(value, path)
    transport = wire.read_tag(obj, "transport", path, _SHAPES)
    found = wire.read_members(obj, _SHAPES[transport], path, ("transport",))
    if transport == "socket":
        path = f"{path}.socket-type"
        return qapi.read_socket(wire.as_object(found["socket"], path), path, release, ("type",))
    if transport == "exec":
        try:
            return exec_address(found["command"])
        except AddressError as error:
            raise WireError(error.reason, f"{path}.exec-str") from None
    try:
        return RdmaAddress(parse_inet(found["inet"], release))
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
            try:
                command = exec_command(address)
            except InexpressibleError as error:
                raise InexpressibleError(address, _TARGET, error.reason) from None
            return {"transport": "exec", "exec-str": _carried(command, "exec-str", address)}
        case RdmaAddress():
            try:
                inet = format_uri(address, release).removeprefix(_RDMA_PREFIX)
            except InexpressibleError as error:
                reason = f"rdma-str is written as in a URI: {error.reason}"
                raise InexpressibleError(address, _TARGET, reason) from None
            return {"transport": "rdma", "rdma-str": _carried(inet, "rdma-str", address)}
        case FileAddress():
            raise InexpressibleError(address, _TARGET, "it has no file transport")
        case _:
            raise not_an_address(address)


def _carried(text: str, name: str, address: MigrateAddress) -> str:
    bad = wire.first_not_carried(text)
    if bad is not None:
        reason = f"{name} holds {bad}, which JSON cannot carry to QEMU"
        raise InexpressibleError(address, _TARGET, reason)
    return text


def write_channels(channels: tuple[MigrateChannel, ...], release: Release) -> JsonObject:
    """Write the one channel.

    :raises InexpressibleError: there is not exactly one main channel, or the draft cannot say its address.
    """
    if len(channels) != 1 or channels[0].channel_type is not ChannelType.MAIN:
        raise InexpressibleError(channels, _TARGET, "it has exactly one channel, of type main")
    return {"channeltype": "main", "addr": write_address(channels[0].addr, release)}


DRAFT_V1: Final = Dialect("draft-v1", read_address, write_address, read_channels, write_channels)
"""The draft of December 2022: `channel`, one object. Every release refuses it."""
