"""What each QEMU release accepts, as data. Code looks a fact up here and never compares versions.

The facts assume QEMU on Linux with glibc, and RDMA, MPTCP and vsock built in. Each is from the source
of that release; 7.2, 10.0 and 11.1 were also run.
"""

from __future__ import annotations

import enum
import functools
import re
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias, final

import attrs

from migaddr.errors import UnknownReleaseError
from migaddr.model import ChannelType

_TEXT: Final = (  # compiled when a text is first read
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

    if not TYPE_CHECKING:  # pragma: no branch
        __hash__ = object.__hash__  # looked up for each URI, and Enum's own is slow before Python 3.12


class UnknownScheme(enum.Enum):
    """What `migrate` answers to an unknown scheme.

    `migrate-incoming` always says `unknown migration protocol: <uri>`.
    """

    SAME_ERROR = "same-error"
    """What `migrate-incoming` says."""
    OTHER_ERROR = "other-error"
    """`Parameter 'uri' expects a valid migration protocol`."""
    NO_ERROR = "no-error"
    """Success is reported and nothing happens (8.1)."""


class ListRule(enum.Enum):
    """How many channels a `channels` list may have."""

    ONE_ENTRY = "one-entry"
    """One, whatever its type."""
    ONE_OF_EACH_TYPE = "one-of-each-type"
    """In `migrate`; `migrate-incoming` still takes one."""


class Exclusivity(enum.Enum):
    """The words with which a command refuses both or none of `uri` and `channels`."""

    LONG = "long"
    """8.2: in whole sentences. An empty list beside a uri counts as given."""
    SHORT = "short"
    """Since 9.0. An empty list counts as absent."""


class JsonReader(enum.Enum):
    """How QEMU reads JSON text, as far as its words about faults tell."""

    BATCH = "batch"
    """A whole value is cut into tokens before it is parsed."""
    PUSH = "push"
    """Each token is parsed as it comes, and faults have a line and a column."""


class MissingCpr(enum.Enum):
    """When `migrate` looks whether mode cpr-transfer has its cpr channel."""

    AFTER_TRANSPORT = "after-transport"
    """When it knows the main address, and has seen that this mode can use it."""
    IN_LIST = "in-list"
    """While it reads `channels`; so with a `uri` it finds out too late, and dies (SIGABRT)."""


class PlainFileFd(enum.Enum):
    """What `fd:` does when the descriptor is a plain file."""

    ACCEPTED = "accepted"
    """It is used."""
    DEPRECATED = "deprecated"
    """It is used, and QEMU warns."""
    REFUSED = "refused"
    """It is an error."""


class WindowsShell(enum.Enum):
    """What runs the command of `exec:` in a QEMU on Windows."""

    SH = "/bin/sh -c"
    """Which a Windows host does not have."""
    CMD = "cmd.exe /c"
    """What Windows has."""


@final
class CommandArguments(NamedTuple):
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
    """What a URI may begin with, without the colon."""
    inet_syntax: InetSyntax
    """How the rest of `tcp:` and `rdma:` is read."""
    tcp_reads_schemes: bool
    """After `tcp:` one more `unix:`, `fd:`, `vsock:` or `tcp:` prefix is obeyed."""
    empty_fd_uri: bool
    """`fd:` alone parses, and fails at use."""
    bad_rdma_uri_crashes: bool
    """A malformed `rdma:` URI kills the process (SIGABRT)."""
    unknown_scheme: UnknownScheme
    """What `migrate` answers to a scheme that is not one of them."""

    transports: frozenset[str]
    """Values of `transport` in a channel's `addr`; empty where there are no channels."""
    inet_members: frozenset[str]
    """Members of an inet address, as JSON spells them."""
    unix_members: frozenset[str] = frozenset({"path", "abstract", "tight"})
    """Members of a unix address."""
    channel_types: frozenset[ChannelType]
    """What a channel may carry; empty where there are no channels."""
    list_rule: ListRule
    """How many channels a list may have."""
    exclusivity: Exclusivity | None
    """None where there are no channels."""
    incoming_uses_any_type: bool = False
    """`migrate-incoming` uses a lone cpr channel as if it were the main one; else it dies of it."""
    incoming_takes_channels: bool
    """The option `-incoming` takes channels as JSON or keyval, one for each channel type."""
    json_reader: JsonReader = JsonReader.BATCH
    """How JSON text is read."""

    migrate: CommandArguments
    """The arguments of `migrate`."""
    migrate_incoming: CommandArguments
    """The arguments of `migrate-incoming`."""
    migrate_recover: CommandArguments
    """The arguments of `migrate-recover`."""

    modes: frozenset[str]
    """Values of the migration parameter `mode`; empty where there is no such parameter."""
    mapped_ram: bool
    """There is the capability mapped-ram, which needs a file without TLS and compression."""
    single_stream: frozenset[str]
    """Kinds of address refused where several connections are needed (multifd, postcopy-preempt); with
    mapped-ram a file is not."""
    outgoing_rdma_conflicts: tuple[str, ...] = ()
    """Capabilities with which `migrate` refuses RDMA, in the order in which they are looked at."""
    incoming_rdma_conflicts: tuple[str, ...] = ()
    """The same of `migrate-incoming`."""
    cpr_conflicts: bool = False
    """The cpr modes refuse postcopy, background snapshots and COLO."""
    uri_kills_cpr_transfer: bool = False
    """`migrate` misses the cpr channel of mode cpr-transfer while it reads `channels`, so with a `uri` it
    finds out too late (SIGABRT); else it misses it when it has looked at the main address."""
    plain_file_fd: PlainFileFd
    """What becomes of `fd:` with a plain file."""
    windows_shell: WindowsShell
    """What runs `exec:` on Windows."""

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
    migrate_recover=CommandArguments(frozenset({"uri"})),
    modes=frozenset(),
    mapped_ram=False,
    single_stream=frozenset(),
    plain_file_fd=PlainFileFd.ACCEPTED,
    windows_shell=WindowsShell.SH,
)
_8_0: Final = attrs.evolve(
    _7_2,
    version=(8, 0, 0),
    single_stream=frozenset({"fd", "exec", "rdma"}),
    windows_shell=WindowsShell.CMD,
)
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
    single_stream=frozenset({"fd"}),  # all else slips through
    incoming_rdma_conflicts=("compress", "xbzrle", "multifd"),
)
_8_2_2: Final = attrs.evolve(
    _8_2_0,
    version=(8, 2, 2),
    migrate=CommandArguments(
        frozenset(), _ADDR | {"blk", "inc", "detach", "resume"}, frozenset({"blk", "inc"})
    ),
)
_9_0: Final = attrs.evolve(
    _8_2_2,
    version=(9, 0, 0),
    exclusivity=Exclusivity.SHORT,
    mapped_ram=True,
    single_stream=frozenset({"fd", "exec", "rdma", "file"}),
    cpr_conflicts=True,
)
_9_1: Final = attrs.evolve(
    _9_0,
    version=(9, 1, 0),
    migrate=CommandArguments(frozenset(), _ADDR | {"detach", "resume"}),
    migrate_incoming=CommandArguments(frozenset(), _ADDR | {"exit-on-error"}),
    incoming_rdma_conflicts=("xbzrle", "multifd"),
    plain_file_fd=PlainFileFd.DEPRECATED,
)
_9_2: Final = attrs.evolve(_9_1, version=(9, 2, 0))
_10_0: Final = attrs.evolve(
    _9_2,
    version=(10, 0, 0),
    channel_types=frozenset(ChannelType),
    list_rule=ListRule.ONE_OF_EACH_TYPE,
    incoming_uses_any_type=True,
    incoming_takes_channels=True,
    modes=frozenset({"normal", "cpr-reboot", "cpr-transfer"}),
)
_10_1: Final = attrs.evolve(
    _10_0,
    version=(10, 1, 0),
    inet_syntax=InetSyntax.OPTIONS,
    inet_members=_INET | _KEEP_ALIVE,
    migrate=CommandArguments(frozenset(), _ADDR | {"detach", "resume"}, frozenset({"detach"})),
    outgoing_rdma_conflicts=("xbzrle", "multifd", "postcopy-ram"),
    incoming_rdma_conflicts=("xbzrle", "multifd", "postcopy-ram"),
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
    incoming_uses_any_type=False,
    uri_kills_cpr_transfer=True,
    plain_file_fd=PlainFileFd.REFUSED,
)
_11_1: Final = attrs.evolve(_11_0, version=(11, 1, 0), json_reader=JsonReader.PUSH)

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
    match = re.match(_TEXT, text.partition("\nCopyright")[0])
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
