"""What each QEMU release accepts, as data. Code looks a fact up here and never compares versions.

The facts assume QEMU on Linux with glibc, and RDMA, MPTCP and vsock built in. Each is from the source
of that release; 7.2, 10.0 and 11.1 were also run.
"""

from __future__ import annotations

import enum
import functools
import re
from typing import Final, TypeAlias, final

import attrs

from migaddr.errors import UnknownReleaseError
from migaddr.model import ChannelType

_TEXT = re.compile(
    r"(?:QEMU emulator version )?v?([0-9]{1,4})\.([0-9]{1,4})(?:\.([0-9]{1,4}))?(-rc[0-9]{1,3})?"
    r"(?:[+\-][0-9A-Za-z.+~:\-]*)?(?: \([^()\n]*\))?\s*\Z"
)
_FIRST_DEVELOPMENT_MICRO = 50  # x.y.50 is the development tree after x.y, x.y.90 on a release candidate


class InetSyntax(enum.Enum):
    """How the text after `tcp:` and `rdma:` is read."""

    SCAN = "scan"
    """Up to 10.0: options are found by substring search, and unknown ones ignored."""
    OPTIONS = "options"
    """Since 10.1: a comma-separated list of options, each of which must be known."""


class UnknownScheme(enum.Enum):
    """What `migrate` answers to an unknown scheme.

    `migrate-incoming` always says `unknown migration protocol: <uri>`.
    """

    SAME_ERROR = "same-error"
    OTHER_ERROR = "other-error"
    """`Parameter 'uri' expects a valid migration protocol`."""
    NO_ERROR = "no-error"
    """Success is reported and nothing happens (8.1)."""


class ListRule(enum.Enum):
    """How many channels a `channels` list may have."""

    ONE_ENTRY = "one-entry"
    ONE_OF_EACH_TYPE = "one-of-each-type"
    """In `migrate`; `migrate-incoming` still takes one."""


class Exclusivity(enum.Enum):
    """The words with which a command refuses both or none of `uri` and `channels`."""

    LONG = "long"
    SHORT = "short"


class PlainFileFd(enum.Enum):
    """What `fd:` does when the descriptor is a plain file."""

    ACCEPTED = "accepted"
    DEPRECATED = "deprecated"
    REFUSED = "refused"


class WindowsShell(enum.Enum):
    """What runs the command of `exec:` in a QEMU on Windows."""

    SH = "/bin/sh -c"
    """Which a Windows host does not have."""
    CMD = "cmd.exe /c"


@final
@attrs.frozen
class CommandArguments:
    """The argument names of one QMP command, without the members of nested objects."""

    required: frozenset[str]
    optional: frozenset[str] = frozenset()
    deprecated: frozenset[str] = frozenset()
    """Those of `optional` that the release has deprecated."""


