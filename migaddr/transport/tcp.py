"""tcp: names, families and ports as QEMU 7.2 to 11.1 resolves them (util/qemu-sockets.c, io/dns-resolver.c).

    ipv4  ipv6    family                        ipv4  ipv6    family
    -     -       any                           off   on      IPv6
    -     off     IPv4                          on    -       IPv4
    -     on      IPv6                          on    off     IPv4
    off   -       IPv6                          on    on      any (listening on no host: IPv6)
    off   off     refused

A connection tries every address of the name in turn, a listener listens on all of them, each on the first
free port from `port` to `to`. An IPv6 listener takes IPv4 too where neither flag was given, or both are on.
"""

from __future__ import annotations

import contextlib
import errno
import re
import socket
import threading
from typing import Final, TypeAlias

from migaddr.errors import TransportError
from migaddr.model import InetAddress, MigrateAddress
from migaddr.transport.base import Deadline, Options, failing, failure
from migaddr.transport.sockets import SocketListener, SocketStream

_BUFFER: Final = 256 << 10  # bytes; larger ones are slower, they leave the cache
_WORTH_WAKING: Final = 96 << 10  # bytes there, or the end: a wake-up costs more than copying 64 KiB
_BACKLOG: Final = 16
_HIGHEST_PORT: Final = 65535
_NO_ADDRESS: Final = "address resolution failed: the name has no address"
_NUMBER: Final = re.compile(r"[ \t\n\v\f\r]*[+-]?[0-9]+\Z")

_Place: TypeAlias = tuple[str | int, ...]
"""What `socket` takes and gives: host and port, and for IPv6 the flow and the scope."""


def connect(address: InetAddress, deadline: Deadline, options: Options) -> SocketStream:  # noqa: ARG001
    """Connect to the first of the name's addresses that answers."""
    last = TransportError(address, _NO_ADDRESS, errno.EADDRNOTAVAIL)
    for family, place in _resolve(address, deadline, listening=False):
        if deadline.passed():
            raise deadline.error(address, f"connecting to {_shown(place)}")
        try:
            return _connected(address, family, place, deadline)
        except TransportError as error:
            last = error
    raise last


def _connected(address: InetAddress, family: int, place: _Place, deadline: Deadline) -> SocketStream:
    doing = f"connecting to {_shown(place)}"
    with failing(address, doing), contextlib.ExitStack() as undo:
        sock = undo.enter_context(_open(address, family))
        _buffers(sock)
        sock.settimeout(deadline.left())
        try:
            sock.connect(place)
        except TimeoutError:
            if deadline.passed():
                raise deadline.error(address, doing) from None
            raise  # the kernel's own limit
        _keep_alive(address, sock)
        stream = SocketStream(sock, address)
        undo.pop_all()
        return stream


def listen(address: InetAddress, deadline: Deadline, options: Options) -> SocketListener:  # noqa: ARG001
    """Listen on all of the name's addresses, or on those that can be had."""
    failed: list[TransportError] = []
    bound: list[tuple[socket.socket, MigrateAddress]] = []
    with contextlib.ExitStack() as undo:
        for family, place in _resolve(address, deadline, listening=True):
            try:
                sock = undo.enter_context(_listener(address, family, place))
            except TransportError as error:
                failed.append(error)
            else:
                bound.append((sock, _bound(address, sock)))
        if not bound:
            raise failed[0] if failed else TransportError(address, _NO_ADDRESS, errno.EADDRNOTAVAIL)
        listener = SocketListener(bound, lambda sock: _keep_alive(address, sock))
        undo.pop_all()
        return listener


def _resolve(address: InetAddress, deadline: Deadline, *, listening: bool) -> list[tuple[int, _Place]]:
    """Give the family and place of every address of the name, in the system's order."""
    flags = socket.AI_PASSIVE if listening else socket.AI_ADDRCONFIG | socket.AI_V4MAPPED
    if address.numeric and listening:  # QEMU does not look at it where it connects
        flags |= socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    host = address.host.encode("utf-8", "surrogateescape")
    port = address.port.encode("utf-8", "surrogateescape")
    if _NUMBER.match(address.port) and not 0 <= int(address.port) <= _HIGHEST_PORT:
        wrapped = int(address.port) % (_HIGHEST_PORT + 1)
        why = f"the port {address.port} is not between 0 and {_HIGHEST_PORT}"
        raise TransportError(
            address,
            why,
            errno.EINVAL,
            hint=f"QEMU's C library would wrap it: write {wrapped} if that is meant",
        )
    # no host is every address to a listener; where QEMU connects it is a name that nobody has
    found = _getaddrinfo(
        address,
        (host or None if listening else host, port or None if listening else port, _family(address), flags),
        deadline,
    )
    return [(family, place) for family, _, _, _, place in found]


def _family(address: InetAddress) -> int:
    if address.ipv4 is False and address.ipv6 is False:
        raise TransportError(address, "ipv4 and ipv6 are both off: no family is left", errno.EINVAL)
    if address.ipv4 and address.ipv6:
        return socket.AF_UNSPEC if address.host else socket.AF_INET6
    if address.ipv6 or address.ipv4 is False:
        return socket.AF_INET6
    if address.ipv4 or address.ipv6 is False:
        return socket.AF_INET
    return socket.AF_UNSPEC


