"""The dialect that shipped: QAPI `MigrationChannel`, since QEMU 8.2.

channels = [channel, ...]
channel  = {"channel-type": "main" | "cpr", "addr": addr}
addr     = {"transport": "socket", "type": "inet" | "unix" | "vsock" | "fd", ...}
         | {"transport": "exec", "args": [text, ...]}
         | {"transport": "rdma", ...as inet...}
         | {"transport": "file", "filename": text, "offset": uint64}
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeAlias, cast

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
Found: TypeAlias = tuple[ChannelType, MigrateAddress | None]
"""A channel as it was read; None is the address of a program without a name."""


def read_address(value: object, release: Release) -> MigrateAddress:
    """Read one `addr` object, as that of the first channel.

    :raises WireError: the release refuses it, or dies of it.
    """
    if not release.transports:
        raise _has_no_channels(release)
    path = "channels[0].addr"
    addr = _read_addr(value, path, release)
    if addr is None:
        raise _no_program(path, crashes_qemu=True)
    return addr


def _no_program(path: str, *, crashes_qemu: bool) -> WireError:
    return WireError("must not be empty", f"{path}.args", None, crashes_qemu, "name a program to run")


def _read_addr(value: object, path: str, release: Release) -> MigrateAddress | None:
    """Read an address; None is that of a program without a name, which QEMU takes, and dies of at use."""
    if not isinstance(value, dict):
        raise wire.wrong_type(value, path, "object")
    obj: dict[str, object] = value
    arms = _arms(release.transports, release.inet_members, release.unix_members)
    try:
        arm = arms.get((obj.get("transport"), obj.get("type")))
    except TypeError:  # a tag that cannot be looked up is no tag
        arm = None
    if arm is None:
        transport = wire.read_tag(obj, "transport", path, release.transports)
        kind = wire.read_tag(obj, "type", path, SOCKET_TYPES) if transport == "socket" else None
        arm = arms[transport, kind]  # it has a type where none belongs: an unexpected member
    if arm.make is ExecAddress and obj.get("args") == []:
        return wire.build(lambda _: None, obj, arm.shape, path, arm.tags)
    return wire.build(arm.make, obj, arm.shape, path, arm.tags)


class _Arm(NamedTuple):
    """One branch of the union: what makes the address of which members, beside which tags."""

    make: Callable[..., MigrateAddress]
    shape: Shape
    tags: tuple[str, ...]


@functools.lru_cache(maxsize=32)
def _arms(
    transports: frozenset[str], inet_members: frozenset[str], unix_members: frozenset[str]
) -> dict[tuple[object, object], _Arm]:
    """Give the branches that a release has: (transport, type of a socket) -> arm."""
    inet, unix = members.inet_shape(inet_members), members.unix_shape(unix_members)
    socket, other = ("transport", "type"), ("transport",)
    arms: dict[tuple[object, object], _Arm] = {
        ("socket", "inet"): _Arm(InetAddress, inet, socket),
        ("socket", "unix"): _Arm(UnixAddress, unix, socket),
        ("socket", "vsock"): _Arm(VsockAddress, members.VSOCK, socket),
        ("socket", "fd"): _Arm(FdAddress, members.FD, socket),
        ("exec", None): _Arm(ExecAddress, members.EXEC, other),
        ("rdma", None): _Arm(_rdma, inet, other),
        ("file", None): _Arm(_file, members.FILE, other),
    }
    return {tags: arm for tags, arm in arms.items() if tags[0] in transports}


def _rdma(host: str, port: str, **options: Any) -> RdmaAddress:
    return RdmaAddress(InetAddress(host, port, **options))


def _file(filename: str, offset: int) -> FileAddress:
    return FileAddress(filename, offset=offset)


def read_socket(obj: dict[str, object], path: str, release: Release, tags: tuple[str, ...]) -> SocketAddress:
    """Read the members of a `SocketAddress`; `tags` are the names beside them, `type` included.

    :raises WireError: a member is missing, unexpected or wrong.
    """
    kind = wire.read_tag(obj, "type", path, SOCKET_TYPES)
    arm = _arms(frozenset({"socket"}), release.inet_members, release.unix_members)["socket", kind]
    return cast("SocketAddress", wire.build(arm.make, obj, arm.shape, path, tags))


def read_channels(value: object, release: Release) -> tuple[MigrateChannel, ...]:
    """Read a list of channels.

    :raises WireError: the release refuses it, or dies of it.
    """
    if not release.transports:
        raise _has_no_channels(release)
    found = read_list(value, release)
    if not found:
        command = "migrate" if "channels" in _usable(release) else "migrate-incoming"
        raise WireError(
            "must not be empty: it counts as absent", "channels", need_either(command, release, neither=True)
        )
    check_list([kind for kind, _ in found], release)
    return as_channels(found)


def read_list(value: object, release: Release) -> list[Found]:
    """Read a list of channels as far as its shape tells.

    :raises WireError: it has another shape than the release's.
    """
    if not isinstance(value, list):
        raise wire.wrong_type(value, "channels", "array")
    return [read_channel(item, f"channels[{index}]", release) for index, item in enumerate(value)]


def as_channels(found: list[Found]) -> tuple[MigrateChannel, ...]:
    """Make channels of what was read.

    :raises WireError: one names no program, of which QEMU dies if it runs it.
    """
    channels: list[MigrateChannel] = []
    for index, (kind, addr) in enumerate(found):
        if addr is None:  # only the main channel's program is run
            raise _no_program(f"channels[{index}].addr", crashes_qemu=kind is ChannelType.MAIN)
        channels.append(MigrateChannel(kind, addr))
    return tuple(channels)


def read_channel(value: object, path: str, release: Release) -> Found:
    """Read one channel; `path` is empty where it stands alone.

    :raises WireError: it has another shape than the release's.
    """
    obj = wire.as_object(value, path)
    names = ("channel-type", "addr")
    allowed = _allowed(release.channel_types)
    channel_type = allowed[wire.read_tag(obj, "channel-type", path, allowed, names)]
    if "addr" not in obj:
        raise wire.missing(obj, "addr", path, names)
    addr = _read_addr(obj["addr"], wire.below(path, "addr"), release)
    if len(obj) > len(names):
        raise wire.unexpected(obj, path, names)
    return channel_type, addr


@functools.lru_cache(maxsize=8)
def _allowed(kinds: frozenset[ChannelType]) -> dict[str, ChannelType]:
    """Give the channel types that a release has, by their names."""
    return {kind.value: kind for kind in ChannelType if kind in kinds}


def need_either(command: str, release: Release, *, neither: bool) -> str:
    """Give the words with which the command refuses none, or both, of `uri` and `channels`."""
    if release.exclusivity is not Exclusivity.LONG:
        return "need either 'uri' or 'channels' argument"
    if neither:
        return f"neither 'uri' or 'channels' argument are specified in '{command}' qmp command "
    return (
        "'uri' and 'channels' arguments are mutually exclusive; "
        f"exactly one of the two should be present in '{command}' qmp command "
    )


def check_list(kinds: list[ChannelType], release: Release) -> None:
    """Check which channels there are in a list for `migrate` that is not empty.

    :raises WireError: the release refuses them, or dies of them.
    """
    if release.list_rule is ListRule.ONE_ENTRY:
        _check_one_entry(kinds, release)
        return
    seen: set[ChannelType] = set()
    for index, kind in enumerate(kinds):
        if kind in seen:
            answer = f"Channel list has more than one {kind.value} entry"
            raise WireError(f"is a second {kind.value} channel", f"channels[{index}]", answer)
        seen.add(kind)
    if ChannelType.MAIN not in seen:
        raise _no_main()


def check_incoming_list(kinds: list[ChannelType], release: Release) -> None:
    """Check which channels there are in a list for `migrate-incoming` that is not empty.

    :raises WireError: the release refuses them, or dies of them.
    """
    if release.list_rule is ListRule.ONE_ENTRY:
        _check_one_entry(kinds, release)
        return
    if len(kinds) > 1:
        raise WireError(
            "migrate-incoming takes the main channel only",
            "channels[1]",
            "Channel list must have only one entry, for type 'main'",
            hint="give the cpr channel to the option -incoming",
        )
    if kinds[0] is not ChannelType.MAIN and not release.incoming_uses_any_type:
        raise _no_main()


def _check_one_entry(kinds: list[ChannelType], release: Release) -> None:
    if len(kinds) > 1:
        answer = "Channel list has more than one entries"
        raise WireError(f"QEMU {release} takes one channel only", "channels[1]", answer)


def _no_main() -> WireError:
    hint = "add the channel whose channel-type is main"
    return WireError("there is no main channel", "channels", None, True, hint)


def _usable(release: Release) -> frozenset[str]:
    """Name the arguments of `migrate` that can stand alone."""
    arguments = release.migrate
    return arguments.required or arguments.optional


def _has_no_channels(release: Release) -> WireError:
    return WireError(_no_channels(release), "channels", "Parameter 'uri' is missing", hint="give it a uri")


def write_address(address: MigrateAddress, release: Release) -> JsonObject:
    """Write one `addr` object.

    :raises InexpressibleError: the release has no channels or no such member, or JSON cannot carry it.
    """
    if not release.transports:
        raise InexpressibleError(address, _target(release), _no_channels(release))
    match address:
        case InetAddress() | UnixAddress() | VsockAddress() | FdAddress():
            return {"transport": "socket", **write_socket(address, release)}
        case ExecAddress():
            return {"transport": "exec", **_write(address, address, members.EXEC, release)}
        case RdmaAddress(inet):
            shape = members.inet_shape(release.inet_members)
            return {"transport": "rdma", **_write(inet, address, shape, release)}
        case FileAddress():
            return {"transport": "file", **_write(address, address, members.FILE, release)}
        case _:
            raise not_an_address(address)


def write_socket(address: SocketAddress, release: Release, target: str | None = None) -> JsonObject:
    """Write the members of a `SocketAddress`, `type` first, for a `target`; None: the release's channels.

    :raises InexpressibleError: the release has no such member, or JSON cannot carry a text.
    """
    match address:
        case InetAddress():
            kind, shape = "inet", members.inet_shape(release.inet_members)
        case UnixAddress():
            kind, shape = "unix", members.unix_shape(release.unix_members)
        case VsockAddress():
            kind, shape = "vsock", members.VSOCK
        case FdAddress():  # pragma: no branch -- the type checkers know of no other
            kind, shape = "fd", members.FD
    return {"type": kind, **_write(address, address, shape, release, target)}


def _write(
    part: SocketAddress | ExecAddress | FileAddress,
    address: MigrateAddress,
    shape: Shape,
    release: Release,
    target: str | None = None,
) -> JsonObject:
    """Write the members of `part` that are present; `address` is the whole, for errors."""
    written: JsonObject = {}
    for member in (*shape.required, *shape.optional):
        value = getattr(part, member.attribute)
        if value is None:
            continue
        if isinstance(value, tuple):
            bad = next(filter(None, map(wire.first_not_carried, value)), None)
            value = list(value)
        else:
            bad = wire.first_not_carried(value) if isinstance(value, str) else None
        if bad is not None:
            reason: str | None = f"{member.wire} holds {bad}, which JSON cannot carry to QEMU"
            break
        written[member.wire] = value
    else:
        reason = members.lacking(part, shape)
    if reason is not None:
        raise InexpressibleError(address, target or _target(release), reason)
    return written


def write_channels(channels: tuple[MigrateChannel, ...], release: Release) -> list[JsonValue]:
    """Write a list of channels.

    :raises InexpressibleError: the release does not take this list, or an address in it.
    """
    if not release.transports:
        raise InexpressibleError(channels, _target(release), _no_channels(release))
    for channel in channels:
        if channel.channel_type not in release.channel_types:
            since = next(r for r in RELEASES if channel.channel_type in r.channel_types)
            reason = f"{channel.channel_type.value} channels came with QEMU {since}"
            raise InexpressibleError(channels, _target(release), reason)
    if not channels:
        raise InexpressibleError(
            channels, _target(release), "channels must not be empty: it counts as absent"
        )
    try:
        check_list([channel.channel_type for channel in channels], release)
    except WireError as error:
        raise InexpressibleError(channels, _target(release), f"{error.path} {error.reason}") from None
    return [
        {"channel-type": channel.channel_type.value, "addr": write_address(channel.addr, release)}
        for channel in channels
    ]


def _target(release: Release) -> str:
    return f"channels for QEMU {release}"


def _no_channels(release: Release) -> str:
    since = next(known for known in RELEASES if known.transports)
    return f"QEMU {release} has no channels, they came with {since}"


QAPI: Final = Dialect("qapi", read_address, write_address, read_channels, write_channels, shipped=True)
"""What shipped: `channels`, a list, since QEMU 8.2."""
