"""The directive `licences`: what the site holds of others, and the texts, from their packages."""

from __future__ import annotations

import html
from importlib.metadata import distribution
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class Part(NamedTuple):
    """A package of which files are in the site."""

    name: str
    licence: str
    """As SPDX names it."""
    files: tuple[str, ...]
    """Patterns of its files in _static."""
    text: str
    """Whose text it is: sphinx-basic-ng has none in its package, but furo's maker and licence."""


PARTS: Final = (
    Part("furo", "MIT", ("scripts/furo*", "styles/furo*"), "furo"),
    Part("sphinx-basic-ng", "MIT", ("debug.css", "skeleton.css"), "furo"),
    Part(
        "sphinx",
        "BSD-2-Clause",
        (
            *("basic.css", "doctools.js", "documentation_options.js", "language_data.js", "searchtools.js"),
            *("sphinx_highlight.js", "*.png"),
        ),
        "sphinx",
    ),
    Part("snowballstemmer", "BSD-3-Clause", ("*-stemmer.js",), "snowballstemmer"),
    Part("pygments", "BSD-2-Clause", ("pygments.css",), "pygments"),
    Part("accessible-pygments", "BSD-3-Clause", ("pygments.css",), "accessible-pygments"),
)


def text(name: str) -> str:
    """Give the text of a package's licence, from where it is installed."""
    (found,) = (
        file
        for file in distribution(name).files or ()
        if file.parent.name == "licenses" and file.name.startswith(("LICENSE", "COPYING"))
    )
    return Path(str(found.locate())).read_text()


class Licences(SphinxDirective):
    """`{licences}`: the list."""

    def run(self) -> list[nodes.Node]:
        """List them, with links to the texts."""
        up = "../" * self.env.docname.count("/")
        items = "".join(
            f'<li><a href="{up}_static/licences/{part.text}.txt">{html.escape(part.name)}</a> '
            f"{distribution(part.name).version}: {part.licence}</li>"
            for part in PARTS
        )
        return [nodes.raw("", f"<ul>{items}</ul>", format="html")]


def _write(app: Sphinx, error: Exception | None) -> None:
    if error is None:
        folder = Path(app.outdir) / "_static" / "licences"
        folder.mkdir(parents=True, exist_ok=True)
        for name in {part.text for part in PARTS}:
            (folder / f"{name}.txt").write_text(text(name))


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the directive, and write the texts beside the pages."""
    app.add_directive("licences", Licences)
    app.connect("build-finished", _write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
