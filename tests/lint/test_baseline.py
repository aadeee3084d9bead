"""A baseline knows findings wherever they move, and no other."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migaddr.lint.baseline import BaselineError, baseline_text, read_baseline
from migaddr.lint.engine import judge
from migaddr.lint.report import Result

OLD = ['vm.qmp("migrate", uri="x-rdma:h:1")', 'vm.qmp("migrate", uri=f"exec:cat > {p}")']
NEW = 'vm.qmp("migrate", uri="TCP:h:1")'
OTHER = ["", "x = 1", "# tcp:", "    pass"]


def _result(path: Path, lines: list[str]) -> Result:
    data = "".join(f"{line}\n" for line in lines).encode()
    return Result(str(path), data, judge(data, "python"))


@given(
    before=st.lists(st.sampled_from(OLD + OTHER), max_size=6),
    seed=st.randoms(use_true_random=False),
    more=st.lists(st.sampled_from(OTHER), max_size=4),
    indent=st.sampled_from(["", "    ", "\t"]),
)
def test_what_moved_is_known_and_what_is_new_is_not(
    tmp_path_factory: pytest.TempPathFactory, before: list[str], seed: Random, more: list[str], indent: str
) -> None:
    folder = tmp_path_factory.getbasetemp()
    path, file = folder / "vm.py", folder / "baseline.json"
    file.write_text(baseline_text(str(file), [_result(path, before)]), encoding="utf-8")
    baseline = read_baseline(str(file))
    after = before + more
    seed.shuffle(after)
    moved = _result(
        path,
        [
            f"if 1:{indent} {line}" if indent and not line.startswith(" ") and line in OTHER else line
            for line in after
        ],
    )
    assert baseline.new(moved.path, moved.data, moved.findings) == ()
    assert baseline.gone([moved]) == 0
    added = _result(path, [*after, NEW, NEW])
    assert [one.code for one in baseline.new(added.path, added.data, added.findings)] == ["MIG118", "MIG118"]
    again = _result(path, after + OLD)  # one more of each than is known
    assert len(baseline.new(again.path, again.data, again.findings)) == len(OLD)
    elsewhere = _result(folder / "other.py", after)
    assert baseline.new(elsewhere.path, elsewhere.data, elsewhere.findings) == elsewhere.findings


def test_blanks_do_not_matter_and_what_is_gone_is_counted(tmp_path: Path) -> None:
    path, file = tmp_path / "vm.py", tmp_path / "deep" / "baseline.json"
    file.parent.mkdir()
    file.write_text(baseline_text(str(file), [_result(path, OLD)]))
    rows = json.loads(file.read_text())["findings"]
    assert [(row["path"], row["code"], row["count"]) for row in rows] == [
        ("../vm.py", "MIG101", 1),
        ("../vm.py", "MIG117", 1),
    ]
    baseline = read_baseline(str(file))
    indented = _result(path, ["if x:", *(f"    {line}  " for line in OLD)])
    assert len(indented.findings) == 2
    assert baseline.new(indented.path, indented.data, indented.findings) == ()
    assert baseline.gone([_result(path, OLD[:1])]) == 1
    assert baseline.gone([_result(path, [])]) == 2
    assert baseline.gone([]) == 0  # nobody looked


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is no baseline"),
        ("[]", '"format" must be 1'),
        ('{"format": 2}', '"format" must be 1'),
        ('{"format": 1}', '"findings" must be a list'),
        ('{"format": 1, "findings": [1]}', r"findings\[0\]"),
        (
            '{"format": 1, "findings": [{"path": "a", "code": "b", "line": "c", "count": true}]}',
            "count from 1",
        ),
        ('{"format": 1, "findings": [{"path": "a", "code": "b", "line": "c", "count": 0}]}', "count from 1"),
        ("[" * 100000, "is no baseline"),
    ],
)
def test_what_is_no_baseline(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "baseline.json"
    file.write_text(text)
    with pytest.raises(BaselineError, match=words):
        read_baseline(str(file))
    with pytest.raises(BaselineError, match="--write-baseline makes it"):
        read_baseline(str(tmp_path / "none.json"))
