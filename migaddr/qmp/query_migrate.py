"""What QEMU says back: the addresses on which an incoming migration listens.

    answer = {..., "socket-address": [{"type": "inet" | "unix" | "vsock" | "fd", ...}, ...], ...}

QEMU fills the list on the incoming side, when it listens on tcp, unix or vsock, newest first; a name with
several addresses gives several entries. An inet entry has a numeric host and port, and one of ipv4 and ipv6.
"""

from __future__ import annotations

from typing import Final

from migaddr.errors import WireError
from migaddr.model import SocketAddress
from migaddr.qmp import qapi, wire
from migaddr.releases import Release

_LIST: Final = "socket-address"


def read_query_migrate(answer: object, release: Release) -> tuple[SocketAddress, ...]:
    """Read the addresses in an answer to `query-migrate`: see `migaddr.addresses_from_query_migrate`."""
    if isinstance(answer, str):
        raise WireError(
            "is text: HMP's info migrate drops the brackets of an IPv6 address, so none can be read from it",
            "query-migrate",
            hint="ask query-migrate over QMP",
        )
    try:
        obj = wire.as_object(answer, "query-migrate")
        if isinstance(obj.get("return"), dict):
            obj = wire.as_object(obj["return"], "return")
        entries = obj.get(_LIST, [])
        if not isinstance(entries, list):
            raise wire.wrong_type(entries, _LIST, "array")
        return tuple(_read_entry(entry, f"{_LIST}[{index}]", release) for index, entry in enumerate(entries))
    except WireError as error:
        raise WireError(
            error.reason, error.path, hint=error.hint
        ) from None  # QEMU says this, it does not read it


def _read_entry(entry: object, path: str, release: Release) -> SocketAddress:
    return qapi.read_socket(wire.as_object(entry, path), path, release, ("type",))
