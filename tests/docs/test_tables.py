"""The tables in the pages are what `tools/make-tables` makes."""

from __future__ import annotations

import re

from tests.docs.blocks import PAGES, ROOT
from tests.docs.tables import TABLES, names, with_tables


def test_every_table_is_what_its_tool_makes() -> None:
    found: list[str] = []
    for page in PAGES:
        text = page.read_text()
        found += names(text)
        assert with_tables(text) == text, f"{page}: run tools/make-tables"
    assert sorted(found) == sorted(TABLES)


TOLD = {
    "source": "it is in the source of QEMU, or in what was posted to its list, and the corpus has it",
    "words": "it says in words what things are and do",
    "measured": "the command that measured it stands above it",
}
"""The closed list of why a table is not made or tried by a program."""


def test_every_table_says_how_it_is_known() -> None:
    """As a block of code does: in a comment before it, which says by whom it is made or tried, or why by nobody."""
    told: set[str] = set()
    for page in PAGES:
        if page.parent.name == "rules" or page.name == "rules.md":  # made by tools/make-rule-pages
            continue
        lines = [line for line in page.read_text().splitlines() if line]
        for at, line in enumerate(lines):
            if not re.fullmatch(r"\|( --- \|)+", line):
                continue
            where = f"{page.name}: {lines[at - 1]}"
            found = re.fullmatch(r"<!-- (held by|told): (.*) -->", lines[at - 2])
            assert found or lines[at - 2].startswith("<!-- made by tools/make-tables: "), where
            if found and found[1] == "held by":
                assert page.name in (ROOT / found[2]).read_text(), where
            elif found:
                assert found[2] in TOLD, where
                told.add(found[2])
    assert told == set(TOLD)
