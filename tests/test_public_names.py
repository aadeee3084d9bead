"""The public names, as a snapshot: a change of this file is a change of the promise in docs/stability.md."""

from __future__ import annotations

import inspect
import tomllib
from pathlib import Path
from typing import get_args

import migaddr
from migaddr.model import ADDRESS_TYPES
from migaddr.qmp.qapi import SOCKET_TYPES

NAMES = """
    AddressError ChannelType Command CommandError DRAFT_V1 DRAFT_V2 DRAFT_V3 DRAFT_V4 Dialect ExecAddress FdAddress FileAddress HostOs InetAddress
    InexpressibleError JsonObject JsonValue LATEST MigaddrError Migrate MigrateAddress MigrateChannel
    MigrateIncoming MigrateRecover MigrationCancelledError MigrationFailedError Notice ParseError Part PeerError PeerLostError PeerRefusedError PeerTimeoutError QAPI
    RELEASES RFC RdmaAddress Refusal Release ReleaseLike SocketAddress Surprise TransportError UnixAddress UnknownReleaseError VsockAddress
    WireError __version__ address_from_qmp address_to_qmp addresses_from_query_migrate arguments_for
    channels_from_qmp channels_to_qmp command_from_qmp command_notices command_to_qmp exec_address
    exec_command format_uri parse_json parse_uri preflight uri_parts uri_surprises vectors
""".split()


def test_the_public_names_are_these() -> None:
    assert sorted(migaddr.__all__) == sorted(NAMES)
    assert all(hasattr(migaddr, name) for name in NAMES)


def test_every_public_name_is_documented() -> None:
    undocumented = [
        name
        for name in NAMES
        if inspect.isroutine(getattr(migaddr, name)) or inspect.isclass(getattr(migaddr, name))
        if not (getattr(migaddr, name).__doc__ or "").strip()
    ]
    assert undocumented == []


def test_the_version_is_that_of_the_project() -> None:
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]
    assert migaddr.__version__ == project["version"]


def test_readers_know_every_address_type() -> None:
    """What mypy cannot close: the readers' tables against the unions."""
    assert set(get_args(migaddr.MigrateAddress)) == set(ADDRESS_TYPES)
    assert len(get_args(migaddr.SocketAddress)) == len(SOCKET_TYPES)
    assert migaddr.LATEST.transports == {"socket", "exec", "rdma", "file"}
