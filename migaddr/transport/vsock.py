"""vsock: context IDs and ports, unsigned 32-bit decimal numbers, read when they are used, as by QEMU."""

from __future__ import annotations

import contextlib
import errno
import re
import socket
from typing import Final

from migaddr.errors import TransportError
from migaddr.model import UINT32_MAX, VsockAddress
from migaddr.transport.base import Deadline, Options, failing, failure
from migaddr.transport.sockets import SocketListener, SocketStream

_NUMBER: Final = re.compile(r"[ \t\n\v\f\r]*\+?[0-9]+\Z")
_BACKLOG: Final = 16


def connect(address: VsockAddress, deadline: Deadline, options: Options) -> SocketStream:  # noqa: ARG001
    """Connect to a port of a virtual machine, of the host (2), or of this kernel itself (1)."""
    place = _place(address)
    with failing(address, "connecting"), contextlib.ExitStack() as undo:
        sock = undo.enter_context(_open(address))
        sock.settimeout(deadline.left())
        try:
            sock.connect(place)
        except TimeoutError:
            if deadline.passed():
                raise deadline.error(address, "connecting") from None
            raise  # the kernel's own limit
        stream = SocketStream(sock, address)
        undo.pop_all()
        return stream


def listen(address: VsockAddress, deadline: Deadline, options: Options) -> SocketListener:  # noqa: ARG001
    """Listen on a port; the CID 4294967295 is any of this machine's."""
    place = _place(address)
    with failing(address, "listening"), contextlib.ExitStack() as undo:
        sock = undo.enter_context(_open(address))
        sock.bind(place)
        sock.listen(_BACKLOG)
        cid, port = sock.getsockname()
        listener = SocketListener([(sock, VsockAddress(str(cid), str(port)))])
        undo.pop_all()
        return listener


def _place(address: VsockAddress) -> tuple[int, int]:
    return _number(address, "cid", address.cid), _number(address, "port", address.port)


def _number(address: VsockAddress, member: str, text: str) -> int:
    if not _NUMBER.match(text) or (value := int(text)) > UINT32_MAX:
        why = f"the {member} {text!r} is not a number between 0 and {UINT32_MAX}"
        raise TransportError(address, why, errno.EINVAL)
    return value


def _open(address: VsockAddress) -> socket.socket:
    try:
        return socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)
    except OSError as error:
        raise failure(address, "this kernel has no vsock", error) from error
