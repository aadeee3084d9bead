"""The part of pyverbs that is used, typed; how it is loaded, and what its errors become.

pyverbs is rdma-core's own Python binding: it comes with the distribution, for its own Python, and is loaded
when the first rdma address is used. It has no annotations.
"""

# ruff: noqa: D101, D102, N802  # pyverbs names them, and documents them

from __future__ import annotations

import contextlib
import errno
import importlib
import logging
import os
from collections.abc import Generator
from typing import Any, Final, Protocol

from migaddr.errors import TransportError
from migaddr.model import RdmaAddress

INSTALL: Final = (
    "install pyverbs of rdma-core and the drivers, and run migaddr under the system's Python:"
    " apt-get install python3-pyverbs ibverbs-providers"
)


class Closable(Protocol):
    def close(self) -> None: ...


class Event(Closable, Protocol):
    @property
    def event_type(self) -> int: ...
    @property
    def private_data(self) -> bytes: ...
    def event_str(self) -> str: ...


class Param(Protocol):
    def set_private_data(self, data: bytes) -> None: ...


class Region(Closable, Protocol):
    @property
    def rkey(self) -> int: ...


class Completion(Protocol):
    @property
    def status(self) -> int: ...
    @property
    def opcode(self) -> int: ...
    @property
    def byte_len(self) -> int: ...


class Queue(Closable, Protocol):
    def poll(self, num_entries: int = 1) -> tuple[int, list[Completion]]: ...
    def req_notify(self) -> None: ...


class CompletionChannel(Closable, Protocol):
    def get_cq_event(self, expected_cq: Queue) -> None: ...


class CmId(Closable, Protocol):
    """The part of pyverbs' CMID that is used."""

    @property
    def context(self) -> object: ...
    @property
    def port_num(self) -> int: ...
    def bind_addr(self, lai: Closable) -> None: ...
    def listen(self, backlog: int) -> None: ...
    def resolve_addr(self, rai: Closable, timeout_ms: int) -> None: ...
    def resolve_route(self, timeout_ms: int) -> None: ...
    def create_qp(self, qp_init: object) -> None: ...
    def connect(self, param: Param) -> None: ...
    def accept(self, param: Param) -> None: ...
    def reject(self) -> None: ...
    def disconnect(self) -> None: ...
    def post_recv(self, mr: Region, length: int) -> None: ...
    def post_send(self, mr: Region, flags: int, length: int) -> None: ...
    def post_write(self, mr: Region, length: int, remote_addr: int, rkey: int, flags: int) -> None: ...


class Pyverbs(Protocol):
    """The part of pyverbs that is used."""

    Error: type[Exception]

    def AddrInfo(self, **hints: object) -> Closable: ...
    def CMEventChannel(self) -> Closable: ...
    def CMEvent(self, channel: Closable) -> Event: ...
    def CMID(self, creator: Closable, listen_id: CmId | None = None) -> CmId: ...
    def ConnParam(self, **members: int) -> Param: ...
    def Context(self, *, cmid: CmId) -> object: ...
    def PD(self, creator: CmId) -> object: ...
    def CompChannel(self, context: object) -> CompletionChannel: ...
    def CQ(self, context: object, cqe: int, cq_context: None, channel: CompletionChannel) -> Queue: ...
    def QPCap(self, **members: int) -> object: ...
    def QPInitAttr(self, **members: object) -> object: ...
    def MR(self, creator: CmId, length: int, access: int, *, address: int) -> Region: ...


_NAMES: Final = {
    "pyverbs.cmid": ("AddrInfo", "CMEventChannel", "CMEvent", "CMID", "ConnParam"),
    "pyverbs.device": ("Context",),
    "pyverbs.pd": ("PD",),
    "pyverbs.cq": ("CompChannel", "CQ"),
    "pyverbs.qp": ("QPCap", "QPInitAttr"),
    "pyverbs.mr": ("MR",),
}


def load(address: RdmaAddress) -> Pyverbs:
    """Load pyverbs.

    :raises TransportError: it is not installed, or not for this Python.
    """
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    found: dict[str, Any] = {}
    try:
        for module, names in _NAMES.items():
            loaded = importlib.import_module(module)
            found |= {name: getattr(loaded, name) for name in names}
        found["Error"] = importlib.import_module("pyverbs.pyverbs_error").PyverbsError
    except (ImportError, AttributeError) as error:
        raise TransportError(
            address, f"pyverbs cannot be loaded: {error}", errno.EPROTONOSUPPORT, INSTALL
        ) from None
    finally:
        root.handlers[:], root.level = handlers, level  # pyverbs sets logging up for the whole program
    verbs: Any = type("_Loaded", (), {name: staticmethod(value) for name, value in found.items()})
    verbs.Error = found["Error"]
    loaded_verbs: Pyverbs = verbs
    return loaded_verbs


@contextlib.contextmanager
def told(verbs: Pyverbs, address: RdmaAddress, doing: str) -> Generator[None]:
    """Turn what pyverbs raises into a TransportError."""
    try:
        yield
    except verbs.Error as error:
        number: object = getattr(error, "error_code", None)
        if not isinstance(number, int) or number <= 0:
            raise TransportError(address, f"{doing}: {error}", errno.EIO) from None
        hint = None
        if number == errno.ENOMEM:
            hint = "memory for RDMA is locked in place: raise the limit that `ulimit -l` shows"
        elif number in {errno.ENODEV, errno.EADDRNOTAVAIL}:
            hint = "give the address of an interface with an RDMA device: `rdma link` lists them"
        raise TransportError(address, f"{doing}: {os.strerror(number)}", number, hint) from None
