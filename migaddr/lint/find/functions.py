"""Finds the functions of a file: the one that a place is in, the one that is called, and its parameters."""

from __future__ import annotations

import re
from typing import Final, final

from tree_sitter import Node

from migaddr.lint.find import syntax
from migaddr.lint.find.evaluate import Evaluator
from migaddr.lint.find.nodes import Nodes
from migaddr.lint.find.vocabulary import speaks_of_migration

_MOST_NAMES = 100  # places of a name that are looked at for its definition
_LEVELS_ABOVE_NAME = 5
_LONGEST_HEAD = 1000  # bytes of a function in front of its body
_NAMING: Final = ("name", "pattern", "left", "declarator")
_THEMSELVES: Final = frozenset({"self", "cls", "class", "this"})
_TAKEN: Final = re.compile(r"\bmy\s*\(([^()]*)\)\s*=\s*@_")  # what Perl has for parameters
_TYPE: Final = re.compile(rb"\b[A-Z]?\w*Migrat[a-z]+[A-Z]?\w*")
_IDENTIFIER: Final = re.compile(r"[A-Za-z_]\w*")


@final
class Functions:
    """The functions of one file."""

    def __init__(self, evaluator: Evaluator, nodes: Nodes) -> None:
        self._evaluator = evaluator
        self._nodes = nodes
        self._defined: dict[str, Node | None] = {}
        self._spoken: dict[int, bool] = {}

    def around(self, node: Node) -> Node | None:
        """Give the function that a node is in; None: the file alone."""
        current: Node | None = node
        while current is not None and current.type not in syntax.FUNCTIONS:
            current = self._nodes.parent(current)
        return current

    def speak(self, node: Node) -> bool:
        """Tell whether what is around a place speaks of migration by its name: a function, a class, a type.

        Types are those of a value that a place is in, and of what a function is given.
        """
        current: Node | None = node
        while current is not None:
            if current.type in syntax.FUNCTIONS or current.type in syntax.SCOPES:
                if self._speaks(current):
                    return True
            elif current.type in syntax.TYPED:
                kind = current.child_by_field_name("type") or current.child_by_field_name("name")
                if kind is not None and speaks_of_migration(self._evaluator.source(kind)):
                    return True
            current = self._nodes.parent(current)
        return False

    def _speaks(self, scope: Node) -> bool:
        if scope.id not in self._spoken:
            spoken = speaks_of_migration(self.name(scope))
            if scope.type in syntax.FUNCTIONS and not spoken:
                body = scope.child_by_field_name("body")
                end = min(body.start_byte if body else scope.end_byte, scope.start_byte + _LONGEST_HEAD)
                spoken = _TYPE.search(self._evaluator.data, scope.start_byte, end) is not None
            self._spoken[scope.id] = spoken
        return self._spoken[scope.id]

    def name(self, node: Node) -> str:
        """Give the name of a function or a class; empty if it has none."""
        name = node.child_by_field_name("name") or node.child_by_field_name("declarator")
        while name is not None and (inner := name.child_by_field_name("declarator")) is not None:
            name = inner
        name = name or node.child_by_field_name("type")  # of Rust's impl; in C it is that of the answer
        return self._evaluator.source(name) if name is not None else ""

    def defined(self, name: str) -> Node | None:
        """Give the one function of that name that the file defines; None if there is none, or several."""
        if name not in self._defined:
            found = {node.id: node for node in self._named(name)}
            self._defined[name] = next(iter(found.values())) if len(found) == 1 else None
        return self._defined[name]

    def _named(self, name: str) -> list[Node]:
        data = self._evaluator.data
        pattern = re.compile(
            rb"(?<!\w)" + re.escape(name.encode("utf-8", "surrogateescape")) + rb"(?=\s*[(<{\[])"
        )
        found = []
        for count, match in enumerate(pattern.finditer(data)):
            if count > _MOST_NAMES:
                return []
            current: Node | None = self._nodes.at(*match.span())
            for _ in range(_LEVELS_ABOVE_NAME):
                if current is None or current.type in syntax.CALLS:
                    break
                if current.type in syntax.FUNCTIONS:
                    if re.split(r"\W+", self.name(current))[-1] == name:
                        found.append(current)
                    break
                current = self._nodes.parent(current)
        return found

    def parameter(self, call: Node, begin: int, key: str) -> tuple[Node, str] | None:
        """Give the function of this file that a call calls, and its parameter that an argument becomes.

        `begin` is where the argument begins, or a part of it; `key` is its name if it has one.
        """
        function = self.defined(self._evaluator.callee(call))
        if function is None or function.start_byte <= call.start_byte < function.end_byte:
            return None
        if key:
            return (function, key) if key in self.parameters(function) else None
        given = [one for one in self._evaluator.arguments(call) if one.type not in syntax.PAIRS]
        for at, one in enumerate(given):
            if one.start_byte <= begin < one.end_byte:
                if call.type == "command":
                    return function, str(at + 1)
                names = self.parameters(function)
                return (function, names[at]) if at < len(names) else None
        return None

    def parameters(self, function: Node) -> list[str]:
        """List the names of parameters, without the object that a method is called on."""
        held: Node | None = function
        while held is not None and held.child_by_field_name("parameters") is None:
            held = held.child_by_field_name("declarator")
        listing = held.child_by_field_name("parameters") if held is not None else None
        if listing is None:
            taken = _TAKEN.search(self._evaluator.source(function)[:2000])
            names = _IDENTIFIER.findall(taken[1]) if taken is not None else []
        else:
            names = [
                name
                for one in listing.named_children
                if one.type not in syntax.COMMENTS and one.type != "self_parameter"
                for name in self._names(one)
            ]
        return names[1:] if names and names[0] in _THEMSELVES else names

    def _names(self, parameter: Node) -> list[str]:
        several = parameter.children_by_field_name("name")  # Go's `a, b string`
        if len(several) > 1:
            return [self._evaluator.source(one) for one in several]
        current = parameter
        while True:
            inner = next((one for f in _NAMING if (one := current.child_by_field_name(f)) is not None), None)
            if inner is None:
                break
            current = inner
        found = _IDENTIFIER.search(self._evaluator.source(current))
        return [found[0] if found is not None else ""]
