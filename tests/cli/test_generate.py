"""`migaddr generate`: rows, a corpus, a dictionary, the report, and how fast."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from migaddr.generation import cases
from tests.cli.standard import Standard


def _rows(out: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.splitlines()]


def test_rows_are_the_cases_of_the_seed(standard: Standard) -> None:
    status, out, err = standard.run("generate", "--seed", "7", "--count", "200")
    assert (status, err) == (0, "")
    assert out.isascii()
    assert _rows(out) == [case.row() for case in itertools.islice(cases(7), 200)]
    assert standard.run("generate", "--seed", "7", "--count", "200")[1] == out


def test_without_a_seed_it_is_told(standard: Standard) -> None:
    status, out, err = standard.run("generate", "--count", "3")
    said = re.fullmatch(r"migaddr: --seed ([0-9]+)\n", err)
    assert status == 0 and said is not None
    assert standard.run("generate", "--count", "3", "--seed", said[1])[1] == out


def test_options_choose(standard: Standard) -> None:
    argv = [
        "--seed",
        "1",
        "--count",
        "40",
        "--form",
        "uri",
        "--kind",
        "inet",
        "--kind",
        "unix",
        "--verdict",
        "expect",
    ]
    status, out, _ = standard.run("generate", *argv, "--release", "9.2", "--release", "v10.1.3")
    rows = _rows(out)
    assert status == 0 and len(rows) == 40
    assert {row["release"] for row in rows} == {"9.2", "10.1.3"}
    assert all(set(row) == {"uri", "release", "expect"} for row in rows)
    assert {row["expect"]["transport"] for row in rows} == {"socket"}  # type: ignore[index]  # an addr object


def test_a_crash_is_a_signal(standard: Standard) -> None:
    _, out, _ = standard.run("generate", "--seed", "1", "--count", "30", "--verdict", "crash")
    assert {json.dumps(row["expect"]) for row in _rows(out)} == {
        '{"crash": "SIGABRT"}',
        '{"crash": "SIGSEGV"}',
    }


def test_what_there_is_none_of_ends_with_status_1(
    standard: Standard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("migaddr.generation.generate._IN_VAIN", 1000)
    status, out, err = standard.run(
        "generate", "--seed", "1", "--kind", "fd", "--form", "uri", "--verdict", "crash"
    )
    assert (status, out) == (1, "")
    assert "no more such cases" in err


@pytest.mark.parametrize(
    "argv",
    [
        ["--format", "libfuzzer-corpus"],
        ["somewhere"],
        ["--format", "dict", "somewhere"],
        ["--release", "6.0"],
        ["--kind", "tcp"],
        ["--seed", "-1"],
        ["--count", "x"],
        ["--count", "99999999999999999999"],
        ["--coverage", "--format", "dict"],
        ["--coverage", "--format", "libfuzzer-corpus", "somewhere"],
        ["--kind", "other", "--form", "channels"],
    ],
)
def test_wrong_usage_is_status_2(standard: Standard, argv: list[str]) -> None:
    status, out, err = standard.run("generate", *argv)
    assert (status, out) == (2, "")
    assert "Error: " in err


def test_a_corpus_is_a_file_a_case(standard: Standard, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "corpus"
    argv = ["generate", "--seed", "1", "--count", "150", "--format", "libfuzzer-corpus", str(folder)]
    assert standard.run(*argv) == (0, "", "")
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert all(hashlib.sha1(content).hexdigest() == name for name, content in files.items())
    values = [case.value for case in itertools.islice(cases(1), 150)]
    wanted = {(value if isinstance(value, str) else json.dumps(value)).encode() for value in values}
    assert set(files.values()) == wanted
    assert standard.run(*argv) == (0, "", "")  # the same again


def test_a_corpus_that_cannot_be_written_is_status_1(standard: Standard, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    status, _, err = standard.run(
        "generate", "--seed", "1", "--format", "libfuzzer-corpus", str(tmp_path / "file")
    )
    assert status == 1
    assert "file" in err


def test_a_dictionary_has_a_word_a_line(standard: Standard) -> None:
    status, out, err = standard.run("generate", "--format", "dict")
    assert (status, err) == (0, "")
    assert '"tcp:"' in out.splitlines()


def test_the_report_says_that_everything_occurs(standard: Standard) -> None:
    """Every reason, every silent surprise, and every difference between releases, in far fewer than a million."""
    status, out, err = standard.run("generate", "--seed", "1", "--count", "100000", "--coverage")
    assert (status, err) == (0, "")
    for part in ("reasons", "surprises", "differences", "releases", "kinds", "outcomes"):
        found = re.search(rf"^{part}: ([0-9]+) of ([0-9]+)$", out, re.MULTILINE)
        assert found is not None and found[1] == found[2]


def test_the_report_names_what_does_not_occur(standard: Standard) -> None:
    status, out, err = standard.run("generate", "--seed", "1", "--count", "50", "--coverage")
    assert status == 1
    assert out.startswith("50 cases\n")
    assert "migaddr: did not occur: reasons: defer\n" in err


def test_it_ends_when_nobody_reads() -> None:
    command = f"{sys.executable} -m migaddr generate --seed 1 | head -n 2"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], check=False, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.count("\n") == 2
    assert (done.stderr, done.returncode) == ("", 141)