@final
@attrs.frozen(kw_only=True, repr=False)
class Release:
    """A QEMU release: its version, and what it accepts. Compares by value.

    `str(release)` is the series (`10.0`), or the whole version where it is not the first of its series.
    """

    version: tuple[int, int, int]
    """The version asked for."""
    known: bool = True
    """False: newer than the table or a development tree, so the nearest earlier release's facts stand in."""

    uri_schemes: frozenset[str]
    inet_syntax: InetSyntax
    tcp_reads_schemes: bool
    """After `tcp:` one more `unix:`, `fd:`, `vsock:` or `tcp:` prefix is obeyed."""
    empty_fd_uri: bool
    """`fd:` alone parses, and fails at use."""
    bad_rdma_uri_crashes: bool
    """A malformed `rdma:` URI kills the process (SIGABRT)."""
    unknown_scheme: UnknownScheme

    transports: frozenset[str]
    """Values of `transport` in a channel's `addr`; empty where there are no channels."""
    inet_members: frozenset[str]
    unix_members: frozenset[str] = frozenset({"path", "abstract", "tight"})
    channel_types: frozenset[ChannelType]
    list_rule: ListRule
    exclusivity: Exclusivity | None
    """None where there are no channels."""
    incoming_takes_channels: bool
    """The option `-incoming` takes channels as JSON or keyval, one for each channel type."""

    migrate: CommandArguments
    migrate_incoming: CommandArguments
    migrate_recover: CommandArguments = CommandArguments(frozenset({"uri"}))

    modes: frozenset[str]
    """Values of the migration parameter `mode`; empty where there is no such parameter."""
    mapped_ram: bool
    plain_file_fd: PlainFileFd
    windows_shell: WindowsShell

    @property
    def series(self) -> str:
        """`10.0` for 10.0.13."""
        return f"{self.version[0]}.{self.version[1]}"

    def __repr__(self) -> str:
        return f"<Release {self}{'' if self.known else ', not known'}>"

    def __str__(self) -> str:
        return self.series if self.version[2] == 0 else f"{self.series}.{self.version[2]}"

    @staticmethod
    def parse(text: str) -> Release:
        """Find the release that `text` names.

        Grammar: `["QEMU emulator version "] ["v"] MAJOR.MINOR[.MICRO] ["-rc" N] [suffix] ["(" package ")"]`,
        as `qemu-system-x86_64 --version` prints it. A series alone is its first release. Newer than the
        table, a candidate or a development tree: the nearest earlier facts, and `known` is False.

        :raises UnknownReleaseError: the text has another form, is older than 7.2, or names a series that
            QEMU never had (8.3).
        """
        if not isinstance(text, str):
            raise UnknownReleaseError(
                type(text).__name__,
                "is no QEMU release: give a Release or a text such as '10.0.13'",
            )
        return _parse(text)

    @staticmethod
    def from_schema(schema: object) -> Release:
        """Fill the data from a `query-qmp-schema` answer: its list, or the whole reply with `return`.

        The schema decides what it shows (channel types, members, arguments, modes); what it does not
        show (how URIs are read) is that of the newest release whose mark, and those of all before it, it
        has (a mark of a command that a partial schema leaves out is passed over). The version is that
        release's; `known` tells whether the schema and the table agree in everything.

        :raises UnknownReleaseError: this is no such answer, or of a QEMU without `migrate`.
        """
        from migaddr.introspection import read_schema  # it builds on this module

        return read_schema(schema)


_SCHEMES: Final = frozenset({"tcp", "unix", "vsock", "fd", "exec", "rdma"})
_INET: Final = frozenset({"host", "port", "numeric", "to", "ipv4", "ipv6", "keep-alive", "mptcp"})
_KEEP_ALIVE: Final = frozenset({"keep-alive-count", "keep-alive-idle", "keep-alive-interval"})
_ADDR: Final = frozenset({"uri", "channels"})

