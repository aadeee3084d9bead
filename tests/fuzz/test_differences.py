"""Differences: none where two values are the same, a kind that no text of the case is in."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migaddr import LATEST, JsonValue, Release
from migaddr.fuzz.answers import Answer, Died, Garbled, Read, Refused, Silent
from migaddr.fuzz.campaign import made
from migaddr.fuzz.differences import Difference, Kind, compare, general, unlike
from migaddr.generation import Case, Form
from tests.laws.test_qmp_laws import json_values


def _case(uri: str, release: Release = LATEST) -> Case:
    case = made(Form.URI, uri, release, "other")
    assert case is not None
    return case


@given(json_values, json_values)
def test_two_values_differ_somewhere_unless_json_writes_them_alike(one: JsonValue, other: JsonValue) -> None:
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    if 0.0 not in (one, other):  # 0.0 and -0.0 are equal and written otherwise
        assert (unlike(one, other) is None) >= same
    assert unlike(one, copy.deepcopy(one)) is None


@pytest.mark.parametrize(
    ("wanted", "found", "place"),
    [
        ({"a": 1}, {}, "a is missing"),
        ({}, {"a": 1}, "a is unexpected"),
        ({"a": {"b": 1}}, {"a": {"b": True}}, "a.b is of another type"),
        ({"a": [1, 2]}, {"a": [1]}, "a has another length"),
        ({"a": [{"b": "x"}]}, {"a": [{"b": "y"}]}, "a[0].b has another value"),
        ({"a": 1}, {"a": 1.0}, "a is of another type"),
        ([], {}, "it is of another type"),
        ({"a": None}, {"a": False}, "a is of another type"),
    ],
)
def test_the_place_is_named(wanted: JsonValue, found: JsonValue, place: str) -> None:
    assert unlike(wanted, found) == place


READ = {"transport": "socket", "type": "inet", "host": "h", "port": "80"}


@pytest.mark.parametrize(
    ("uri", "answer", "kind", "detail"),
    [
        ("tcp:h:80", Read(dict(READ)), None, ""),
        ("tcp:h:80", Read(True), None, ""),
        ("tcp:h:80", Read({**READ, "port": "81"}), Kind.STRUCTURE, "port has another value"),
        ("tcp:h:80", Refused("host 'h' is 17"), Kind.REFUSES, "uri tcp: host '...' is N"),
        ("tcp:Host7:80", Refused("no Host7:80 in tcp:Host7:80"), Kind.REFUSES, "uri tcp: no ... in ..."),
        ("tcp:Host7:80", Refused("tcp: no Host7"), Kind.REFUSES, "uri tcp: tcp: no ..."),
        ("exec:exec", Refused("exec is off"), Kind.REFUSES, "uri exec: exec is off"),
        ("tcp:h", Refused("whatever"), None, ""),
        ("tcp:h", Read(True), Kind.ACCEPTS, "uri tcp: colon-missing"),
        ("rdma:h", Refused("whatever"), None, ""),  # QEMU dies of it
        ("rdma:h", Read(True), Kind.ACCEPTS, "uri rdma: colon-missing"),
        ("tcp:h:80", Died("SIGSEGV", "said"), Kind.CRASH, "SIGSEGV, uri tcp"),
        ("zzz", Silent(2.0), Kind.HANG, "uri"),
        ("zzz", Garbled("no JSON", "x"), Kind.GARBAGE, "no JSON"),
    ],
)  # fmt: skip
def test_answers_are_compared_with_the_verdict(
    uri: str, answer: Answer, kind: Kind | None, detail: str
) -> None:
    found = compare(_case(uri), answer)
    assert (None if found is None else found[:2]) == (None if kind is None else (kind, detail))


def test_words_are_compared_on_demand() -> None:
    case = _case("tcp:h")
    assert compare(case, Refused("no"), words=True) == Difference(
        Kind.WORDS, "error parsing address '...'", "said: no"
    )
    assert compare(case, Refused("error parsing address 'h'"), words=True) is None
    assert compare(_case("rdma:h"), Refused("no"), words=True) is None


@given(st.text(max_size=10), st.integers(0, 10**9))
def test_no_text_of_the_case_is_in_a_general_message(text: str, number: int) -> None:
    first = general(f"Parameter '{text}' expects {number}")
    assert first == general("Parameter 'x' expects 1")
