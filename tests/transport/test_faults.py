"""The table of faults: each cell that is `tested` is a test, and each gives a TransportError and leaves nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import tests.vm.cells
from migaddr.transport import KINDS
from tests.transport import peer_faults, place_faults
from tests.transport.left import nothing_left

TABLE: dict[str, Any] = json.loads(Path(__file__).with_name("faults.json").read_text())
FAULTS: dict[str, dict[str, str]] = TABLE["faults"]
TESTED = "tested"
IN_A_VM = "tested: "  # and the name of the fault there
CELLS = [(fault, kind) for fault, cells in FAULTS.items() for kind, cell in cells.items() if cell == TESTED]


def _test_of(fault: str) -> Callable[[str, Path], None]:
    name = fault.lower().replace(" ", "_").replace("-", "_")
    found: Callable[[str, Path], None] | None = getattr(peer_faults, name, None) or getattr(
        place_faults, name, None
    )
    assert found is not None, f"no test for {fault!r}"
    return found


@pytest.mark.parametrize(("fault", "kind"), CELLS)
def test_fault(fault: str, kind: str, tmp_path: Path) -> None:
    with nothing_left(tmp_path):
        _test_of(fault)(kind, tmp_path)


def test_every_cell_is_there_and_is_tested_or_has_a_reason() -> None:
    for fault, cells in FAULTS.items():
        assert set(cells) == set(TABLE["transports"]), fault
        assert all(cell == TESTED or len(cell.split()) >= 3 for cell in cells.values()), fault
        _test_of(fault)
        if cells["rdma"].startswith(IN_A_VM):
            assert cells["rdma"].removeprefix(IN_A_VM) in tests.vm.cells.FAULTS
    served = {transport.partition("-")[0] for transport in TABLE["transports"]}
    assert served == set(KINDS.values())


def test_the_documentation_shows_the_table() -> None:
    kinds: list[str] = TABLE["transports"]
    lines = [f"| | {' | '.join(kinds)} |", "| --- |" + " --- |" * len(kinds)]
    for fault, cells in FAULTS.items():
        marks = ("tested" if cells[kind].startswith(TESTED) else "-" for kind in kinds)
        lines.append(f"| {fault} | {' | '.join(marks)} |")
    assert "\n".join(lines) in (Path(__file__).parents[2] / "docs" / "transports.md").read_text()
