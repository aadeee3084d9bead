"""The first draft of December 2022 ("MigrateChannel"), which no release ever took.

    channel = {"channeltype": "main", "addr": addr}
    addr    = {"transport": "socket", "socket-type": {"type": "inet" | "unix" | "vsock" | "fd", ...}}
            | {"transport": "exec", "exec-str": command}          ; what follows exec: in a URI
            | {"transport": "rdma", "rdma-str": inet}             ; what follows rdma: in a URI

There is one channel, not a list, and no file. The release decides which members an inet address has, and
how the text of `rdma-str` is read.
"""

from __future__ import annotations

from typing import Final

from migaddr.errors import InexpressibleError, ParseError, WireError
from migaddr.model import (
    ExecAddress,
    FdAddress,
    FileAddress,
    InetAddress,
    MigrateAddress,
    RdmaAddress,
    UnixAddress,
    VsockAddress,
    not_an_address,
)
from migaddr.qmp import drafts, qapi, wire
from migaddr.qmp.wire import JsonObject
from migaddr.releases import Release
from migaddr.uri import format_uri
from migaddr.uri.scheme import parse_inet

_TARGET: Final = "the draft of December 2022"
_WRAPPERS: Final = {"socket": "socket-type", "exec": "exec-str", "rdma": "rdma-str"}
_RDMA_PREFIX: Final = "rdma:"


def _read(value: object, path: str, release: Release) -> MigrateAddress:
    obj = wire.as_object(value, path)
    transport = wire.read_tag(obj, "transport", path, drafts.TRANSPORTS)
    name = _WRAPPERS[transport]
    found = drafts.read_wrapper(obj, name, path)
    if transport == "socket":
        return drafts.read_socket(found, f"{path}.{name}", release)
    if transport == "exec":
        return drafts.read_command(found, path, name)
    try:
        return RdmaAddress(parse_inet(wire.text(found, path, name), release))
    except ParseError as error:
        raise WireError(error.reason, f"{path}.rdma-str", hint=error.hint) from None


def _write(address: MigrateAddress, release: Release) -> JsonObject:
    match address:
        case InetAddress() | UnixAddress() | VsockAddress() | FdAddress():
            written = qapi.write_socket(address, release, _TARGET)
            return {"transport": "socket", "socket-type": written}
        case ExecAddress():
            return {"transport": "exec", "exec-str": drafts.write_command(address, "exec-str", _TARGET)}
        case RdmaAddress():
            try:
                inet = format_uri(address, release).removeprefix(_RDMA_PREFIX)
            except InexpressibleError as error:
                reason = f"rdma-str is written as in a URI: {error.reason}"
                raise InexpressibleError(address, _TARGET, reason) from None
            return {"transport": "rdma", "rdma-str": drafts.carried(inet, "rdma-str", address, _TARGET)}
        case FileAddress():
            drafts.refuse_file(address, _TARGET)
        case _:
            raise not_an_address(address)


DRAFT_V1: Final = drafts.one_channel("draft-v1", _TARGET, _read, _write)
"""The draft of December 2022: `channel`, one object. Every release refuses it."""
