"""QEMU migration addresses: one typed model, and every way to spell it, exactly as each release reads it.

>>> import migaddr
>>> migaddr.parse_uri("tcp:[::1]:4446,to=4450")
InetAddress(host='::1', port='4446', numeric=None, to=4450, ipv4=None, ipv6=None, keep_alive=None, \
keep_alive_count=None, keep_alive_idle=None, keep_alive_interval=None, mptcp=None)
"""

from __future__ import annotations

from migaddr.errors import (
    AddressError,
    CommandError,
    InexpressibleError,
    MigaddrError,
    ParseError,
    UnknownReleaseError,
    WireError,
)
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
)
from migaddr.qmp import (
    DRAFT_V1,
    QAPI,
    Dialect,
    JsonObject,
    JsonValue,
    address_from_qmp,
    address_to_qmp,
    addresses_from_query_migrate,
    channels_from_qmp,
    channels_to_qmp,
    parse_json,
)
from migaddr.releases import LATEST, RELEASES, Release, ReleaseLike
from migaddr.uri import (
    HostOs,
    Part,
    Surprise,
    exec_address,
    exec_command,
    format_uri,
    parse_uri,
    uri_parts,
    uri_surprises,
)

__version__ = "0.1.0"

__all__ = [
    "DRAFT_V1",
    "LATEST",
    "QAPI",
    "RELEASES",
    "AddressError",
    "ChannelType",
    "CommandError",
    "Dialect",
    "ExecAddress",
    "FdAddress",
    "FileAddress",
    "HostOs",
    "InetAddress",
    "InexpressibleError",
    "JsonObject",
    "JsonValue",
    "MigaddrError",
    "MigrateAddress",
    "MigrateChannel",
    "ParseError",
    "Part",
    "RdmaAddress",
    "Release",
    "ReleaseLike",
    "SocketAddress",
    "Surprise",
    "UnixAddress",
    "UnknownReleaseError",
    "VsockAddress",
    "WireError",
    "__version__",
    "address_from_qmp",
    "address_to_qmp",
    "addresses_from_query_migrate",
    "channels_from_qmp",
    "channels_to_qmp",
    "exec_address",
    "exec_command",
    "format_uri",
    "parse_json",
    "parse_uri",
    "uri_parts",
    "uri_surprises",
]