_7_2: Final = Release(
    version=(7, 2, 0),
    uri_schemes=_SCHEMES,
    inet_syntax=InetSyntax.SCAN,
    tcp_reads_schemes=True,
    empty_fd_uri=True,
    bad_rdma_uri_crashes=False,
    unknown_scheme=UnknownScheme.OTHER_ERROR,
    transports=frozenset(),
    inet_members=_INET,
    channel_types=frozenset(),
    list_rule=ListRule.ONE_ENTRY,
    exclusivity=None,
    incoming_takes_channels=False,
    migrate=CommandArguments(frozenset({"uri"}), frozenset({"blk", "inc", "detach", "resume"})),
    migrate_incoming=CommandArguments(frozenset({"uri"})),
    modes=frozenset(),
    mapped_ram=False,
    plain_file_fd=PlainFileFd.ACCEPTED,
    windows_shell=WindowsShell.SH,
)
_8_0: Final = attrs.evolve(_7_2, version=(8, 0, 0), windows_shell=WindowsShell.CMD)
_8_1: Final = attrs.evolve(_8_0, version=(8, 1, 0), unknown_scheme=UnknownScheme.NO_ERROR)
_8_2_0: Final = attrs.evolve(
    _8_1,
    version=(8, 2, 0),
    uri_schemes=_SCHEMES | {"file"},
    tcp_reads_schemes=False,
    empty_fd_uri=False,
    bad_rdma_uri_crashes=True,
    unknown_scheme=UnknownScheme.SAME_ERROR,
    transports=frozenset({"socket", "exec", "rdma", "file"}),
    channel_types=frozenset({ChannelType.MAIN}),
    exclusivity=Exclusivity.LONG,
    # uri is still required here, and both are refused: channels cannot be used in migrate
    migrate=CommandArguments(
        frozenset({"uri"}),
        frozenset({"channels", "blk", "inc", "detach", "resume"}),
        frozenset({"blk", "inc"}),
    ),
    migrate_incoming=CommandArguments(frozenset(), _ADDR),
    modes=frozenset({"normal", "cpr-reboot"}),
)
_8_2_2: Final = attrs.evolve(
    _8_2_0,
    version=(8, 2, 2),
    migrate=CommandArguments(
        frozenset(), _ADDR | {"blk", "inc", "detach", "resume"}, frozenset({"blk", "inc"})
    ),
)
_9_0: Final = attrs.evolve(_8_2_2, version=(9, 0, 0), exclusivity=Exclusivity.SHORT, mapped_ram=True)
_9_1: Final = attrs.evolve(
    _9_0,
    version=(9, 1, 0),
    migrate=CommandArguments(frozenset(), _ADDR | {"detach", "resume"}),
    migrate_incoming=CommandArguments(frozenset(), _ADDR | {"exit-on-error"}),
    plain_file_fd=PlainFileFd.DEPRECATED,
)
_9_2: Final = attrs.evolve(_9_1, version=(9, 2, 0))
_10_0: Final = attrs.evolve(
    _9_2,
    version=(10, 0, 0),
    channel_types=frozenset(ChannelType),
    list_rule=ListRule.ONE_OF_EACH_TYPE,
    incoming_takes_channels=True,
    modes=frozenset({"normal", "cpr-reboot", "cpr-transfer"}),
)
_10_1: Final = attrs.evolve(
    _10_0,
    version=(10, 1, 0),
    inet_syntax=InetSyntax.OPTIONS,
    inet_members=_INET | _KEEP_ALIVE,
    migrate=CommandArguments(frozenset(), _ADDR | {"detach", "resume"}, frozenset({"detach"})),
)
_10_2: Final = attrs.evolve(
    _10_1,
    version=(10, 2, 0),
    modes=frozenset({"normal", "cpr-reboot", "cpr-transfer", "cpr-exec"}),
)
_11_0: Final = attrs.evolve(
    _10_2,
    version=(11, 0, 0),
    migrate=CommandArguments(frozenset(), _ADDR | {"resume"}),
    plain_file_fd=PlainFileFd.REFUSED,
)
_11_1: Final = attrs.evolve(_11_0, version=(11, 1, 0))

RELEASES: Final[tuple[Release, ...]] = (
    _7_2,
    _8_0,
    _8_1,
    _8_2_0,
    _8_2_2,
    _9_0,
    _9_1,
    _9_2,
    _10_0,
    _10_1,
    _10_2,
    _11_0,
    _11_1,
)
"""Every release with facts of its own, oldest first."""

LATEST: Final = RELEASES[-1]
"""The newest release in the table. It moves only in a minor version of migaddr."""

ReleaseLike: TypeAlias = Release | str
"""What every `release` parameter takes: a Release, or text for `Release.parse`."""


def as_release(release: ReleaseLike) -> Release:
    """Give the Release itself, parsing text.

    :raises UnknownReleaseError: as `Release.parse`.
    """
    return release if isinstance(release, Release) else Release.parse(release)


def first_release(having: str, member: str) -> Release:
    """Give the oldest release in the table whose set `having` (an attribute's name) holds `member`."""
    return next(release for release in RELEASES if member in getattr(release, having))


@functools.lru_cache(maxsize=64)
def _parse(text: str) -> Release:
    match = _TEXT.match(text.partition("\nCopyright")[0])
    if match is None:
        raise UnknownReleaseError(text, "is no QEMU release: write it as '10.0' or '10.0.13'")
    version = (int(match[1]), int(match[2]), int(match[3] or 0))
    if version < RELEASES[0].version:
        raise UnknownReleaseError(text, f"is older than {RELEASES[0]}, the oldest release known")
    nearest = next(release for release in reversed(RELEASES) if release.version <= version)
    same_series = nearest.version[:2] == version[:2]
    if not same_series and nearest is not LATEST:
        raise UnknownReleaseError(text, f"QEMU never had this series; the one before it is {nearest.series}")
    known = same_series and version[2] < _FIRST_DEVELOPMENT_MICRO and match[4] is None
    if known and version == nearest.version:
        return nearest
    return attrs.evolve(nearest, version=version, known=known)
