"""The directive `railroad`: the grammar of an era, drawn from the data in tests/docs/grammar.py."""

from __future__ import annotations

import html
import io
from typing import TYPE_CHECKING

import railroad
from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from tests.docs.grammar import BEYOND, ERAS, SHORT, Alt, But, Bytes, Many, Node, Rule, Seq, Text, used

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def _count(node: Bytes) -> str:
    if (node.low, node.high) == (1, 1):
        return node.shown
    if node.high is None:
        return node.shown if node.low else f"{node.shown}, or none"
    return f"{node.low} to {node.high} {node.shown}"


def _draw(node: Node) -> railroad.DiagramItem:
    match node:
        case Text(text):
            return railroad.Terminal(text)
        case Bytes(low=low, high=high):
            box = railroad.NonTerminal(_count(node), cls="bytes")
            return railroad.OneOrMore(box) if high is None and low else box
        case Seq(parts):
            return railroad.Sequence(*map(_draw, parts)) if parts else railroad.Skip()
        case Alt((first, Seq(()))):
            return railroad.Optional(_draw(first))
        case Alt(parts):
            items = [_draw(part) for part in parts]
            return railroad.Choice(0, *items)
        case Many(part):
            return railroad.ZeroOrMore(_draw(part))
        case Rule(name):
            return railroad.NonTerminal(name)
        case But(_, shown):
            return railroad.Comment(shown)


def svg(node: Node, label: str) -> str:
    """Draw one rule; its colours are those of the page."""
    out = io.StringIO()
    railroad.Diagram(_draw(node)).writeSvg(out.write)
    head = f'<svg role="img" aria-label="{html.escape(label, quote=True)}" '
    return out.getvalue().replace("<svg ", head, 1)


class Railroad(SphinxDirective):
    """`{railroad} C`: every rule of era C, the whole URI first and then as they are met."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Make the figures."""
        era = self.arguments[0]
        rules = ERAS[era]
        made: list[nodes.Node] = []
        order = ["uri"]
        for name in order:
            order += [other for other in dict.fromkeys(used(rules[name])) if other not in order]
            drawn = svg(rules[name], f"{name} in era {era}")
            made.append(
                nodes.raw(
                    "",
                    f'<figure class="railroad"><figcaption>{html.escape(name)}</figcaption>'
                    f'<div class="wide">{drawn}</div></figure>',
                    format="html",
                )
            )
        return made


class Beyond(SphinxDirective):
    """`{beyond}`: where the diagrams say more or less than QEMU, as a list."""

    def run(self) -> list[nodes.Node]:
        """Make the list."""
        lines = [
            f"* {'era' if len(eras) == 1 else 'eras'} {', '.join(eras)}: {why}"
            for eras, _, why in BEYOND + SHORT
        ]
        return self.parse_text_to_nodes("\n".join(lines))


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the directive."""
    app.add_directive("railroad", Railroad)
    app.add_directive("beyond", Beyond)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
