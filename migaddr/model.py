"""The typed model of a migration address: what it is, whatever the spelling.

Only limits that hold in every spelling are checked here. An optional member that was not given is
None, and None is never the same as False: QEMU treats an absent `ipv4` and `ipv4: false` differently.

Text is bytes to QEMU. Strings may hold surrogate escapes (U+DC80 to U+DCFF, one raw byte each, as
`os.fsdecode` makes them); NUL and other surrogates are refused.
"""

from __future__ import annotations

import enum
import re
from typing import Final, Never, TypeAlias, final

import attrs

from migaddr.errors import AddressError

UNSPEAKABLE: Final = "[\0\ud800-\udc7f\udd00-\udfff]"
"""A pattern for what no byte string that C reads can hold; compiled when a text first needs it."""

UINT16_MAX: Final = 0xFFFF
UINT32_MAX: Final = 0xFFFF_FFFF
UINT64_MAX: Final = 0xFFFF_FFFF_FFFF_FFFF


class Shown:
    """Shows a value as the call that makes it, without the members that are absent."""

    __slots__: tuple[str, ...] = ()

    def __repr__(self) -> str:
        members = ((name, getattr(self, name)) for name in self.__slots__ if name != "__weakref__")
        given = ", ".join(f"{name}={member!r}" for name, member in members if member is not None)
        return f"{type(self).__name__}({given})"


@final
@attrs.frozen(repr=False, init=False)
class InetAddress(Shown):
    """A TCP address (QAPI `InetSocketAddress`).

    `host` and `port` are text, not checked further: a port may be a service name. `to` is the last
    port that a listener tries.

    :raises AddressError: a member has the wrong type, a NUL, or a number out of range.
    """

    host: str
    """A name or an address, without brackets; empty: every address, or this machine when connecting."""
    port: str
    """A number or the name of a service."""
    numeric: bool | None = attrs.field(default=None, kw_only=True)
    """Host and port are numbers: no name is looked up. A URI can say it since 10.1."""
    to: int | None = attrs.field(default=None, kw_only=True)
    """The last port that a listener tries."""
    ipv4: bool | None = attrs.field(default=None, kw_only=True)
    """Whether to use IPv4. Absent, it depends on `ipv6`."""
    ipv6: bool | None = attrs.field(default=None, kw_only=True)
    """Whether to use IPv6. Absent, it depends on `ipv4`."""
    keep_alive: bool | None = attrs.field(default=None, kw_only=True)
    """Whether the system asks a silent connection for signs of life."""
    keep_alive_count: int | None = attrs.field(default=None, kw_only=True)
    """Probes before the connection counts as dead."""
    keep_alive_idle: int | None = attrs.field(default=None, kw_only=True)
    """Seconds of silence before the first probe."""
    keep_alive_interval: int | None = attrs.field(default=None, kw_only=True)
    """Seconds between probes."""
    mptcp: bool | None = attrs.field(default=None, kw_only=True)
    """Whether to use Multipath TCP."""

    def __init__(
        self,
        host: str,
        port: str,
        *,
        numeric: bool | None = None,
        to: int | None = None,
        ipv4: bool | None = None,
        ipv6: bool | None = None,
        keep_alive: bool | None = None,
        keep_alive_count: int | None = None,
        keep_alive_idle: int | None = None,
        keep_alive_interval: int | None = None,
        mptcp: bool | None = None,
    ) -> None:
        # Reading an address costs little more than this. So members are checked before they are stored, and
        # stored through the slots' own setters, which are faster than what attrs would write.
        if type(host) is not str or not host.isascii() or "\0" in host:
            _check_text("host", host)
        if type(port) is not str or not port.isascii() or "\0" in port:
            _check_text("port", port)
        if numeric is not None:
            _check_flag("numeric", numeric)
        if to is not None:
            _check_number("to", to, UINT16_MAX)
        if ipv4 is not None:
            _check_flag("ipv4", ipv4)
        if ipv6 is not None:
            _check_flag("ipv6", ipv6)
        if keep_alive is not None:
            _check_flag("keep_alive", keep_alive)
        if keep_alive_count is not None:
            _check_number("keep_alive_count", keep_alive_count, UINT32_MAX)
        if keep_alive_idle is not None:
            _check_number("keep_alive_idle", keep_alive_idle, UINT32_MAX)
        if keep_alive_interval is not None:
            _check_number("keep_alive_interval", keep_alive_interval, UINT32_MAX)
        if mptcp is not None:
            _check_flag("mptcp", mptcp)
        _set_host(self, host)
        _set_port(self, port)
        _set_numeric(self, numeric)
        _set_to(self, to)
        _set_ipv4(self, ipv4)
        _set_ipv6(self, ipv6)
        _set_keep_alive(self, keep_alive)
        _set_keep_alive_count(self, keep_alive_count)
        _set_keep_alive_idle(self, keep_alive_idle)
        _set_keep_alive_interval(self, keep_alive_interval)
        _set_mptcp(self, mptcp)


(
    _set_host,
    _set_port,
    _set_numeric,
    _set_to,
    _set_ipv4,
    _set_ipv6,
    _set_keep_alive,
    _set_keep_alive_count,
    _set_keep_alive_idle,
    _set_keep_alive_interval,
    _set_mptcp,
) = (getattr(InetAddress, field.name).__set__ for field in attrs.fields(InetAddress))


@final
@attrs.frozen(repr=False)
class UnixAddress(Shown):
    """A UNIX domain socket (QAPI `UnixSocketAddress`).

    :raises AddressError: a member has the wrong type, or the path a NUL.
    """

    path: str
    """The path of the socket, or the abstract name without its leading NUL."""
    abstract: bool | None = attrs.field(default=None, kw_only=True)
    """The name is in Linux' abstract namespace, not in the file system; absent means no."""
    tight: bool | None = attrs.field(default=None, kw_only=True)
    """An abstract name is not padded with NUL bytes; absent means yes."""

    def __attrs_post_init__(self) -> None:
        _check_text("path", self.path)
        if self.abstract is not None:
            _check_flag("abstract", self.abstract)
        if self.tight is not None:
            _check_flag("tight", self.tight)


