"""The manual page and the completions in share/ are what the command line's own help makes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from migaddr.cli import main
from tests.docs.manual import COMPLETIONS, SHARE, commands, completion, help_text, manual

ROOT = SHARE.parent
PAGE = SHARE / "man/man1/migaddr.1"


def test_the_manual_page_is_what_its_tool_makes() -> None:
    assert PAGE.read_text() == manual(), "run tools/make-manual"


@pytest.mark.skipif(shutil.which("groff") is None, reason="needs groff")
def test_the_manual_page_has_no_fault() -> None:
    done = subprocess.run(["groff", "-man", "-ww", "-z", PAGE], capture_output=True, text=True, check=True)
    assert done.stderr == ""


def test_the_reference_is_what_help_prints(capsys: pytest.CaptureFixture[str]) -> None:
    """Line breaks aside, which depend on the terminal."""
    for name in commands():
        assert main([name, "--help"]) == 0
        assert "".join(capsys.readouterr().out.split()) == "".join(help_text(name).split())


def test_each_command_has_one_line_in_the_group_s_help() -> None:
    shown = " ".join(help_text().split())
    for name, command in commands().items():
        assert f" {name} {command.get_short_help_str(200)}" in shown


def test_each_help_has_its_exit_status_and_examples_where_there_is_something_to_say() -> None:
    for name, command in commands().items():
        text = help_text(name)
        assert "\n  Exit status: 0 " in text, name
        if any(isinstance(parameter, click.Argument) for parameter in command.params):
            assert f"\n  Examples:\n    migaddr {name} " in text, name


def test_the_examples_of_the_help_have_options_that_there_are() -> None:
    for name, command in commands().items():
        known = {
            option for parameter in command.params for option in parameter.opts + parameter.secondary_opts
        }
        for line in re.findall(rf"\n    (?:.*\| )?migaddr {name} (.*)", help_text(name)):
            words = re.sub(r"'[^']*'", "", line).partition("|")[0].split()
            assert {word for word in words if word.startswith("-") and word != "-"} <= known, line


def test_the_completions_ask_the_program() -> None:
    for shell, place in COMPLETIONS.items():
        assert f"_MIGADDR_COMPLETE={shell}_complete" in (SHARE / place).read_text()
        assert completion(shell).splitlines()[0]


def _migaddr(folder: Path) -> dict[str, str]:
    """Put a command `migaddr` into a folder; give the environment in which it is found."""
    program = folder / "migaddr"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m migaddr "$@"\n')
    program.chmod(0o755)
    return {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}


def test_the_lines_of_docs_reference_cli_md_print_the_completions(tmp_path: Path) -> None:
    text = (ROOT / "docs/reference/cli.md").read_text()
    for shell in COMPLETIONS:
        (asked,) = re.findall(rf"_MIGADDR_COMPLETE={shell}_source migaddr", text)
        done = subprocess.run(
            ["sh", "-c", asked], capture_output=True, text=True, check=True, env=_migaddr(tmp_path)
        )
        assert done.stdout.strip() == completion(shell).strip()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["migaddr", "relea"], ["releases"]),
        (["migaddr", "convert", "--to", "draft-v"], ["draft-v1", "draft-v2", "draft-v3", "draft-v4"]),
        (["migaddr", "convert", "--release", "10"], ["10.0", "10.1", "10.2"]),
        (["migaddr", "receive", "--forc"], ["--force"]),
    ],
)
def test_bash_completes(tmp_path: Path, words: list[str], offered: list[str]) -> None:
    if shutil.which("bash") is None:
        pytest.skip("needs bash")
    script = (
        f'source "{SHARE / COMPLETIONS["bash"]}"; COMP_WORDS=({" ".join(words)}); COMP_CWORD={len(words) - 1}; '
        '_migaddr_completion migaddr; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(
        ["bash", "--norc", "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env=_migaddr(tmp_path),
    )
    assert done.stdout.split() == offered


@pytest.mark.skipif(shutil.which("fish") is None, reason="needs fish")
def test_fish_completes(tmp_path: Path) -> None:
    script = f'source "{SHARE / COMPLETIONS["fish"]}"; complete -C "migaddr convert --to draft-v"'
    done = subprocess.run(
        ["fish", "--no-config", "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env=_migaddr(tmp_path),
    )
    assert done.stdout.split() == ["draft-v1", "draft-v2", "draft-v3", "draft-v4"]


@pytest.mark.skipif(shutil.which("zsh") is None, reason="needs zsh")
def test_zsh_loads_its_completion(tmp_path: Path) -> None:
    script = f'fpath=("{(SHARE / COMPLETIONS["zsh"]).parent}" $fpath); autoload -Uz compinit; compinit -D -u; print $_comps[migaddr]'
    done = subprocess.run(
        ["zsh", "-f", "-c", script], capture_output=True, text=True, check=True, env=_migaddr(tmp_path)
    )
    assert done.stdout == "_migaddr\n"
