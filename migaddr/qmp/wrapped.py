"""Addresses whose members are wrapped in one member beside `transport`, as in the drafts of February 2023."""

from __future__ import annotations

from collections.abc import Mapping

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


def read(value: object, path: str, release: Release, wrappers: Mapping[str, str]) -> MigrateAddress:
    """Read one `addr` object; `wrappers` names for each transport the member that holds the address.

    :raises WireError: it has another shape.
    """
    obj = wire.as_object(value, path)
    transport = wire.read_tag(obj, "transport", path, drafts.TRANSPORTS)
    name = wrappers[transport]
    inner = drafts.read_wrapper(obj, name, path)
    if transport == "exec":
        return drafts.read_args(obj, name, path)
    path = f"{path}.{name}"
    if transport == "socket":
        return drafts.read_socket(inner, path, release)
    return drafts.read_rdma(wire.as_object(inner, path), path, release, ())


def write(address: MigrateAddress, target: str, release: Release, wrappers: Mapping[str, str]) -> JsonObject:
    """Write one `addr` object; `wrappers` as for `read`.

    :raises InexpressibleError: a file; a member that the release lacks; a text that JSON cannot carry.
    """
    match address:
        case InetAddress() | UnixAddress() | VsockAddress() | FdAddress():
            return {"transport": "socket", wrappers["socket"]: qapi.write_socket(address, release, target)}
        case ExecAddress():
            name = wrappers["exec"]
            return {"transport": "exec", name: drafts.write_args(address, name, target)}
        case RdmaAddress():
            return {"transport": "rdma", wrappers["rdma"]: drafts.write_rdma(address, target, release)}
        case FileAddress():
            drafts.refuse_file(address, target)
        case _:
            raise not_an_address(address)
