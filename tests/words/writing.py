"""Pages of what is written, foretold and refused, and of the facts behind it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import attrs

from migaddr import (
    LATEST,
    ChannelType,
    Command,
    ExecAddress,
    FdAddress,
    FileAddress,
    InetAddress,
    Migrate,
    MigrateAddress,
    MigrateChannel,
    MigrateIncoming,
    MigrateRecover,
    RdmaAddress,
    Release,
    UnixAddress,
    VsockAddress,
    address_from_qmp,
    address_to_qmp,
    arguments_for,
    channels_from_qmp,
    channels_to_qmp,
    cloud_hypervisor,
    command_notices,
    command_to_qmp,
    exec_address,
    exec_command,
    format_uri,
    hmp,
    incoming,
    libvirt,
    parse_json,
    parse_uri,
    preflight,
    stratovirt,
    uri_parts,
    uri_surprises,
)
from migaddr.releases import CommandArguments
from tests.corpus_rows import rows
from tests.words.given import BROKEN, DIALECTS, LONGEST
from tests.words.page import Asked, Way, always, each


def _notices(command: Command, release: Release) -> str:
    return ", ".join(map(str, command_notices(command, release)))


def _refusals(command: Command, release: Release, **settings: Any) -> tuple[str, ...]:
    return tuple(map(str, preflight(command, release, **settings)))


def _addresses() -> list[MigrateAddress]:
    found: dict[MigrateAddress, None] = {}
    for row in rows("uri"):
        if len(row["uri"]) < LONGEST:
            for item in row["expect"]:
                if "addr" in item:
                    found[address_from_qmp(item["addr"], release=LATEST)] = None
    for row in rows("channels"):
        for item in row["expect"]:
            if "accepted" in item:
                found |= {
                    channel.addr: None for channel in channels_from_qmp(row["channels"], release=LATEST)
                }
    kinds: Counter[tuple[object, ...]] = Counter()
    for address in list(found):
        kinds[
            kind := (type(address), *(name for name in address.__slots__ if getattr(address, name) is None))
        ] += 1
        if kinds[kind] > 4:
            del found[address]
    return list(dict.fromkeys([*found, *MORE_ADDRESSES]))


MORE_ADDRESSES: list[MigrateAddress] = [
    *(InetAddress(host, "1") for host in (
        "", "]:", "a]:b", "a]b:", "[", "[a", "::1]", "a,b", "a=b", "a:b", "a:,b", "a:=b", "a:b,id=1", "unix", "fd", "tcp", "vsock", "exec", "h" * 64,
        "h" * 65, "é" * 32, "é" * 33, "\udc80", "id=a", ",id=9", "a,id=b", "1.2.3.4", "h.", "a b", "%", "*",
    )),
    *(InetAddress("h", port) for port in ("", "0", "00", "65535", "65536", "1,2", "1=2", "1:2", "1" * 32, "1" * 33, "é" * 17, "http", " 1", ",id=9")),
    InetAddress("a:b", "1,2"), InetAddress("a:b]:c", "1=2"), InetAddress("::1", "1", to=0), InetAddress("h", "1", to=1, ipv4=False, mptcp=True),
    InetAddress("h", "1", numeric=False), InetAddress("h", "1", keep_alive_idle=0), InetAddress("h", "1", keep_alive_interval=5),
    UnixAddress(""), UnixAddress("a,b"), UnixAddress("p" * 107), UnixAddress("p" * 108), UnixAddress("é" * 54), UnixAddress("a b"), UnixAddress("a:b"),
    UnixAddress("éX"), UnixAddress("\udc80"), UnixAddress("x", abstract=False), UnixAddress("x", tight=False), UnixAddress("x", abstract=True, tight=True),
    VsockAddress("", "1"), VsockAddress("1", ""), VsockAddress("1:2", "3"), VsockAddress("1", "2:3"), VsockAddress("1" * 63, "1"), VsockAddress("1" * 64, "1"),
    VsockAddress("1", "2,3"), VsockAddress("x", "y"), VsockAddress("1", "é" * 32), FdAddress(""), FdAddress("1"), FdAddress("1x"), FdAddress("a,b"),
    FdAddress("\udc80"), ExecAddress(("/bin/sh", "-c", "")), ExecAddress(("/bin/sh", "-c")), ExecAddress(("/bin/sh", "-c", "a", "b")), ExecAddress(("x",)),
    ExecAddress(("/bin/sh", "-c", "a'b")), ExecAddress(("/bin/sh", "-c", "\udc80")), ExecAddress(("", "a,b")), RdmaAddress(InetAddress("", "1")),
    RdmaAddress(InetAddress("a:b", "")), RdmaAddress(InetAddress("h", "1", to=2, ipv6=True)), RdmaAddress(InetAddress("h", "1", keep_alive_count=1)),
    FileAddress(""), FileAddress("a,offset=1"), FileAddress("a,offset=1", offset=2), FileAddress("a", offset=2**64 - 1), FileAddress("/dev/fdset/1"),
    FileAddress("/dev/fdset/x"), FileAddress("\udc80"), FileAddress("a,b"),
]  # fmt: skip


def commands_of_exec() -> Iterator[Asked]:
    """The text behind `exec:`, on both kinds of hosts."""
    vectors: list[tuple[str, ...]] = [
        ("/bin/sh", "-c", "cat > x"), ("/bin/sh", "-c"), ("/bin/sh", "-x", "a"), ("x",), ("-x", "a b"), ("a b", "c'd"), ("-a'b",),
        ("C:\\Windows\\System32\\cmd.exe", "/c", "dir"),
    ]  # fmt: skip
    for host in ("posix", "windows", "x"):
        for vector in vectors:
            address = ExecAddress(vector)
            ways = {
                "is": always(exec_command, address, host),
                "quoted": always(exec_command, address, host, quote=True),
            }
            yield Asked(f"{host} {vector!a}", ways)
        yield Asked(
            f"{host}, no vector",
            {"is": always(exec_command, "x", host), "command": always(exec_address, "a b", host)},
        )


NOT_TEXT: list[object] = [None, 7, b"tcp:h:1", ["tcp:h:1"], {}]
READERS: list[Callable[..., object]] = [
    parse_uri, uri_parts, uri_surprises, hmp.parse, incoming.parse, incoming.parse_argv, incoming.parse_shell, parse_json, libvirt.parse,
    cloud_hypervisor.parse, stratovirt.parse, cloud_hypervisor.options, stratovirt.options, exec_address,
]  # fmt: skip
WRITERS: list[Callable[..., object]] = [
    format_uri, arguments_for, channels_to_qmp, address_to_qmp, command_to_qmp, command_notices, preflight, hmp.format, incoming.format,
    incoming.format_argv, incoming.format_shell, libvirt.format, cloud_hypervisor.format, stratovirt.format,
]  # fmt: skip


def nothing() -> Iterator[Asked]:
    """What is no text and no address."""
    for work in READERS + WRITERS:
        given = [*NOT_TEXT, "tcp:h:1", (), (None,)] if work in WRITERS else NOT_TEXT
        ask = each if work in WRITERS else always
        yield Asked(f"{work.__module__}.{work.__name__}", {ascii(value): ask(work, value) for value in given})
    channel = MigrateChannel(ChannelType.MAIN, FdAddress("x"))
    ways = {
        "read": always(address_from_qmp, {}, 7), "written": always(address_to_qmp, FdAddress("x"), 7), "list": always(channels_from_qmp, [], 7),
        "channels": always(channels_to_qmp, (channel,), 7), "command": always(command_to_qmp, Migrate(FdAddress("x")), 7),
        "form": always(incoming.format, FdAddress("x"), form="x"), "arguments": always(incoming.format_argv, FdAddress("x"), form="x"),
        "as JSON": always(incoming.format_argv, FdAddress("x"), form="json"), "shell": always(incoming.format_shell, (channel, channel)),
        "two": always(incoming.format, (channel, channel)), "two of a type": each(channels_to_qmp, (channel, channel)),
        "cpr alone": each(channels_to_qmp, (MigrateChannel(ChannelType.CPR, FdAddress("x")),)), "no channels": each(channels_to_qmp, ()), "none": always(incoming.format, ()), "DEFER": always(incoming.format, incoming.DEFER),
        "command for": always(arguments_for, FdAddress("x"), "11.1", command="x"),
    }  # fmt: skip
    yield Asked("a number for a dialect, and forms", ways)
    for work in (
        parse_uri,
        hmp.parse,
        incoming.parse,
        libvirt.parse,
        cloud_hypervisor.parse,
        stratovirt.parse,
    ):
        yield Asked(f"{work.__module__}.{work.__name__} with NUL", {"is": always(work, "tcp:a\0b")})


def written() -> Iterator[Asked]:
    for address in _addresses():
        main, cpr = MigrateChannel(ChannelType.MAIN, address), MigrateChannel(ChannelType.CPR, address)
        ways: dict[str, Way] = {
            "URI": each(format_uri, address),
            "portable URI": always(format_uri, address),
            "migrate": each(arguments_for, address),
            "migrate-incoming": each(arguments_for, address, command="migrate-incoming"),
            "migrate-recover": each(arguments_for, address, command="migrate-recover"),
            "line": each(hmp.format, Migrate(address)),
            "main and cpr": each(arguments_for, (main, cpr)),
            "-incoming": each(incoming.format, address),
            "-incoming, main and cpr": each(incoming.format_argv, (main, cpr)),
            "-incoming, cpr, in a shell": each(incoming.format_shell, (cpr,)),
            "libvirt": each(libvirt.format, address),
            "cloud-hypervisor": each(cloud_hypervisor.format, address),
            "stratovirt": each(stratovirt.format, address),
        }
        for form in ("uri", "json", "keyval"):
            ways[f"-incoming as {form}"] = each(incoming.format, address, form=form)
        for name, dialect in DIALECTS.items():
            ways[name] = each(channels_to_qmp, (main,), dialect)
        yield Asked(repr(address), ways)


def flagged() -> Iterator[Asked]:
    address, channel = UnixAddress("/x"), MigrateChannel(ChannelType.CPR, UnixAddress("/c"))
    targets: list[Any] = [
        address,
        (MigrateChannel(ChannelType.MAIN, address), channel),
        (channel,),
        FileAddress("a,b", offset=1),
    ]
    made: list[Command] = [MigrateRecover(address)]
    for target in targets:
        made += [Migrate(target), MigrateIncoming(target), MigrateIncoming(target, exit_on_error=False)]
        made += [
            Migrate(target, **{flag: value})
            for flag in ("blk", "inc", "detach", "resume")
            for value in (True, False)
        ]
    for command in made:
        ways: dict[str, Way] = {
            "notices": each(_notices, command),
            "line": each(hmp.format, command),
        }
        for name, dialect in DIALECTS.items():
            ways[name] = each(command_to_qmp, command, dialect)
        yield Asked(repr(command), ways)


SETTINGS: dict[str, dict[str, Any]] = {
    "nothing": {},
    **{f"{name} on": {"capabilities": [name]} for name in (
        "multifd", "postcopy-preempt", "mapped-ram", "xbzrle", "compress", "rdma-pin-all", "postcopy-ram", "dirty-bitmaps",
        "background-snapshot", "x-colo", "release-ram", "block", "dirty-limit", "zero-copy-send", "return-path", "auto-converge",
    )},
    "mapped-ram with TLS": {"capabilities": ["mapped-ram"], "parameters": {"tls-creds": "x", "multifd-compression": "zlib"}},
    "mapped-ram and multifd": {"capabilities": {"mapped-ram": True, "multifd": True, "xbzrle": False}},
    "mapped-ram without TLS": {"capabilities": ["mapped-ram"], "parameters": {"tls-creds": "", "multifd-compression": "none"}},
    "block-incremental": {"parameters": {"block-incremental": True}},
    **{f"mode {mode}": {"parameters": {"mode": mode}} for mode in ("normal", "cpr-reboot", "cpr-transfer", "cpr-exec", "x", 1)},
    "cpr-exec with its command": {"parameters": {"mode": "cpr-exec", "cpr-exec-command": ["x"]}},
    "cpr-reboot and others": {
        "capabilities": ["postcopy-ram", "dirty-bitmaps", "background-snapshot", "x-colo"], "parameters": {"mode": "cpr-reboot"},
    },
    "a plain file": {"fd_is_file": True},
    "as a URI": {"form": "uri"},
    "as channels": {"form": "channels"},
    "cpr-transfer as a URI": {"form": "uri", "parameters": {"mode": "cpr-transfer"}},
    "cpr-transfer as channels": {"form": "channels", "parameters": {"mode": "cpr-transfer"}},
    "no such form": {"form": "x"},
    "capabilities as text": {"capabilities": "multifd"},
    "capabilities as number": {"capabilities": 1},
    "a number among the capabilities": {"capabilities": [1]},
    "a number for a capability": {"capabilities": {"multifd": 1}},
    "parameters as a list": {"parameters": []},
}  # fmt: skip


def settings() -> Iterator[Asked]:
    pair = (
        MigrateChannel(ChannelType.MAIN, FdAddress("x")),
        MigrateChannel(ChannelType.CPR, UnixAddress("/c")),
    )
    bad = (
        MigrateChannel(ChannelType.MAIN, FileAddress("x")),
        MigrateChannel(ChannelType.CPR, FdAddress("c")),
    )
    addresses = [InetAddress("h", "1"), *BROKEN[1:]]
    made: list[Command] = [kind(address) for kind in (Migrate, MigrateIncoming) for address in addresses]
    made += [
        MigrateRecover(addresses[0]),
        Migrate(pair),
        Migrate(bad),
        Migrate(addresses[0], resume=True),
        Migrate(addresses[0], blk=True),
    ]
    for command in made:
        ways = {name: each(_refusals, command, **options) for name, options in SETTINGS.items()}
        yield Asked(repr(command), ways)


WRONG: list[object] = [
    None, True, False, 0, -1, 1, 0xFFFF, 0x10000, 0xFFFF_FFFF, 0x1_0000_0000, 2**64 - 1, 2**64, 1.0, "", "a", "a\0b", "é\udc00\ud800",
    "a\udc80", b"a", (), ("a",), ("a", 1), ("a", "b\0"), ["a"], InetAddress("h", "1"), ChannelType.CPR,
]  # fmt: skip
CLASSES: list[tuple[Any, tuple[object, ...]]] = [
    (InetAddress, ("h", "1")), (UnixAddress, ("/x",)), (VsockAddress, ("2", "1")), (FdAddress, ("x",)), (ExecAddress, (("x",),)),
    (RdmaAddress, (InetAddress("h", "1"),)), (FileAddress, ("/x",)), (MigrateChannel, (ChannelType.MAIN, FdAddress("x"))),
    (Migrate, (FdAddress("x"),)), (MigrateIncoming, (FdAddress("x"),)), (MigrateRecover, (FdAddress("x"),)),
]  # fmt: skip


def values() -> Iterator[Asked]:
    """Each member of each class, with whatever somebody may give it."""
    for kind, given in CLASSES:
        names = [name for name in kind.__slots__ if name != "__weakref__"]
        for at, name in enumerate(names):
            ways: dict[str, Way] = {}
            for value in WRONG:
                if at < len(given):
                    ways[ascii(value)] = always(kind, *given[:at], value, *given[at + 1 :])
                else:
                    ways[ascii(value)] = always(kind, *given, **{name: value})
            yield Asked(f"{kind.__name__}.{name}", ways)


def facts() -> Iterator[Asked]:
    """All that the table says, by release."""
    for field in attrs.fields(Release):
        yield Asked(field.name, {"is": each(_fact, field.name)})


def _fact(name: str, release: Release) -> object:
    fact = getattr(release, name)
    if isinstance(fact, CommandArguments):
        return [
            f"{kind}: {', '.join(sorted(getattr(fact, kind)))}"
            for kind in ("required", "optional", "deprecated")
        ]
    return sorted(map(str, fact)) if isinstance(fact, frozenset) else str(fact)
