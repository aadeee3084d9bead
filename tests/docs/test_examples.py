"""Every example in README and docs runs, and prints what the page says it prints."""

from __future__ import annotations

import doctest
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import migaddr
from tests.docs.blocks import PAGES, ROOT, RUN, WHY_NOT, Block, blocks

RULES = ROOT / "docs" / "rules"  # their examples run as the tests of the rules


def _name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def python_programs(page: Path) -> list[str]:
    """Give the programs of a page that tests/qemu/test_howto.py runs, or the parts of them."""
    return [
        block.code
        for block in blocks(page)
        if block.kind == "python" and block.mark == ("run by", "tests/qemu/test_howto.py")
    ]


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_python_examples(page: Path) -> None:
    text = "\n".join(block.code for block in blocks(page) if block.kind == "pycon")
    test = doctest.DocTestParser().get_doctest(text, {}, _name(page), str(page), 0)
    failures: list[str] = []
    doctest.DocTestRunner().run(test, out=failures.append)
    assert not failures, "".join(failures)


def _commands(page: Path) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for block in blocks(page):
        if block.kind == "console":
            for part in re.split(r"^\$ ", block.code, flags=re.MULTILINE)[1:]:
                command, _, output = part.partition("\n")
                found.append((command, output))
    return found


@pytest.mark.parametrize("page", [page for page in PAGES if _commands(page)], ids=_name)
def test_command_examples(page: Path, tmp_path: Path) -> None:
    """The commands of a page run in their order, in one folder that is empty at first."""
    programs, folder = tmp_path / "programs", tmp_path / "folder"
    programs.mkdir()
    folder.mkdir()
    migaddr = programs / "migaddr"
    migaddr.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m migaddr "$@"\n')
    migaddr.chmod(0o755)
    path = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])] if (ROOT / "migaddr").is_dir() else []
    environment = {
        **os.environ,
        "LC_ALL": "C.UTF-8",
        "PATH": f"{programs}:{os.environ['PATH']}",
        **({"PYTHONPATH": os.pathsep.join(path)} if path else {}),
    }
    for command, output in _commands(page):
        done = subprocess.run(
            ["/bin/sh", "-c", f"{{ {command}\n}} 2>&1"],
            capture_output=True,
            text=True,
            check=False,
            cwd=folder,
            env=environment,
            timeout=60,
        )
        assert (command, done.stdout) == (command, output)


def _not_run_by_kind() -> list[Block]:
    return [
        block for page in PAGES if page.parent != RULES for block in blocks(page) if block.kind not in RUN
    ]


def test_every_block_runs_or_says_why_not() -> None:
    for block in _not_run_by_kind():
        assert block.mark is not None, f"{block.where}: neither run nor said why: {WHY_NOT}"
        verb, what = block.mark
        if verb == "not run":
            assert what in WHY_NOT, block.where
        else:
            assert block.page.name in (ROOT / what).read_text(), f"{block.where}: {what} does not read it"


def test_no_reason_is_superfluous() -> None:
    assert {
        block.mark[1] for block in _not_run_by_kind() if block.mark and block.mark[0] == "not run"
    } == set(WHY_NOT)
    assert sum(len(_commands(page)) for page in PAGES) >= 4


def test_links_between_pages_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
            if not target.startswith("https://"):
                assert _leads(page.parent / target), f"{page}: {target}"


def _leads(path: Path) -> bool:
    """Tell whether a file is there; those of the package may be where it is installed."""
    package = ROOT / "migaddr"
    inside = path.resolve()
    if package in inside.parents:
        return (Path(migaddr.__file__).parent / inside.relative_to(package)).exists()
    return path.exists()
