"""The column of vsock in the table of faults, in a virtual machine: the usual kernel has no loopback for it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from migaddr.cli.prove import python_path
from tests.required import required
from tests.transport.test_faults import CELLS

ROOT = Path(__file__).parents[2]
VM_RUN = ROOT / "tools" / "vm-run"


def test_every_fault_of_vsock_that_is_tested() -> None:
    if not required("vm"):
        pytest.skip("boots a virtual machine: MIGADDR_REQUIRE=vm asks for it")
    path = os.pathsep.join((str(ROOT), *python_path(pytest)))
    command = [str(VM_RUN), "/usr/bin/env", f"PYTHONPATH={path}", "/usr/bin/python3", "-m", "pytest", "-q"]
    command += ["-p", "no:cacheprovider", "-k", "vsock", "tests/transport/test_faults.py"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    count = sum(kind == "vsock" for _, kind in CELLS)
    assert f"{count} passed" in done.stdout and "skipped" not in done.stdout
