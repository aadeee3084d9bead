"""`migaddr lint --jobs`: the processes that it starts end with it, however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.transport.left import session

PATIENCE = 60


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_no_process_outlives_it(number: signal.Signals, tmp_path: Path) -> None:
    first = tmp_path / "0.py"
    first.write_text('vm.qmp("migrate", uri="tcp:::1:4444")\n' * 3000)
    for name in range(1, 300):  # a minute's work
        os.link(first, tmp_path / f"{name}.py")
    words = [sys.executable, "-m", "migaddr", "lint", "--jobs", "2", str(tmp_path)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, start_new_session=True) as lint:
        end = time.monotonic() + PATIENCE
        while len(session(lint.pid)) < 5:  # itself, what keeps the pool, and two that work
            assert lint.poll() is None and time.monotonic() < end
            time.sleep(0.05)
        lint.send_signal(number)
        assert lint.wait(PATIENCE) == -number
    end = time.monotonic() + PATIENCE
    while session(lint.pid):
        assert time.monotonic() < end
        time.sleep(0.05)
