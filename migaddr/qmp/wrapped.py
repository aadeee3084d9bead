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
from migaddr.qmp.dialect import Dialect
from migaddr.qmp.wire import JsonObject
from migaddr.releases import Release


def one_channel(name: str, target: str, wrappers: Mapping[str, str]) -> Dialect[JsonObject]:
    """Make the dialect of such a draft; `wrappers` names the member that holds the address of a transport."""

    def read(value: object, path: str, release: Release) -> MigrateAddress:
        return _read(value, path, release, wrappers)

    def write(address: MigrateAddress, release: Release) -> JsonObject:
        return _write(address, target, release, wrappers)

    return drafts.one_channel(name, target, read, write)


def _read(value: object, path: str, release: Release, wrappers: Mapping[str, str]) -> MigrateAddress:
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


def _write(address: MigrateAddress, target: str, release: Release, wrappers: Mapping[str, str]) -> JsonObject:
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
