"""A dialect: one way in which migration addresses are, or once were meant to be, written as JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar, final

import attrs

from migaddr.model import MigrateAddress, MigrateChannel
from migaddr.qmp.wire import JsonObject
from migaddr.releases import Release

Channels_co = TypeVar("Channels_co", covariant=True)


@final
@attrs.frozen(repr=False)
class Dialect(Generic[Channels_co]):
    """The readers and writers of one dialect; the parameter is the JSON type that its channels have."""

    name: str
    read_address: Callable[[object, Release], MigrateAddress]
    write_address: Callable[[MigrateAddress, Release], JsonObject]
    read_channels: Callable[[object, Release], tuple[MigrateChannel, ...]]
    write_channels: Callable[[tuple[MigrateChannel, ...], Release], Channels_co]

    def __repr__(self) -> str:
        return f"<Dialect {self.name}>"
