"""Generated cases: what their rows promise, and what the report of their coverage counts."""

from __future__ import annotations

import ast
import hashlib
import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import migaddr
from migaddr import (
    LATEST,
    RELEASES,
    CommandError,
    JsonValue,
    MigaddrError,
    MigrateAddress,
    ParseError,
    Release,
    WireError,
    address_from_qmp,
    channels_from_qmp,
    command_from_qmp,
    format_uri,
    parse_json,
    parse_uri,
)
from migaddr.generation import OTHER, Case, Form, Outcome, Seeded, Source, cases, judge
from migaddr.generation.coverage import SURPRISES, Coverage
from migaddr.generation.dictionary import dictionary, entries
from migaddr.generation.differences import FACTS, NOT_READ, differences
from migaddr.generation.edits import TextEdit, edited, places
from migaddr.generation.reasons import REASONS, reason_of
from migaddr.generation.spelling import spell
from migaddr.releases import InetSyntax
from migaddr.strategies import addresses

ROOT = Path(__file__).parents[2]
FIRST_ROWS = "456adc09e8b3c4429bd8dc346d99c4f2922c1282842352d130e704d97dcf37f8"
"""The hash of the first 3,000 rows of seed 1. It changes where a table or a choice does: the changelog then says so."""


class Simplest(Source):
    """Makes the simplest choice, always."""

    def below(self, count: int) -> int:
        assert count > 0
        return 0


def first(count: int, seed: int = 1, **wanted: object) -> list[Case]:
    return list(itertools.islice(cases(seed, **wanted), count))  # type: ignore[arg-type]  # as cases has them


def test_the_same_seed_gives_the_same_bytes_in_every_python() -> None:
    rows = "".join(f"{json.dumps(case.row())}\n" for case in first(3000))
    assert hashlib.sha256(rows.encode()).hexdigest() == FIRST_ROWS
    assert [case.row() for case in first(50, seed=2)] != [case.row() for case in first(50)]


@pytest.mark.parametrize("release", RELEASES, ids=str)
def test_a_row_is_json_that_says_what_the_release_does(release: Release) -> None:
    for case in first(400, releases=[release]):
        row = json.loads(json.dumps(case.row()))
        json.dumps(row, ensure_ascii=False).encode()  # no half of a surrogate pair
        assert list(row) == [case.form.value, "release", "expect"]
        assert Release.parse(row["release"]) is release
        value, expect = row[case.form.value], row["expect"]
        try:
            read: object
            if case.form is Form.URI:
                read = parse_uri(value, release)
                assert address_from_qmp(expect) == read
            elif case.form is Form.CHANNELS:
                read = channels_from_qmp(value, release=release)
                assert channels_from_qmp(expect["channels"]) == read
            else:
                command = command_from_qmp(value, release=release)
                target = command.target
                said = expect.get("addr", expect.get("channels"))
                assert (channels_from_qmp if isinstance(target, tuple) else address_from_qmp)(said) == target
                flags = ("blk", "inc", "detach", "resume", "exit-on-error")
                assert {name: expect[name] for name in flags if name in expect} == {
                    name: getattr(command, name.replace("-", "_"))
                    for name in flags
                    if getattr(command, name.replace("-", "_"), None) is not None
                }
                assert expect["command"] == value["execute"]
        except (ParseError, WireError, CommandError) as fault:
            if fault.crashes_qemu:
                assert expect == {"crash": "SIGABRT" if isinstance(fault, ParseError) else "SIGSEGV"}
            else:
                assert expect["error"] == fault.qemu_message
                assert expect.get("path") == getattr(fault, "path", None)
                assert fault.qemu_message is not None or str(release) == "8.1"
        else:
            assert case.verdict.outcome is Outcome.EXPECT


