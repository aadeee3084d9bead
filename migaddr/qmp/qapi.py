"""The dialect that shipped: QAPI `MigrationChannel`, since QEMU 8.2.

channels = [channel, ...]
channel  = {"channel-type": "main" | "cpr", "addr": addr}
addr     = {"transport": "socket", "type": "inet" | "unix" | "vsock" | "fd", ...}
         | {"transport": "exec", "args": [text, ...]}
         | {"transport": "rdma", ...as inet...}
         | {"transport": "file", "filename": text, "offset": uint64}
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
    SocketAddress,
    UnixAddress,
    VsockAddress,
    not_an_address,
)
from migaddr.qmp import members, wire
from migaddr.qmp.dialect import Dialect
from migaddr.qmp.wire import JsonObject, JsonValue, Shape
from migaddr.releases import RELEASES, Exclusivity, ListRule, Release

SOCKET_TYPES: Final = ("inet", "unix", "vsock", "fd")
_CHANNEL_TYPES: Final = {kind.value: kind for kind in ChannelType}


def read_address(value: object, release: Release) -> MigrateAddress:
    """Read one `addr` object, as that of the first channel.

    :raises WireError: the release refuses it, or dies of it.
    """
    _check_has_channels(release)
    path = "channels[0].addr"
    addr = _read_addr(value, path, release)
    if addr is None:
        raise _no_program(path, crashes_qemu=True)
    return addr


def _no_program(path: str, *, crashes_qemu: bool) -> WireError:
    return WireError("must not be empty", f"{path}.args", None, crashes_qemu, "name a program to run")


def _read_addr(value: object, path: str, release: Release) -> MigrateAddress | None:
    """Read an address; None is that of a program without a name, which QEMU takes, and dies of at use."""
    obj = wire.as_object(value, path)
    transport = wire.read_tag(obj, "transport", path, release.transports)
    if transport == "socket":
        return read_socket(obj, path, release, ("transport", "type"))
    tags = ("transport",)
    if transport == "rdma":
        return RdmaAddress(wire.build(InetAddress, obj, members.inet_shape(release), path, tags))
    if transport == "file":
        return wire.build(FileAddress, obj, members.FILE, path, tags)
    if obj.get("args") == []:
        wire.read_members(obj, members.EXEC, path, tags)
        return None
    return wire.build(ExecAddress, obj, members.EXEC, path, tags)


def read_socket(obj: dict[str, object], path: str, release: Release, tags: tuple[str, ...]) -> SocketAddress:
    """Read the members of a `SocketAddress`; `tags` are the names beside them, `type` included.

    :raises WireError: a member is missing, unexpected or wrong.
    """
    kind = wire.read_tag(obj, "type", path, SOCKET_TYPES)
    if kind == "inet":
        return wire.build(InetAddress, obj, members.inet_shape(release), path, tags)
    if kind == "unix":
        return wire.build(UnixAddress, obj, members.unix_shape(release), path, tags)
    if kind == "vsock":
        return wire.build(VsockAddress, obj, members.VSOCK, path, tags)
    return wire.build(FdAddress, obj, members.FD, path, tags)


def read_channels(value: object, release: Release) -> tuple[MigrateChannel, ...]:
    """Read a list of channels.

    :raises WireError: the release refuses it, or dies of it.
    """
    _check_has_channels(release)
    if not isinstance(value, list):
        raise wire.wrong_type(value, "channels", "array")
    found = [_read_channel(item, f"channels[{index}]", release) for index, item in enumerate(value)]
    _check_list([kind for kind, _ in found], release)
    channels: list[MigrateChannel] = []
    for index, (kind, addr) in enumerate(found):
        if addr is None:  # only the main channel's program is run
            raise _no_program(f"channels[{index}].addr", crashes_qemu=kind is ChannelType.MAIN)
        channels.append(MigrateChannel(kind, addr))
    return tuple(channels)


def _read_channel(value: object, path: str, release: Release) -> tuple[ChannelType, MigrateAddress | None]:
    obj = wire.as_object(value, path)
    names = ("channel-type", "addr")
    allowed = [name for name, kind in _CHANNEL_TYPES.items() if kind in release.channel_types]
    channel_type = _CHANNEL_TYPES[wire.read_tag(obj, "channel-type", path, allowed, names)]
    if "addr" not in obj:
        raise wire.missing(obj, "addr", path, names)
    addr = _read_addr(obj["addr"], f"{path}.addr", release)
    if len(obj) > len(names):
        raise wire.unexpected(obj, path, names)
    return channel_type, addr


def _check_list(kinds: list[ChannelType], release: Release) -> None:
    """Check how many channels there are, in the words of the command that takes most."""
    if not kinds:
        command = "migrate" if "channels" in _usable(release) else "migrate-incoming"
        long = f"neither 'uri' or 'channels' argument are specified in '{command}' qmp command "
        answer = (
            long if release.exclusivity is Exclusivity.LONG else "need either 'uri' or 'channels' argument"
        )
        raise WireError("must not be empty: it counts as absent", "channels", answer)
    if release.list_rule is ListRule.ONE_ENTRY:
        if len(kinds) > 1:
            answer = "Channel list has more than one entries"
            raise WireError(f"QEMU {release} takes one channel only", "channels[1]", answer)
        return
    seen: set[ChannelType] = set()
    for index, kind in enumerate(kinds):
        if kind in seen:
            answer = f"Channel list has more than one {kind.value} entry"
            raise WireError(f"is a second {kind.value} channel", f"channels[{index}]", answer)
        seen.add(kind)
    if ChannelType.MAIN not in seen:
        hint = "add the channel whose channel-type is main"
        raise WireError("there is no main channel", "channels", None, True, hint)


def _usable(release: Release) -> frozenset[str]:
    """Name the arguments of `migrate` that can stand alone."""
    arguments = release.migrate
    return arguments.required or arguments.optional


def _check_has_channels(release: Release) -> None:
    if not release.transports:
        answer = "Parameter 'uri' is missing"
        raise WireError(_no_channels(release), "channels", answer, hint="give it a uri")


def write_address(address: MigrateAddress, release: Release) -> JsonObject:
    """Write one `addr` object.

    :raises InexpressibleError: the release has no channels or no such member, or JSON cannot carry it.
    """
    target = _target(release)
    if not release.transports:
        raise InexpressibleError(address, target, _no_channels(release))
    match address:
        case InetAddress() | UnixAddress() | VsockAddress() | FdAddress():
            return {"transport": "socket", **write_socket(address, release, target)}
        case ExecAddress():
            return {"transport": "exec", **_write(address, address, members.EXEC, target)}
        case RdmaAddress(inet):
            shape = members.inet_shape(release)
            return {"transport": "rdma", **_write(inet, address, shape, target)}
        case FileAddress():
            return {"transport": "file", **_write(address, address, members.FILE, target)}
        case _:
            raise not_an_address(address)


def write_socket(address: SocketAddress, release: Release, target: str) -> JsonObject:
    """Write the members of a `SocketAddress`, `type` first.

    :raises InexpressibleError: the release has no such member, or JSON cannot carry a text.
    """
    match address:
        case InetAddress():
            kind, shape = "inet", members.inet_shape(release)
        case UnixAddress():
            kind, shape = "unix", members.unix_shape(release)
        case VsockAddress():
            kind, shape = "vsock", members.VSOCK
        case FdAddress():  # pragma: no branch -- the type checkers know of no other
            kind, shape = "fd", members.FD
    return {"type": kind, **_write(address, address, shape, target)}


def _write(
    part: SocketAddress | ExecAddress | FileAddress,
    address: MigrateAddress,
    shape: Shape,
    target: str,
) -> JsonObject:
    """Write the members of `part` that are present; `address` is the whole, for errors."""
    written: JsonObject = {}
    for member in (*shape.required, *shape.optional):
        value = getattr(part, member.attribute)
        if value is None:
            continue
        for text in value if isinstance(value, tuple) else (value,):
            if isinstance(text, str) and (bad := wire.first_not_carried(text)) is not None:
                reason = f"{member.wire} holds {bad}, which JSON cannot carry to QEMU"
                raise InexpressibleError(address, target, reason)
        written[member.wire] = list(value) if isinstance(value, tuple) else value
    for name in members.given(part):
        if name not in written:
            reason = members.since_when(name) or f"this QEMU has no member {name}"
            raise InexpressibleError(address, target, reason)
    return written


def write_channels(channels: tuple[MigrateChannel, ...], release: Release) -> list[JsonValue]:
    """Write a list of channels.

    :raises InexpressibleError: the release does not take this list, or an address in it.
    """
    target = _target(release)
    if not release.transports:
        raise InexpressibleError(channels, target, _no_channels(release))
    for channel in channels:
        if channel.channel_type not in release.channel_types:
            since = next(r for r in RELEASES if channel.channel_type in r.channel_types)
            reason = f"{channel.channel_type.value} channels came with QEMU {since}"
            raise InexpressibleError(channels, target, reason)
    try:
        _check_list([channel.channel_type for channel in channels], release)
    except WireError as error:
        raise InexpressibleError(channels, target, f"{error.path} {error.reason}") from None
    return [
        {"channel-type": channel.channel_type.value, "addr": write_address(channel.addr, release)}
        for channel in channels
    ]


def _target(release: Release) -> str:
    return f"channels for QEMU {release}"


def _no_channels(release: Release) -> str:
    since = next(known for known in RELEASES if known.transports)
    return f"QEMU {release} has no channels, they came with {since}"


QAPI: Final = Dialect("qapi", read_address, write_address, read_channels, write_channels)
"""What shipped: `channels`, a list, since QEMU 8.2."""
