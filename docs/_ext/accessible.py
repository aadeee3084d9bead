"""What WCAG 2 asks of a page, and Sphinx does not give."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

# The parameters of a long signature are no list of definitions: none of them has a term.
_PARAMETERS = re.compile(
    r'(<span class="sig-paren">.</span>)\s*<dl>(.*?)</dl>\s*(?=<span class="sig-paren">)', re.DOTALL
)
# An option is not broken behind its hyphen.
_OPTION = re.compile(r'<span class="pre">(?=-)')


def as_lines(found: re.Match[str]) -> str:
    """Make lines of the items."""
    lines = found[2].replace("<dd>", '<span class="sig-line">').replace("</dd>", "</span>")
    return f"{found[1]}{lines}"


def accessible(body: str) -> str:
    """Make the page of it that we show."""
    return _OPTION.sub('<span class="pre option">', _PARAMETERS.sub(as_lines, body))


def _process(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object) -> None:  # noqa: ARG001
    if "body" in context:
        context["body"] = accessible(context["body"])


def setup(app: Sphinx) -> dict[str, bool]:
    """Look at each page before it is written."""
    app.connect("html-page-context", _process)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
