"""The commands of docs/fuzzing.md: from a parser in C to a shrunk difference."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.docs import fuzzing_page


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
def test_the_page_does_what_it_says(tmp_path: Path) -> None:
    here = tmp_path / "bin"
    here.mkdir()
    command = here / "migaddr"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m migaddr "$@"\n')
    command.chmod(0o755)
    work = tmp_path / "work"
    work.mkdir()
    fuzzing_page.run(work, f"{here}{os.pathsep}{os.environ['PATH']}")
