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

UNSPEAKABLE: Final = re.compile("[\0\ud800-\udc7f\udd00-\udfff]")
"""What no byte string that C reads can hold."""

UINT16_MAX: Final = 0xFFFF
UINT32_MAX: Final = 0xFFFF_FFFF
UINT64_MAX: Final = 0xFFFF_FFFF_FFFF_FFFF


@final
@attrs.frozen
class InetAddress:
    """A TCP address (QAPI `InetSocketAddress`).

    `host` and `port` are text, not checked further: a port may be a service name. `to` is the last
    port that a listener tries.

    :raises AddressError: a member has the wrong type, a NUL, or a number out of range.
    """

    host: str
    port: str
    numeric: bool | None = attrs.field(default=None, kw_only=True)
    to: int | None = attrs.field(default=None, kw_only=True)
    ipv4: bool | None = attrs.field(default=None, kw_only=True)
    ipv6: bool | None = attrs.field(default=None, kw_only=True)
    keep_alive: bool | None = attrs.field(default=None, kw_only=True)
    keep_alive_count: int | None = attrs.field(default=None, kw_only=True)
    """Probes before the connection counts as dead."""
    keep_alive_idle: int | None = attrs.field(default=None, kw_only=True)
    """Seconds of silence before the first probe."""
    keep_alive_interval: int | None = attrs.field(default=None, kw_only=True)
    """Seconds between probes."""
    mptcp: bool | None = attrs.field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        _check_text("host", self.host)
        _check_text("port", self.port)
        if self.numeric is not None:
            _check_flag("numeric", self.numeric)
        if self.to is not None:
            _check_number("to", self.to, UINT16_MAX)
        if self.ipv4 is not None:
            _check_flag("ipv4", self.ipv4)
        if self.ipv6 is not None:
            _check_flag("ipv6", self.ipv6)
        if self.keep_alive is not None:
            _check_flag("keep_alive", self.keep_alive)
        if self.keep_alive_count is not None:
            _check_number("keep_alive_count", self.keep_alive_count, UINT32_MAX)
        if self.keep_alive_idle is not None:
            _check_number("keep_alive_idle", self.keep_alive_idle, UINT32_MAX)
        if self.keep_alive_interval is not None:
            _check_number("keep_alive_interval", self.keep_alive_interval, UINT32_MAX)
        if self.mptcp is not None:
            _check_flag("mptcp", self.mptcp)


@final
@attrs.frozen
class UnixAddress:
    """A UNIX domain socket (QAPI `UnixSocketAddress`).

    :raises AddressError: a member has the wrong type, or the path a NUL.
    """

    path: str
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
@attrs.frozen
class VsockAddress:
    """A virtio socket (QAPI `VsockSocketAddress`); `cid` and `port` are text, read as numbers at use.

    :raises AddressError: a member is not text, or holds a NUL.
    """

    cid: str
    port: str

    def __attrs_post_init__(self) -> None:
        _check_text("cid", self.cid)
        _check_text("port", self.port)


@final
@attrs.frozen
class FdAddress:
    """An open file descriptor (QAPI `FdSocketAddress`), by its `getfd` name or, incoming, its number.

    :raises AddressError: the name is not text, or holds a NUL.
    """

    name: str
    """On the wire the member is called `str`."""

    def __attrs_post_init__(self) -> None:
        _check_text("name", self.name)


@final
@attrs.frozen
class ExecAddress:
    """A command whose standard input or output is the stream (QAPI `MigrationExecCommand`).

    `args` is the argument vector, run directly without a shell; `args[0]` is a path. An empty vector
    is refused: it kills QEMU (SIGSEGV, seen on 10.0 and 11.1).

    :raises AddressError: `args` is not a non-empty tuple of text without NUL.
    """

    args: tuple[str, ...]

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.args, tuple):
            raise AddressError("args", f"must be a tuple of str, not {_kind(self.args)}")
        if not self.args:
            raise AddressError("args", "must not be empty: an empty list crashes QEMU")
        for index, arg in enumerate(self.args):
            _check_text(f"args[{index}]", arg)


@final
@attrs.frozen
class RdmaAddress:
    """An RDMA address: the members of an InetAddress, of which QEMU uses host and port.

    :raises AddressError: `inet` is not an InetAddress.
    """

    inet: InetAddress

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.inet, InetAddress):
            raise AddressError("inet", f"must be an InetAddress, not {_kind(self.inet)}")


@final
@attrs.frozen
class FileAddress:
    """A file, written or read from `offset` (in bytes) on (QAPI `FileMigrationArgs`).

    :raises AddressError: a member has the wrong type, the name a NUL, or the offset is not a uint64.
    """

    filename: str
    offset: int = attrs.field(default=0, kw_only=True)

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
@attrs.frozen
class MigrateChannel:
    """One channel of a migration (QAPI `MigrationChannel`).

    :raises AddressError: a member has the wrong type.
    """

    channel_type: ChannelType
    addr: MigrateAddress

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


def _check_text(member: str, value: object) -> None:
    if type(value) is not str:  # a subclass (an Enum) may format as something else
        raise AddressError(member, f"must be str, not {_kind(value)}")
    if value.isascii():
        if "\0" in value:
            raise AddressError(member, f"holds a NUL character at {value.index(chr(0))}")
    elif (found := UNSPEAKABLE.search(value)) is not None:
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