@pytest.mark.parametrize("value", ["tcp:\0:1", "tcp:h:1" + "1" * 30 + "\u00e9", 1])
def test_what_has_no_answer_has_no_verdict(value: JsonValue) -> None:
    assert judge(Form.URI, value, RELEASES[0]) is None
    assert (
        judge(Form.COMMAND, {"execute": "migrate", "arguments": {"uri": "\0"}}, Release.parse("8.1")) is None
    )
    assert judge(Form.CHANNELS, [{"channel-type": "main", "addr": {"transport": "socket", "type": "fd", "str": "\ufffe"}}], LATEST) is None  # fmt: skip


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("kind", ["fd", "inet"])
def test_cases_are_only_of_what_was_asked_for(form: Form, kind: str) -> None:
    found = first(60, forms=[form], kinds=[kind], outcomes={Outcome.ERROR}, releases=[RELEASES[4], LATEST])
    assert {(case.form, case.kind, case.verdict.outcome) for case in found} == {(form, kind, Outcome.ERROR)}
    assert {case.release for case in found} == {RELEASES[4], LATEST}


def test_where_there_is_nothing_to_find_there_is_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("migaddr.generation.generate._IN_VAIN", 2000)
    assert first(1, forms=[Form.URI], kinds=["fd"], outcomes={Outcome.CRASH}) == []
    assert first(1, forms=[Form.COMMAND], kinds=[OTHER]) == []


def test_names_are_checked() -> None:
    with pytest.raises(MigaddrError, match="'t' is no kind of address: there are inet"):
        first(1, kinds="tcp")
    assert judge("uri", "tcp:a:1", LATEST) == judge(Form.URI, "tcp:a:1", LATEST)  # type: ignore[arg-type]  # its name


def test_small_cases_do_not_come_again_and_again() -> None:
    values = [json.dumps(case.value) for case in first(20_000)]
    assert len(set(values)) / len(values) > 0.99


@given(addresses(), st.sampled_from(RELEASES))
def test_the_simplest_spelling_is_that_of_format_uri(address: MigrateAddress, release: Release) -> None:
    text = spell(Simplest(), address, release)
    assert text is None or text == format_uri(address, release)


@given(st.text(max_size=6), st.sampled_from(TextEdit), st.integers(0, 6), st.text(max_size=2))
def test_an_edit_changes_one_place(text: str, edit: TextEdit, at: int, piece: str) -> None:
    at = min(at, len(text))
    found = edited(text, edit, at, piece)
    assert found.startswith(text[:at])
    if edit not in (TextEdit.CUT, TextEdit.SWAP):
        assert found.endswith(text[at + 1 :])


def test_seeded_choices_are_within_bounds_and_spread() -> None:
    source = Seeded(1)
    assert {source.below(3) for _ in range(100)} == {0, 1, 2}
    assert all(0 <= source.below(1 << 32) < 1 << 32 for _ in range(100))
    assert {source.choice("ab") for _ in range(50)} == {"a", "b"}
    assert 0 < sum(source.one_in(4) for _ in range(400)) < 200


def test_the_rows_on_the_page_are_right() -> None:
    page = (ROOT / "docs" / "strategies.md").read_text()
    rows = [json.loads(line) for line in page.splitlines() if line.startswith('{"')]
    assert len(rows) == 5
    for row in rows:
        form = Form(next(iter(row)))
        verdict = judge(form, row[form.value], Release.parse(row["release"]))
        assert verdict is not None and verdict.expect == row["expect"]


# --- the report ----------------------------------------------------------------------------------------


def test_every_fact_of_a_release_is_one_that_decides_about_reading_or_one_that_does_not() -> None:
    assert {*FACTS, *NOT_READ} == {field.name for field in attrs.fields(Release)}
    assert not FACTS.keys() & NOT_READ
    grammars = [one.name for one in differences() if one.after.inet_syntax is not one.without.inet_syntax]
    assert grammars == [f"10.0 -> 10.1: inet-syntax {InetSyntax.OPTIONS.value}"]


def test_the_codes_of_surprises_are_those_of_the_page() -> None:
    page = (ROOT / "docs" / "uri-grammar.md").read_text()
    table = page[page.index("| code |") : page.index("```pycon")]
    assert set(SURPRISES) == set(re.findall(r"`([a-z-]+)`(?=[,` a-z|-]*\|)", table)) & {
        code
        for row in table.splitlines()
        for code in re.findall(r"`([a-z-]+)`", row.split("|")[1] if "|" in row else "")
    }


