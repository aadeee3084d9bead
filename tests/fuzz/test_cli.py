"""`migaddr fuzz`: statuses, what is printed, the folder, going on."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path

import pytest

from tests.cli.standard import Standard
from tests.fuzz.programs import program


@pytest.fixture
def standard(monkeypatch: pytest.MonkeyPatch) -> Standard:
    return Standard(monkeypatch)


def _against(tmp_path: Path, name: str) -> str:
    return shlex.join(program(tmp_path, name))


def test_nothing_found(standard: Standard, tmp_path: Path) -> None:
    status, out, err = standard.run(
        "fuzz", "--against", _against(tmp_path, "right"), "--count", "60", "--seed", "5"
    )
    assert (status, err) == (0, "")
    assert out == "60 cases, seed 5: no difference\n"


def test_words(standard: Standard, tmp_path: Path) -> None:
    words = (
        "fuzz",
        "--against",
        _against(tmp_path, "other-words"),
        "--count",
        "60",
        "--seed",
        "5",
        "--form",
        "uri",
    )
    assert standard.run(*words)[0] == 0
    status, out, _ = standard.run(*words, "--words")
    assert status == 1
    assert "words (" in out
    assert standard.run(*words, "--words", "--ignore", "words")[0] == 0
    right = (
        "fuzz",
        "--against",
        _against(tmp_path, "right"),
        "--count",
        "60",
        "--seed",
        "5",
        "--form",
        "uri",
    )
    assert standard.run(*right, "--words")[0] == 0


def test_found_kept_gone_on_with_and_replayed(standard: Standard, tmp_path: Path) -> None:
    out = tmp_path / "found"
    words = [
        "fuzz",
        "--against",
        _against(tmp_path, "refuses"),
        "--release",
        "10.0",
        "--form",
        "uri",
        "--kind",
        "exec",
    ]
    status, said, _ = standard.run(*words, "--seed", "2", "--count", "20", "--out", str(out))
    assert status == 1
    assert "refuses (" in said
    assert '    uri: "exec:"\n' in said
    assert 'QEMU 10.0 reads it as {"transport": "exec", "args": ["/bin/sh", "-c", ""]}' in said
    assert json.loads((out / "corpus.jsonl").read_text())["uri"] == "exec:"
    assert "exec:" in (out / "report.md").read_text()
    state = json.loads((out / "state.json").read_text())
    assert (state["position"], state["tried"]) == (20, 20)

    status, _, err = standard.run(*words, "--seed", "2", "--count", "20", "--out", str(out))
    assert status == 2
    assert "--resume" in err
    status, _, err = standard.run(*words, "--seed", "3", "--count", "30", "--out", str(out), "--resume")
    assert status == 2
    assert "other seed" in err
    status, said, _ = standard.run(*words, "--count", "30", "--out", str(out), "--resume")
    assert status == 1
    assert "30 cases, seed 2: one kind of difference" in said

    status, said, _ = standard.run(*words, "--replay", str(out / "corpus.jsonl"), "--json")
    assert status == 1
    assert json.loads(said)["case"]["uri"] == "exec:"
    mended = ["fuzz", "--against", _against(tmp_path, "right"), "--replay", str(out)]
    assert standard.run(*mended)[0] == 0


def test_what_stands_in_the_folder_stays(standard: Standard, tmp_path: Path) -> None:
    out = tmp_path / "mine"
    out.mkdir()
    (out / "corpus.jsonl").write_text('{"uri": "tcp:h:80", "release": "10.0"}\n')
    words = ["fuzz", "--against", _against(tmp_path, "right"), "--count", "5", "--out", str(out)]
    status, _, err = standard.run(*words, "--replay", str(out))
    assert status == 2
    assert "not of a campaign" in " ".join(err.split())
    assert (out / "corpus.jsonl").read_text() == '{"uri": "tcp:h:80", "release": "10.0"}\n'


def test_what_was_found_is_shown_where_a_campaign_cannot_go_on(standard: Standard, tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"uri": "exec:a", "release": "10.0"}\n{"uri": 5, "release": "10.0"}\n{\n')
    status, out, err = standard.run("fuzz", "--against", _against(tmp_path, "refuses"), "--replay", str(rows))
    assert status == 2
    assert "refuses (once): uri exec" in out
    assert out.endswith("1 cases, 1 passed over: one kind of difference\n")
    assert "rows.jsonl:3" in err


def test_what_a_program_says_is_shown_on_one_line(standard: Standard, tmp_path: Path) -> None:
    path = tmp_path / "says.py"
    path.write_text("import sys; sys.exit('a\\n## b\\x1b[31m\\rc')")
    status, out, _ = standard.run(
        "fuzz", "--against", shlex.join([sys.executable, str(path)]), "--argv", "--count", "5", "--seed", "1",
        "--kind", "unix", "--form", "uri", "--out", str(tmp_path / "out"),
    )  # fmt: skip
    assert status == 1
    report = (tmp_path / "out" / "report.md").read_text()
    for text in (out, report):
        assert "\x1b" not in text
        assert "\r" not in text
        assert "\n## b" not in text
        assert "a\\n## b\\x1b[Nm\\rc" in text


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--against", "/none/such"], "No such file"),
        (["--against", "'"], "No closing quotation"),
        (["--against", ""], "no program is given"),
        (["--against", "x", "--release", "1.0"], "older"),
        (["--against", "x", "--time", "soon"], "no time"),
        (["--against", "x", "--resume"], "--out"),
        (["--against", "qemu:/none/such"], "there is no such file"),
        (["--against", "qemu:"], "there is no such file"),
        (["--against", "qemu:/bin/true", "--argv"], "--argv"),
        (["--against", "cat", "--replay", "/none/such.jsonl"], "No such file"),
        (["--against", "cat", "--replay", "/dev/null"], "no case was tried: there was none"),
        (["--against", "cat", "--time", "0"], "no case was tried"),
        (["--against", "cat", "--form", "channels", "--kind", "other"], "no case was tried"),
        (["--against", "cat", "--out", "/dev/null/x"], "Not a directory"),
        (["--against", "cat", "--out", "x", "--resume", "--replay", "y"], "by itself"),
        (["--against", "cat {}"], "add --argv"),
        (["--against", "cat", "--timeout", "nan"], "above 0"),
        (["--against", "cat", "--timeout", "0"], "above 0"),
        (["--against", "cat", "--timeout", "inf"], "a day"),
        (["--against", "cat", "--time", "9" * 400 + "h"], "no time"),
        (["--against", "cat", "--seed", "-1"], "--seed"),
        (["--against", "true"], "there is no answer to any of the first 1 cases"),
        ([], "--against"),
    ],
)
def test_usage(standard: Standard, more: list[str], words: str) -> None:
    status, _, err = standard.run("fuzz", "--count", "1", *more)
    assert status == 2
    assert words in " ".join(err.split())


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("90s", 90), ("5m", 300), ("1h30m", 5400), ("0.5", 0.5)]
)
def test_times(text: str, seconds: float) -> None:
    from migaddr.cli.fuzz import command

    option = next(param for param in command.params if param.name == "seconds")
    assert option.callback is not None
    assert option.callback(None, option, text) == seconds  # type: ignore[arg-type]  # it is for errors
