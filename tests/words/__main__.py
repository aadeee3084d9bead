"""Writes the pages anew."""

from tests.words.asked import PAGES
from tests.words.page import file_of, written

for name, asked in PAGES.items():
    file_of(name).write_text(written(asked), "utf-8")
