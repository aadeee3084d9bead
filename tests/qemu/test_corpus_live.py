"""Every row of the corpus, sent to real QEMU: as a URI and as the channels that migaddr makes of it, both ways."""

from __future__ import annotations

import pytest

from migaddr import (
    ChannelType,
    InexpressibleError,
    MigrateAddress,
    MigrateChannel,
    ParseError,
    Release,
    WireError,
    channels_from_qmp,
    channels_to_qmp,
    parse_uri,
)
from migaddr.jail.verdict import Direction, judge, shown
from tests.corpus_rows import Row, rows
from tests.qemu.bench import Qemu, QemuDiedError, binary
from tests.qemu.report import Differences

PIECES = 6  # each row is in one of them: smaller tests share the cores better

# Rows that cannot be tried, and why. A number is one of QEMU's own descriptors: what happens then is chance.
NOT_TRIED: dict[tuple[str, str], str] = {
    ("incoming", "fd:0"): "QEMU would take its own standard input for the stream",
    ("incoming", "fd:7"): "QEMU would take one of its own descriptors for the stream",
}


def _start(series: str, direction: Direction) -> Qemu:
    return Qemu(binary(series), incoming="defer" if direction == "incoming" else None)


def _expected(uri: str, series: str) -> MigrateAddress | ParseError:
    try:
        return parse_uri(uri, series)
    except ParseError as error:
        return error


@pytest.mark.parametrize("piece", range(PIECES))
@pytest.mark.parametrize("direction", ["incoming", "outgoing"])
def test_every_uri(series: str, direction: Direction, piece: int) -> None:
    differences = Differences(series)
    release = Release.parse(series)
    shared: Qemu | None = None  # a refused URI changes nothing: the next one can go to the same process
    try:
        for row in rows("uri")[piece::PIECES]:
            if (direction, row["uri"]) in NOT_TRIED:
                continue
            expected = _expected(row["uri"], series)
            refused = isinstance(expected, ParseError) and not expected.crashes_qemu
            if shared is None:
                shared = _start(series, direction)
            found = judge(shared, expected, direction, release, uri=row["uri"])
            if not refused or found is not None:
                shared.close()
                shared = None
            differences.note(f"{direction} {row['uri']!r}", found)
    finally:
        if shared is not None:
            shared.close()
    differences.judge()


@pytest.mark.parametrize("piece", range(PIECES))
@pytest.mark.parametrize("direction", ["incoming", "outgoing"])
def test_every_uri_as_channels(series: str, direction: Direction, piece: int) -> None:
    release = Release.parse(series)
    if not release.transports:
        assert not _takes_channels(series, direction)
        return
    differences = Differences(series)
    for row in rows("uri")[piece::PIECES]:
        expected = _expected(row["uri"], series)
        if isinstance(expected, ParseError) or (direction, row["uri"]) in NOT_TRIED:
            continue
        try:
            channels = channels_to_qmp([MigrateChannel(ChannelType.MAIN, expected)], release=release)
        except InexpressibleError as error:
            assert "which JSON cannot carry" in error.reason
            continue
        with _start(series, direction) as qemu:
            found = judge(qemu, expected, direction, release, channels=channels)
        differences.note(f"{direction} {channels}", found)
    differences.judge()


def _takes_channels(series: str, direction: Direction) -> bool:
    with _start(series, direction) as qemu:
        command = "migrate-incoming" if direction == "incoming" else "migrate"
        return qemu.answer(command, channels=[]) != "Parameter 'uri' is missing"


def test_few_rows_are_not_tried() -> None:
    assert {uri for _, uri in NOT_TRIED} <= {row["uri"] for row in rows("uri")}
    assert len(NOT_TRIED) <= 0.05 * 2 * len(rows("uri"))


def _id(row: Row) -> str:
    return str(row["channels"])[:50]


@pytest.mark.parametrize("piece", range(2))
def test_every_channels_row(series: str, piece: int) -> None:
    """The rows that were seen on this series, and what migaddr makes of the others."""
    release = Release.parse(series)
    differences = Differences(series)
    for row in rows("channels")[piece::2]:
        try:
            channels_from_qmp(row["channels"], release=release)
            error = None
        except WireError as refused:
            error = refused
        with _start(series, "outgoing") as qemu:
            try:
                said = qemu.answer("migrate", channels=row["channels"])
                died = False
            except QemuDiedError:
                said, died = None, True
        name = _id(row)
        if error is None:
            parsed = said is None or not said.startswith(
                ("Parameter", "Invalid parameter", "Channel list", "need")
            )
            differences.note(name, None if parsed and not died else f"{said!r}, but migaddr takes it")
        elif error.crashes_qemu:
            differences.note(name, None if died else f"{said!r}, but migaddr says that it crashes")
        elif error.qemu_message is not None:
            same = said == shown(error.qemu_message)
            differences.note(name, None if same else f"{said!r}, not {error.qemu_message!r}")
        else:
            assert not died  # migaddr is stricter on purpose
    differences.judge()
