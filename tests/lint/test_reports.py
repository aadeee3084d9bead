"""The reports say the same in each format; comments silence; targets are read; the API is pure."""

from __future__ import annotations

import json
import pickle
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from migaddr.errors import MigaddrError, UnknownReleaseError
from migaddr.lint import check
from migaddr.lint.engine import judge
from migaddr.lint.report import FORMATS, Result, report
from migaddr.lint.rules import RULES
from migaddr.lint.rules.page import index, page
from migaddr.lint.targets import parse_targets
from migaddr.releases import RELEASES

DATA = 'é = 1; vm.qmp("migrate", uri="x-rdma:h:1")\nvm.qmp("migrate", uri=f"exec:cat > {p} 100%")\n'.encode()
RESULTS = [Result("a,b:c/ü \udcff.py", DATA, judge(DATA, "python"))]
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("output", FORMATS)
def test_every_format_takes_nothing_and_anything(output: str) -> None:
    assert report(RESULTS, output).encode("utf-8")  # no lone surrogate gets out
    empty = report([], output)
    assert "MIG" not in empty


def test_text_shows_the_source_with_carets() -> None:
    text = report(RESULTS, "text").splitlines()
    assert text[1:3] == ['  é = 1; vm.qmp("migrate", uri="x-rdma:h:1")', " " * 32 + "^^^^^^"]
    assert text[-1] == "2 findings in 1 file; 1 can be fixed with --fix, 1 with --unsafe-fixes"


def test_json_and_sarif_have_the_same_places() -> None:
    rows = json.loads(report(RESULTS, "json"))
    log = json.loads(report(RESULTS, "sarif"))
    (run,) = log["runs"]
    assert log["version"] == "2.1.0" and run["columnKind"] == "unicodeCodePoints"
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["MIG101", "MIG117"]
    assert [r["ruleId"] for r in run["results"]] == [row["code"] for row in rows] == ["MIG117", "MIG101"]
    for row, result in zip(rows, run["results"], strict=True):
        (location,) = result["locations"]
        region = location["physicalLocation"]["region"]
        assert list(region.values()) == [row["line"], row["column"], row["end_line"], row["end_column"]]
        assert location["physicalLocation"]["artifactLocation"]["uri"] == "a%2Cb%3Ac/%C3%BC%20%FF.py"
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == row["code"]
        assert result["level"] in ("error", "warning", "note") and result["message"]["text"] == row["message"]
        assert (result["fixes"][0]["artifactChanges"][0]["replacements"] != []) is (row["fix"] is not None)
    assert len({r["partialFingerprints"]["migaddr/v1"] for r in run["results"]}) == 2


def test_github_and_junit_escape() -> None:
    first = report(RESULTS, "github").splitlines()[0]
    assert first.startswith(
        "::error file=a%2Cb%3Ac/ü \\xff.py,line=1,endLine=1,col=31,endColumn=37,title=MIG117 x-rdma::"
    )
    suite = ET.fromstring(report(RESULTS, "junit"))
    assert suite.attrib == {"tests": "2", "failures": "2"}
    assert len(suite.findall("./testsuite/testcase/failure")) == 2


@pytest.mark.parametrize(
    ("language", "text", "codes"),
    [
        ("python", 'vm.migrate("x-rdma:h:1")  # migaddr: ignore[MIG117]\n', []),
        ("python", 'vm.migrate("x-rdma:h:1")  # migaddr: ignore\n', []),
        ("python", '# migaddr: ignore[MIG117] because\nvm.migrate("x-rdma:h:1")\n', []),
        ("python", 'vm.migrate("x-rdma:h:1")  # migaddr: ignore[MIG103]\n', ["MIG117", "MIG002"]),
        ("python", 'vm.migrate("x-rdma:h:1")  # migaddr: ignore[MIG117, MIG999]\n', ["MIG001"]),
        ("python", 'x = 1  # migaddr: ignore\nvm.migrate("x-rdma:h:1")\n', ["MIG002", "MIG117"]),
        (
            "python",
            'vm.migrate("x-rdma:h:1")\nvm.migrate("x-rdma:h:2")\n# migaddr: ignore-file[MIG117]\n',
            [],
        ),
        ("c", 'void f(void) { migrate_qmp("x-rdma:h:1"); /* migaddr: ignore[MIG117] */ }\n', []),
        ("go", 'package m\nfunc f() { migrate("x-rdma:h:1") } // migaddr: ignore[MIG117]\n', []),
        ("markdown", "`-incoming x-rdma:h:1` <!-- migaddr: ignore[MIG117] -->\n", []),
        ("shell", "qemu -incoming x-rdma:h:1 # migaddr: ignore[MIG117]\n", []),
    ],
)
def test_comments_silence_findings_and_are_judged_themselves(
    language: str, text: str, codes: list[str]
) -> None:
    assert [found.code for found in check(text, language=language)] == codes


def test_targets_are_lists_and_ranges() -> None:
    assert parse_targets(None).releases == RELEASES and not parse_targets("").chosen
    assert [str(r) for r in parse_targets("10.0.13").releases] == ["10.0.13"]
    assert [str(r) for r in parse_targets("9.1..10.0").releases] == ["9.1", "9.2", "10.0"]
    assert [str(r) for r in parse_targets("7.2, 11.0..").releases] == ["7.2", "11.0", "11.1"]
    assert parse_targets("..11.1").releases == RELEASES
    for wrong in ("10.0..9.1", "6.2", "x", "8.2..y"):
        with pytest.raises(UnknownReleaseError):
            parse_targets(wrong)


def test_check_is_pure_and_pickles() -> None:
    text = 'vm.qmp("migrate", uri="unix:/m", blk=True)\n'
    assert check(text, language="python") == check(text, language="python")
    (finding,) = pickle.loads(pickle.dumps(check(text, language="python")))
    assert finding.code == "MIG105"
    assert check(text, language="python", release="7.2") == ()
    assert check(text, language="python", release=["7.2", "8.1"]) == ()
    assert check("lone \ud800 tcp:") == ()
    with pytest.raises(MigaddrError):
        check(text, language="cobol")


def test_the_pages_are_those_of_the_rules() -> None:
    assert (ROOT / "docs" / "rules.md").read_text() == index(RULES.values())
    pages = {path.stem: path.read_text() for path in (ROOT / "docs" / "rules").iterdir()}
    assert pages == {code: page(rule) for code, rule in RULES.items()}
