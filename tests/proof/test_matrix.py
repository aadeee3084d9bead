"""The matrix as data: its cells, what is worse than expected, and how it is shown."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migaddr.proof.cells import (
    FAILED,
    FORMS,
    PROVEN,
    TRANSPORTS,
    Cell,
    Expected,
    Reason,
    Result,
    Way,
    matrix,
    worse,
)
from migaddr.proof.show import as_json, from_json, markdown, page, read_expected, reasons
from migaddr.qmp import JsonValue
from tests.qemu.bench import SERIES

STATUSES = [PROVEN, FAILED, *(reason.value for reason in Reason)]
TEXTS = st.text(max_size=20)
RESULTS = st.lists(
    st.tuples(st.sampled_from(list(matrix(TRANSPORTS, SERIES))), st.sampled_from(STATUSES), TEXTS),
    min_size=1,
    max_size=30,
    unique_by=lambda item: item[0],
).map(
    lambda items: [Result(cell, status, detail, 64 << 20, 0.5, "sha256:ab") for cell, status, detail in items]
)
HERE, VM = (
    {name: read_expected(value) for name, value in json.loads(file.read_text()).items()}
    for file in (Path(__file__).with_name(f"expected-{name}.json") for name in ("here", "vm"))
)


def test_the_expected_matrix_has_every_cell_and_a_reason_of_the_list_with_its_probe() -> None:
    cells = {str(cell): cell for cell in matrix(TRANSPORTS, SERIES)}
    assert set(HERE) == set(cells)
    assert set(VM) == {name for name, cell in cells.items() if cell.transport in ("vsock", "rdma")}
    assert None not in (*HERE.values(), *VM.values())
    # what a virtual machine cannot change
    assert {found.status for found in VM.values() if found} == {PROVEN, Reason.NO_CHANNELS.value}
    lacking = {
        name.partition(",")[0]
        for name, found in HERE.items()
        if found and found.status in ("no-vsock", "no-rdma")
    }
    assert lacking == {"vsock", "rdma"}


@pytest.mark.parametrize(
    "value",
    [
        "no-vsock",
        "failed",
        None,
        ["proven"],
        {"reason": "no-vsock"},
        {"reason": "no-vsock", "probe": ""},
        {"reason": "no-vsock", "probe": 7},
        {"reason": "proven", "probe": "x"},
        {"reason": [], "probe": "x"},
        {"reason": "no-vsock", "probe": "x", "more": "y"},
    ],
)
def test_a_reason_without_a_probe_is_none(value: JsonValue) -> None:
    assert read_expected(value) is None


def test_the_documentation_shows_the_matrix_as_it_was_printed() -> None:
    expected = {**HERE, **VM}
    results = [
        Result(cell, found.status, found.probe)
        for cell in matrix(TRANSPORTS, SERIES)
        if (found := expected[str(cell)])
    ]
    shown = (Path(__file__).parents[2] / "docs" / "transports.md").read_text()
    assert markdown(results) in re.sub(r"\d+\.\d\d s", "0.00 s", shown)
    for status, probe in {(result.status, result.detail) for result in results if result.detail}:
        assert any(line.startswith(f"{status}: ") and probe in line for line in shown.splitlines()), probe


def test_cells_have_a_name_each() -> None:
    assert str(Cell("tcp", Way.TO_QEMU, "uri", "10.0")) == "tcp, migaddr to QEMU 10.0, uri"
    assert str(Cell("tcp", Way.OURS, "uri", "")) == "tcp, migaddr to migaddr, uri"
    names = [str(cell) for cell in matrix(TRANSPORTS, SERIES)]
    assert len(names) == len(set(names)) == len(TRANSPORTS) * len(FORMS) * (1 + 2 * len(SERIES))


@pytest.mark.parametrize(
    ("status", "expected", "is_worse"),
    [
        (PROVEN, Expected(PROVEN), False),
        (PROVEN, Expected("no-vsock", "x"), False),
        (PROVEN, None, False),
        ("no-vsock", Expected("no-vsock", "said"), False),
        ("no-vsock", Expected("no-vsock", "something else"), True),
        ("no-vsock", Expected(PROVEN), True),
        ("no-vsock", Expected("no-channels", "said so"), True),
        ("no-vsock", None, False),
        (FAILED, None, True),
        (FAILED, Expected("no-vsock", "said so"), True),
        (None, Expected(PROVEN), True),
    ],
)
def test_what_is_worse_than_expected(status: str | None, expected: Expected | None, is_worse: bool) -> None:
    cell = Cell("vsock", Way.OURS, "uri", "")
    results = [] if status is None else [Result(cell, status, "said so")]
    wanted = {} if expected is None else {str(cell): expected}
    found = worse(results, wanted)
    assert bool(found) == is_worse
    if found and status is not None:
        assert "said so" in found[0]


@given(RESULTS)
def test_json_gives_the_results_again(results: list[Result]) -> None:
    assert from_json(json.loads(json.dumps(as_json(results)))) == results


@given(RESULTS)
def test_the_table_has_a_row_for_each_transport_and_says_what_is_not_proven(results: list[Result]) -> None:
    table = markdown(results)
    lines = table.split("\n")
    assert {line.split(" | ")[0].strip("| ") for line in lines[2:]} == {
        result.cell.transport for result in results
    }
    assert len({line.count(" | ") for line in lines[2:]}) == 1
    for result in results:
        assert result.status == PROVEN or result.status in table
    assert len(reasons(results)) == len(set(reasons(results)))


class _Texts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.cells = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in ("meta", "br"):
            self.open.append(tag)
        self.cells += tag == "td"

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@given(RESULTS)
def test_the_page_is_whole_and_nothing_in_it_is_markup_by_accident(results: list[Result]) -> None:
    reader = _Texts()
    text = page(results)
    reader.feed(text)
    assert reader.open == []
    columns = {(result.cell.way, result.cell.qemu) for result in results}
    assert reader.cells == len({result.cell.transport for result in results}) * len(columns)
    assert f"{sum(result.status == PROVEN for result in results)} of {len(results)} cells proven" in text


@given(st.text())
def test_details_are_escaped(detail: str) -> None:
    cell = Cell("tcp", Way.OURS, "uri", "")
    shown = page([Result(cell, FAILED, f"<b>{detail}\"'")])
    assert "<b>" not in shown
