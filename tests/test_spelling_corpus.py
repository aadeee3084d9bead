"""Every row of hmp.json and incoming.json, for every release that it speaks of."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from migaddr import (
    ChannelType,
    InexpressibleError,
    MigrateChannel,
    ParseError,
    WireError,
    address_from_qmp,
    address_to_qmp,
    hmp,
    incoming,
)
from migaddr.commands import Migrate, MigrateIncoming, MigrateRecover
from tests.corpus_rows import Row, expected, rows

ADDRESS_RELEASE = "11.1"
DOCS = Path(__file__).parents[1] / "docs" / "dialects"
COMMANDS = {"migrate": Migrate, "migrate-incoming": MigrateIncoming, "migrate-recover": MigrateRecover}


def _id(row: Row) -> str:
    return str(row.get("line", row.get("value")))[:60]


@pytest.mark.parametrize("row", rows("hmp"), ids=_id)
def test_a_line_is_what_each_release_makes_of_it(row: Row) -> None:
    for release, item in expected(row):
        if "command" in item:
            address = address_from_qmp(item["addr"], release=ADDRESS_RELEASE)
            flags: dict[str, Any] = {
                name: value for name, value in item.items() if name in ("blk", "inc", "detach", "resume")
            }
            command = COMMANDS[item["command"]](address, **flags)
            assert hmp.parse(row["line"], release) == command, release
            try:
                line = hmp.format(command, release)
            except InexpressibleError:
                continue
            assert hmp.parse(line, release) == command, release
            continue
        with pytest.raises(ParseError) as caught:
            hmp.parse(row["line"], release)
        assert caught.value.qemu_message == item.get("error"), release
        assert caught.value.crashes_qemu == ("crash" in item)
        assert caught.value.reason == item.get("no-answer", caught.value.reason)
        assert caught.value.text == row["line"]


@pytest.mark.parametrize("row", rows("incoming"), ids=_id)
def test_a_value_is_what_each_release_makes_of_it(row: Row) -> None:
    for release, item in expected(row):
        if "defer" in item:
            assert incoming.parse(row["value"], release) is incoming.DEFER
        elif "channel" in item:
            kind = ChannelType(item["channel"]["channel-type"])
            addr = address_from_qmp(item["channel"]["addr"], release=ADDRESS_RELEASE)
            channels = (MigrateChannel(kind, addr),)
            assert incoming.parse(row["value"], release) == channels, release
            assert address_to_qmp(addr, release=ADDRESS_RELEASE) == item["channel"]["addr"]
            assert incoming.parse(incoming.format(channels, release), release) == channels
        else:
            error: ParseError | WireError | None = None
            try:
                incoming.parse(row["value"], release)
            except (ParseError, WireError) as refused:
                error = refused
            assert error is not None, release
            assert error.qemu_message == item.get("error"), release
            assert error.crashes_qemu == ("crash" in item)
            assert error.reason == item.get("stricter", error.reason)


@pytest.mark.parametrize("name", ["hmp", "incoming"])
def test_every_row_has_its_origin_and_speaks_of_every_release(name: str) -> None:
    key = "line" if name == "hmp" else "value"
    assert len({row[key] for row in rows(name)}) == len(rows(name))
    assert all(len(expected(row)) == 13 for row in rows(name))
    origins = Counter(row["origin"].partition(":")[0].partition(";")[0] for row in rows(name))
    assert set(origins) == {"found", "made"}
    page = (DOCS / f"{name}.md").read_text()
    assert f"{origins['found']} found" in page
    assert f"{origins['made']} made" in page
