"""HMP lines and values of -incoming: the corpus and generated texts, against real QEMU."""

from __future__ import annotations

import os
import random

import pytest

from migaddr import (
    MigrateChannel,
    ParseError,
    Release,
    UnixAddress,
    WireError,
    addresses_from_query_migrate,
    channels_from_qmp,
    incoming,
)
from migaddr.incoming import DEFER
from tests.corpus_rows import rows
from tests.qemu import hmp_lines, incoming_texts
from tests.qemu.bench import Qemu, QemuDiedError, binary
from tests.qemu.report import Differences

COUNT = int(os.environ.get("MIGADDR_QEMU_COUNT", "2000"))
SEED = int(os.environ["MIGADDR_QEMU_SEED"])  # tests/conftest.py sees to it


@pytest.mark.parametrize("piece", range(2))
def test_every_line_of_the_corpus(series: str, piece: int) -> None:
    differences = Differences(series)
    bench = hmp_lines.Bench(series)
    try:
        for row in rows("hmp")[piece::2]:
            differences.note(repr(row["line"]), bench.difference(row["line"]))
    finally:
        bench.close()
    differences.judge()


@pytest.mark.parametrize("piece", range(4))
def test_every_value_of_the_corpus(series: str, piece: int) -> None:
    differences = Differences(series)
    release = Release.parse(series)
    for row in rows("incoming")[piece::4]:
        differences.note(repr(row["value"]), incoming_texts.difference(series, row["value"], release))
    differences.judge()


def test_generated_lines(series: str) -> None:
    count = COUNT // 10
    print(f"python -m tests.qemu.hmp_lines --series {series} --count {count} --seed {SEED}")
    hmp_lines.run(series, count, SEED).judge()


def test_generated_values(series: str) -> None:
    count = COUNT // 20
    print(f"python -m tests.qemu.incoming_texts --series {series} --count {count} --seed {SEED}")
    incoming_texts.run(series, count, SEED).judge()


@pytest.mark.parametrize(
    "argv",
    [
        ["-incoming", "foo", "-incoming", "defer"],
        ["-incoming", "defer", "-incoming", "foo"],
        ["-incoming", "defer", "--incoming", "unix:/tmp/a"],
        ["-incoming", "unix:/tmp/a", "-incoming", "unix:/tmp/b"],
        [
            "-incoming",
            "unix:/tmp/a",
            "-incoming",
            "main,addr.transport=socket,addr.type=unix,addr.path=/tmp/b",
        ],
        ["-name", "-incoming", "-incoming", "defer"],
        ["-incoming", "foo", "-incoming"],
        ["-incoming=defer"],
    ],
    ids=" ".join,
)
def test_several_options(series: str, argv: list[str]) -> None:
    """What they add up to, and what is refused first."""
    try:
        expected = incoming.parse_argv(argv, series)
    except ParseError as error:
        with pytest.raises(QemuDiedError) as caught:
            Qemu(binary(series), *argv, incoming=None)
        assert caught.value.output.endswith(f": {error.qemu_message}\n")
        return
    with Qemu(binary(series), *argv, incoming=None) as qemu:
        if expected is DEFER:
            assert qemu.answer("migrate-incoming", uri="x:") == "unknown migration protocol: x:"
            return
        channel = expected[0]
        assert isinstance(channel, MigrateChannel)
        assert isinstance(channel.addr, UnixAddress)
        bound = addresses_from_query_migrate(qemu.execute("query-migrate"))
        assert [address.path for address in bound if isinstance(address, UnixAddress)] == [channel.addr.path]


def test_which_of_several_unexpected_names_is_reported(series: str) -> None:
    release = Release.parse(series)
    if not release.transports:
        pytest.skip("there are no channels")
    print(f"seed {SEED}")
    source = random.Random(SEED)
    differences = Differences(series)
    optional = {"ipv4": True, "ipv6": True, "to": 1, "numeric": True, "mptcp": True, "keep-alive": True}
    with Qemu(binary(series), incoming=None) as qemu:
        for _ in range(COUNT // 4):
            count = source.choice((1, 2, 3, 4, 5, 7, 9, 12, 20, 40))
            names = {
                "".join(source.choices("abxyz-_019ABé", k=source.choice((1, 2, 3, 5, 8))))
                for _ in range(count)
            }
            given = {
                "transport": "socket",
                "type": "inet",
                "host": "h",
                "port": "1",
                **dict.fromkeys(names, 1),
            }
            given |= {name: value for name, value in optional.items() if source.getrandbits(1)}
            items = list(given.items())
            source.shuffle(items)
            channels = [{"channel-type": "main", "addr": dict(items)}]
            with pytest.raises(WireError) as caught:
                channels_from_qmp(channels, release=release)
            said = qemu.answer("migrate", channels=channels)
            wanted = caught.value.qemu_message
            differences.note(str(items)[:300], None if said == wanted else f"{said!r}, not {wanted!r}")
    differences.judge()
