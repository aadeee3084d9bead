"""Shrinking: what comes out is interesting, no bigger than what went in, and nothing in it can go."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from migaddr import JsonValue
from migaddr.fuzz.shrink import fewer, shrink, shrink_text
from tests.laws.test_qmp_laws import json_values


@given(st.lists(st.integers(0, 9), max_size=40), st.sets(st.integers(0, 9), max_size=4))
def test_of_a_list_what_is_needed_is_left(items: list[int], needed: set[int]) -> None:
    wanted = needed & set(items)
    kept = fewer(items, lambda some: wanted <= set(some))
    assert sorted(kept) == sorted(wanted)


@given(st.text(max_size=40), st.text("ab,:=", min_size=1, max_size=4))
def test_of_a_text_what_is_needed_is_left(text: str, needle: str) -> None:
    kept = shrink_text(text + needle + text, lambda some: needle in some)
    assert kept == needle


def test_what_is_left_is_made_plain() -> None:
    small = shrink_text("tcp:host:9446,to=4450", lambda some: len(some) > 5 and ":" in some)
    assert len(small) == 6
    assert set(small) <= set(":a1")


def _size(value: JsonValue) -> int:
    return len(json.dumps(value))


@given(json_values, st.integers(1, 6))
def test_a_value_stays_interesting_and_cannot_be_made_smaller(value: JsonValue, depth: int) -> None:
    def interesting(other: JsonValue) -> bool:
        return json.dumps(other).count("a") >= min(depth, json.dumps(value).count("a"))

    small = shrink(value, interesting)
    assert interesting(small)
    assert _size(small) <= _size(value)
    assert shrink(small, interesting) == small


def test_a_member_deep_inside_is_found() -> None:
    value: JsonValue = {
        "execute": "migrate",
        "arguments": {
            "channels": [{"channel-type": "main", "addr": {"transport": "exec", "args": ["/x", "y"], "n": 7}}]
        },
    }

    def interesting(other: JsonValue) -> bool:
        try:
            return other["arguments"]["channels"][0]["addr"]["args"] is not None  # type: ignore[index,call-overload]
        except (KeyError, IndexError, TypeError):
            return False

    assert shrink(value, interesting) == {"arguments": {"channels": [{"addr": {"args": []}}]}}


def test_numbers_become_simple() -> None:
    assert shrink(70000, lambda n: isinstance(n, int) and n > 65535) == 65536
    assert shrink(-5.5, lambda n: isinstance(n, (int, float)) and n < 0) == -1
    assert shrink([1, 2], lambda n: isinstance(n, list)) == []


def test_who_has_had_enough_gets_the_best_so_far() -> None:
    asked = 0

    def interesting(_: JsonValue) -> bool:
        nonlocal asked
        asked += 1
        return asked < 5

    assert len(str(shrink("x" * 100, interesting))) < 100
    assert asked < 1000
