"""Which files are looked at: the prefilter, .gitignore as git has it, and files that are not what they seem."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from migaddr import lint
from migaddr.lint.find.finder import find_addresses
from migaddr.lint.find.hits import can_hold_address
from migaddr.lint.gitignore import RuleFile, is_ignored, parse_rule
from migaddr.lint.source import LARGEST, Skipped, Source, language_of, read_source, walk
from tests.lint.snippets import SNIPPETS, Snippet


@pytest.mark.parametrize(
    ("path", "beginning", "language"),
    [
        ("a/b.py", b"", "python"),
        ("Makefile", b"", "make"),
        ("x.mk", b"", "make"),
        ("run", b"#!/usr/bin/env bash\n", "shell"),
        ("run", b"#!/usr/bin/python3 -u\n", "python"),
        ("run", b"#! /usr/bin/perl\n", "perl"),
        ("run", b"text", "text"),
        ("vm.sh.in", b"", "shell"),
        ("qapi.json", b"# -*- Mode: Python -*-\n", "text"),
        ("a.json", b"{}", "json"),
        ("a.TSX", b"", "tsx"),
        ("conf.cfg", b"", "text"),
        ("dir.py/file", b"", "text"),
    ],
)
def test_the_language_is_told_by_name_or_interpreter(path: str, beginning: bytes, language: str) -> None:
    assert language_of(path, beginning) == language


def test_check_tells_the_language_as_the_linter_does() -> None:
    """By the name, or the interpreter; what is said goes before both."""
    shell = "qemu-system-x86_64 \\\n  -incoming \\\n  tcp:::1:4444\n"
    assert [f.code for f in lint.check(shell, path="run.sh")] == ["MIG114", "MIG103"]
    assert [f.code for f in lint.check("#!/bin/sh\n" + shell, path="run")] == ["MIG114", "MIG103"]
    assert (
        lint.check(shell, path="run.sh", language="text")
        == lint.check(shell)
        != lint.check(shell, path="run.sh")
    )


@given(
    st.sampled_from(SNIPPETS), st.sampled_from(["tcp:h:1", "unix:/s", "defer", "TCP:h:1", "rdma:h:1", "fd:x"])
)
def test_the_prefilter_lets_nothing_slip(snippet: Snippet, address: str) -> None:
    """Whatever is found in a file, the prefilter lets through."""
    data = f"{snippet.before}{address}{snippet.after}".encode()
    if find_addresses(data, snippet.language):
        assert can_hold_address(data)


def test_files_that_are_not_what_they_seem(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to("link")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "gone").symlink_to("nowhere")
    (tmp_path / "binary").write_bytes(b"migrate tcp:h:1\0")
    (tmp_path / "latin1").write_bytes(b"# caf\xe9\n(qemu) migrate tcp:h:1\n")
    (tmp_path / "dull").write_text("tcp:h:1\n")
    with open(tmp_path / "huge", "wb") as file:
        file.write(b"migrate tcp:h:1\n")
        file.truncate(LARGEST + 1)
    listed = list(walk([str(tmp_path)]))
    assert listed == [str(tmp_path / name) for name in ("binary", "dull", "huge", "latin1")]
    outcomes = {Path(str(one)).name: read_source(str(one)) for one in listed}
    assert outcomes["dull"] is None
    assert isinstance(outcomes["latin1"], Source)
    assert len(find_addresses(outcomes["latin1"].data)) == 1
    assert outcomes["binary"] == Skipped(str(tmp_path / "binary"), "is binary", problem=False)
    assert outcomes["huge"] == Skipped(str(tmp_path / "huge"), "is larger than 16 MiB", problem=True)
    # given by name
    assert read_source(str(tmp_path / "fifo")) is None
    assert read_source("/dev/zero") == Skipped("/dev/zero", "is no regular file", problem=True)
    for name in ("link", "gone"):
        skipped = read_source(str(tmp_path / name))
        assert isinstance(skipped, Skipped) and skipped.problem
    assert list(walk([str(tmp_path / "missing")])) == [
        Skipped(str(tmp_path / "missing"), "No such file or directory", problem=True)
    ]


def test_a_directory_that_cannot_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "closed").mkdir()
    real = os.scandir

    def scandir(path: str) -> object:
        if path.endswith("closed"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert list(walk([str(tmp_path)])) == [
        Skipped(str(tmp_path / "closed"), "Permission denied", problem=True)
    ]


NAMES = ["a", "b", "ab", "a.o", "b.py", "x y", "[a]", "ä"]
PATTERNS = st.lists(
    st.sampled_from(["a", "b", "*", "**", "/", "?", "[ab]", "[!a]", "[^b]", ".o", "a.o", "!", "x y", "\\", " ", "#", "ä", "[", "]"]),
    min_size=1,
    max_size=5,
).map("".join)  # fmt: skip


@settings(max_examples=300)
@given(st.lists(PATTERNS, min_size=1, max_size=4))
@example(["[*"])
@example(["***/a"])
@example(["**\\/a"])
@example(["a/***"])
@example(["a**/b"])
@example(["/a**", "!a**/b"])
@example(["a**"])
@example(["a?**/a"])
@example(["/**", "!a"])
@example(["a/**", "!a"])
def test_gitignore_means_what_git_says(tmp_path_factory: pytest.TempPathFactory, patterns: list[str]) -> None:
    top = tmp_path_factory.mktemp("git")
    subprocess.run(["git", "init", "-q", str(top)], check=True)
    (top / ".gitignore").write_text("\n".join(patterns) + "\n")
    for first in NAMES:
        (top / first).mkdir()
        for second in ("a", "b.py", "a.o"):
            (top / first / second).write_text("")
    paths = [f"{a}/{b}" for a in NAMES for b in ("a", "b.py", "a.o")] + NAMES + [".gitignore"]
    asked = "".join(f"{path}\0" for path in paths)
    done = subprocess.run(
        ["git", "-C", str(top), "-c", "core.excludesFile=/dev/null", "check-ignore", "-z", "--no-index", "--stdin"],
        input=asked.encode(), capture_output=True, check=False,
    )  # fmt: skip
    ignored = set(filter(None, done.stdout.decode().split("\0")))
    listed = {os.path.relpath(str(path), top) for path in walk([str(top)])}
    expected = {path for path in paths if path not in (*NAMES, *ignored)}
    assert listed == expected


def test_rules_of_the_directories_above_hold_below(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / ".gitignore").write_text("/sub/deep/out\n*.log\n")
    deep = tmp_path / "sub" / "deep"
    deep.mkdir(parents=True)
    for name in ("out", "keep", "x.log"):
        (deep / name).write_text("")
    assert list(walk([str(deep)])) == [str(deep / "keep")]
    assert len(list(walk([str(deep)], gitignore=False))) == 3


def test_a_pattern_that_is_none_is_left_out() -> None:
    assert parse_rule("") is None
    assert parse_rule("# x") is None
    assert parse_rule("!") is None
    rules = (RuleFile.of(["\\#x"], "d"),)
    assert is_ignored(rules, "d/#x", is_directory=False)
    assert not is_ignored(rules, "d/x", is_directory=False)
