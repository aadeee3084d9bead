"""A dialect: one way in which migration addresses are, or once were meant to be, written as JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar, final

from migaddr.errors import WireError
from migaddr.model import MigrateAddress, MigrateChannel
from migaddr.qmp.wire import JsonObject
from migaddr.releases import Release

Channels_co = TypeVar("Channels_co", covariant=True)


@final
class Dialect(NamedTuple, Generic[Channels_co]):
    """The readers and writers of one dialect; the parameter is the JSON type that its channels have."""

    name: str
    read_address: Callable[[object, Release], MigrateAddress]
    write_address: Callable[[MigrateAddress, Release], JsonObject]
    read_channels: Callable[[object, Release], tuple[MigrateChannel, ...]]
    write_channels: Callable[[tuple[MigrateChannel, ...], Release], Channels_co]
    argument: str = "channels"
    """The argument of a command that takes its channels."""
    shipped: bool = False
    """Whether there are releases that know it: they decide what is read, and answer. A draft is the same for
    all."""
    commands: frozenset[str] = frozenset({"migrate", "migrate-incoming"})
    """Which commands have that argument; of a release, its data says it."""

    def __repr__(self) -> str:
        return f"<Dialect {self.name}>"


_Channels = TypeVar("_Channels")


def as_dialect(dialect: Dialect[_Channels]) -> Dialect[_Channels]:
    """Give the dialect itself.

    :raises WireError: it is none.
    """
    if not isinstance(dialect, Dialect):
        raise WireError("must be a Dialect, such as QAPI or DRAFT_V1", "dialect")
    return dialect
