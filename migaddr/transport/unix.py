"""unix: sockets with a path of up to 108 bytes, and Linux' abstract ones of up to 107.

What is listened on is made with mode 0600, and removed at the end if it is still the one that was made.
QEMU removes whatever is at the path first. Here that happens to a socket alone, of this user, that
nobody listens on any more; anything else is an error.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import secrets
import socket
import stat
import struct
import tempfile
from typing import Final, final

from migaddr.errors import TransportError
from migaddr.model import UnixAddress
from migaddr.transport.base import Deadline, Options, failing, failure
from migaddr.transport.sockets import SocketListener, SocketStream, send_within

_LONGEST: Final = 108  # bytes of sun_path; a path that fills it has no NUL at its end
_BACKLOG: Final = 16
_BUFFER: Final = 256 << 10  # bytes; half as many wake-ups as with the system's 104 KiB
_UCRED: Final = struct.Struct("@iII")


def connect(address: UnixAddress, deadline: Deadline, options: Options) -> SocketStream:  # noqa: ARG001
    """Connect to a path or an abstract name."""
    name = _name(address)
    if not name:
        raise TransportError(address, "no path to connect to", errno.ENOENT)
    with failing(address, "connecting"), contextlib.ExitStack() as undo:
        sock = undo.enter_context(_open(address))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
        while not _connected(sock, name, deadline):
            if deadline.passed():
                raise deadline.error(address, "connecting: the listener accepts nobody")
        stream = SocketStream(sock, address)
        undo.pop_all()
        return stream


def _connected(sock: socket.socket, name: bytes, deadline: Deadline) -> bool:
    """Wait a while for room in the listener's queue."""
    send_within(sock, deadline)
    try:
        _call(sock, "connect", name)
    except BlockingIOError:
        return False
    return True


def listen(address: UnixAddress, deadline: Deadline, options: Options) -> SocketListener:  # noqa: ARG001
    """Listen on a path or an abstract name; an empty path is a new one in the folder for temporary files."""
    if not address.path and not address.abstract:
        # what QEMU does
        path = os.path.join(tempfile.gettempdir(), f"migaddr-socket-{secrets.token_hex(8)}")
        address = UnixAddress(path, abstract=address.abstract, tight=address.tight)
    name = _name(address)

    def prepare(peer: socket.socket) -> None:
        if options.peer_uids is not None and _uid(peer) not in options.peer_uids:
            raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    with failing(address, "listening"), contextlib.ExitStack() as undo:
        sock = undo.enter_context(_open(address))
        place = _Made(name, sock)
        if not address.abstract:
            _remove_dead(name)
            os.fchmod(sock.fileno(), stat.S_IRUSR | stat.S_IWUSR)  # the file gets it when it is made
            undo.callback(place.remove)  # before it is there: a signal may come right behind the call
        try:
            _call(sock, "bind", name)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            raise TransportError(address, _taken(address, name), errno.EADDRINUSE) from None
        if not address.abstract:
            place.note()
        sock.listen(_BACKLOG)
        listener = SocketListener([(sock, address)], prepare, place.remove if not address.abstract else None)
        undo.pop_all()
        return listener


@final
class _Made:
    """The file that a bound socket is in the file system."""

    def __init__(self, name: bytes, sock: socket.socket) -> None:
        self._name = name
        self._socket = sock
        self._found: tuple[int, int] | None = None

    def note(self) -> None:
        """Remember which file it is, by its number."""
        found = os.lstat(self._name)
        self._found = found.st_dev, found.st_ino

    def remove(self) -> None:
        """Remove it, if it was made and is still the same."""
        with contextlib.suppress(OSError):
            if self._found is None and self._socket.getsockname() != "":
                self.note()
            _remove(self._name, self._found)


def _name(address: UnixAddress) -> bytes:
    """Give the bytes of sun_path."""
    path = address.path.encode("utf-8", "surrogateescape")
    longest = _LONGEST - 1 if address.abstract else _LONGEST
    if len(path) > longest:
        what = "abstract name" if address.abstract else "path"
        why = f"the {what} is {len(path)} bytes long, and a socket's has at most {longest}"
        raise TransportError(address, why, errno.ENAMETOOLONG)
    if not address.abstract:
        return path
    return b"\0" + (path if address.tight is not False else path.ljust(longest, b"\0"))


def _open(address: UnixAddress) -> socket.socket:
    try:
        return socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    except OSError as error:
        raise failure(address, "making a socket", error) from error


def _call(sock: socket.socket, function: str, name: bytes) -> None:
    """Bind or connect. Python's own calls want room for a NUL behind a path."""
    if len(name) < _LONGEST or name.startswith(b"\0"):
        if function == "bind":
            sock.bind(name)
        else:
            sock.connect(name)
        return
    place = struct.pack("@H", socket.AF_UNIX) + name
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, function)(sock.fileno(), place, len(place)) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))  # of the class for its number


def _remove_dead(name: bytes) -> None:
    """Remove a socket of ours that nobody listens on any more."""
    try:
        found = os.lstat(name)
    except OSError:  # binding will tell
        return
    if not stat.S_ISSOCK(found.st_mode) or found.st_uid != os.geteuid():
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        try:
            _call(probe, "connect", name)
        except ConnectionRefusedError:
            _remove(name, (found.st_dev, found.st_ino))
        except OSError:  # it lives, or is of another type
            pass


def _remove(name: bytes, made: tuple[int, int] | None) -> None:
    """Remove a path if it is still the file that was made."""
    with contextlib.suppress(OSError):
        if made is not None and (found := os.lstat(name)) and (found.st_dev, found.st_ino) == made:
            os.unlink(name)


def _taken(address: UnixAddress, name: bytes) -> str:
    """Say what is in the way."""
    if address.abstract:
        return "somebody else listens on this name"
    try:
        mode = os.lstat(name).st_mode
    except OSError:
        return "there is something at this path"
    if stat.S_ISSOCK(mode):
        return "somebody else listens on this path, or it is another user's"
    kinds = {stat.S_IFDIR: "a folder", stat.S_IFLNK: "a symbolic link", stat.S_IFREG: "a file"}
    return f"{kinds.get(stat.S_IFMT(mode), 'something')} is at this path, and it stays"


def _uid(peer: socket.socket) -> int:
    _, uid, _ = _UCRED.unpack(peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size))
    return int(uid)
