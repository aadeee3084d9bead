"""rdma and vsock, with real QEMU at the other end, and what goes wrong: in a VM that has the devices."""

from __future__ import annotations

from typing import Any

import pytest

from tests.vm.cells import FAULTS, TRANSFERS
from tests.vm.lab import RAM


def report_of(vm: dict[str, dict[str, Any]], cell: str) -> dict[str, Any]:
    assert cell in vm, f"the VM said nothing of it: {vm['']}"
    report = vm[cell]
    assert "error" not in report, report["error"]
    return report


@pytest.mark.parametrize("cell", TRANSFERS)
def test_transfer(vm: dict[str, dict[str, Any]], cell: str) -> None:
    """All bytes arrive, and where a QEMU is at the far end it says `completed` and has the same RAM."""
    report = report_of(vm, cell)
    # an eighth of the guest's RAM is zeros
    assert report["bytes"] > RAM * 7 // 8 - (1 << 20)


@pytest.mark.parametrize("fault", FAULTS)
def test_fault(vm: dict[str, dict[str, Any]], fault: str) -> None:
    """A TransportError names the address and the cause, in time, and no descriptor is left."""
    report_of(vm, f"fault: {fault}")


def test_the_program_ends_well_and_proves_nothing_else(vm: dict[str, dict[str, Any]]) -> None:
    assert vm[""] == {"status": 0, "said": ""}
    assert set(vm) - {""} == {*TRANSFERS, *(f"fault: {fault}" for fault in FAULTS)}