@final
@attrs.frozen(repr=False)
class VsockAddress(Shown):
    """A virtio socket (QAPI `VsockSocketAddress`); `cid` and `port` are text, read as numbers at use.

    :raises AddressError: a member is not text, or holds a NUL.
    """

    cid: str
    """The context identifier of the machine to connect to."""
    port: str
    """The number of the port."""

    def __attrs_post_init__(self) -> None:
        _check_text("cid", self.cid)
        _check_text("port", self.port)


@final
@attrs.frozen(repr=False)
class FdAddress(Shown):
    """An open file descriptor (QAPI `FdSocketAddress`), by its `getfd` name or, incoming, its number.

    :raises AddressError: the name is not text, or holds a NUL.
    """

    name: str
    """On the wire the member is called `str`."""

    def __attrs_post_init__(self) -> None:
        _check_text("name", self.name)


@final
@attrs.frozen(repr=False)
class ExecAddress(Shown):
    """A command whose standard input or output is the stream (QAPI `MigrationExecCommand`).

    `args` is the argument vector, run directly without a shell; `args[0]` is a path. An empty vector
    is refused: it kills QEMU (SIGSEGV, seen on 10.0 and 11.1).

    :raises AddressError: `args` is not a non-empty tuple of text without NUL.
    """

    args: tuple[str, ...]
    """The program, and what it is given."""

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.args, tuple):
            raise AddressError("args", f"must be a tuple of str, not {_kind(self.args)}")
        if not self.args:
            raise AddressError("args", "must not be empty: an empty list crashes QEMU")
        for index, arg in enumerate(self.args):
            if type(arg) is not str or not arg.isascii() or "\0" in arg:
                _check_text("args", arg, index)


@final
@attrs.frozen(repr=False)
class RdmaAddress(Shown):
    """An RDMA address: the members of an InetAddress, of which QEMU uses host and port.

    :raises AddressError: `inet` is not an InetAddress.
    """

    inet: InetAddress
    """Where to."""

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.inet, InetAddress):
            raise AddressError("inet", f"must be an InetAddress, not {_kind(self.inet)}")


@final
@attrs.frozen(repr=False)
class FileAddress(Shown):
    """A file, written or read from `offset` (in bytes) on (QAPI `FileMigrationArgs`).

    :raises AddressError: a member has the wrong type, the name a NUL, or the offset is not a uint64.
    """

    filename: str
    """The path of the file."""
    offset: int = attrs.field(default=0, kw_only=True)
    """Where in the file the stream begins, in bytes."""

    def __attrs_post_init__(self) -> None:
        _check_text("filename", self.filename)
        _check_number("offset", self.offset, UINT64_MAX)


SocketAddress: TypeAlias = InetAddress | UnixAddress | VsockAddress | FdAddress
"""QAPI `SocketAddress`."""

MigrateAddress: TypeAlias = SocketAddress | ExecAddress | RdmaAddress | FileAddress
"""QAPI `MigrationAddress`: every address that a migration can have."""

ADDRESS_TYPES: Final = (
    InetAddress,
    UnixAddress,
    VsockAddress,
    FdAddress,
    ExecAddress,
    RdmaAddress,
    FileAddress,
)


class ChannelType(enum.Enum):
    """What a channel carries (QAPI `MigrationChannelType`)."""

    MAIN = "main"
    """The migration stream."""
    CPR = "cpr"
    """The CPR state, beside the main channel (QEMU 10.0)."""


@final
@attrs.frozen(repr=False)
class MigrateChannel(Shown):
    """One channel of a migration (QAPI `MigrationChannel`).

    :raises AddressError: a member has the wrong type.
    """

    channel_type: ChannelType
    """What it carries."""
    addr: MigrateAddress
    """Where to."""

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.channel_type, ChannelType):
            raise AddressError("channel_type", f"must be a ChannelType, not {_kind(self.channel_type)}")
        if not isinstance(self.addr, ADDRESS_TYPES):
            raise AddressError("addr", f"must be a MigrateAddress, not {_kind(self.addr)}")


def not_an_address(value: Never) -> AddressError:
    """Make the error for what is none of the address classes.

    To a type checker its call, as `assert_never`, proves that a match over them is complete.
    """
    return AddressError("address", f"must be a MigrateAddress, not {_kind(value)}")


def _check_text(member: str, value: object, index: int | None = None) -> None:
    if type(value) is str and value.isascii() and "\0" not in value:
        return
    if index is not None:
        member = f"{member}[{index}]"
    if type(value) is not str:  # a subclass (an Enum) may format as something else
        raise AddressError(member, f"must be str, not {_kind(value)}")
    if (found := re.search(UNSPEAKABLE, value)) is not None:
        what = "a NUL character" if found[0] == "\0" else f"the lone surrogate U+{ord(found[0]):04X}"
        raise AddressError(member, f"holds {what} at {found.start()}, which is no byte string")


def _check_flag(member: str, value: object) -> None:
    if value is not True and value is not False:
        raise AddressError(member, f"must be True, False or None, not {_kind(value)}")


def _check_number(member: str, value: object, largest: int) -> None:
    if type(value) is not int:
        raise AddressError(member, f"must be int, not {_kind(value)}")
    if not 0 <= value <= largest:
        raise AddressError(member, f"must be between 0 and {largest}")


def _kind(value: object) -> str:
    return "None" if value is None else type(value).__name__
