"""The tools that docs/releasing.md has run change nothing."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.docs.blocks import ROOT, blocks


def test_what_is_made_is_as_its_tools_make_it(tmp_path: Path) -> None:
    """In a copy of the tree, as docs/releasing.md asks for it."""
    for name in ("docs", "migaddr", "share", "tests", "tools"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    page = ROOT / "docs" / "releasing.md"
    (block,) = (block for block in blocks(page) if block.mark and block.mark[0] == "run by")
    tools = re.findall(r"^tools/\S+$", block.code, re.MULTILINE)
    assert len(tools) == 4
    for tool in tools:
        subprocess.run([sys.executable, tmp_path / tool], cwd=tmp_path, check=True)
    for folder in ("docs", "share"):
        made = {path for path in (tmp_path / folder).rglob("*") if path.is_file()}
        for path in made:
            ours = ROOT / path.relative_to(tmp_path)
            if "__pycache__" not in path.parts:
                assert ours.read_bytes() == path.read_bytes(), f"{ours}: made anew it is otherwise"
