"""The directive `plot`: a picture of tests/docs/pictures.py, for a light and a dark page."""

from __future__ import annotations

import html
import logging
from pathlib import Path
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from tests.docs.pictures import PICTURES, draw

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class Plot(SphinxDirective):
    """`{plot} NAME`: the picture, and its description for those who do not see it."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Refer to the two files."""
        name = self.arguments[0]
        description = html.escape(PICTURES[name][1], quote=True)
        up = "../" * self.env.docname.count("/")
        images = "".join(
            f'<img class="only-{tone}" src="{up}_static/made/{name}-{tone}.svg" alt="{description}">'
            for tone in ("light", "dark")
        )
        text = f'<figure class="plot"><div class="wide">{images}</div></figure>'
        return [nodes.raw("", text, format="html")]


def _write(app: Sphinx, error: Exception | None) -> None:
    if error is None:
        folder = Path(app.outdir) / "_static" / "made"
        folder.mkdir(parents=True, exist_ok=True)
        for name in PICTURES:
            for tone in ("light", "dark"):
                (folder / f"{name}-{tone}.svg").write_text(draw(name, dark=tone == "dark"))


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the directive, and write the files beside the pages."""
    app.add_directive("plot", Plot)
    logging.getLogger("matplotlib").setLevel(logging.WARNING)  # it tells of each font, the first time
    app.connect("build-finished", _write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
