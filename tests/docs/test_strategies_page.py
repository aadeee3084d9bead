"""The programs of docs/strategies.md."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.docs.blocks import ROOT, blocks

HERE = ("run by", "tests/docs/test_strategies_page.py")
TEST, GENERATE = (block.code for block in blocks(ROOT / "docs" / "strategies.md") if block.mark == HERE)
RIGHT = 'import migaddr\ndef parse(uri):\n    address = migaddr.parse_uri(uri, "10.0")\n    return address.host, address.port\n'
WRONG = 'def parse(uri):\n    _, host, port = uri.split(":")\n    return host, port\n'


def _run(folder: Path, parser: str) -> int:
    (folder / "mine.py").write_text(parser)
    (folder / "test_mine.py").write_text(TEST)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-c",
        os.devnull,
        "test_mine.py",
    ]
    path = os.pathsep.join(
        str(place) for place in (folder, ROOT) if place == folder or (place / "migaddr").is_dir()
    )
    environment = {**os.environ, "PYTHONPATH": path, "HYPOTHESIS_STORAGE_DIRECTORY": str(folder / "examples")}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done.returncode


def test_a_right_parser_passes_and_a_wrong_one_does_not(tmp_path: Path) -> None:
    assert _run(tmp_path, RIGHT) == 0
    assert _run(tmp_path, WRONG) == 1


def test_the_command_gives_cases() -> None:
    command = (
        GENERATE.partition(" > ")[0]
        .replace("1000000", "3")
        .replace("migaddr", f"'{sys.executable}' -m migaddr", 1)
    )
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=True)
    assert len([json.loads(line)["expect"] for line in done.stdout.splitlines()]) == 3
