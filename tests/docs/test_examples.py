"""Every example in README and docs runs, and prints what the page says it prints."""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RUN = {"pycon", "console"}
NOT_RUN = {"text", "sh"}  # grammars; and what .ci/run itself takes from the README


def _name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def _blocks(page: Path) -> list[tuple[str, str]]:
    return BLOCK.findall(page.read_text())


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_python_examples(page: Path) -> None:
    text = "\n".join(code for kind, code in _blocks(page) if kind == "pycon")
    test = doctest.DocTestParser().get_doctest(text, {}, _name(page), str(page), 0)
    failures: list[str] = []
    doctest.DocTestRunner().run(test, out=failures.append)
    assert not failures, "".join(failures)


def _commands() -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for page in PAGES:
        for kind, code in _blocks(page):
            if kind == "console":
                for part in re.split(r"^\$ ", code, flags=re.MULTILINE)[1:]:
                    command, _, output = part.partition("\n")
                    found.append((command, output))
    return found


@pytest.mark.parametrize(("command", "output"), _commands(), ids=lambda text: text[:50])
def test_command_examples(command: str, output: str) -> None:
    assert command.startswith("migaddr ")
    line = command.replace("migaddr", f"'{sys.executable}' -m migaddr", 1)
    done = subprocess.run(
        ["/bin/sh", "-c", f"{line} 2>&1"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )
    assert done.stdout == output


def test_every_block_is_of_a_kind_that_runs_or_says_why_not() -> None:
    kinds = {kind for page in PAGES for kind, _ in _blocks(page)}
    assert kinds <= RUN | NOT_RUN
    assert kinds >= RUN
    assert len(_commands()) >= 4


def test_links_between_pages_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
            assert target.startswith("https://") or (page.parent / target).exists(), f"{page}: {target}"
