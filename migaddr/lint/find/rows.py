"""Looks at what stands in front of a place in a row: elements, arguments, statements, tokens."""

from __future__ import annotations

import re
from typing import Final, final

from tree_sitter import Node

from migaddr.lint.find import syntax
from migaddr.lint.find.evaluate import Evaluator
from migaddr.lint.find.nodes import Nodes
from migaddr.lint.find.verdict import COMMANDS, SOMETHING_ELSE, Verdict, option
from migaddr.lint.find.vocabulary import Confidence

_MOST_LEVELS = 40  # levels of the tree that are climbed
_LONGEST_NAME = 80  # bytes of the name of a function

# an option that a statement puts in: ("-incoming"), (args, "-incoming".into()), "-incoming"}), (-incoming)
_OPTION_PUT: Final = re.compile(
    rb"(?:[\"'](-[^\"'\s]*)[\"'](?:\.\w+\(\))*[\s)\]}]*|[\s(](-[\w\-]+)\s*\)\s*);?\s*\Z"
)
_EXECUTED: Final = re.compile(rb"\"execute\"\s*:\s*\"(migrate(?:-incoming|-recover)?)\"")


@final
class Rows:
    """The rows of one file."""

    def __init__(self, evaluator: Evaluator, nodes: Nodes) -> None:
        self._evaluator = evaluator
        self._nodes = nodes

    def element_text(self, node: Node) -> str | None:
        """Give the text of a short literal, None for everything else."""
        if node.type == "block_sequence_item" and node.named_children:
            node = node.named_children[0]
        if node.end_byte - node.start_byte > 60:
            return None
        return self._evaluator.text(node)

    def argument_before(self, listing: Node) -> Node | None:
        """In `x.arg("-incoming").arg(uri)`, find the argument of the call before."""
        call = self._nodes.parent(listing)
        if call is None or call.type not in syntax.CALLS:
            return None
        receiver = self._evaluator.receiver(call)
        if receiver is None or receiver.type not in syntax.CALLS:
            return None
        given = self._evaluator.arguments(receiver)
        return given[-1] if given else None

    def put_before(self, node: Node) -> Verdict | None:
        """Look for the option in the statement before, or before the block that a statement is in.

        `args.push("-incoming")` may be followed by one of several `args.push(...)`.
        """
        current: Node | None = node
        for _ in range(_MOST_LEVELS):
            if current is None or current.type in syntax.FUNCTIONS:
                break
            start = current.start_byte
            match = _OPTION_PUT.search(self._evaluator.data, max(0, start - 120), start)
            if match is not None:
                return option((match[1] or match[2]).decode("utf-8", "replace")) or SOMETHING_ELSE
            current = self._nodes.parent(current)
        return None

    def repeats(self, call: Node) -> bool:
        """Tell whether the statement before a call begins as the call does: `put(a, "x"); put(a, "y")`."""
        statement = self._nodes.parent(call)
        before = self._nodes.beside(statement, -1, named=True) if statement is not None else None
        function = call.child_by_field_name(syntax.CALLS[call.type])
        if before is None or function is None or function.end_byte - call.start_byte > _LONGEST_NAME:
            return False
        data = self._evaluator.data
        return data.startswith(data[call.start_byte : function.end_byte + 1], before.start_byte)

    def streamed(self, parent: Node, current: Node) -> Verdict | None:
        """Judge by what goes before into the same: `args << "-incoming" << uri`."""
        left = parent.child_by_field_name("left")
        if left is None or left.end_byte > current.start_byte:
            return None
        before = left.child_by_field_name("right") if left.type in syntax.BINARY else None
        text = self.element_text(before) if before is not None else None
        if text is not None and text.startswith("-"):
            return option(text) or SOMETHING_ELSE
        return self.put_before(parent)

    def made_by(self, tree: Node) -> Node | None:
        """Give the name of the macro within a macro that a row of tokens belongs to, if that fills texts."""
        mark = self._nodes.beside(tree, -1)
        name = self._nodes.beside(mark, -1) if mark is not None and mark.type == "!" else None
        return name if name is not None and self._evaluator.source(name) in syntax.BRACES_MACROS else None

    def executed_tokens(self, tree: Node) -> Verdict | None:
        """Look for `"execute": "migrate"` among the tokens around: `json!({"execute": ...})`."""
        above = self._nodes.parent(tree)
        for row in (tree, above):
            match = _EXECUTED.search(self._evaluator.data, row.start_byte, row.end_byte) if row else None
            if match is not None:
                text = match[1].decode()
                return Verdict(Confidence.CERTAIN, f"QMP {text}", COMMANDS[text])
        return None
