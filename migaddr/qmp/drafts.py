"""What the drafts that were posted before QEMU 8.2 have in common: channels around an address, and errors.

    channel = {"channeltype": "main", "addr": addr}

No release ever took a draft, so no error has an answer of QEMU's. Which members an inet address has, and
how the text of a URI is read where a draft has one, the given release decides; in all else a draft is one for
all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NoReturn, ParamSpec, TypeAlias, TypeVar

from migaddr.errors import AddressError, InexpressibleError, WireError
from migaddr.model import (
    ChannelType,
    ExecAddress,
    FileAddress,
    InetAddress,
    MigrateAddress,
    MigrateChannel,
    RdmaAddress,
)
from migaddr.qmp import members, qapi, wire
from migaddr.qmp.wire import JsonObject, JsonValue, Member, Shape
from migaddr.releases import Release
from migaddr.uri import exec_address, exec_command

_T = TypeVar("_T")
_P = ParamSpec("_P")

ONE_CHANNEL: Final = "it has exactly one channel, of type main"
TRANSPORTS: Final = ("socket", "exec", "rdma")
_NAMES: Final = ("channeltype", "addr")
_SPOKEN_BY: Final = {
    "exec-str": "DRAFT_V1",
    "rdma-str": "DRAFT_V1",
    "socket-type": "DRAFT_V1, DRAFT_V2 or RFC",
    "data": "DRAFT_V2 or DRAFT_V3",
    "args": "DRAFT_V4 or QAPI",
    "str": "RFC",
}
"""The dialects whose word a member is, by which another draft can be told."""


AddrReader: TypeAlias = Callable[[object, str, Release], MigrateAddress]
"""(value, path, release) -> the address of one `addr` object."""


def read_one(value: object, read: AddrReader, release: Release) -> tuple[MigrateChannel, ...]:
    """Read `channel`, one object.

    :raises WireError: it has another shape.
    """
    return (unanswered(_read_channel, value, "channel", read, release),)


def read_list_of_one(value: object, read: AddrReader, release: Release) -> tuple[MigrateChannel, ...]:
    """Read `channels`, a list that must have one entry.

    :raises WireError: it has another shape.
    """
    return unanswered(_read_list, value, read, release)


def write_one(
    address: MigrateAddress, write: Callable[[MigrateAddress, Release], JsonObject], release: Release
) -> JsonObject:
    """Write one channel of type main.

    :raises InexpressibleError: as `write`.
    """
    return {"channeltype": "main", "addr": write(address, release)}


def _read_list(value: object, read: AddrReader, release: Release) -> tuple[MigrateChannel, ...]:
    if not isinstance(value, list):
        raise wire.wrong_type(value, "channels", "array")
    if not value:
        raise WireError("must not be empty", "channels")
    found = tuple(
        _read_channel(item, f"channels[{index}]", read, release) for index, item in enumerate(value)
    )
    if len(found) > 1:
        raise WireError("the draft takes one channel only", "channels[1]")
    return found


def _read_channel(value: object, path: str, read: AddrReader, release: Release) -> MigrateChannel:
    obj = wire.as_object(value, path)
    wire.read_tag(obj, "channeltype", path, ("main",), _NAMES)
    if "addr" not in obj:
        raise wire.missing(obj, "addr", path, _NAMES)
    addr = read(obj["addr"], f"{path}.addr", release)
    if len(obj) > len(_NAMES):
        raise wire.unexpected(obj, path, _NAMES)
    return MigrateChannel(ChannelType.MAIN, addr)


def main_channel(channels: tuple[MigrateChannel, ...], target: str, reason: str) -> MigrateAddress:
    """Give the address of the one channel there is.

    :raises InexpressibleError: there are others, or it is not of type main.
    """
    if len(channels) != 1 or channels[0].channel_type is not ChannelType.MAIN:
        raise InexpressibleError(channels, target, reason)
    return channels[0].addr


def unanswered(read: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """Read, and drop from an error what QEMU would answer and die of: it never learnt a draft.

    :raises WireError: as `read`.
    """
    try:
        return read(*args, **kwargs)
    except WireError as error:
        raise WireError(error.reason, error.path, hint=error.hint) from None


# --- the parts of an address --------------------------------------------------------------------------


def read_wrapper(obj: dict[str, object], name: str, path: str) -> object:
    """Read the one member beside `transport`, in which an address is wrapped.

    :raises WireError: it is missing, with a hint at what was meant, or not alone.
    """
    if name not in obj:
        error = wire.missing(obj, name, path, ("transport", name))
        raise WireError(error.reason, error.path, hint=_wrapper_hint(obj, name) or error.hint)
    if len(obj) > 2:
        raise wire.unexpected(obj, path, ("transport", name))
    return obj[name]


def _wrapper_hint(obj: dict[str, object], name: str) -> str | None:
    for other, speaker in _SPOKEN_BY.items():
        if other in obj:
            return f"{other} is a word of {speaker}: read it as that, or write {name}"
    for other in ("exec", "rdma"):  # as the examples of the second draft have it, against its own schema
        if other in obj:
            return f"{other}: write {name}"
    if "type" in obj or "host" in obj:
        return f"put the members of the address into an object named {name}"
    return None


def read_socket(value: object, path: str, release: Release) -> MigrateAddress:
    """Read a wrapped `SocketAddress`."""
    return qapi.read_socket(wire.as_object(value, path), path, release, ("type",))


def read_rdma(obj: dict[str, object], path: str, release: Release, tags: tuple[str, ...]) -> RdmaAddress:
    """Read the members of an `InetSocketAddress`, without `type`."""
    return RdmaAddress(wire.build(InetAddress, obj, members.inet_shape(release.inet_members), path, tags))


def read_args(obj: dict[str, object], name: str, path: str) -> ExecAddress:
    """Read an argument vector, the member `name`."""
    return wire.build(ExecAddress, obj, Shape((Member(name, "args", wire.texts),)), path, ("transport",))


def read_command(value: object, path: str, name: str) -> ExecAddress:
    """Read what stands after `exec:` in a URI."""
    try:
        return exec_address(wire.text(value, path, name))
    except AddressError as error:
        raise WireError(error.reason, f"{path}.{name}") from None


def write_rdma(address: RdmaAddress, target: str, release: Release) -> JsonObject:
    """Write the members of an `InetSocketAddress`, without `type`.

    :raises InexpressibleError: the release has no such member, or JSON cannot carry a text.
    """
    try:
        written = qapi.write_socket(address.inet, release, target)
    except InexpressibleError as error:
        raise InexpressibleError(address, target, error.reason) from None
    del written["type"]
    return written


def write_args(address: ExecAddress, name: str, target: str) -> list[JsonValue]:
    """Write an argument vector, the member `name`.

    :raises InexpressibleError: JSON cannot carry a text.
    """
    return [carried(arg, name, address, target) for arg in address.args]


def write_command(address: ExecAddress, name: str, target: str) -> str:
    """Write what stands after `exec:` in a URI.

    :raises InexpressibleError: the vector is not a shell's, or JSON cannot carry the command.
    """
    try:
        command = exec_command(address)
    except InexpressibleError as error:
        raise InexpressibleError(address, target, error.reason) from None
    return carried(command, name, address, target)


def carried(text: str, name: str, address: MigrateAddress, target: str) -> str:
    """Give the text back if JSON can carry it.

    :raises InexpressibleError: it cannot.
    """
    bad = wire.first_not_carried(text)
    if bad is not None:
        reason = f"{name} holds {bad}, which JSON cannot carry to QEMU"
        raise InexpressibleError(address, target, reason)
    return text


def refuse_file(address: FileAddress, target: str) -> NoReturn:
    """Refuse a file, of which no draft up to the fourth knew.

    :raises InexpressibleError: always.
    """
    raise InexpressibleError(address, target, "it has no file transport")
