"""The model: addresses, channels and commands, drawn member by member."""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable
from typing import Final, Literal, TypeAlias, get_args

from hypothesis import strategies as st

from migaddr.commands import Command, Migrate, MigrateIncoming, MigrateRecover, arguments_for
from migaddr.commands.command import Target
from migaddr.commands.facts import FLAGS, attribute
from migaddr.errors import InexpressibleError, MigaddrError
from migaddr.generation import alphabets as words
from migaddr.model import (
    UINT16_MAX,
    UINT32_MAX,
    UINT64_MAX,
    ChannelType,
    ExecAddress,
    FdAddress,
    FileAddress,
    InetAddress,
    MigrateAddress,
    MigrateChannel,
    RdmaAddress,
    UnixAddress,
    VsockAddress,
)
from migaddr.qmp import channels_to_qmp
from migaddr.releases import RELEASES, Release, ReleaseLike, as_release
from migaddr.strategies.texts import PLAIN, PORTS, any_texts, hostile_texts, member_texts
from migaddr.uri import format_uri
from migaddr.uri.scheme import OFFSET_OPTION

Kind: TypeAlias = Literal["inet", "unix", "vsock", "fd", "exec", "rdma", "file"]
"""The kinds of address."""
Form: TypeAlias = Literal["uri", "channels"]
"""In which form an address is to be expressible."""

FLAGS_OR_NONE: Final = st.none() | st.booleans()


def _check_names(given: Iterable[object], known: tuple[str, ...], what: str) -> None:
    """Check what somebody asks for.

    :raises MigaddrError: something is none of what is known.
    """
    for name in given:
        if name not in known:
            hint = "; a release goes into release=" if what != "form" else ""
            raise MigaddrError(f"{name!r} is no {what}: there are {', '.join(known)}{hint}")


def releases() -> st.SearchStrategy[Release]:
    """Draw a release of the table; the oldest is the simplest."""
    return st.sampled_from(RELEASES)


def _numbers(most: int, boundaries: tuple[int, ...]) -> st.SearchStrategy[int]:
    return st.integers(0, most) | st.sampled_from(boundaries)


def inet_addresses(release: ReleaseLike | None = None) -> st.SearchStrategy[InetAddress]:
    """Draw inet addresses, with any of their options; with a release only those that it has in `channels`.

    :raises UnknownReleaseError: as `Release.parse`.
    """
    return _inet_addresses(None if release is None else as_release(release).inet_members)


@functools.cache
def _inet_addresses(members: frozenset[str] | None) -> st.SearchStrategy[InetAddress]:
    options: dict[str, st.SearchStrategy[bool | int | None]] = {}
    for name, member in words.OPTIONS.items():
        if members is None or name in members:
            if name == "to":
                options[member] = st.none() | _numbers(UINT16_MAX, words.TO)
            elif name in words.NUMBER_OPTIONS:
                options[member] = st.none() | _numbers(UINT32_MAX, words.UINT32S)
            else:
                options[member] = FLAGS_OR_NONE
    hosts = member_texts(words.HOSTS)
    bare = st.builds(InetAddress, hosts, PORTS)
    few = st.builds(InetAddress, hosts, PORTS, ipv4=FLAGS_OR_NONE, ipv6=FLAGS_OR_NONE)
    return bare | few | st.builds(InetAddress, hosts, PORTS, **options)


@functools.cache
def unix_addresses() -> st.SearchStrategy[UnixAddress]:
    """Draw UNIX sockets, abstract ones among them."""
    paths = member_texts(words.PATHS)
    flags = FLAGS_OR_NONE
    return st.builds(UnixAddress, paths) | st.builds(UnixAddress, paths, abstract=flags, tight=flags)


@functools.cache
def vsock_addresses() -> st.SearchStrategy[VsockAddress]:
    """Draw vsock addresses."""
    return st.builds(VsockAddress, member_texts(words.CIDS), member_texts(words.VSOCK_PORTS))


@functools.cache
def fd_addresses() -> st.SearchStrategy[FdAddress]:
    """Draw descriptors by their names or numbers."""
    return st.builds(FdAddress, member_texts(words.NAMES))


@functools.cache
def exec_addresses() -> st.SearchStrategy[ExecAddress]:
    """Draw programs: commands for a shell, and argument lists."""
    commands = member_texts(words.COMMANDS).map(lambda command: ExecAddress(("/bin/sh", "-c", command)))
    arguments = st.lists(member_texts(words.COMMANDS), min_size=1, max_size=4).map(tuple)
    return commands | st.builds(ExecAddress, st.sampled_from(words.PROGRAMS) | arguments)


