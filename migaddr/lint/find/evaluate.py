"""What a string expression is worth: literals, joined and formatted, with holes for what is not known."""

from __future__ import annotations

import re
from typing import final

from tree_sitter import Node

from migaddr.lint.find import syntax
from migaddr.lint.find.escapes import shell_pieces, unescape
from migaddr.lint.find.values import HOLE, Hole, Value, braces, hole, joined, literal, printf
from migaddr.lint.find.vocabulary import words

_DEEPEST = 60
_SHALLOW = 8
_COMPOUND = syntax.ADJACENT | syntax.BINARY | frozenset(syntax.CALLS) | syntax.TRANSPARENT
_MACRO_TEXT = re.compile(r'\s*"((?:[^"\\]|\\.)*)"\s*')  # of C's #define: one string and nothing else
_LAST_NAME = re.compile(r"([A-Za-z_][\w-]*)!?\W*\Z")


@final
class Evaluator:
    """Evaluates the expressions of one file."""

    def __init__(self, data: bytes, language: str) -> None:
        self.data: bytes = data
        self.language: str = language
        self.literals: frozenset[str] = syntax.LITERALS[language]
        self._known: dict[int, Value | None] = {}  # a long expression is asked for by each of its parts

    def source(self, node: Node) -> str:
        """Give a node as it is written."""
        return self.slice(node.start_byte, node.end_byte)

    def slice(self, start: int, end: int) -> str:
        """Give a part of the source."""
        return self.data[start:end].decode("utf-8", "surrogateescape").replace(HOLE, "\ufffd")

    def value(self, node: Node, depth: int = 0) -> Value | None:
        """Evaluate an expression; None if it is no string as far as can be seen."""
        if depth > _DEEPEST:
            return None
        kind = node.type
        if kind in self.literals:
            return self._literal(node)
        if kind not in _COMPOUND:
            return None
        if node.id in self._known and depth <= _SHALLOW:
            return self._known[node.id]
        value = self._compound(node, kind, depth)
        if depth <= _SHALLOW:  # deeper, it may have been cut off
            self._known[node.id] = value
        return value

    def _compound(self, node: Node, kind: str, depth: int) -> Value | None:
        if kind in syntax.ADJACENT:
            return self._adjacent(node, depth)
        if kind in syntax.BINARY:
            return self._binary(node, depth)
        if kind in syntax.CALLS and kind != "command":
            return self._call(node, depth)
        if kind in syntax.TRANSPARENT:
            inner = node.named_children
            if len(inner) == 1 or kind == "user_defined_literal":
                return self.value(inner[0], depth + 1)
        return None

    def text(self, node: Node) -> str | None:
        """Give the text of a literal, None for everything else."""
        value = self.value(node)
        return value.text if value is not None and not value.holes else None

    def callee(self, node: Node) -> str:
        """Name the function that a call calls: the last part of its name."""
        function = node.child_by_field_name(syntax.CALLS[node.type])
        if function is None:
            function = node.child_by_field_name("method") or node.child_by_field_name("type")
        if function is None:
            return ""
        if function.end_byte - function.start_byte > 400:
            last = function.child_by_field_name("attribute") or function.child_by_field_name("field")
            function = last or function
        match = _LAST_NAME.search(
            self.slice(max(function.start_byte, function.end_byte - 200), function.end_byte)
        )
        return match[1] if match is not None else ""

    def arguments(self, node: Node) -> list[Node]:
        """List the arguments of a call."""
        given = node.child_by_field_name("arguments")
        if given is None:
            given = next((child for child in node.named_children if child.type == "token_tree"), None)
        if given is None:
            if node.type == "command":
                return [child for child in node.named_children if child.type != "command_name"]
            return []
        if given.type not in syntax.LISTS:
            return [given]
        return [child for child in given.named_children if child.type not in syntax.COMMENTS]

    def receiver(self, node: Node) -> Node | None:
        """Give what a method is called on."""
        direct = node.child_by_field_name("receiver") or node.child_by_field_name("invocant")
        if direct is not None:
            return direct
        function = node.child_by_field_name("function")
        if function is None:
            return None
        for field in ("object", "value", "operand", "argument"):
            found = function.child_by_field_name(field)
            if found is not None:
                return found
        return None

    def is_log(self, call: Node) -> bool:
        """Tell whether a call writes to a log, or makes an error: its text is for people."""
        if self.callee(call) in syntax.LOGGING:
            return True
        receiver = self.receiver(call)
        return receiver is not None and not syntax.LOGS.isdisjoint(words(self.source(receiver)[-80:]))

    def _operand(self, node: Node, depth: int) -> Value:
        value = self.value(node, depth)
        if value is not None:
            return value
        quoted = node.type in syntax.CALLS and self.callee(node) in syntax.QUOTING
        return hole(node.start_byte, node.end_byte, self.source(node), quoted=quoted)

    # -- literals --

    def _literal(self, node: Node) -> Value:
        children = node.children
        start, end, inner = _inside(node, children)
        value = joined(self._filling(start, end, inner, node.type)) if children else self._leaf(node)
        atom = (node.start_byte, node.end_byte)
        return Value(value.text, value.starts, value.ends, value.holes, (atom,))

    def _leaf(self, node: Node) -> Value:
        """Decode a literal whose grammar does not look into it."""
        written = self.source(node)
        start = node.start_byte
        if self.language == "shell":
            if written.startswith("$'") and written.endswith("'"):
                return self._escaped(written[2:-1], start + 2)
            if node.type == "raw_string":
                return literal(written[1:-1], start + 1)
            return self._shell(written, start, in_quotes=False)
        if node.type == "preproc_arg" and (text := _MACRO_TEXT.fullmatch(written)) is not None:
            return self._escaped(text[1], start + text.start(1))
        return literal(written, start)

    def _escaped(self, written: str, start: int) -> Value:
        pieces = []
        at = start
        for part in re.findall(
            r"\\(?:[0-7]{1,3}|x[0-9a-fA-F]{1,2}|u[0-9a-fA-F]{1,4}|.)|[^\\]+|\\", written, re.DOTALL
        ):
            size = len(part.encode("utf-8", "surrogateescape"))
            read = unescape(part) if part.startswith("\\") else None
            if read is None:
                pieces.append(literal(part, at))
            else:
                pieces.append(Value(read, (at,) * len(read), (at + size,) * len(read)))
            at += size
        return joined(pieces)

    def _shell(self, written: str, start: int, *, in_quotes: bool) -> Value:
        if "\\" not in written:
            return literal(written, start)
        pieces = []
        at = start
        for read, length in shell_pieces(written, in_quotes=in_quotes):
            if len(read) == length:
                piece = literal(read, at)
                size = len(read.encode("utf-8", "surrogateescape"))
            else:
                size = 1 + len((read or "\n").encode("utf-8", "surrogateescape"))
                piece = Value(read, (at,) * len(read), (at + size,) * len(read))
            pieces.append(piece)
            at += size
        return joined(pieces)

    def _filling(self, start: int, end: int, children: list[Node], kind: str) -> list[Value]:
        pieces: list[Value] = []
        at = start
        for child in children:
            if child.start_byte > at:
                pieces.append(self._plain(at, child.start_byte, kind))
            at = max(at, child.end_byte)
            if child.type in syntax.ESCAPES:
                read = unescape(self.source(child))
                n = len(read)
                pieces.append(Value(read, (child.start_byte,) * n, (child.end_byte,) * n))
            elif child.type in syntax.CONTENT:
                if child.child_count:
                    pieces += self._filling(child.start_byte, child.end_byte, child.children, kind)
                else:
                    pieces.append(self._plain(child.start_byte, child.end_byte, kind))
            elif child.is_named and child.type != "ERROR":
                pieces.append(self._interpolated(child))
            else:
                pieces.append(self._plain(child.start_byte, child.end_byte, kind))
        if at < end:
            pieces.append(self._plain(at, end, kind))
        return pieces

    def _interpolated(self, node: Node) -> Value:
        inside = node.named_children
        expression = node
        if node.type in syntax.INTERPOLATIONS and inside:
            expression = node.child_by_field_name("expression") or inside[0]
            known = self.value(expression, _DEEPEST - 2)
            if known is not None and not known.holes and known.text:
                n = len(known.text)
                return Value(known.text, (node.start_byte,) * n, (node.end_byte,) * n)
        quoted = expression.type in syntax.CALLS and self.callee(expression) in syntax.QUOTING
        text = self.source(expression)
        quoted = quoted or ("@Q}" in text and self.language == "shell") or text.startswith("$(printf %q")
        place = (node.start_byte, node.end_byte)
        return Value(HOLE, (place[0],), (place[1],), {0: Hole(*place, text, quoted)})

    def _plain(self, start: int, end: int, kind: str) -> Value:
        text = self.slice(start, end)
        if self.language == "shell" and kind == "string":
            return self._shell(text, start, in_quotes=True)
        return literal(text, start)

    # -- expressions --

    def _adjacent(self, node: Node, depth: int) -> Value:
        pieces = [
            self._operand(child, depth + 1)
            for child in node.named_children
            if child.type not in syntax.COMMENTS
        ]
        return joined(pieces)

    def _binary(self, node: Node, depth: int) -> Value | None:
        operator = node.child_by_field_name("operator")
        sign = operator.type if operator is not None else ""
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None:
            return None
        if sign == "%":
            pattern = self.value(left, depth + 1)
            if pattern is None:
                return None
            given = right.named_children if right.type in ("tuple", "array") else [right]
            if right.type in ("parenthesized_expression", "parenthesized_statements"):
                given = right.named_children
            return printf(pattern, [self._operand(one, depth + 1) for one in given])
        if sign not in ("+", ".", "++", "~"):
            return None
        operands = [right]
        while left is not None and left.type == node.type:  # a long chain leans to the left
            inner = left.child_by_field_name("operator")
            if inner is None or inner.type != sign:
                break
            inner_right = left.child_by_field_name("right")
            if inner_right is None:
                break
            operands.append(inner_right)
            left = left.child_by_field_name("left")
        if left is not None:
            operands.append(left)
        values = [(one, self.value(one, depth + 1)) for one in reversed(operands)]
        if all(value is None for _, value in values):
            return None
        return joined([value or self._operand(one, depth + 1) for one, value in values])

    def _call(self, node: Node, depth: int) -> Value | None:
        name = self.callee(node)
        if node.type == "macro_invocation":
            return self._macro(node, depth) if name in syntax.BRACES_MACROS else None
        if name == "format" and self.language == "python":
            pattern = self.receiver(node)
            value = self.value(pattern, depth + 1) if pattern is not None else None
            if value is None:
                return None
            return braces(value, [self._operand(one, depth + 1) for one in self.arguments(node)])
        if name in syntax.PRINTF or name.lower().endswith("printf"):
            return self._formatted(self.arguments(node), depth)
        if name in ("join", "Join"):
            return self._joined(node, name, depth)
        if name in syntax.PASSING:
            receiver = self.receiver(node)
            value = self.value(receiver, depth + 1) if receiver is not None else None
            if value is not None:
                return value
            given = self.arguments(node)
            return self.value(given[0], depth + 1) if len(given) == 1 else None
        return None

    def _formatted(self, given: list[Node], depth: int) -> Value | None:
        for index, one in enumerate(given):
            pattern = self.value(one, depth + 1)
            if pattern is not None:
                return printf(pattern, [self._operand(rest, depth + 1) for rest in given[index + 1 :]])
        return None

    def _macro(self, node: Node, depth: int) -> Value | None:
        tree = next((child for child in node.named_children if child.type == "token_tree"), None)
        if tree is None:
            return None
        groups: list[list[Node]] = [[]]
        for child in tree.children[1:-1]:
            if child.type == ",":
                groups.append([])
            else:
                groups[-1].append(child)
        for index, group in enumerate(groups):
            if len(group) == 1 and (pattern := self.value(group[0], depth + 1)) is not None:
                given = [self._group(rest, depth) for rest in groups[index + 1 :] if rest]
                return braces(pattern, given)
        return None

    def _group(self, nodes: list[Node], depth: int) -> Value:
        if len(nodes) == 1:
            return self._operand(nodes[0], depth + 1)
        start, end = nodes[0].start_byte, nodes[-1].end_byte
        return hole(start, end, self.slice(start, end))

    def _joined(self, node: Node, name: str, depth: int) -> Value | None:
        receiver, given = self.receiver(node), self.arguments(node)
        if name == "Join":  # strings.Join(list, ":")
            if len(given) != 2:
                return None
            parts, separator = given[0], given[1]
        elif receiver is None or not given:
            return None
        elif self.language == "python":
            parts, separator = given[0], receiver
        else:
            parts, separator = receiver, given[0]
        between = self.value(separator, depth + 1)
        if parts.type == "composite_literal":
            body = parts.child_by_field_name("body")
            parts = body if body is not None else parts
        if between is None or between.holes or parts.type not in syntax.LISTS:
            return None
        pieces: list[Value] = []
        for index, one in enumerate(parts.named_children):
            inner = one.named_children[0] if one.type == "literal_element" and one.named_children else one
            piece = self._operand(inner, depth + 1)
            if index:
                at = piece.starts[0] if piece.starts else inner.start_byte
                pieces.append(Value(between.text, (at,) * len(between.text), (at,) * len(between.text)))
            pieces.append(piece)
        return joined(pieces)


def _inside(node: Node, children: list[Node]) -> tuple[int, int, list[Node]]:
    """Leave the delimiters of a literal out: where its text begins and ends, and the nodes in it."""
    if not children:
        return node.start_byte, node.end_byte, []
    first, last = 0, len(children)
    while first < last and (not children[first].is_named or children[first].type in syntax.DELIMITERS):
        first += 1
    if first == last:  # delimiters alone: the grammar does not say what is between them
        if len(children) == 1:
            return children[0].end_byte, node.end_byte, []
        return children[0].end_byte, children[-1].start_byte, []
    while last > first and (not children[last - 1].is_named or children[last - 1].type in syntax.DELIMITERS):
        last -= 1
    bare = children[first].type in syntax.CONTENT and first == 0 and node.type.startswith("raw")
    start = children[first - 1].end_byte if first else children[0].start_byte if bare else node.start_byte
    if last < len(children):
        end = children[last].start_byte
    else:
        end = children[-1].end_byte if bare else node.end_byte
    return start, end, children[first:last]
