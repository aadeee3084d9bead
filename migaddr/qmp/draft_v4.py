"""The fourth draft, of May 2023, which no release ever took.

    channels = [{"channeltype": "main", "addr": addr}]
    addr     = {"transport": "socket", "type": "inet" | "unix" | "vsock" | "fd", ...}
             | {"transport": "exec", "args": [text, ...]}
             | {"transport": "rdma", "host": text, "port": text, ...}

The addresses are those that shipped with QEMU 8.2, without the file; around them `channeltype` still has no
hyphen. The list has one entry.
"""

from __future__ import annotations

from typing import Final

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
from migaddr.qmp.wire import JsonObject, JsonValue
from migaddr.releases import Release

_TARGET: Final = "the draft of May 2023"
_TAGS: Final = ("transport",)


def read_address(value: object, release: Release) -> MigrateAddress:
    """Read one `addr` object, as that of the one channel.

    :raises WireError: it has another shape than the draft's.
    """
    return drafts.unanswered(_read, value, "channels[0].addr", release)


def read_channels(value: object, release: Release) -> tuple[MigrateChannel, ...]:
    """Read the list of one channel.

    :raises WireError: it has another shape than the draft's.
    """
    return drafts.read_list_of_one(value, _read, release)


def _read(value: object, path: str, release: Release) -> MigrateAddress:
    obj = wire.as_object(value, path)
    transport = wire.read_tag(obj, "transport", path, drafts.TRANSPORTS)
    if transport == "socket":
        return qapi.read_socket(obj, path, release, (*_TAGS, "type"))
    if transport == "exec":
        return drafts.read_args(obj, "args", path)
    return drafts.read_rdma(obj, path, release, _TAGS)


def write_address(address: MigrateAddress, release: Release) -> JsonObject:
    """Write one `addr` object.

    :raises InexpressibleError: a file; a member that the release lacks; a text that JSON cannot carry.
    """
    match address:
        case InetAddress() | UnixAddress() | VsockAddress() | FdAddress():
            return {"transport": "socket", **qapi.write_socket(address, release, _TARGET)}
        case ExecAddress():
            return {"transport": "exec", "args": drafts.write_args(address, "args", _TARGET)}
        case RdmaAddress():
            return {"transport": "rdma", **drafts.write_rdma(address, _TARGET, release)}
        case FileAddress():
            drafts.refuse_file(address, _TARGET)
        case _:
            raise not_an_address(address)


def write_channels(channels: tuple[MigrateChannel, ...], release: Release) -> list[JsonValue]:
    """Write the list of one channel.

    :raises InexpressibleError: there is not exactly one main channel, or the draft cannot say its address.
    """
    main = drafts.main_channel(channels, _TARGET, drafts.ONE_CHANNEL)
    return [drafts.write_one(main, write_address, release)]


DRAFT_V4: Final = Dialect("draft-v4", read_address, write_address, read_channels, write_channels)
"""The fourth draft, of May 2023: `channels`, a list of one. Every release refuses it."""
