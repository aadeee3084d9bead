"""JSON text: strict, and every fault with its place."""

from __future__ import annotations

from typing import Any

import pytest

from migaddr import ParseError, parse_json
from migaddr.qmp import json_fault

DRAFT = (
    '{"channeltype":"main","addr":{"transport":"socket",'
    '"socket-type": { "type\': "inet\', "host": "10.12.34.9", "port": "1050" }}}'
)


def test_the_drafts_own_example_with_its_two_wrong_quotes() -> None:
    with pytest.raises(ParseError) as caught:
        parse_json(DRAFT)
    error = caught.value
    assert (error.start, error.end) == (DRAFT.index("'"), DRAFT.index("'") + 1)
    assert error.hint == DRAFT.replace("'", '"')
    assert parse_json(error.hint or "")
    assert str(error).split("\n")[1:3] == [
        '  ...t":"socket","socket-type": { "type\': "inet\', "host": "10.12.34.9", "p...',
        " " * 39 + "^",
    ]


REFUSED = [
    ("", "", "ends where a value should be", None),
    ("[1,2", "", "ends where ',' or ']' should be", None),
    ('{"a":1', "", "ends where ',' or '}'", None),
    ('{"a"', "", "ends where ':'", None),
    ('{"a" 1}', "1", "here should be ':'", None),
    ('{"a":1,}', "}", "here should be a name", None),
    ("{a:1}", "a", "here should be a name", None),
    ("[1 2]", "2", "here should be ',' or ']'", None),
    ('{"a":1]', "]", "here should be ',' or '}'", None),
    ("[,]", ",", "here should be a value", None),
    ("1 2", "2", "nothing may follow", None),
    ('["\\u00C9\\u00c9" x]', "x", "here should be ',' or ']'", None),
    ("{} x", "x", "nothing may follow", None),
    ('{"a":1,"a":2}', '"a"', "has already", "keep one"),
    ('{"a":1,"\\u0061":2}', '"\\u0061"', "has already", "keep one"),
    ("[NaN]", "NaN", "no such number", None),
    ("-Infinity", "-Infinity", "no such number", None),
    ("[01]", "01", "no JSON number", None),
    ("+1", "+1", "must be a string, number", None),
    ("[True]", "True", "must be a string", "write true"),
    ("False", "False", "must be a string", "write false"),
    ("[None]", "None", "must be a string", "leave the member out"),
    ('"\\x"', "x", "no such escape", "\\\\"),
    ('["\\ud800"]', "\\ud800", "half of a surrogate pair", None),
    ('["\\udc80x"]', "\\udc80", "half of a surrogate pair", None),
    ('["a\udc80"]', "\udc80", "a byte that is not UTF-8", None),
    ('"a\nb"', "\n", "control character", None),
    ('["abc]', '"', "does not end", None),
    ("{'a': 'b'}", "'", "quote does not match", '{"a": "b"}'),
    ("“a”", "“", "quote does not match", '"a"'),
    (
        "{'t':'exec','args':['/bin/sh','-c','its']}",
        "'",
        "quote does not match",
        '{"t":"exec","args":["/bin/sh","-c","its"]}',
    ),
    ("{'t':'exec', 'args': ['a', 'b']}", "'", "quote does not match", '{"t":"exec", "args": ["a", "b"]}'),
    ("{“t”: “x”, “u”: [“y”, “z”]}", "“", "quote does not match", '{"t": "x", "u": ["y", "z"]}'),
    ("['it's']", "'", "quote does not match", '["it\'s"]'),
    ('["/bin/sh" "-c", "x"]', '"', "here should be ',' or ']'", None),
    ("\ufeff{}", "\ufeff", "byte order mark", "take it away"),
    ('"it" s"', '"', "quote does not match", '"it\\" s"'),
    ('["a\', ",1,", 5]', "'", "quote does not match", '["a", ",1,", 5]'),
    ("[" * 1025 + "]" * 1025, "[", "nested deeper than 1024", None),
]


