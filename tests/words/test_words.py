"""Each page says what it said: `python -m tests.words` writes them anew, and the difference is to be reviewed."""

from __future__ import annotations

import pytest

from tests.words.asked import PAGES
from tests.words.page import Asked, entry, kept

KEPT = {name: kept(name) for name in PAGES}
ASKED = [(name, asked) for name, page in PAGES.items() for asked in page]


@pytest.mark.parametrize(
    ("page", "asked"), ASKED, ids=[f"{name}-{asked.given}"[:80] for name, asked in ASKED]
)
def test_the_words_are_those_that_were_reviewed(page: str, asked: Asked) -> None:
    assert entry(asked).rstrip("\n").removeprefix("== ") == KEPT[page][asked.given]


@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_kept_that_is_not_asked(page: str) -> None:
    assert [asked.given for asked in PAGES[page]] == list(KEPT[page])
