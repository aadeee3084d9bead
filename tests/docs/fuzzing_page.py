"""Runs the commands of docs/fuzzing.md in a folder of their own, and compares what they print with the page.

python -m tests.docs.fuzzing_page FOLDER      with the `migaddr` that PATH has
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "fuzzing.md"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_TIMES = re.compile(r" \((?:once|[0-9]+ times)\):")


def blocks() -> list[tuple[str, str]]:
    """Give the blocks of the page's first chapter: their kinds and texts."""
    chapter = PAGE.read_text().split("\n## ")[1]
    return _BLOCK.findall(chapter)


def run(folder: Path, path: str) -> None:
    """Do what the page does, but for installing.

    :raises AssertionError: something is not as the page says.
    """
    given = blocks()
    assert [kind for kind, _ in given] == ["sh", "c", "sh", "text", "sh", "text", "sh"]
    install, source, build, shown, fuzz, found, replay = (text for _, text in given)
    assert "pip install 'migaddr[cli]'" in install
    assert len(source.splitlines()) <= 60
    (folder / "parse-uri.c").write_text(source)

    def shell(command: str) -> tuple[int, str]:
        done = subprocess.run(
            ["/bin/sh", "-e", "-c", command],
            cwd=folder,
            env={**os.environ, "PATH": path, "LC_ALL": "C.UTF-8"},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    assert shell(build) == (0, shown)
    status, said = shell(fuzz)
    assert status == 1, said
    lines = _TIMES.sub(":", said).splitlines()
    for line in found.splitlines():
        assert line in lines, f"{line!r} is not in:\n{said}"
    assert (folder / "found" / "report.md").exists()
    status, again = shell(replay)
    assert status == 1, again
    # whoever mends it is told so
    mended = source.replace("strrchr(text, ':')", "strchr(text, ':')").replace(
        "char host[46]", "char host[4096]"
    )
    (folder / "parse-uri.c").write_text(mended)
    assert shell(build)[0] == 0
    status, mended_said = shell(replay)
    assert status == 1, mended_said
    assert "crash" not in mended_said
    assert mended_said.count("\n    uri:") < again.count("\n    uri:")


if __name__ == "__main__":
    place = Path(sys.argv[1])
    place.mkdir(parents=True, exist_ok=True)
    assert shutil.which("migaddr"), "no migaddr on PATH"
    run(place, os.environ["PATH"])
