"""The third draft, of 9 February 2023, which no release ever took.

    channel = {"channeltype": "main", "addr": addr}
    addr    = {"transport": "socket", "data": {"type": "inet" | "unix" | "vsock" | "fd", ...}}
            | {"transport": "exec", "data": [text, ...]}
            | {"transport": "rdma", "data": {"host": text, "port": text, ...}}

There is one channel, not a list, and no file.
"""

from __future__ import annotations

from typing import Final

from migaddr.model import MigrateAddress, MigrateChannel
from migaddr.qmp import drafts, wrapped
from migaddr.qmp.dialect import Dialect
from migaddr.qmp.wire import JsonObject
from migaddr.releases import Release

_TARGET: Final = "the draft of 9 February 2023"
_WRAPPERS: Final = {"socket": "data", "exec": "data", "rdma": "data"}


def read_address(value: object, release: Release) -> MigrateAddress:
    """Read one `addr` object.

    :raises WireError: it has another shape than the draft's.
    """
    return drafts.unanswered(_read, value, "channel.addr", release)


def read_channels(value: object, release: Release) -> tuple[MigrateChannel, ...]:
    """Read the one channel.

    :raises WireError: it has another shape than the draft's.
    """
    return drafts.read_one(value, _read, release)


def _read(value: object, path: str, release: Release) -> MigrateAddress:
    return wrapped.read(value, path, release, _WRAPPERS)


def write_address(address: MigrateAddress, release: Release) -> JsonObject:
    """Write one `addr` object.

    :raises InexpressibleError: a file; a member that the release lacks; a text that JSON cannot carry.
    """
    return wrapped.write(address, _TARGET, release, _WRAPPERS)


def write_channels(channels: tuple[MigrateChannel, ...], release: Release) -> JsonObject:
    """Write the one channel.

    :raises InexpressibleError: there is not exactly one main channel, or the draft cannot say its address.
    """
    main = drafts.main_channel(channels, _TARGET, drafts.ONE_CHANNEL)
    return drafts.write_one(main, write_address, release)


DRAFT_V3: Final = Dialect(
    "draft-v3", read_address, write_address, read_channels, write_channels, argument="channel"
)
"""The third draft, of 9 February 2023: `channel`, one object. Every release refuses it."""
