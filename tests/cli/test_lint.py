"""`migaddr lint`, `rule` and `rules`: status, fixes, and what becomes of the files."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import types
from pathlib import Path

import pytest

from migaddr.cli import lint_progress, main
from migaddr.lint.fixing import replace_file
from migaddr.lint.rules import RULES

BAD = 'vm.qmp("migrate", uri="x-rdma:fe80::1:4444")  # keep\n'


def _run(capfd: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    status = main(list(argv))
    sys.stdout.flush()
    out, err = capfd.readouterr()
    return status, out, err


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    path = tmp_path / "vm.py"
    path.write_text(BAD)
    return path


def test_status_tells_clean_findings_and_trouble(bad: Path, capfd: pytest.CaptureFixture[str]) -> None:
    status, out, err = _run(capfd, "lint", "--format", "concise", str(bad))
    assert (status, err) == (1, "")
    assert out == f"{bad}:1:24: error MIG117 [*] x-rdma: is long gone; its name is rdma:\n"
    assert _run(capfd, "lint", "--ignore", "MIG117", str(bad))[:2] == (0, "")
    assert _run(capfd, "lint", str(bad), str(bad) + ".no")[0] == 2
    for wrong in (["--select", "MIG999"], ["--target-release", "3.1"], ["--target-release", "11.0..10.0"]):
        assert _run(capfd, "lint", str(bad), *wrong)[0] == 2


def test_fix_mends_all_that_is_safe_keeps_the_mode_and_ends(
    bad: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    os.chmod(bad, 0o640)
    status, out, _ = _run(capfd, "lint", "--diff", str(bad))
    assert status == 1 and '+vm.qmp("migrate", uri="rdma:[fe80::1]:4444")  # keep\n' in out
    assert bad.read_text() == BAD
    assert _run(capfd, "lint", "--fix", str(bad))[:2] == (0, "")
    # the second fault shows once the first is mended
    assert bad.read_text() == 'vm.qmp("migrate", uri="rdma:[fe80::1]:4444")  # keep\n'
    assert bad.stat().st_mode & 0o777 == 0o640
    before = bad.stat().st_ino
    assert _run(capfd, "lint", "--fix", str(bad))[0] == 0
    assert bad.stat().st_ino == before  # nothing was written
    assert os.listdir(bad.parent) == ["vm.py"]
    assert _run(capfd, "lint", "--diff", str(bad))[:2] == (0, "")


def test_suggested_fixes_need_to_be_asked_for(bad: Path, capfd: pytest.CaptureFixture[str]) -> None:
    text = 'vm.qmp("migrate", uri=f"tcp:{host}:4444")\n'
    bad.write_text(text)
    assert _run(capfd, "lint", "--fix", str(bad))[0] == 1
    assert bad.read_text() == text
    assert _run(capfd, "lint", "--unsafe-fixes", str(bad))[0] == 0
    assert bad.read_text() == text.replace("{host}", "[{host}]")


def test_a_file_that_changed_meanwhile_is_left_alone(bad: Path) -> None:
    assert not replace_file(str(bad), b"what was read", b"fixed")
    assert bad.read_text() == BAD


def test_a_write_that_fails_leaves_the_file_whole(
    bad: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    status, _, err = _run(capfd, "lint", "--fix", str(bad))
    assert status == 2 and "No space left on device" in err
    assert bad.read_text() == BAD and os.listdir(bad.parent) == ["vm.py"]


def test_the_target_decides(bad: Path, capfd: pytest.CaptureFixture[str]) -> None:
    bad.write_text('vm.qmp("migrate", uri="unix:/m", blk=True)\n')
    assert _run(capfd, "lint", "--target-release", "7.2..8.1", str(bad))[0] == 0
    assert "is removed" in _run(capfd, "lint", "--target-release", "8.2..11.1", str(bad))[1]


def test_rules_are_listed_and_explained(capfd: pytest.CaptureFixture[str]) -> None:
    status, out, _ = _run(capfd, "rules")
    assert status == 0 and [line[:6] for line in out.splitlines()] == list(RULES)
    status, out, _ = _run(capfd, "rule", "mig103")
    assert status == 0 and out.startswith("# MIG103: ipv6-unbracketed\n")
    assert _run(capfd, "rule", "MIG999")[0] == 2


def test_the_configuration_above_a_file_is_obeyed_and_the_command_line_wins(
    bad: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    config = bad.parent / "pyproject.toml"
    config.write_text('[tool.migaddr.lint]\nignore = ["MIG117"]\n')
    assert _run(capfd, "lint", str(bad))[0] == 0
    for option in (["--no-config"], ["--select", "MIG117"], ["--extend-select", "MIG117"]):
        assert _run(capfd, "lint", *option, str(bad))[0] == 1
    other = bad.parent / "other.toml"
    other.write_text('[lint]\nselect = ["MIG101"]\n')
    assert _run(capfd, "lint", "--config", str(other), str(bad))[0] == 0
    assert _run(capfd, "lint", "--config", str(other), "--no-config", str(bad))[0] == 2
    config.write_text('[tool.migaddr.lint]\nper-file-ignores = {"vm.py" = ["ALL"]}\n')
    assert _run(capfd, "lint", str(bad.parent))[0] == 0
    config.write_text('[tool.migaddr.lint]\nexclude = ["vm.py"]\n')
    assert _run(capfd, "lint", str(bad.parent)) == (0, "", "")
    status, _, err = _run(capfd, "lint", str(bad))
    assert status == 0 and f"is excluded by {config}" in err
    config.write_text("[tool.migaddr.lint]\nignored = 1\n")
    status, out, err = _run(capfd, "lint", str(bad))
    assert (status, out) == (2, "") and err == (
        f"migaddr: {config}: tool.migaddr.lint.ignored: there is no such key: write ignore\n"
    )


def test_targets_and_confidence_come_from_the_configuration(
    bad: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    bad.write_text('vm.qmp("migrate", uri="unix:/m", blk=True)\nthing = "tcp:fe80::1:4444"\n')
    config = bad.parent / "migaddr.toml"
    config.write_text('[lint]\ntarget-release = "7.2..8.1"\n')
    assert _run(capfd, "lint", str(bad))[0] == 0
    assert _run(capfd, "lint", "--target-release", "9.1", str(bad))[0] == 1
    config.write_text('[lint]\ntarget-release = "7.2..8.1"\nmin-confidence = "guess"\n')
    assert "MIG103" in _run(capfd, "lint", str(bad))[1]
    assert _run(capfd, "lint", "--min-confidence", "likely", str(bad))[0] == 0


def _stdin(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_standard_input_has_a_name_and_comes_out_mended(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    text = 'vm.qmp("migrate", uri="x-rdma:h:1")\r\nvm.qmp("migrate", uri=f"exec:cat > {p}")'
    (tmp_path / "migaddr.toml").write_text('[lint]\nper-file-ignores = {"vm.py" = ["MIG101"]}\n')
    name = str(tmp_path / "vm.py")
    _stdin(monkeypatch, text.encode())
    status, out, _ = _run(capfd, "lint", "--format", "concise", "--stdin-filename", name, "-")
    assert status == 1 and out.startswith(f"{name}:1:24: error MIG117") and "MIG101" not in out
    _stdin(monkeypatch, text.encode())
    status, out, err = _run(
        capfd, "lint", "--fix", "--no-config", "--format", "concise", "--stdin-filename", name, "-"
    )
    assert status == 1 and "MIG101" in err and "MIG117" not in err
    sys.stdout.flush()
    assert out == text.replace("x-rdma", "rdma")
    for data in (b"nothing \0 here", b"", b"x = 1\r\n"):
        _stdin(monkeypatch, data)
        assert _run(capfd, "lint", "--fix", "-") == (0, data.decode(), "")
    _stdin(monkeypatch, text.encode())
    assert "+" in _run(capfd, "lint", "--diff", "--stdin-filename", name, "-")[1]
    assert _run(capfd, "lint", "--fix", "-", name)[0] == 2
    monkeypatch.setattr(sys, "stdin", None)
    assert _run(capfd, "lint", "-")[0] == 2


def test_a_baseline_is_written_and_lived_with(bad: Path, capfd: pytest.CaptureFixture[str]) -> None:
    known = str(bad.parent / "known.json")
    assert _run(capfd, "lint", "--baseline", known, str(bad))[0] == 2  # there is none yet
    status, out, err = _run(capfd, "lint", "--write-baseline", known, str(bad))
    assert (status, out) == (0, "") and err == f"migaddr: {known} knows 1 finding\n"
    assert _run(capfd, "lint", "--baseline", known, str(bad)) == (0, "", "")
    bad.write_text("# moved\n\n" + BAD + BAD.replace("4444", "4445"))
    status, out, _ = _run(capfd, "lint", "--format", "concise", "--baseline", known, str(bad))
    assert status == 1 and out.count("MIG117") == 1 and ":4:24:" in out
    assert _run(capfd, "lint", "--fix", "--baseline", known, str(bad))[0] == 0
    assert (
        "x-rdma:fe80::1:4444" in bad.read_text() and "rdma:[fe80::1]:4445" in bad.read_text()
    )  # what is known stays
    bad.write_text("vm.migrate('unix:/m')\n")
    assert "1 of the baseline is gone" in _run(capfd, "lint", "--baseline", known, str(bad))[2]
    for wrong in (["--fix"], ["--diff"], ["--baseline", known]):
        assert _run(capfd, "lint", "--write-baseline", known, *wrong, str(bad))[0] == 2
    assert _run(capfd, "lint", "--write-baseline", str(bad.parent / "no" / "b.json"), str(bad))[0] == 2


def test_a_path_that_is_named_twice_is_looked_at_once(bad: Path, capfd: pytest.CaptureFixture[str]) -> None:
    status, out, _ = _run(capfd, "lint", "--format", "concise", str(bad), str(bad.parent), str(bad))
    assert status == 1 and out.count("\n") == 1


def test_mending_keeps_ends_of_lines_bytes_and_links(bad: Path, capfd: pytest.CaptureFixture[str]) -> None:
    data = b'# \xff\xfe latin \xe9\r\nvm.qmp("migrate", uri="x-rdma:h:1")\r\n\x0c\ttail \xe9 without end'
    bad.write_bytes(data)
    link = bad.parent / "link.py"
    link.symlink_to(bad.name)
    assert _run(capfd, "lint", "--fix", str(link))[0] == 0
    assert bad.read_bytes() == data.replace(b"x-rdma", b"rdma") and link.is_symlink()
    bom = b"\xef\xbb\xbf" + BAD.encode()
    bad.write_bytes(bom)
    assert _run(capfd, "lint", "--fix", str(bad))[0] == 0
    assert bad.read_bytes() == bom.replace(b"x-rdma:fe80::1:", b"rdma:[fe80::1]:")


def test_what_cannot_be_written_ends_with_2(bad: Path) -> None:
    command = [sys.executable, "-m", "migaddr", "lint", str(bad)]
    with open("/dev/full", "wb") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 2 and done.stderr == b"migaddr: No space left on device\n"
    done = subprocess.run(
        ["/bin/sh", "-c", 'exec "$@" >&-', "sh", *command], capture_output=True, check=False
    )
    assert done.returncode in (1, 2)  # the group itself looks whether there is an output
    assert b"Traceback" not in done.stderr


def test_progress_is_for_terminals_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    said = Terminal()
    monkeypatch.setattr(sys, "stderr", said)
    clock = iter((0.0, 0.5, 1.5, 1.6, 2.0, 9.0))
    monkeypatch.setattr(lint_progress, "time", types.SimpleNamespace(monotonic=lambda: next(clock)))
    with lint_progress.Counting() as counting:
        counting.looked_at()
        counting.found(2)
        for _ in range(3):
            counting.looked_at()
    assert said.getvalue() == (
        "\r\x1b[Klooked at 2 files, 2 findings\r\x1b[Klooked at 4 files, 2 findings\r\x1b[K"
    )
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with lint_progress.Counting() as counting:
        counting.looked_at()
    assert isinstance(sys.stderr, io.StringIO) and sys.stderr.getvalue() == ""
