"""What is left out of a tree is what git ignores there: nested files, negation, anchors, classes."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migaddr.lint.source import walk

if shutil.which("git") is None:
    pytest.skip("git is not here to be asked", allow_module_level=True)

FILES = [
    "a.py",
    "b.py",
    "build/a.py",
    "build/b/a.py",
    "src/a.py",
    "src/build/b.py",
    "src/x/a.py",
    "src/x/B.py",
    "a b",
    "[a].py",
]
PATTERNS = [
    "a.py", "/a.py", "*.py", "!a.py", "!/src/a.py", "build", "build/", "/build", "!build/", "src/*", "src/**", "**/a.py",
    "src/**/a.py", "!src/x", "!src/x/", "**/build/**", "# x", "", "\\#x", "a b", "a\\ b", "a b ", "[ab].py", "[!a].py", "[a-c].py",
    "?.py", "x/", "!x/a.py", "*", "!*/", "!*.py", "\\[a\\].py", "[[]a].py", "/*", "!/src", "**", "src/x/../a.py", "[", "a[",
]  # fmt: skip
WHERE = ["", "src", "src/x", "build"]


@settings(max_examples=60)
@given(st.dictionaries(st.sampled_from(WHERE), st.lists(st.sampled_from(PATTERNS), max_size=4), max_size=3))
def test_git_agrees(tmp_path_factory: pytest.TempPathFactory, ignores: dict[str, list[str]]) -> None:
    top = tmp_path_factory.mktemp("tree", numbered=True)
    try:
        subprocess.run(["git", "init", "-q", str(top)], check=True, capture_output=True)
        for name in FILES:
            (top / name).parent.mkdir(parents=True, exist_ok=True)
            (top / name).touch()
        for folder, lines in ignores.items():
            (top / folder / ".gitignore").write_text("".join(f"{line}\n" for line in lines))
        listed = subprocess.run(
            ["git", "-C", str(top), "-c", "core.excludesFile=/dev/null", "ls-files", "-z", "--others", "--exclude-standard"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout  # fmt: skip
        expected = {name for name in listed.split("\0") if name}
        for start in ("", "src"):
            found = {str(Path(str(path)).relative_to(top)) for path in walk([str(top / start)])}
            wanted = {name for name in expected if name.startswith(start)}
            if start and not wanted:
                continue  # a directory that is named is looked into, even if it is ignored as a whole
            assert found == wanted, (start, ignores)
    finally:
        shutil.rmtree(top)
