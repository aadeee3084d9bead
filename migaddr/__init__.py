"""QEMU migration addresses: one typed model, and every way to spell it, exactly as each release reads it.

>>> import migaddr
>>> migaddr.parse_uri("tcp:[::1]:4446,to=4450")
InetAddress(host='::1', port='4446', to=4450)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from migaddr.errors import (
    AddressError,
    CommandError,
    InexpressibleError,
    MigaddrError,
    MigrationCancelledError,
    MigrationFailedError,
    ParseError,
    PeerError,
    PeerLostError,
    PeerRefusedError,
    PeerTimeoutError,
    Refusal,
    TransportError,
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
from migaddr.releases import LATEST, RELEASES, Release, ReleaseLike
from migaddr.uri import (
    HostOs,
    exec_address,
    exec_command,
    format_uri,
    parse_uri,
    uri_parts,
    uri_surprises,
)

if TYPE_CHECKING:
    from migaddr.commands import (
        Command,
        Migrate,
        MigrateIncoming,
        MigrateRecover,
        Notice,
        arguments_for,
        command_from_qmp,
        command_notices,
        command_to_qmp,
        preflight,
    )
    from migaddr.conformance import vectors
    from migaddr.qmp import (
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
    from migaddr.qmp.draft_v1 import DRAFT_V1
    from migaddr.qmp.draft_v2 import DRAFT_V2
    from migaddr.qmp.draft_v3 import DRAFT_V3
    from migaddr.qmp.draft_v4 import DRAFT_V4
    from migaddr.qmp.rfc import RFC
    from migaddr.uri.trace import Part, Surprise

__version__ = "0.1.0"

_WHERE: Final = {
    "Command": "migaddr.commands",
    "DRAFT_V1": "migaddr.qmp.draft_v1",
    "DRAFT_V2": "migaddr.qmp.draft_v2",
    "DRAFT_V3": "migaddr.qmp.draft_v3",
    "DRAFT_V4": "migaddr.qmp.draft_v4",
    "Dialect": "migaddr.qmp",
    "JsonObject": "migaddr.qmp",
    "JsonValue": "migaddr.qmp",
    "Migrate": "migaddr.commands",
    "MigrateIncoming": "migaddr.commands",
    "MigrateRecover": "migaddr.commands",
    "Notice": "migaddr.commands",
    "Part": "migaddr.uri.trace",
    "QAPI": "migaddr.qmp",
    "RFC": "migaddr.qmp.rfc",
    "Surprise": "migaddr.uri.trace",
    "address_from_qmp": "migaddr.qmp",
    "address_to_qmp": "migaddr.qmp",
    "addresses_from_query_migrate": "migaddr.qmp",
    "arguments_for": "migaddr.commands",
    "channels_from_qmp": "migaddr.qmp",
    "channels_to_qmp": "migaddr.qmp",
    "command_from_qmp": "migaddr.commands",
    "command_notices": "migaddr.commands",
    "command_to_qmp": "migaddr.commands",
    "parse_json": "migaddr.qmp",
    "preflight": "migaddr.commands",
    "vectors": "migaddr.conformance",
}
"""Names that many programs do without (JSON, commands, drafts): each is loaded when it is first asked for."""


__all__ = [
    "DRAFT_V1",
    "DRAFT_V2",
    "DRAFT_V3",
    "DRAFT_V4",
    "LATEST",
    "QAPI",
    "RELEASES",
    "RFC",
    "AddressError",
    "ChannelType",
    "Command",
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
    "Migrate",
    "MigrateAddress",
    "MigrateChannel",
    "MigrateIncoming",
    "MigrateRecover",
    "MigrationCancelledError",
    "MigrationFailedError",
    "Notice",
    "ParseError",
    "Part",
    "PeerError",
    "PeerLostError",
    "PeerRefusedError",
    "PeerTimeoutError",
    "RdmaAddress",
    "Refusal",
    "Release",
    "ReleaseLike",
    "SocketAddress",
    "Surprise",
    "TransportError",
    "UnixAddress",
    "UnknownReleaseError",
    "VsockAddress",
    "WireError",
    "__version__",
    "address_from_qmp",
    "address_to_qmp",
    "addresses_from_query_migrate",
    "arguments_for",
    "channels_from_qmp",
    "channels_to_qmp",
    "command_from_qmp",
    "command_notices",
    "command_to_qmp",
    "exec_address",
    "exec_command",
    "format_uri",
    "parse_json",
    "parse_uri",
    "preflight",
    "uri_parts",
    "uri_surprises",
    "vectors",
]


if not TYPE_CHECKING:  # pragma: no branch (to a type checker a name that is not above is an error)

    def __getattr__(name: str) -> object:
        if name not in _WHERE:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        import importlib

        value: object = getattr(importlib.import_module(_WHERE[name]), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_WHERE})
