"""docs/howto/lint-a-project.md, from its first line to its last: its files, its commands, what they print."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "lint-a-project.md"
MARK = "<!-- run by: tests/docs/test_lint_tutorial.py -->\n\n"
FILE = re.compile(r"`([\w.]+)`( is now)?:\n\Z")


def _blocks() -> list[tuple[str, str]]:
    """Each indented block, and what stands between it and the one before."""
    parts = re.split(
        r"((?:^(?: {4}.*)?\n)*^ {4}.*\n)", PAGE.read_text().replace(MARK, ""), flags=re.MULTILINE
    )
    blocks = [re.sub(r"^ {4}", "", part, flags=re.MULTILINE).lstrip("\n") for part in parts[1::2]]
    return list(zip((before.rstrip("\n") + "\n" for before in parts[::2]), blocks, strict=False))


def test_the_tutorial(tmp_path: Path) -> None:
    files = commands = 0
    for before, block in _blocks():
        named = FILE.search(before)
        if named is not None:
            path = tmp_path / named[1]
            if named[2]:
                assert path.read_text() == block
            else:
                path.write_text(block)
            files += 1
            continue
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            line, _, output = part.partition("\n")
            program, *arguments = line.split()
            assert program == "migaddr"
            done = subprocess.run(
                [sys.executable, "-m", "migaddr", *arguments],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                cwd=tmp_path,
                text=True,
                check=False,
            )
            assert done.stdout == output, line
            assert done.returncode in (0, 1)
            commands += 1
    assert files == 6 and commands == 8
