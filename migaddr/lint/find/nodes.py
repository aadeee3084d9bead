"""Finds its way in a syntax tree: down to a place, up to parents, aside to siblings.

tree-sitter looks for a parent or a sibling from the root, past every child before it, so that a file of a
hundred thousand statements would take the square of its length. Here what has been passed on the way down is
remembered.
"""

from __future__ import annotations

import bisect
from typing import Final, TypeAlias, final

from tree_sitter import Node, Tree

_WIDE: Final = 16  # children from which on a list of them is kept
_MOST: Final = 20_000  # nodes that are remembered

_Children: TypeAlias = tuple[list[Node], list[int]]


@final
class Nodes:
    """The nodes of one tree."""

    def __init__(self, tree: Tree) -> None:
        self.root: Node = tree.root_node
        self._last: Node = self.root
        self._parents: dict[int, Node] = {}
        self._wide: dict[int, _Children] = {}

    def at(self, start: int, end: int, *, named: bool = False) -> Node:
        """Give the smallest node that covers a place."""
        node = self._covering(start, end)
        best = node
        while (child := self._child(node, start, end)) is not None:
            node = child
            if not named or node.is_named:
                best = node
        self._last = best
        return best

    def _covering(self, start: int, end: int) -> Node:
        """Climb from where the last search ended: the next place is mostly near it, however deep both are."""
        current: Node | None = self._last
        while current is not None:
            if current.is_named and current.start_byte <= start and current.end_byte >= end:
                return current
            current = self.parent(current)
        return self.root

    def parent(self, node: Node) -> Node | None:
        """Give the node that a node is in."""
        if node.id not in self._parents and node.id != self.root.id:
            current = self.root
            while (child := self._child(current, node.start_byte, node.end_byte)) is not None:
                if child.id == node.id:
                    break
                current = child
        found = self._parents.get(node.id)
        # what has no width, a parser may have put in where descending does not pass
        return found if found is not None else node.parent

    def beside(self, node: Node, step: int, *, named: bool = False) -> Node | None:
        """Give the next sibling (step 1) or the one before (step -1)."""
        parent = self.parent(node)
        if parent is None:
            return None
        children, ends = self._children(parent)
        at = bisect.bisect_left(ends, node.end_byte)
        while at < len(children) and children[at].id != node.id:
            at += 1
        at += step
        while 0 <= at < len(children):
            if not named or children[at].is_named:
                self._remember(children[at], parent)
                return children[at]
            at += step
        return None

    def around(self, node: Node) -> tuple[Node | None, Node | None]:
        """Give the named siblings before and after."""
        return self.beside(node, -1, named=True), self.beside(node, 1, named=True)

    def kind_above(self, node: Node) -> str:
        """Give the kind of the node that a node is in; empty if there is none."""
        parent = self.parent(node)
        return parent.type if parent is not None else ""

    def kind_before(self, node: Node) -> str:
        """Give the kind of the sibling before, named or not; empty if there is none."""
        before = self.beside(node, -1)
        return before.type if before is not None else ""

    def _child(self, node: Node, start: int, end: int) -> Node | None:
        if node.child_count == 0:
            return None
        children, ends = self._children(node)
        at = bisect.bisect_left(ends, end)
        if at == len(children) or children[at].start_byte > start:
            return None
        self._remember(children[at], node)
        return children[at]

    def _children(self, node: Node) -> _Children:
        known = self._wide.get(node.id)
        if known is None:
            children = node.children
            known = children, [child.end_byte for child in children]
            if len(children) > _WIDE:
                self._wide[node.id] = known
        return known

    def _remember(self, node: Node, parent: Node) -> None:
        if len(self._parents) > _MOST:
            self._parents.clear()
        self._parents[node.id] = parent
