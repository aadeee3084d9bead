"""What Hypothesis calls when it is imported, by its entry point: tells it how to draw migaddr's types."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from migaddr.commands import Migrate, MigrateIncoming, MigrateRecover
from migaddr.model import (
    ExecAddress,
    FdAddress,
    FileAddress,
    InetAddress,
    MigrateChannel,
    RdmaAddress,
    UnixAddress,
    VsockAddress,
)
from migaddr.releases import Release

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

_T = TypeVar("_T")


def register() -> None:
    """Register a strategy for every class of the model, for commands and for releases.

    The union `MigrateAddress` follows from its members. The strategies are loaded when something is drawn.
    """
    from hypothesis.strategies import register_type_strategy

    for address in (
        InetAddress, UnixAddress, VsockAddress, FdAddress, ExecAddress, RdmaAddress, FileAddress,
        MigrateChannel, Migrate, MigrateIncoming, MigrateRecover, Release,
    ):  # fmt: skip
        register_type_strategy(address, _strategy_of)


def _strategy_of(drawn: type[_T]) -> SearchStrategy[_T]:
    from migaddr import strategies as ours

    strategies: dict[type, SearchStrategy[object]] = {
        InetAddress: ours.inet_addresses(),
        UnixAddress: ours.unix_addresses(),
        VsockAddress: ours.vsock_addresses(),
        FdAddress: ours.fd_addresses(),
        ExecAddress: ours.exec_addresses(),
        RdmaAddress: ours.rdma_addresses(),
        FileAddress: ours.file_addresses(),
        MigrateChannel: ours.channels(),
        Migrate: ours.commands("migrate"),
        MigrateIncoming: ours.commands("migrate-incoming"),
        MigrateRecover: ours.commands("migrate-recover"),
        Release: ours.releases(),
    }
    return strategies[drawn]  # type: ignore[return-value]  # each draws its key
