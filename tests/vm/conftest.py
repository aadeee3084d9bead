"""Runs the VM once for all tests, and gives what its program said of each cell."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import attr
import pytest

import migaddr
from tests.qemu.bench import SERIES, binary, qemu_folder
from tests.required import required

TOOL = Path(__file__).parents[2] / "tools" / "vm-run"
TIMEOUT = 900  # seconds; emulated, on a busy machine

Reports = dict[str, dict[str, Any]]


def _problem() -> str | None:
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    made = Path(os.environ.get("MIGADDR_VM") or f"{cache}/migaddr/vm") / "made"
    if not TOOL.exists():
        return "no tools/vm-run: it is in the source tree alone"
    if not made.exists():
        return "no VM: run tools/vm-run to make it ready"
    missing = [series for series in SERIES if not binary(series).exists()]
    return f"no QEMU {', '.join(missing)}: run tools/get-qemu" if missing else None


@pytest.fixture(scope="session")
def vm(tmp_path_factory: pytest.TempPathFactory) -> Reports:
    """What was proven in the VM, by cell. Where it cannot run: skip, or fail if MIGADDR_REQUIRE has vm."""
    problem = _problem()
    if problem is not None:
        if required("vm"):
            pytest.fail(f"MIGADDR_REQUIRE asks for the VM: {problem}")
        pytest.skip(problem)
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:  # all workers share one run
        folder = folder.parent
    answer = folder / "vm.json"
    with (folder / "vm.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not answer.exists():
            answer.write_text(json.dumps(_run()))
    reports: Reports = json.loads(answer.read_text())
    return reports


def _run() -> Reports:
    # the system's Python, which has pyverbs, and from this one what it needs: all of it is pure Python
    roots = [TOOL.parents[1], Path(migaddr.__file__).parents[1], Path(attr.__file__).parents[1]]
    environment = os.environ | {
        "PYTHONPATH": ":".join(map(str, roots)),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LAB_QEMU": str(qemu_folder()),
        "VM_ENV": "PYTHONPATH PYTHONDONTWRITEBYTECODE LAB_QEMU",
        "VM_TIMEOUT": str(TIMEOUT),
    }
    done = subprocess.run(
        [str(TOOL), "/usr/bin/python3", "-m", "tests.vm.program"],
        cwd=TOOL.parents[1],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    reports: Reports = {"": {"status": done.returncode, "said": done.stderr[-4000:]}}
    for line in done.stdout.splitlines():
        if line.startswith("{"):
            report = json.loads(line)
            reports[report["cell"]] = report
        else:
            reports[""]["said"] += f"\n{line}"
    return reports
