"""`migaddr find`: the list, its two formats, and what it does with what it cannot read."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from migaddr.cli import main


def _run(capfd: pytest.CaptureFixture[str], *argv: str) -> tuple[int, list[str], str]:
    status = main(["find", *argv])
    sys.stdout.flush()
    out, err = capfd.readouterr()
    return status, out.splitlines(), err


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "vm.py").write_text('# ü\ndef go(m, h):\n    m.qmp("migrate", uri=f"tcp:{h}:4446")\n')
    (tmp_path / "notes.txt").write_text("virsh migrate vm q --migrateuri tcp://h\n")
    (tmp_path / "other.py").write_text('x = "unix:/s"\nmigrate = 1\n')
    return tmp_path


def test_json_lines_have_exactly_these_members(tree: Path, capfd: pytest.CaptureFixture[str]) -> None:
    status, out, err = _run(capfd, str(tree / "vm.py"), "--format", "json")
    assert (status, err) == (0, "")
    assert [json.loads(line) for line in out] == [
        {
            "path": str(tree / "vm.py"),
            "line": 3,
            "column": 28,
            "end_line": 3,
            "end_column": 40,
            "dialect": "qemu",
            "form": "template",
            "confidence": "certain",
            "sink": "QMP migrate",
            "text": "tcp:{h}:4446",
            "value": "tcp:{}:4446",
        }
    ]


def test_text_names_place_kind_and_sink(tree: Path, capfd: pytest.CaptureFixture[str]) -> None:
    _, out, _ = _run(capfd, str(tree))
    assert out == [
        f"{tree}/notes.txt:1:33: libvirt literal, certain [--migrateuri]: tcp://h",
        f"{tree}/vm.py:3:28: qemu template, certain [QMP migrate]: tcp:{{h}}:4446",
    ]


def test_the_list_can_be_narrowed_and_widened(tree: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert len(_run(capfd, str(tree), "--dialect", "libvirt")[1]) == 1
    assert len(_run(capfd, str(tree), "--dialect", "libvirt", "--dialect", "qemu")[1]) == 2
    assert len(_run(capfd, str(tree), "--min-confidence", "guess")[1]) == 3
    assert _run(capfd, str(tree), "--dialect", "cloud-hypervisor")[:2] == (0, [])


def test_what_cannot_be_read_is_told(tree: Path, capfd: pytest.CaptureFixture[str]) -> None:
    status, out, err = _run(capfd, str(tree / "nothing"), str(tree / "notes.txt"))
    assert (status, len(out)) == (1, 1)
    assert err == f"migaddr: {tree}/nothing: No such file or directory\n"
    assert _run(capfd)[0] == 2


def test_standard_input_is_a_source(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"qemu -incoming tcp:0:4444\n")))
    status, out, _ = _run(capfd, "-")
    assert (status, out) == (0, ["<stdin>:1:16: qemu literal, certain [-incoming]: tcp:0:4444"])


def test_without_its_extra_it_says_what_to_install(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "migaddr.lint.find.code", None)
    for name in [name for name in sys.modules if name.startswith("tree_sitter")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(sys.modules, "migaddr.lint.find.code")
    monkeypatch.delitem(sys.modules, "migaddr.lint.find.grammars", raising=False)
    monkeypatch.setitem(sys.modules, "tree_sitter", None)
    status, _, err = _run(capfd, str(tree / "vm.py"))
    assert status == 2
    assert err == "migaddr: reading source code needs the extra 'lint': pip install 'migaddr[lint]'\n"
    assert _run(capfd, str(tree / "notes.txt"))[0] == 0  # text needs none
