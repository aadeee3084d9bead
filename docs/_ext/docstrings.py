"""Docstrings of migaddr are plain text with code in backquotes: this makes of them what Sphinx reads.

What is indented is shown as it stands (grammars, trees), and no character but the backquote has a meaning.
Types are looked for under the names by which users import them.
"""

from __future__ import annotations

import re
import sys
import types
import typing
from typing import TYPE_CHECKING

from sphinx.pycode import ModuleAnalyzer

import migaddr

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx import addnodes
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

_NAME = re.compile(r"[A-Za-z_][\w.]*(\(\))?\Z")
_FIELD = re.compile(r":[a-z]+( [\w.]+)?: ")


def _prose(line: str) -> str:
    """Escape what reStructuredText would see in a line outside of its backquotes."""
    parts = line.split("`")
    for at, part in enumerate(parts):
        if at % 2 == 0:
            parts[at] = re.sub(r"(?<!^)([*|])|_(?!\w)", lambda found: "\\" + found[0], part)
    pieces = [
        part if at % 2 == 0 else f"`{part}`" if _NAME.match(part) else f"``{part.strip()}``"
        for at, part in enumerate(parts)
    ]
    return "".join(pieces)


def as_rst(lines: list[str]) -> list[str]:
    """Make reStructuredText of a docstring's lines."""
    made: list[str] = []
    literal = field = False
    for line in lines:
        blank = not line.strip()
        indented = line.startswith(" ")
        if field and (blank or not indented):
            field = False
        if not blank and not indented:
            literal = False
        if _FIELD.match(line):
            field = True
        if indented and not literal and not field and made and not made[-1].strip():
            made += ["::", ""]
            literal = True
        made.append(line if literal or blank or line.lstrip().startswith((">>>", "...")) else _prose(line))
    return made


def _written(name: str) -> list[str]:
    """Find what the module that makes a name says of it, below it."""
    owner, _, bare = name.rpartition(".")
    for module in [module for module in sys.modules if f"{module}.".startswith(f"{owner}.")]:
        docs = ModuleAnalyzer.for_module(module).find_attr_docs()
        if ("", bare) in docs:
            return docs["", bare]
    return []


def _members(obj: object) -> list[str]:
    """Say of an alias what it stands for."""
    names = (f"`{member.__name__}`" for member in typing.get_args(obj) if hasattr(member, "__name__"))
    return [f"One of {', '.join(names)}.", ""] if isinstance(obj, types.UnionType) else []


def _process(app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]) -> None:  # noqa: ARG001
    if what == "data":  # what Python says of the object's class is not meant
        lines[:] = [*_written(name), *_members(obj)]
    lines[:] = as_rst(lines)


def _find(
    app: Sphinx, env: BuildEnvironment, node: addnodes.pending_xref, content: nodes.TextElement
) -> nodes.reference | None:
    """Look for `migaddr.model.InetAddress` under the name that users import, and for bare names."""
    if node.get("refdomain") != "py":
        return None
    target = str(node["reftarget"]).removesuffix("()")
    domain = env.domains.python_domain
    name = target.rpartition(".")[2]
    if target.partition(".")[0] == "migaddr":
        candidates = [f"migaddr.{name}", f"{'.'.join(target.split('.')[:2])}.{name}"]
    else:
        candidates = [f"migaddr.{target}"] if target.partition(".")[0] in migaddr.__all__ else []
    for candidate in candidates:
        if candidate in domain.objects:
            found = domain.resolve_xref(env, node["refdoc"], app.builder, "obj", candidate, node, content)
            if found is not None:
                return found
    return None


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect both."""
    app.connect("autodoc-process-docstring", _process)
    app.connect("missing-reference", _find)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
