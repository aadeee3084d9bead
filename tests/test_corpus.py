"""Every row of the corpus, for every release that it speaks of."""

from __future__ import annotations

from typing import Any

import pytest

from migaddr import (
    DRAFT_V1,
    ChannelType,
    CommandError,
    InexpressibleError,
    MigrateChannel,
    ParseError,
    WireError,
    address_from_qmp,
    address_to_qmp,
    channels_from_qmp,
    channels_to_qmp,
    command_from_qmp,
    command_to_qmp,
    format_uri,
    parse_uri,
)
from tests.corpus_rows import Row, expected, rows

ADDRESS_RELEASE = "11.1"  # the structured form in a row has the members of the newest release


def _id(row: Row) -> str:
    return str(row.get("uri", row.get("channels")))[:60]


@pytest.mark.parametrize("row", rows("uri"), ids=_id)
def test_a_uri_gives_what_each_release_makes_of_it(row: Row) -> None:
    for release, item in expected(row):
        if "addr" in item:
            address = address_from_qmp(item["addr"], release=ADDRESS_RELEASE)
            assert parse_uri(row["uri"], release) == address, release
            assert address_to_qmp(address, release=ADDRESS_RELEASE) == item["addr"]
            continue
        with pytest.raises(ParseError) as caught:
            parse_uri(row["uri"], release)
        if "error" in item:
            assert (caught.value.qemu_message, caught.value.crashes_qemu) == (item["error"], False), release
        else:
            assert (caught.value.qemu_message, caught.value.crashes_qemu) == (None, True), release
            assert item["instead_of"] in caught.value.reason


@pytest.mark.parametrize("row", rows("channels"), ids=_id)
def test_channels_are_taken_and_refused_as_by_each_release(row: Row) -> None:
    for release, item in expected(row):
        if "accepted" in item:
            found = channels_from_qmp(row["channels"], release=release)
            assert channels_to_qmp(found, release=release) == row["channels"]
            continue
        with pytest.raises(WireError) as caught:
            channels_from_qmp(row["channels"], release=release)
        assert caught.value.path == item["path"]
        assert (caught.value.qemu_message, caught.value.crashes_qemu) == (item.get("error"), "crash" in item)


@pytest.mark.parametrize("row", rows("commands"), ids=lambda row: str(row["command"])[:60])
def test_commands_are_taken_and_refused_as_by_each_release(row: Row) -> None:
    for release, item in expected(row):
        if "reads" in item:
            command = command_from_qmp(row["command"], release=release)
            target = command.target
            if isinstance(target, tuple):
                assert channels_to_qmp(target, release=ADDRESS_RELEASE) == item["reads"]
            else:
                assert address_to_qmp(target, release=ADDRESS_RELEASE) == item["reads"]
            assert command_from_qmp(command_to_qmp(command, release=release), release=release) == command
            continue
        with pytest.raises((CommandError, ParseError, WireError)) as caught:
            command_from_qmp(row["command"], release=release)
        error: Any = caught.value
        assert (error.qemu_message, error.crashes_qemu) == (item.get("error"), "crash" in item), release
        assert getattr(error, "path", None) == item.get("path")


@pytest.mark.parametrize("row", rows("drafts"), ids=_id)
def test_drafts_channels_and_uris_convert_into_each_other(row: Row) -> None:
    channels = channels_from_qmp(row["channels"])
    written: dict[str, Any] = {}
    for name, write in (
        ("draft-v1", lambda: channels_to_qmp(channels, DRAFT_V1)),
        ("uri", lambda: format_uri(channels[0].addr)),
    ):
        try:
            written[name] = write()
        except InexpressibleError:
            written[name] = None
    assert written == {"draft-v1": row["draft-v1"], "uri": row["uri"]}
    if row["draft-v1"] is not None:
        assert channels_from_qmp(row["draft-v1"], DRAFT_V1) == channels
    if row["uri"] is not None:
        assert channels == (MigrateChannel(ChannelType.MAIN, parse_uri(row["uri"])),)


def test_every_row_has_its_origin_and_the_uris_speak_of_every_release() -> None:
    for name in ("uri", "channels", "commands", "drafts"):
        assert all(
            row["origin"].split()[0].rstrip(":;") in ("found", "made", "reference") for row in rows(name)
        )
    for row in rows("uri") + rows("commands"):
        assert len(expected(row)) == 13, row
    assert len(rows("uri")) >= 378
