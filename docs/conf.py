"""How Sphinx makes the site; `tools/build-site` calls it."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import migaddr

DOCS = Path(__file__).parent
sys.path[:0] = [str(DOCS / "_ext"), str(DOCS.parent)]
# A pattern of a toctree may match nothing yet; Sphinx gives this warning no type that could be suppressed.
logging.getLogger("sphinx.sphinx.directives.other").addFilter(
    lambda record: "toctree glob pattern" not in str(record.msg)
)

project = "migaddr"
author = "The migaddr authors"
copyright = "The migaddr authors"  # noqa: A001 -- Sphinx's name for it
release = version = migaddr.__version__

extensions = [
    *("myst_parser", "sphinx.ext.autodoc"),
    *("accessible", "cli_help", "docstrings", "licences", "plots", "railroad_diagrams"),
]
exclude_patterns = ["_ext", "_build", "_generated"]
nitpicky = True
# Other projects' names have no page here, and the build needs no network to find theirs.
nitpick_ignore_regex = [
    ("py:.*", r"(?!migaddr\b).*"),
    ("py:class", r"migaddr\..*\b_\w+"),  # type variables
    ("py:class", r"migaddr\.generation\.edits\.TextEdit"),  # a part of a case, for those who know it
]
myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence", "attrs_block", "attrs_inline"]

default_role = "py:obj"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {"members": True}
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88

html_theme = "furo"
html_title = f"migaddr {release}"
html_favicon = "_static/favicon.svg"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_js_files = [("scroll.js", {"defer": "defer"})]
html_copy_source = False
html_show_sphinx = False
html_theme_options = {"navigation_with_keys": False}
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
