"""Without the extra, the import says what to install."""

from __future__ import annotations

import subprocess
import sys


def test_the_import_names_the_extra() -> None:
    script = "import sys; sys.modules['qemu'] = None; import migaddr.qmp_client"
    done = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert "pip install 'migaddr[qmp]'" in done.stderr
