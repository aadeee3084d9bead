"""What a typed program may write: mypy and pyright read this file, nothing runs it."""

from __future__ import annotations

from typing import assert_never, assert_type

from migaddr import (
    DRAFT_V1,
    DRAFT_V2,
    DRAFT_V4,
    QAPI,
    RFC,
    Command,
    ExecAddress,
    FdAddress,
    FileAddress,
    InetAddress,
    JsonValue,
    Migrate,
    MigrateAddress,
    MigrateChannel,
    MigrateIncoming,
    MigrateRecover,
    Notice,
    RdmaAddress,
    Refusal,
    Release,
    Surprise,
    UnixAddress,
    VsockAddress,
    address_from_qmp,
    address_to_qmp,
    arguments_for,
    channels_from_qmp,
    channels_to_qmp,
    cloud_hypervisor,
    command_from_qmp,
    command_notices,
    command_to_qmp,
    format_uri,
    hmp,
    incoming,
    libvirt,
    parse_json,
    parse_uri,
    preflight,
    stratovirt,
    uri_surprises,
)


def a_match_over_all_addresses_is_complete(address: MigrateAddress) -> str:
    match address:
        case InetAddress(host, port):
            return f"{host}:{port}"
        case UnixAddress(path):
            return path
        case VsockAddress(cid, port):
            return f"{cid}:{port}"
        case FdAddress(name):
            return name
        case ExecAddress(args):
            return args[0]
        case RdmaAddress(inet):
            return inet.host
        case FileAddress(filename):
            return filename
        case _:
            assert_never(address)


def what_the_functions_give(value: object, channels: tuple[MigrateChannel, ...]) -> None:
    assert_type(parse_uri("tcp:h:1"), MigrateAddress)
    assert_type(parse_uri("tcp:h:1", "10.0"), MigrateAddress)
    assert_type(format_uri(parse_uri("fd:x"), Release.parse("9.0")), str)
    assert_type(uri_surprises("fd:7"), tuple[Surprise, ...])
    assert_type(address_from_qmp(value), MigrateAddress)
    assert_type(address_from_qmp(value, DRAFT_V1, release="10.0"), MigrateAddress)
    for dialect in (QAPI, DRAFT_V1, DRAFT_V4, RFC):
        assert_type(address_from_qmp(value, dialect), MigrateAddress)
    assert_type(address_to_qmp(FdAddress("x")), dict[str, JsonValue])
    assert_type(channels_from_qmp(value, QAPI), tuple[MigrateChannel, ...])
    assert_type(channels_to_qmp(channels), list[JsonValue])
    assert_type(channels_to_qmp(channels, QAPI), list[JsonValue])
    assert_type(channels_to_qmp(channels, DRAFT_V1), dict[str, JsonValue])
    assert_type(channels_to_qmp(channels, DRAFT_V2), dict[str, JsonValue])
    assert_type(channels_to_qmp(channels, DRAFT_V4), list[JsonValue])
    assert_type(channels_to_qmp(channels, RFC), list[JsonValue])
    assert_type(libvirt.parse("tcp://h", default_port="1"), MigrateAddress)
    assert_type(cloud_hypervisor.format(FdAddress("x"), parameter="receiver_url"), str)
    assert_type(stratovirt.options("file:/x"), dict[str, str])
    assert_type(parse_json("{}"), JsonValue)
    assert_type(InetAddress("h", "1").to, int | None)


def what_the_spellings_give(line: str) -> None:
    assert_type(hmp.parse(line), Command)
    assert_type(hmp.format(hmp.parse(line)), str)
    found = incoming.parse(line)
    if found is incoming.DEFER:
        return
    assert_type(found, tuple[MigrateChannel, ...])
    assert_type(incoming.format(found, form="json"), str)
    assert_type(incoming.parse_argv([line]), incoming.Slots | incoming.Defer)
    assert_type(incoming.format_argv(incoming.DEFER), list[str])


def a_match_over_all_commands_is_complete(command: Command) -> MigrateAddress | tuple[MigrateChannel, ...]:
    match command:
        case Migrate(target, resume=True):
            return target
        case Migrate(target) | MigrateIncoming(target) | MigrateRecover(target):
            return target
        case _:
            assert_never(command)


def what_commands_give(value: object, channel: MigrateChannel) -> None:
    command = command_from_qmp(value, DRAFT_V1, release="10.0")
    assert_type(command, Command)
    assert_type(command_to_qmp(command), dict[str, JsonValue])
    assert_type(command_to_qmp(Migrate((channel,), resume=True), QAPI, release="9.0"), dict[str, JsonValue])
    assert_type(arguments_for([channel], "10.0"), dict[str, JsonValue])
    assert_type(
        arguments_for(FdAddress("x"), Release.parse("10.0"), "migrate-incoming"), dict[str, JsonValue]
    )
    assert_type(command_notices(command, "10.0"), tuple[Notice, ...])
    assert_type(preflight(command, "10.0", capabilities=["multifd"]), tuple[Refusal, ...])
    assert_type(
        preflight(command, capabilities={"multifd": True}, parameters={"mode": "normal"}), tuple[Refusal, ...]
    )
    assert_type(Migrate(FdAddress("x")).resume, bool | None)


def what_a_type_checker_refuses() -> None:
    Migrate("fd:x")  # type: ignore[arg-type]  # an address, not its spelling
    Migrate(FdAddress("x"), True)  # type: ignore[call-arg]  # flags are keyword-only
    MigrateRecover((MigrateChannel,))  # type: ignore[arg-type]  # an address alone
    preflight(Migrate(FdAddress("x")), form="hmp")  # type: ignore[arg-type]  # uri or channels
    InetAddress("h", 4444)  # type: ignore[arg-type]  # a port is text
    InetAddress("h", "1", 5)  # type: ignore[call-arg, arg-type]  # optional members are keyword-only
    ExecAddress(["/bin/sh"])  # type: ignore[arg-type]  # a tuple
    FdAddress("x").name = "y"  # type: ignore[misc]  # frozen
    parse_uri("fd:x", 10.0)  # type: ignore[arg-type]  # a release is text
