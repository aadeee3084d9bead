"""The rows of tests/corpus, and what they say of each release."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypeAlias

from migaddr import RELEASES, Release

Row: TypeAlias = dict[str, Any]

CORPUS = Path(__file__).with_name("corpus")


def rows(name: str) -> list[Row]:
    """The rows of one file."""
    found: list[Row] = json.loads((CORPUS / f"{name}.json").read_text())["rows"]
    return found


def expected(row: Row) -> list[tuple[Release, Row]]:
    """What the row expects of each release that it speaks of."""
    found: list[tuple[Release, Row]] = []
    for item in row["expect"]:
        first, last = (Release.parse(text).version for text in item["releases"])
        found += [(release, item) for release in RELEASES if first <= release.version <= last]
    return found