def rdma_addresses(release: ReleaseLike | None = None) -> st.SearchStrategy[RdmaAddress]:
    """Draw rdma addresses, as `inet_addresses`.

    :raises UnknownReleaseError: as `Release.parse`.
    """
    return st.builds(RdmaAddress, inet_addresses(release))


@functools.cache
def file_addresses() -> st.SearchStrategy[FileAddress]:
    """Draw files, at the start or at any offset."""
    offsets = st.just(0) | _numbers(UINT64_MAX, words.OFFSETS)
    return st.builds(FileAddress, member_texts(words.FILES), offset=offsets)


def addresses(
    *kinds: Kind,
    release: ReleaseLike | None = None,
    expressible: bool | None = None,
    form: Form = "uri",
) -> st.SearchStrategy[MigrateAddress]:
    """Draw addresses of these kinds, or of all.

    With `expressible` they can be written in this form for the release (without one: in the portable
    spelling, or in the channels of the newest), or just not; where that is impossible (no `fd:` is
    inexpressible in a URI of 7.2), the kind is left out. The release decides which members an address has.

    :raises MigaddrError: there is no such kind or form, or `expressible` is neither a bool nor None.
    :raises UnknownReleaseError: as `Release.parse`.
    """
    _check_names(kinds, words.KINDS, "kind of address")
    _check_names([form], get_args(Form), "form")
    if expressible is not None and not isinstance(expressible, bool):
        raise MigaddrError(f"expressible is True, False or None, not {expressible!r}")
    known = None if release is None else as_release(release)
    return _addresses(kinds or words.KINDS, known, expressible, form)


@functools.lru_cache(maxsize=128)
def _addresses(
    chosen: tuple[str, ...], for_release: Release | None, expressible: bool | None, form: Form
) -> st.SearchStrategy[MigrateAddress]:
    drawn: dict[str, st.SearchStrategy[MigrateAddress]] = {
        "inet": inet_addresses(for_release),
        "unix": unix_addresses(),
        "vsock": vsock_addresses(),
        "fd": fd_addresses(),
        "exec": exec_addresses(),
        "rdma": rdma_addresses(for_release),
        "file": file_addresses(),
    }
    if expressible is None:
        return st.one_of([drawn[kind] for kind in chosen])

    def is_wanted(address: MigrateAddress) -> bool:
        return is_expressible(address, form, for_release) is expressible

    if not expressible:
        drawn = _inexpressible(form)
    fitting = [drawn[kind] for kind in chosen if _can(kind, form, for_release, expressible=expressible)]
    return st.one_of([strategy.filter(is_wanted) for strategy in fitting])


def is_expressible(address: MigrateAddress, form: Form, release: Release | None) -> bool:
    """Tell whether an address can be written in this form for a release, or for all."""
    try:
        if form == "uri":
            format_uri(address, release)
        else:
            channels_to_qmp([MigrateChannel(ChannelType.MAIN, address)], release=release or RELEASES[-1])
    except InexpressibleError:
        return False
    return True


def _can(kind: str, form: Form, release: Release | None, *, expressible: bool) -> bool:
    """Tell whether there are such addresses of this kind at all."""
    if form == "channels":
        has_channels = release is None or bool(release.transports)
        return has_channels if expressible else True
    if expressible:
        return kind != "file" or release is None or "file" in release.uri_schemes
    if kind == "fd":
        return release is None or not release.empty_fd_uri
    return True


