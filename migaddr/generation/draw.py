"""Draws addresses, channels and commands of the model from a source, for a release or for any."""

from __future__ import annotations

from typing import Final

from migaddr.commands import Command, Migrate, MigrateIncoming, MigrateRecover
from migaddr.generation import alphabets as words
from migaddr.generation.source import Source
from migaddr.model import (
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
from migaddr.releases import Release

_BOTH: Final = (False, True)


def word(source: Source, most: int = 10) -> str:
    """Draw letters and digits, three to `most` mostly."""
    least = 0 if source.one_in(16) else 2
    return "".join(source.choices(words.WORD, 1 + least + source.below(most - least)))


def hostile_text(source: Source, most: int = 6) -> str:
    """Draw up to `most` of the pieces at which parsers stop."""
    return "".join(source.choices(words.PIECES, source.below(most + 1)))


def text(source: Source, table: tuple[str, ...]) -> str:
    """Draw a text for a member: a plain word, one that its table has, or something hostile; often mixed."""
    way = source.below(32)
    if way < 14:
        return word(source)
    if way == 31:
        return source.choice(table)
    if way < 26:
        return source.choice(table) + word(source, 6)
    return word(source, 4) + hostile_text(source, 4)


def port(source: Source) -> str:
    """Draw a port: a number mostly."""
    return str(source.below(65536)) if source.below(4) else text(source, words.PORTS)


def number(source: Source, boundaries: tuple[int, ...]) -> int:
    """Draw a number up to the greatest of the boundaries."""
    if source.one_in(3):
        return source.choice(boundaries)
    most = 1 << source.below(boundaries[-1].bit_length()) + 1
    if most > 1 << 32:
        return (source.below(most >> 32) << 32) + source.below(1 << 32)
    return source.below(most)


def inet(source: Source, release: Release | None = None) -> InetAddress:
    """Draw an inet address; with a release only of members that it has."""
    options: dict[str, bool | int] = {}
    if source.below(3):
        for name, attribute in words.OPTIONS.items():
            if source.one_in(4) and (release is None or name in release.inet_members):
                if name in words.NUMBER_OPTIONS:
                    options[attribute] = number(source, words.TO if name == "to" else words.UINT32S)
                else:
                    options[attribute] = source.choice(_BOTH)
    return InetAddress(text(source, words.HOSTS), port(source), **options)  # type: ignore[arg-type]  # as the table says


def address(source: Source, kind: str, release: Release | None = None) -> MigrateAddress:
    """Draw an address of a kind of `KINDS`; with a release only of members that it has."""
    match kind:
        case "inet":
            return inet(source, release)
        case "unix":
            path = text(source, words.PATHS)
            if source.below(4):
                return UnixAddress(path)
            return UnixAddress(
                path,
                abstract=source.choice((None, False, True)),
                tight=source.choice((None, False, True)),
            )
        case "vsock":
            return VsockAddress(text(source, words.CIDS), text(source, words.VSOCK_PORTS))
        case "fd":
            return FdAddress(text(source, words.NAMES))
        case "exec":
            if source.below(3):
                return ExecAddress(("/bin/sh", "-c", text(source, words.COMMANDS)))
            return ExecAddress((*source.choice(words.PROGRAMS), word(source))[: 1 + source.below(4)])
        case "rdma":
            return RdmaAddress(inet(source, release))
        case _:
            offset = number(source, words.OFFSETS) if source.below(2) else 0
            return FileAddress(text(source, words.FILES), offset=offset)


def channels(source: Source, kind: str, release: Release) -> tuple[MigrateChannel, ...]:
    """Draw a list of channels that the release takes in `migrate`; the kind is that of the main one."""
    found = [MigrateChannel(ChannelType.MAIN, address(source, kind, release))]
    if ChannelType.CPR in release.channel_types and source.one_in(3):
        other = MigrateChannel(ChannelType.CPR, address(source, source.choice(words.KINDS), release))
        found.insert(source.below(2), other)
    return tuple(found)


def command(source: Source, kind: str, release: Release) -> Command:
    """Draw a command for one address, or for channels, with arguments that the release has."""
    name = source.choice(words.EXECUTE)
    if name == "migrate-recover":
        return MigrateRecover(address(source, kind, release))
    target: MigrateAddress | tuple[MigrateChannel, ...] = address(source, kind, release)
    facts = release.migrate if name == "migrate" else release.migrate_incoming
    flags = {
        flag.replace("-", "_"): source.choice(_BOTH)
        for flag in ("blk", "inc", "detach", "resume", "exit-on-error")
        if flag in facts.optional and source.one_in(3)
    }
    if name == "migrate":
        if "channels" in facts.optional and "uri" not in facts.required and source.one_in(3):
            target = channels(source, kind, release)
        return Migrate(target, **flags)
    return MigrateIncoming(target, **flags)
