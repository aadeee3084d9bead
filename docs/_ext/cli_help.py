"""The directive `cli-help`: a section for each sub-command, with what its `--help` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from tests.docs.manual import commands, help_text

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class CliHelp(SphinxDirective):
    """`{cli-help}`: the whole command line."""

    def run(self) -> list[nodes.Node]:
        """Make the sections."""
        made: list[nodes.Node] = [_block(help_text())]
        for name in commands():
            section = nodes.section(
                "", nodes.title("", f"migaddr {name}"), _block(help_text(name)), ids=[name]
            )
            self.state.document.note_implicit_target(section)
            made.append(section)
        return made


def _block(text: str) -> nodes.literal_block:
    return nodes.literal_block(text, text, language="text")


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the directive."""
    app.add_directive("cli-help", CliHelp)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