def _inexpressible(form: Form) -> dict[str, st.SearchStrategy[MigrateAddress]]:
    """Give addresses that mostly cannot be written, of each kind; what makes them so comes first."""
    if form == "channels":
        text = st.builds(lambda a, b: f"{a}\udc80{b}", PLAIN, any_texts(4))
        inets: st.SearchStrategy[InetAddress] = st.builds(InetAddress, text, PORTS)
        return {
            "inet": inets,
            "unix": st.builds(UnixAddress, text),
            "vsock": st.builds(VsockAddress, text, PORTS),
            "fd": st.builds(FdAddress, text),
            "exec": st.builds(lambda a, b: ExecAddress((a, b)), PLAIN, text),
            "rdma": st.builds(RdmaAddress, inets),
            "file": st.builds(FileAddress, text),
        }
    texts = PLAIN | hostile_texts(4)
    long = st.builds(lambda a, b: a + "1" * 33 + b, texts, texts)
    inets = (
        st.builds(InetAddress, texts, st.just(""), ipv4=FLAGS_OR_NONE)
        | st.builds(lambda a, b, port: InetAddress(f"{a}:{b}]:", port), texts, texts, PORTS)
        | st.builds(lambda a, b, port: InetAddress(f"[{a}=]:{b}", port), texts, texts, PORTS)
    )
    return {
        "inet": inets,
        "unix": st.builds(UnixAddress, texts, abstract=st.just(True), tight=FLAGS_OR_NONE)
        | st.builds(UnixAddress, st.just("")),
        "vsock": st.builds(VsockAddress, st.just("") | long | texts.map(":".__add__), texts)
        | st.builds(VsockAddress, texts, st.just("") | long | texts.map(",".__add__)),
        "fd": st.just(FdAddress("")),
        "exec": st.builds(lambda a: ExecAddress((a,)), texts)
        | st.builds(lambda a, b: ExecAddress(("/bin/sh", a, b)), texts, texts),
        "rdma": st.builds(RdmaAddress, inets),
        "file": st.builds(lambda a, b: FileAddress(f"{a}{OFFSET_OPTION}{b}"), texts, texts),
    }


def channels(release: ReleaseLike | None = None) -> st.SearchStrategy[MigrateChannel]:
    """Draw single channels, of a type that the release has.

    :raises UnknownReleaseError: as `Release.parse`.
    """
    types = list(ChannelType)
    if release is not None:
        types = [kind for kind in ChannelType if kind in as_release(release).channel_types]
    return st.builds(MigrateChannel, st.sampled_from(types), addresses(release=release))


def channel_lists(release: ReleaseLike | None = None) -> st.SearchStrategy[tuple[MigrateChannel, ...]]:
    """Draw lists of channels: as `migrate` of this release takes them, or with any one to three channels.

    Empty for a release without channels (up to 8.1): nothing can be drawn then.

    :raises UnknownReleaseError: as `Release.parse`.
    """
    if release is None:
        return st.lists(channels(), min_size=1, max_size=3).map(tuple)
    known = as_release(release)
    if not known.transports:
        return st.nothing()
    carried = addresses(release=known, expressible=True, form="channels")
    main = st.builds(MigrateChannel, st.just(ChannelType.MAIN), carried)
    alone = main.map(lambda channel: (channel,))
    if ChannelType.CPR not in known.channel_types:
        return alone
    cpr = st.builds(MigrateChannel, st.just(ChannelType.CPR), carried)
    return alone | st.tuples(main, cpr) | st.tuples(cpr, main)


CommandName: TypeAlias = Literal["migrate", "migrate-incoming", "migrate-recover"]


def commands(*names: CommandName, release: ReleaseLike | None = None) -> st.SearchStrategy[Command]:
    """Draw commands of these names, or of all; with a release such as can be written for it.

    :raises MigaddrError: there is no such command.
    :raises UnknownReleaseError: as `Release.parse`.
    """
    _check_names(names, tuple(FLAGS), "command")
    chosen: Collection[str] = names or tuple(FLAGS)
    known = None if release is None else as_release(release)
    return st.one_of([_commands(name, known) for name in FLAGS if name in chosen])


@functools.lru_cache(maxsize=64)
def _commands(name: str, release: Release | None) -> st.SearchStrategy[Command]:
    if release is None:
        flags = {attribute(flag): FLAGS_OR_NONE for flag in FLAGS[name]}
        targets: st.SearchStrategy[Target] = addresses() | channel_lists()
    else:
        facts = {
            "migrate": release.migrate,
            "migrate-incoming": release.migrate_incoming,
            "migrate-recover": release.migrate_recover,
        }[name]
        flags = {attribute(flag): FLAGS_OR_NONE for flag in FLAGS[name] if flag in facts.optional}
        in_channels = "channels" in facts.optional and "uri" not in facts.required
        form: Form = "channels" if in_channels else "uri"
        targets = addresses(release=release, expressible=True, form=form)
        if form == "channels" and name == "migrate":
            targets |= channel_lists(release)
        # what JSON cannot carry to QEMU a URI could
        targets = targets.filter(lambda target: _can_be_told(target, release, name))
    if name == "migrate":
        return st.builds(Migrate, targets, **flags)
    if name == "migrate-incoming":
        return st.builds(MigrateIncoming, targets, **flags)
    single = addresses() if release is None else targets
    return st.builds(MigrateRecover, single)


def _can_be_told(target: Target, release: Release, name: str) -> bool:
    try:
        arguments_for(target, release, name)
    except InexpressibleError:
        return False
    return True
