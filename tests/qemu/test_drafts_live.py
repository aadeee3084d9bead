"""No release takes a draft: real QEMU refuses each, a list of channels with the words that QAPI foretells."""

from __future__ import annotations

import pytest

from migaddr import (
    DRAFT_V1,
    DRAFT_V2,
    DRAFT_V3,
    DRAFT_V4,
    RFC,
    Dialect,
    InexpressibleError,
    Release,
    WireError,
    channels_from_qmp,
    channels_to_qmp,
)
from tests.corpus_rows import rows
from tests.qemu.bench import Qemu, binary

DRAFTS: list[Dialect[object]] = [DRAFT_V1, DRAFT_V2, DRAFT_V3, DRAFT_V4, RFC]


@pytest.mark.parametrize("command", ["migrate", "migrate-incoming"])
def test_every_draft_of_every_address_is_refused(series: str, command: str) -> None:
    release = Release.parse(series)
    refused = 0
    with Qemu(binary(series), incoming="defer" if command == "migrate-incoming" else None) as qemu:
        for row in rows("drafts"):
            for dialect in DRAFTS:
                try:
                    value = channels_to_qmp(channels_from_qmp(row["channels"]), dialect)
                except InexpressibleError:
                    assert row[dialect.name] is None
                    continue
                said = qemu.answer(command, **{dialect.argument: value})
                assert said is not None, (dialect, value)
                if not release.transports:
                    # which of the two faults it names is its hash table's affair
                    assert said in (
                        "Parameter 'uri' is missing",
                        f"Parameter '{dialect.argument}' is unexpected",
                    )
                elif dialect.argument == "channel":
                    assert said == "Parameter 'channel' is unexpected"
                else:
                    with pytest.raises(WireError) as caught:
                        channels_from_qmp(value, release=release)
                    assert said == caught.value.qemu_message
                refused += 1
    assert refused > 40