def _raises(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Every place that raises or gives back a fault: the function, and the line."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            for node in ast.walk(function):
                known = "is none of the commands" in ast.unparse(function) and "FLAGS" in ast.unparse(node)
                if isinstance(node, ast.Raise) and node.exc is not None and not known:
                    yield function.name, node.lineno


READERS = ("uri/scheme.py", "uri/inet_scan.py", "uri/inet_options.py", "commands/read.py", "qmp/qapi.py")
UNREACHED = {
    # function: why no case raises there
    "parse_uri", "_read_socket_fd",
    "command_from_qmp",  # of drafts
    "uri_surprises", "_traced", "read_address", "read_socket",  # another entry
    "write_address", "write_channels", "_write", "not_an_address",  # writers
}  # fmt: skip


def test_every_place_that_refuses_has_a_reason_that_cases_have() -> None:
    """Each `raise` of the readers is reached, and what is raised there has exactly one name."""
    places_left = {
        (name, function, line)
        for name in READERS
        for function, line in _raises(ast.parse((Path(migaddr.__file__).parent / name).read_text()))
        if function not in UNREACHED
    }
    assert len(places_left) > 30
    for case in itertools.islice(cases(3), 60_000):
        fault = case.verdict.fault
        if fault is None:
            continue
        matching = [name for name, pattern in REASONS.items() if re.match(pattern, fault.reason)]
        assert len(matching) == 1 and matching[0] == reason_of(fault), (fault.reason, matching)
        error: BaseException | None = fault
        while error is not None:
            step = error.__traceback__
            while step is not None:
                path = Path(step.tb_frame.f_code.co_filename)
                name = f"{path.parent.name}/{path.name}"
                places_left.discard((name, step.tb_frame.f_code.co_name, step.tb_lineno))
                step = step.tb_next
            error = error.__context__
        if not places_left:
            break
    assert places_left == set()


def test_coverage_counts_what_occurs_and_names_what_does_not() -> None:
    coverage = Coverage()
    for case in first(300, forms=[Form.URI], kinds=["unix"], releases=[LATEST]):
        coverage.add(case)
    assert coverage.cases == 300
    assert coverage.counts["kinds"]["unix"] == coverage.counts["releases"]["11.1"] == 300
    missing = coverage.missing()
    assert {"kinds: fd", "releases: 7.2", "reasons: no-program", "differences: 9.0 -> 9.1: migrate blk"} <= {
        *missing
    }
    assert "reasons: unknown-scheme" not in missing
    lines = list(coverage.lines())
    assert lines[0] == "300 cases"
    assert "       300  unix" in lines
    assert [line for line in lines if line.startswith("\nkinds")] == ["\nkinds: 1 of 8"]


def test_a_difference_is_shown_by_what_one_release_takes_and_the_next_refuses() -> None:
    coverage = Coverage()
    verdict = judge(Form.URI, "tcp:h:80,foo", LATEST)
    assert verdict is not None
    coverage.add(Case(Form.URI, "tcp:h:80,foo", LATEST, verdict, "inet"))
    shown = {name for name, count in coverage.counts["differences"].items() if count}
    assert shown == {"10.0 -> 10.1: inet-syntax options", "inet: refused since 10.1 alone, unknown-option"}


# --- the dictionary ------------------------------------------------------------------------------------

_LINE = re.compile(rb'"((?:[ !#-\[\]-~]|\\x[0-9A-F]{2})+)"')


def test_the_dictionary_is_one_as_libfuzzer_and_afl_read_it() -> None:
    words = []
    for line in dictionary():
        if line.startswith("#"):
            continue
        found = _LINE.fullmatch(line.encode("ascii"))
        assert found is not None, line
        words.append(re.sub(rb"\\x(..)", lambda code: bytes.fromhex(code[1].decode()), found[1]))
    assert words == entries()
    assert len(words) == len(set(words)) > 200
    assert all(0 < len(word) <= 64 for word in words)
    assert {b"tcp:", b",to=", b"[::1]", b'"channel-type"', "\u00e9".encode()} <= set(words)


def test_places_are_all_arrays_and_objects() -> None:
    value = parse_json('{"a": [1, {"b": []}], "c": "x"}')
    assert [type(place).__name__ for place in places(value)] == ["dict", "list", "dict", "list"]
