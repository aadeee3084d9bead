"""`migaddr prove` with the real QEMUs: no cell is worse than the committed matrix, and nothing stays behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from migaddr.proof.cells import PROVEN
from tests.qemu.bench import SERIES, binary
from tests.required import required

COMMAND = [sys.executable, "-m", "migaddr", "prove"]
FOLDER = Path(__file__).parent
VM_RUN = Path(__file__).parents[2] / "tools" / "vm-run"


def _qemus(*series: str) -> list[str]:
    missing = [name for name in series if not binary(name).exists()]
    if missing:
        said = f"no QEMU {', '.join(missing)}: run tools/get-qemu"
        assert not required("qemu"), said
        pytest.skip(said)
    return [word for name in series for word in ("--qemu", str(binary(name)))]


def _run(tmp_path: Path, *argv: str) -> tuple[int, str, list[dict[str, object]]]:
    kept = tmp_path / "proof.json"
    place = Path(tempfile.mkdtemp(prefix="migaddr-test."))
    done = subprocess.run(
        [*COMMAND, "--json", str(kept), *argv],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TMPDIR": str(place), "MIGADDR_VM_RUN": str(VM_RUN)},
    )
    place.rmdir()  # nothing is left in it
    cells = json.loads(kept.read_text())["cells"] if kept.exists() else []
    return done.returncode, done.stdout + done.stderr, cells


def test_the_whole_matrix_is_as_good_as_the_committed_one(tmp_path: Path) -> None:
    status, said, cells = _run(tmp_path, *_qemus(*SERIES), "--expect", str(FOLDER / "expected-here.json"))
    assert status == 0, said
    proven = [cell for cell in cells if cell["status"] == PROVEN]
    assert len(proven) >= 70
    assert len({cell["digest"] for cell in proven}) == 1  # the same RAM everywhere
    assert all(isinstance(cell["bytes"], int) and cell["bytes"] >= 64 << 20 for cell in proven)


def test_vsock_and_rdma_in_a_virtual_machine(tmp_path: Path) -> None:
    qemus = _qemus(*SERIES)
    if not required("vm"):
        pytest.skip("boots a virtual machine: MIGADDR_REQUIRE=vm asks for it")
    assert VM_RUN.exists()
    rows = ["--vm", "--transport", "vsock", "--transport", "rdma"]
    status, said, cells = _run(tmp_path, *rows, *qemus, "--expect", str(FOLDER / "expected-vm.json"))
    assert status == 0, said
    assert {cell["transport"] for cell in cells if cell["status"] == PROVEN} == {"vsock", "rdma"}


def test_without_a_qemu_the_rest_is_still_proven(tmp_path: Path) -> None:
    fake = tmp_path / "qemu"
    fake.write_text("#!/bin/sh\necho QEMU emulator version 10.0.0\n")
    fake.chmod(0o755)
    page = tmp_path / "proof.html"
    status, said, cells = _run(tmp_path, "--qemu", str(fake), "--transport", "unix", "--html", str(page))
    assert status == 1
    found = {(cell["way"], cell["form"]): cell["status"] for cell in cells}
    assert found["migaddr to migaddr", "uri"] == found["migaddr to migaddr", "channels"] == PROVEN
    assert [status for (way, _), status in found.items() if "QEMU" in str(way)] == ["failed"] * 4
    assert "QEMU ended (0)" in said
    assert "2 of 6 cells proven" in page.read_text()


def test_a_cell_that_is_worse_than_expected_is_told(tmp_path: Path) -> None:
    wanted = tmp_path / "expected.json"
    wanted.write_text(
        json.dumps({"unix-abstract, migaddr to migaddr, uri": "proven", "tcp, x, uri": "proven"})
    )
    _, said, _ = _run(tmp_path, "--transport", "unix-abstract", "--qemu", "/bin/false")
    assert "--qemu" not in said and "Traceback" not in said
    fake = tmp_path / "qemu"
    fake.write_text("#!/bin/sh\necho QEMU emulator version 7.2.0\n")
    fake.chmod(0o755)
    status, said, _ = _run(
        tmp_path, "--transport", "unix-abstract", "--expect", str(wanted), "--qemu", str(fake)
    )
    assert status == 1
    assert "unix-abstract, migaddr to migaddr, uri: no-spelling" in said
    assert "tcp, x" not in said  # a row that was not run


def test_wrong_usage(tmp_path: Path) -> None:
    assert _run(tmp_path, "--qemu", "/nowhere")[0] == 2
    wrong = tmp_path / "wrong.json"
    wrong.write_text('{"tcp, migaddr to migaddr, uri": "perhaps"}')
    assert (
        _run(
            tmp_path, "--transport", "unix-abstract", "--qemu", str(_qemus("10.0")[1]), "--expect", str(wrong)
        )[0]
        == 2
    )
