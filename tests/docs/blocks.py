"""The code blocks of the pages, and what each says of how it is run.

A block is run by its kind: `pycon` as a doctest, `console` as commands with their output. Any other is
preceded by a comment, `<!-- run by: tests/FILE -->` or `<!-- not run: WHY -->`, with one of these reasons.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    *sorted(ROOT.glob("[CS][OE]*.md")),  # CONTRIBUTING, SECURITY
    *sorted(page for page in (ROOT / "docs").rglob("*.md") if "_" not in page.relative_to(ROOT).parts[1][:1]),
]
RUN = {"pycon", "console"}
WHY_NOT = {
    "grammar": "a notation, not a program",
    "drawing": "a picture made of letters",
    "ci": ".ci/run takes it from the page and runs it",
    "install": "it would change the machine",
    "service": "the configuration of a service that is not here",
    "machine": "it needs a host, a device or a program that the tests do not have",
    "measured": "figures of one machine, with the command that makes them",
}
"""The closed list of why a block is not run."""

_MARK = re.compile(r"<!-- (run by|not run): (.*?) -->")


class Block(NamedTuple):
    """One block: on which line its code begins (from 1), its kind (empty: indented), its code, its mark."""

    page: Path
    line: int
    kind: str
    code: str
    mark: tuple[str, str] | None

    @property
    def where(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks(page: Path) -> list[Block]:
    """Every block of code; a directive of the site is none, but for what it holds."""
    return _blocks(page, page.read_text(), 1)


def _blocks(page: Path, text: str, first: int) -> list[Block]:
    found: list[Block] = []
    tokens = MarkdownIt().parse(text)
    for at, token in enumerate(tokens):
        if token.type not in ("fence", "code_block") or token.map is None:
            continue
        kind = token.info.strip()
        line = first + token.map[0]
        if kind.startswith("{"):
            name = kind[1:].partition("}")[0]
            if name in ("tab-item", "note", "warning", "tip"):
                found += _blocks(page, token.content, line + 1)
            continue
        found.append(Block(page, line, kind, token.content, _mark(tokens, at)))
    return found


def _mark(tokens: list[Token], at: int) -> tuple[str, str] | None:
    """The comment before a block, also where the block begins an item of a list."""
    before = tokens[at - 1] if at else None
    match = _MARK.fullmatch(before.content.strip()) if before and before.type == "html_block" else None
    return (match[1], match[2]) if match else None
