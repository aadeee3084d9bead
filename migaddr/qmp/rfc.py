"""The first proposal, of 21 November 2022 ("multifd: Updated QAPI format"), which no release ever took.

    channels = [channel, ...]
    channel  = {"channeltype": "control" | "data" | "async", "src-addr": addr, "dest-addr": addr,
                "multifd-count": integer}                         ; dest-addr alone is not optional
    addr     = {"transport": "socket", "socket-type": {"type": "inet" | "unix" | "vsock" | "fd", ...}}
             | {"transport": "exec", "str": command}              ; what follows exec: in a URI

That is its schema. Its examples leave `socket-type` out and put the members of a socket beside `transport`;
such addresses are read as well, and written as the schema has them. There is neither rdma nor file.

A control channel is what became the main channel. The rest has no counterpart and is refused by name: QEMU
chooses the source address itself, and its multifd and post-copy channels go where the main channel goes.
"""

from __future__ import annotations

from typing import Final

from migaddr.errors import InexpressibleError, WireError
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
from migaddr.qmp import drafts, qapi, wire
from migaddr.qmp.dialect import Dialect
from migaddr.qmp.wire import JsonObject, JsonValue
from migaddr.releases import Release

_TARGET: Final = "the proposal of November 2022"
_TRANSPORTS: Final = ("socket", "exec")
_KINDS: Final = ("control", "data", "async")
_NAMES: Final = ("channeltype", "src-addr", "dest-addr", "multifd-count")
_NO_COUNTERPART: Final = {
    "data": (
        "data channels have no counterpart: multifd's go where the main channel goes",
        "leave it out, and say how many with the parameter multifd-channels",
    ),
    "async": (
        "async channels have no counterpart: post-copy's goes where the main channel goes",
        "leave it out, and set the capability postcopy-preempt",
    ),
    "src-addr": (
        "has no counterpart: QEMU leaves the source address to the kernel",
        "leave it out",
    ),
    "multifd-count": (
        "has no counterpart in a channel",
        "leave it out, and say how many with the parameter multifd-channels",
    ),
}


def read_address(value: object, release: Release) -> MigrateAddress:
    """Read one `addr` object, as that to which the first channel goes.

    :raises WireError: it has another shape than the proposal's.
    """
    return drafts.unanswered(_read, value, "channels[0].dest-addr", release)


def _read(value: object, path: str, release: Release) -> MigrateAddress:
    obj = wire.as_object(value, path)
    transport = wire.read_tag(obj, "transport", path, _TRANSPORTS)
    if transport == "exec":
        return drafts.read_command(drafts.read_wrapper(obj, "str", path), path, "str")
    if "type" in obj and "socket-type" not in obj:
        return qapi.read_socket(obj, path, release, ("transport", "type"))
    inner = drafts.read_wrapper(obj, "socket-type", path)
    return drafts.read_socket(inner, f"{path}.socket-type", release)


def read_channels(value: object, release: Release) -> tuple[MigrateChannel, ...]:
    """Read a list with one control channel.

    :raises WireError: it has another shape than the proposal's, or says what has no counterpart.
    """
    return drafts.unanswered(_read_list, value, release)


def _read_list(value: object, release: Release) -> tuple[MigrateChannel, ...]:
    if not isinstance(value, list):
        raise wire.wrong_type(value, "channels", "array")
    if not value:
        raise WireError("there is no control channel", "channels")
    found = tuple(_read_channel(item, f"channels[{index}]", release) for index, item in enumerate(value))
    if len(found) > 1:
        raise WireError("is a second control channel", "channels[1]")
    return found


def _read_channel(value: object, path: str, release: Release) -> MigrateChannel:
    obj = wire.as_object(value, path)
    kind = wire.read_tag(obj, "channeltype", path, _KINDS, _NAMES)
    if "dest-addr" not in obj:
        error = wire.missing(obj, "dest-addr", path, _NAMES)
        raise WireError(
            error.reason, error.path, hint="addr: write dest-addr" if "addr" in obj else error.hint
        )
    addr = _read(obj["dest-addr"], f"{path}.dest-addr", release)
    if any(name not in _NAMES for name in obj):
        raise wire.unexpected(obj, path, _NAMES)
    if kind != "control":
        raise _refused(kind, f"{path}.channeltype")
    for name in ("src-addr", "multifd-count"):
        if name in obj:
            raise _refused(name, f"{path}.{name}")
    return MigrateChannel(ChannelType.MAIN, addr)


def _refused(what: str, path: str) -> WireError:
    reason, hint = _NO_COUNTERPART[what]
    return WireError(reason, path, hint=hint)


def write_address(address: MigrateAddress, release: Release) -> JsonObject:
    """Write one `addr` object.

    :raises InexpressibleError: a file; rdma; an argument vector that is no shell command; a member that the
        release lacks; a text that JSON cannot carry.
    """
    match address:
        case InetAddress() | UnixAddress() | VsockAddress() | FdAddress():
            return {"transport": "socket", "socket-type": qapi.write_socket(address, release, _TARGET)}
        case ExecAddress():
            return {"transport": "exec", "str": drafts.write_command(address, "str", _TARGET)}
        case RdmaAddress():
            raise InexpressibleError(address, _TARGET, "it has no rdma transport")
        case FileAddress():
            drafts.refuse_file(address, _TARGET)
        case _:
            raise not_an_address(address)


def write_channels(channels: tuple[MigrateChannel, ...], release: Release) -> list[JsonValue]:
    """Write a list with one control channel.

    :raises InexpressibleError: there is not exactly one main channel, or the proposal cannot say its address.
    """
    main = drafts.main_channel(channels, _TARGET, "of a list, it has the main channel alone: as control")
    return [{"channeltype": "control", "dest-addr": write_address(main, release)}]


RFC: Final = Dialect(
    "rfc", read_address, write_address, read_channels, write_channels, commands=frozenset({"migrate"})
)
"""The proposal of November 2022: `channels`, a list with one control channel. Every release refuses it."""