_Found: TypeAlias = list[tuple[int, int, int, str, _Place]]


def _getaddrinfo(
    address: InetAddress, query: tuple[bytes | None, bytes | None, int, int], deadline: Deadline
) -> _Found:
    """Ask the C library, which knows no deadline: where there is one, a thread waits for it instead of us.

    Such a thread ends by itself when the library gives up.
    """
    host, port, family, flags = query
    answer: list[_Found | OSError] = []

    def ask(more: int = 0) -> None:
        try:
            answer.append(
                socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, flags=flags | more)  # type: ignore[arg-type]  # typeshed leaves AF_VSOCK's out
            )
        except OSError as error:
            answer.append(error)

    ask(socket.AI_NUMERICHOST)
    if isinstance(answer[0], socket.gaierror) and not flags & socket.AI_NUMERICHOST:
        answer.clear()
        if deadline.left() is None:
            ask()
        else:
            asking = threading.Thread(target=ask, daemon=True, name="migaddr-getaddrinfo")
            asking.start()
            asking.join(deadline.left())
    if not answer:
        raise deadline.error(address, "address resolution")
    found = answer[0]
    if isinstance(found, socket.gaierror):
        raise TransportError(address, f"address resolution failed: {found.strerror}", errno.EADDRNOTAVAIL)
    if isinstance(found, OSError):
        raise failure(address, "address resolution", found)
    return found


def _bound(address: InetAddress, sock: socket.socket) -> InetAddress:
    """Give the address that a socket has, as QEMU reports it: numeric, and which family it is."""
    host, port = sock.getsockname()[:2]
    v6 = sock.family == socket.AF_INET6
    if v6 and (scope := sock.getsockname()[3]):
        host = f"{host}%{socket.if_indextoname(scope)}"
    return InetAddress(
        host,
        str(port),
        ipv4=None if v6 else True,
        ipv6=True if v6 else None,
        keep_alive=address.keep_alive,
        keep_alive_count=address.keep_alive_count,
        keep_alive_idle=address.keep_alive_idle,
        keep_alive_interval=address.keep_alive_interval,
        mptcp=address.mptcp,
    )


def _shown(place: _Place) -> str:
    return f"[{place[0]}]:{place[1]}" if ":" in str(place[0]) else f"{place[0]}:{place[1]}"


def _listener(address: InetAddress, family: int, place: _Place) -> socket.socket:
    """Listen on the first free port of the range."""
    first_port = int(place[1])
    last_port = first_port if address.to is None else address.to
    if last_port < first_port:
        why = f"the range of ports is empty: to={last_port} is below the port {first_port}"
        raise TransportError(address, why, errno.EADDRINUSE)
    for port in range(first_port, last_port + 1):
        with failing(address, f"listening on {_shown(place)}"), contextlib.ExitStack() as undo:
            sock = undo.enter_context(_open(address, family))
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            _buffers(sock)  # accepted connections inherit it, and negotiate their window with it
            try:
                _bind(address, sock, (place[0], port, *place[2:]))
                sock.listen(_BACKLOG)
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
                continue
            undo.pop_all()
            return sock
    ports = f"port {first_port} is" if first_port == last_port else f"ports {first_port} to {last_port} are"
    raise TransportError(
        address,
        f"{ports} taken on {place[0]}",
        errno.EADDRINUSE,
        hint="give a range with to=, or port 0 for any free port" if address.to is None else None,
    )


def _bind(address: InetAddress, sock: socket.socket, place: _Place) -> None:
    if sock.family != socket.AF_INET6:
        sock.bind(place)
        return
    alone = not (address.ipv4 is address.ipv6 is None or (address.ipv4 and address.ipv6))
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, alone)
    try:
        sock.bind(place)
    except OSError as error:
        if error.errno != errno.EADDRINUSE or alone:
            raise
        # the port may be free but for IPv4
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind(place)


def _open(address: InetAddress, family: int) -> socket.socket:
    protocol = socket.IPPROTO_MPTCP if address.mptcp else socket.IPPROTO_TCP
    try:
        return socket.socket(family, socket.SOCK_STREAM, protocol)
    except OSError as error:
        what = "this kernel has no MPTCP" if address.mptcp else "making a socket"
        raise failure(address, what, error) from error


def _buffers(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, _WORTH_WAKING)


def _keep_alive(address: InetAddress, sock: socket.socket) -> None:
    """Set what the address says of keep-alive: the three timers only where it is on, as QEMU 10.1 does."""
    if not address.keep_alive:
        return
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (
        (socket.TCP_KEEPCNT, address.keep_alive_count),
        (socket.TCP_KEEPIDLE, address.keep_alive_idle),
        (socket.TCP_KEEPINTVL, address.keep_alive_interval),
    ):
        if value:
            sock.setsockopt(socket.IPPROTO_TCP, option, value)
