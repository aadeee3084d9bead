"""The grammar that the site draws, against the parser and the corpus."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migaddr import ParseError, parse_uri
from tests.corpus_rows import expected, rows
from tests.docs.grammar import (
    BEYOND,
    ERAS,
    SHORT,
    Alt,
    But,
    Bytes,
    Many,
    Node,
    Rule,
    Seq,
    Text,
    era_of,
    recognises,
    releases_of,
    used,
)


def texts(era: str) -> st.SearchStrategy[str]:
    """Generate URIs of an era."""
    rules = ERAS[era]
    return _strategy(rules["uri"], rules).filter(lambda text: recognises(era, text))


def _strategy(node: Node, rules: Mapping[str, Node]) -> st.SearchStrategy[str]:
    match node:
        case Text(text):
            return st.just(text)
        case Bytes(sample=sample, low=low, high=high):
            return st.text(sample, min_size=low, max_size=min(high or low + 4, low + 4))
        case Seq(parts):
            return st.tuples(*(_strategy(part, rules) for part in parts)).map("".join)
        case Alt(parts):
            return st.one_of(*(_strategy(part, rules) for part in parts))
        case Many(part):
            return st.lists(_strategy(part, rules), max_size=5).map("".join)
        case Rule(name):
            return _strategy(rules[name], rules)
        case But():
            return st.just("")


@settings(max_examples=100)  # the corpus says the rest
@given(data=st.data(), era=st.sampled_from(list(ERAS)))
def test_every_release_of_an_era_reads_what_its_grammar_generates(data: st.DataObject, era: str) -> None:
    uri = data.draw(texts(era))
    for release in releases_of(era):
        try:
            parse_uri(uri, release)
        except ParseError:
            assert _reasons(era, uri, taken=False)


def _reasons(era: str, uri: str, taken: bool) -> list[str]:
    """Why the grammar and QEMU may differ here, which of them takes it."""
    listed = BEYOND if taken else SHORT
    return [why for eras, pattern, why in listed if era in eras and re.search(pattern, uri, re.DOTALL)]


def test_the_grammar_has_the_rows_of_the_corpus_that_qemu_takes_and_no_others() -> None:
    used_up: set[str] = set()
    wrong: list[tuple[str, str, bool]] = []
    for row in rows("uri"):
        for release, item in expected(row):
            era, uri = era_of(release), row["uri"]
            taken = "addr" in item or "accepted" in item
            if recognises(era, uri) != taken:
                reasons = _reasons(era, uri, taken)
                used_up.update(reasons)
                if not reasons:
                    wrong.append((era, uri, taken))
    assert not wrong
    assert used_up == {why for _, _, why in BEYOND + SHORT}, "a reason that no row of the corpus needs"


@pytest.mark.parametrize("era", ERAS)
def test_every_rule_is_there_and_used(era: str) -> None:
    rules = ERAS[era]
    assert {name for node in rules.values() for name in used(node)} | {"uri"} == set(rules)
