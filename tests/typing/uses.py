"""What a typed program may write: mypy and pyright read this file, nothing runs it."""

from __future__ import annotations

from typing import assert_never, assert_type

from migaddr import (
    DRAFT_V1,
    QAPI,
    ExecAddress,
    FdAddress,
    FileAddress,
    InetAddress,
    JsonValue,
    MigrateAddress,
    MigrateChannel,
    RdmaAddress,
    Release,
    Surprise,
    UnixAddress,
    VsockAddress,
    address_from_qmp,
    address_to_qmp,
    channels_from_qmp,
    channels_to_qmp,
    format_uri,
    parse_json,
    parse_uri,
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
    for dialect in (QAPI, DRAFT_V1):
        assert_type(address_from_qmp(value, dialect), MigrateAddress)
    assert_type(address_to_qmp(FdAddress("x")), dict[str, JsonValue])
    assert_type(channels_from_qmp(value, QAPI), tuple[MigrateChannel, ...])
    assert_type(channels_to_qmp(channels), list[JsonValue])
    assert_type(channels_to_qmp(channels, QAPI), list[JsonValue])
    assert_type(channels_to_qmp(channels, DRAFT_V1), dict[str, JsonValue])
    assert_type(parse_json("{}"), JsonValue)
    assert_type(InetAddress("h", "1").to, int | None)


def what_a_type_checker_refuses() -> None:
    InetAddress("h", 4444)  # type: ignore[arg-type]  # a port is text
    InetAddress("h", "1", 5)  # type: ignore[call-arg, arg-type]  # optional members are keyword-only
    ExecAddress(["/bin/sh"])  # type: ignore[arg-type]  # a tuple
    FdAddress("x").name = "y"  # type: ignore[misc]  # frozen
    parse_uri("fd:x", 10.0)  # type: ignore[arg-type]  # a release is text
