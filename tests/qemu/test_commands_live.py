"""Commands against real QEMU: the form that is chosen, the rows of the corpus, generated ones, and what kills it."""

from __future__ import annotations

import json
import os
import random
from typing import Any

import pytest

from migaddr import (
    CommandError,
    ExecAddress,
    FdAddress,
    FileAddress,
    InetAddress,
    InexpressibleError,
    MigrateAddress,
    ParseError,
    RdmaAddress,
    Release,
    UnixAddress,
    VsockAddress,
    WireError,
    address_from_qmp,
    address_to_qmp,
    arguments_for,
    command_from_qmp,
    parse_uri,
)
from migaddr.jail.verdict import COMMANDS, Direction, judge
from migaddr.qmp.wire import first_not_carried
from tests.corpus_rows import rows
from tests.qemu import command_objects, model_addresses
from tests.qemu.bench import Qemu, QemuDiedError, binary
from tests.qemu.report import Differences

PIECES = 4
COUNT = int(os.environ.get("MIGADDR_QEMU_COUNT", "2000")) // 5
SEED = int(os.environ["MIGADDR_QEMU_SEED"])  # tests/conftest.py sees to it

MORE: tuple[MigrateAddress, ...] = (
    UnixAddress("migaddr", abstract=True),
    UnixAddress("migaddr", abstract=True, tight=False),
    UnixAddress("/none/x", abstract=False),
    UnixAddress("/none/x", tight=True),
    InetAddress("h", "80", numeric=False),
    InetAddress("h", "80", keep_alive_count=3),
    InetAddress("h", "80", keep_alive=True, keep_alive_idle=30, keep_alive_interval=5),
    InetAddress("h]:1", "80"),
    InetAddress("h", ""),
    InetAddress("h", "8,0"),
    InetAddress("h,x=y", "80", ipv4=False),
    VsockAddress("", "1"),
    VsockAddress("x:y", "1"),
    FdAddress(""),
    ExecAddress(("/none", "a b")),
    ExecAddress(("/bin/sh", "-c")),
    FileAddress("/none/x,offset=4"),
    FileAddress("/none/x", offset=2**64 - 1),
)


def _addresses() -> list[MigrateAddress]:
    """Every address of the corpus, and more that some form cannot say."""
    found: dict[MigrateAddress, None] = dict.fromkeys(MORE)
    for row in rows("uri"):
        for item in row["expect"]:
            if "addr" in item:
                found[address_from_qmp(item["addr"])] = None
    for row in rows("channels"):
        if any("accepted" in item for item in row["expect"]) and len(row["channels"]) == 1:
            found[address_from_qmp(row["channels"][0]["addr"])] = None
    return list(found)


def _is_own_descriptor(address: MigrateAddress, direction: Direction) -> bool:
    """A number is one of QEMU's own descriptors: what happens then is chance."""
    return direction == "incoming" and isinstance(address, FdAddress) and address.name[:1].isdigit()


def _start(series: str, direction: Direction) -> Qemu:
    return Qemu(binary(series), incoming="defer" if direction == "incoming" else None)


@pytest.mark.parametrize("piece", range(PIECES))
@pytest.mark.parametrize("direction", ["incoming", "outgoing"])
def test_the_form_chosen_is_read_as_the_address(series: str, direction: Direction, piece: int) -> None:
    """And where there is none: the nearest forms, sent by force, are refused or read as something else."""
    release = Release.parse(series)
    differences = Differences(series)
    chosen: set[str] = set()
    for address in _addresses()[piece::PIECES]:
        chosen |= _try(differences, release, direction, address)
    differences.judge()
    assert chosen == ({"channels"} if release.transports else {"uri"})