@pytest.mark.parametrize(("text", "at", "reason", "hint"), REFUSED)
def test_a_refused_text(text: str, at: str, reason: str, hint: str | None) -> None:
    with pytest.raises(ParseError) as caught:
        parse_json(text)
    error = caught.value
    assert text[error.start : error.end] == at
    assert reason in error.reason
    assert error.hint == hint or (hint is not None and error.hint is not None and hint in error.hint)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": [1, -0, 1.5e3, "\\u00e9", null, true, false, {}, []]}', {"a": [1, 0, 1500.0, "é", None, True, False, {}, []]}),
        (" \t\r\n[] ", []),
        ('["\\ud83d\\ude42", "\\uD83D\\uDE42", "\\\\ud800"]', ["\U0001f642", "\U0001f642", "\\ud800"]),
        ("1" * 3999, int("1" * 3999)),
        ("1" * 5000, float("inf")),
        ('"x"', "x"),
        ("[" + "[]," * 2000 + "0]", [[]] * 2000 + [0]),
    ],
)  # fmt: skip
def test_a_text_that_is_json(text: str, value: object) -> None:
    assert parse_json(text) == value


@pytest.mark.parametrize(
    ("text", "repaired"),
    [
        ("[\u2018a\u2019,\u2018b\u2019]", '["a","b"]'),
        ("[\u201ca\u201d,\u201cb\u201d]", '["a","b"]'),
        ("['a','b']", '["a","b"]'),
        ('[\u201ca\', ",\u2018b"]', '["a\', ","b"]'),
        ('["a\u201c,""{}]', None),
    ],
)
def test_quotes_of_a_kind_close_what_they_open(text: str, repaired: str | None) -> None:
    """Two strings rather than one that swallows both; and no repair that is no JSON."""
    with pytest.raises(ParseError) as caught:
        parse_json(text)
    assert caught.value.hint == repaired


def test_a_repair_too_long_to_show_is_no_hint() -> None:
    text = f'{{"a\': "{"x" * 3000}"}}'
    with pytest.raises(ParseError, match="quote does not match") as caught:
        parse_json(text)
    assert (caught.value.start, caught.value.hint) == (3, None)


BEYOND_REPAIR = [
    "{'" + "x" * 200_000,
    '["' + "'," * 2000,
    "'" * 3000,
    "[" + "'a'," * 3000,
    '"' * 999,
    "{'a':'b'" * 500,
    "'a'x",
    "['a' 'b']",
    "{'a' 1}",
    "['a'}",
    "{'a':'b']",
    "['a',,]",
    "[1'a']",
    "['x', \"a', 'b\", y]",
    "{:'a'}",
    "'a\x01'",
]


@pytest.mark.parametrize("text", BEYOND_REPAIR)
def test_a_text_beyond_repair_still_has_a_fault(text: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse_json(text)
    assert 0 <= caught.value.start <= caught.value.end <= len(text)


def test_in_a_long_text_the_place_is_the_one_that_json_names() -> None:
    text = "[" + '{"a":1},' * 40_000
    with pytest.raises(ParseError, match="this is no JSON") as caught:
        parse_json(text)
    assert (caught.value.start, caught.value.end, caught.value.text) == (len(text), len(text), text)


def test_what_is_nested_too_deep_is_counted_by_depth_outside_of_strings() -> None:
    for opened, closed in ("[]", "{}"):
        assert json_fault.is_nested_too_deep(opened * 1025)
        assert not json_fault.is_nested_too_deep(opened * 1024 + closed * 1024)
        assert not json_fault.is_nested_too_deep(f"{opened}{closed}" * 2000)
        assert not json_fault.is_nested_too_deep(opened * 1024 + closed * 1024 + opened + closed)
        assert not json_fault.is_nested_too_deep(f'"{opened * 2000}"')
        assert json_fault.is_nested_too_deep(closed + opened * 1026)


def test_where_python_gives_up_before_qemu_would_that_is_said() -> None:
    text = "[" * 1000 + "]" * 1000
    error = json_fault.find(text, RecursionError())
    assert (error.start, error.end) == (0, len(text))
    assert "nested deeper than Python's json reads" in error.reason


@pytest.mark.parametrize("wrong", [None, b"{}", 5])
def test_json_text_is_a_str(wrong: Any) -> None:
    with pytest.raises(ParseError, match="JSON text is a str"):
        parse_json(wrong)
