"""Generated texts, generated lists and the schema, against real QEMU."""

from __future__ import annotations

import os
import random

import pytest

from migaddr import ChannelType, Release, WireError, addresses_from_query_migrate, channels_from_qmp
from migaddr.jail.verdict import shown
from migaddr.qmp import members
from tests.qemu import wholesale
from tests.qemu.bench import Qemu, QemuDiedError, binary
from tests.qemu.channel_lists import generate
from tests.qemu.report import Differences

COUNT = int(os.environ.get("MIGADDR_QEMU_COUNT", "2000"))
SEED = int(os.environ["MIGADDR_QEMU_SEED"])  # tests/conftest.py sees to it


def test_the_inet_grammar(series: str) -> None:
    print(
        f"seed {SEED}, count {COUNT}: python -m tests.qemu.wholesale --series {series} --count {COUNT} --seed {SEED}"
    )
    wholesale.run(series, COUNT, SEED).judge()


def test_generated_channel_lists(series: str) -> None:
    """Taken and refused alike, with the same words and so the same path."""
    release = Release.parse(series)
    differences = Differences(series)
    source = random.Random(SEED)
    print(f"seed {SEED}")
    qemu = Qemu(binary(series), incoming=None)
    try:
        for _ in range(COUNT // 4):
            channels = generate(source, release)
            try:
                channels_from_qmp(channels, release=release)
                error = None
            except WireError as refused:
                error = refused
            if error is not None and error.qemu_message is None and not error.crashes_qemu:
                continue  # stricter on purpose: docs/supported.md
            try:
                said = qemu.answer("migrate", channels=channels)
                if said is None:
                    qemu.migration()
                died = False
            except QemuDiedError:
                said, died = None, True
                qemu.close()
                qemu = Qemu(binary(series), incoming=None)
            name = str(channels)[:300]
            if error is None:
                refused_at_once = said is not None and said.startswith(
                    ("Parameter", "Invalid parameter", "Channel list")
                )
                differences.note(name, f"{said!r}, died: {died}" if refused_at_once or died else None)
            elif error.crashes_qemu:
                differences.note(name, None if died else f"{said!r}, and does not crash")
            else:
                wanted = shown(error.qemu_message or "")
                differences.note(name, None if said == wanted else f"{said!r}, not {wanted!r}")
    finally:
        qemu.close()
    differences.judge()


def _children(schema: dict[str, dict[str, object]], name: str) -> dict[str, dict[str, object]]:
    """The members, cases or values of an entity of query-qmp-schema."""
    entity = schema[name]
    while "arg-type" in entity or "element-type" in entity:
        entity = schema[str(entity.get("arg-type") or entity["element-type"])]
    found: dict[str, dict[str, object]] = {}
    for key, label in (("members", "name"), ("variants", "case")):
        children = entity.get(key, [])
        assert isinstance(children, list)
        found.update({child[label]: child for child in children})
    return found


def test_the_schema(series: str) -> None:
    """Every member, enum value and argument, in both directions: nothing more here, nothing more there."""
    release = Release.parse(series)
    with Qemu(binary(series)) as qemu:
        answer = qemu.execute("query-qmp-schema")["return"]
    schema: dict[str, dict[str, object]] = {entity["name"]: entity for entity in answer}
    for command, facts in (
        ("migrate", release.migrate),
        ("migrate-incoming", release.migrate_incoming),
        ("migrate-recover", release.migrate_recover),
    ):
        arguments = _children(schema, command)
        assert {name for name, member in arguments.items() if "default" not in member} == facts.required
        assert {name for name, member in arguments.items() if "default" in member} == facts.optional
    assert Release.from_schema(answer) == release
    if not release.transports:
        return

    def below(name: str, child: str) -> str:
        return str(_children(schema, name)[child]["type"])

    channel = below("migrate-incoming", "channels")
    assert set(_children(schema, channel)) == {"channel-type", "addr"}
    assert set(_children(schema, below(channel, "channel-type"))) == {
        kind.value for kind in release.channel_types
    }
    assert release.channel_types <= set(ChannelType)
    addr = below(channel, "addr")
    assert set(_children(schema, addr)) == {"transport", "socket", "exec", "rdma", "file"}
    assert set(_children(schema, below(addr, "transport"))) == release.transports
    socket = below(addr, "socket")
    types = {"inet": str, "unix": str, "vsock": str, "fd": str}
    assert set(_children(schema, socket)) == {"type", *types}
    shapes = {
        (socket, "inet"): members.inet_shape(release.inet_members),
        (socket, "unix"): members.unix_shape(release.unix_members),
        (socket, "vsock"): members.VSOCK,
        (socket, "fd"): members.FD,
        (addr, "exec"): members.EXEC,
        (addr, "rdma"): members.inet_shape(release.inet_members),
        (addr, "file"): members.FILE,
    }
    for (parent, name), shape in shapes.items():
        shown_members = _children(schema, below(parent, name))
        assert {m for m, child in shown_members.items() if "default" not in child} == {
            m.wire for m in shape.required
        }
        assert {m for m, child in shown_members.items() if "default" in child} == {
            m.wire for m in shape.optional
        }
    assert set(_children(schema, below("migrate-set-parameters", "mode"))) == release.modes


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", ""])
def test_where_an_incoming_migration_listens(series: str, host: str) -> None:
    with Qemu(binary(series)) as qemu:
        assert qemu.answer("migrate-incoming", uri=f"tcp:{host}:0") is None
        bound = addresses_from_query_migrate(qemu.execute("query-migrate"), release=series)
        text = qemu.execute("human-monitor-command", command_line="info migrate")["return"]
    assert bound
    for address in bound:
        assert getattr(address, "port", "0") != "0"
        assert getattr(address, "ipv4", None) or getattr(address, "ipv6", None)
    with pytest.raises(WireError, match="drops the brackets"):
        addresses_from_query_migrate(text, release=series)