@pytest.mark.parametrize("direction", ["incoming", "outgoing"])
def test_the_form_chosen_for_any_address_is_read_as_it(series: str, direction: Direction) -> None:
    """The same of addresses at random."""
    print(f"seed {SEED}")
    source = random.Random(f"{SEED} {direction}")
    differences = Differences(series)
    for _ in range(COUNT // 16):
        _try(differences, Release.parse(series), direction, model_addresses.generate(source))
    differences.judge()


def _try(
    differences: Differences, release: Release, direction: Direction, address: MigrateAddress
) -> set[str]:
    """Note what QEMU makes of the form chosen, or of those that are refused; give the form."""
    series = release.series
    if _is_own_descriptor(address, direction):
        return set()
    try:
        arguments = arguments_for(address, release, COMMANDS[direction])
    except InexpressibleError:
        differences.note(f"{direction} {address} as a uri", _forced_uri(series, direction, address))
        differences.note(f"{direction} {address} as channels", _forced_channels(series, direction, address))
        return set()
    with _start(series, direction) as qemu:
        differences.note(f"{direction} {arguments}", judge(qemu, address, direction, release, **arguments))
    return set(arguments)


def nearest_uri(address: MigrateAddress) -> str:
    """Write a URI as one would who knows no exceptions."""
    match address:
        case InetAddress(host, port):
            shown = {True: "on", False: "off"}
            options = "".join(
                f",{member.replace('_', '-')}={shown.get(value, value) if isinstance(value, bool) else value}"
                for member in OPTIONS
                if (value := getattr(address, member)) is not None
            )
            return f"tcp:[{host}]:{port}{options}" if ":" in host else f"tcp:{host}:{port}{options}"
        case RdmaAddress(inet):
            return nearest_uri(inet).replace("tcp:", "rdma:", 1)
        case UnixAddress(path):
            return f"unix:{path}"
        case VsockAddress(cid, port):
            return f"vsock:{cid}:{port}"
        case FdAddress(name):
            return f"fd:{name}"
        case ExecAddress(args):
            return f"exec:{' '.join(args)}"
        case FileAddress(filename, offset=offset):
            return f"file:{filename},offset={offset}"


OPTIONS = (
    "numeric", "to", "ipv4", "ipv6", "keep_alive", "keep_alive_count", "keep_alive_idle", "keep_alive_interval", "mptcp",
)  # fmt: skip


def _forced_uri(series: str, direction: Direction, address: MigrateAddress) -> str | None:
    uri = nearest_uri(address)
    read: MigrateAddress | ParseError
    with _start(series, direction) as qemu:
        if first_not_carried(uri) is not None:
            said = qemu.answer(COMMANDS[direction], uri=uri)
            return None if said is not None and "JSON parse error" in said else f"{uri!r}: {said!r}"
        try:
            read = parse_uri(uri, series)
        except ParseError as error:
            read = error
        if read == address:
            return f"{uri!r} says it"
        return judge(qemu, read, direction, Release.parse(series), uri=uri)


def _forced_channels(series: str, direction: Direction, address: MigrateAddress) -> str | None:
    try:
        addr: Any = address_to_qmp(address)
    except InexpressibleError:  # JSON cannot carry it
        addr = {"transport": "file", "filename": "\udc80", "offset": 0}
    channels = [{"channel-type": "main", "addr": addr}]
    with _start(series, direction) as qemu:
        said = qemu.answer(COMMANDS[direction], channels=channels)
    refused = said is not None and ("JSON parse error" in said or said.startswith("Parameter"))
    return None if refused else f"{channels}: {said!r}"


def test_generated_commands(series: str) -> None:
    """Taken and refused alike, with the same words."""
    print(
        f"seed {SEED}: python -m tests.qemu.command_objects --series {series} --count {COUNT} --seed {SEED}"
    )
    command_objects.run(series, COUNT, SEED).judge()


def test_every_row(series: str) -> None:
    """The rows that were seen on this series, and what migaddr makes of the others."""
    differences = Differences(series)
    bench = command_objects.Bench(series)
    try:
        for row in rows("commands"):
            differences.note(json.dumps(row["command"])[:200], bench.difference(row["command"]))
    finally:
        bench.close()
    differences.judge()


FILE = {"transport": "file", "filename": "/none/x", "offset": 0}
CRASHES: dict[str, tuple[dict[str, Any], int]] = {
    "only a cpr channel": (
        {"execute": "migrate", "arguments": {"channels": [{"channel-type": "cpr", "addr": FILE}]}},
        -11,
    ),
    "only a cpr channel, incoming": (
        {"execute": "migrate-incoming", "arguments": {"channels": [{"channel-type": "cpr", "addr": FILE}]}},
        -11,
    ),
    "no program": (
        {
            "execute": "migrate",
            "arguments": {"channels": [{"channel-type": "main", "addr": {"transport": "exec", "args": []}}]},
        },
        -11,
    ),
    "no program, incoming": (
        {
            "execute": "migrate-incoming",
            "arguments": {"channels": [{"channel-type": "main", "addr": {"transport": "exec", "args": []}}]},
        },
        -11,
    ),
    "a bad rdma uri": ({"execute": "migrate", "arguments": {"uri": "rdma:h"}}, -6),
    "a bad rdma uri, incoming": ({"execute": "migrate-incoming", "arguments": {"uri": "rdma:h"}}, -6),
}


@pytest.mark.parametrize("name", CRASHES)
def test_what_is_said_to_kill_a_release_kills_it(series: str, name: str) -> None:
    """And nothing else does: where migaddr says that it answers, it answers so."""
    value, status = CRASHES[name]
    error: WireError | ParseError | CommandError | None = None
    try:
        command_from_qmp(value, release=series)
    except (WireError, ParseError, CommandError) as refused:
        error = refused
    direction: Direction = "incoming" if value["execute"] == "migrate-incoming" else "outgoing"
    with _start(series, direction) as qemu:
        text = json.dumps(value).encode()
        if error is not None and error.crashes_qemu:
            with pytest.raises(QemuDiedError) as caught:
                qemu.send(text)
            assert caught.value.status == status
        else:
            reply = qemu.send(text)
            assert error is None or reply["error"]["desc"] == error.qemu_message
