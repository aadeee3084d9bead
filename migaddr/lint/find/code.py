"""Finds addresses in source code, from each place where a word stands that can matter, through the tree.

Only what surrounds such a place is looked at, so that the work grows with the hits and not with the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, final

import attrs
from tree_sitter import Node, Tree

from migaddr.lint.find import syntax
from migaddr.lint.find.context import Judge
from migaddr.lint.find.evaluate import Evaluator
from migaddr.lint.find.nodes import Nodes
from migaddr.lint.find.text import Beside, Sighting, sightings
from migaddr.lint.find.values import HOLE, Value, hole, literal
from migaddr.lint.find.verdict import Verdict, command_direction
from migaddr.lint.find.vocabulary import (
    ADDRESS_START,
    DEFER,
    Confidence,
    Direction,
    judge_callee,
    looks_like_libvirt,
    words,
)

_LONGEST_COMMENT: Final = 2000  # bytes that are read before and after a place in it
_WHOLE: Final = frozenset({"-incoming", "--incoming", "--migrateuri"})
_REGIONS: Final = {
    "make": frozenset({"comment", "recipe_line", "variable_assignment"}),
    "markdown": frozenset(
        {"paragraph", "indented_code_block", "fenced_code_block", "html_block", "pipe_table"}
    ),
}
_FENCES: Final = {
    "sh": "shell",
    "bash": "shell",
    "shell": "shell",
    "zsh": "shell",
    "python": "python",
    "py": "python",
    "c": "c",
    "cpp": "cpp",
    "c++": "cpp",
    "go": "go",
    "rust": "rust",
    "rs": "rust",
    "json": "json",
    "yaml": "yaml",
    "yml": "yaml",
    "toml": "toml",
    "perl": "perl",
    "ruby": "ruby",
    "javascript": "javascript",
    "js": "javascript",
    "typescript": "typescript",
}
_PROMPT: Final = re.compile(r"\W*(?:qemu\W+)?migrate")
_PLAIN_COMMAND: Final = re.compile(
    r"(?:qmp|hmp|do|exec|execute|start|cmd)*(?:set)?migrat(?:e|ion)(?:incoming|recover|qmp|arguments)*|addincoming"
)
_URI_NAME: Final = re.compile(
    r"[&*$]?(?:[\w.>\-]*(?:\.|->))?_?(?:migr\w*_?)?(?:uri|url|addr|address)", re.IGNORECASE
)


@final
class CodeFinder:
    """Finds the addresses of one file."""

    def __init__(self, data: bytes, tree: Tree, language: str, path: str, hits: list[int]) -> None:
        self.data: bytes = data
        self.hits: list[int] = hits
        self.tree: Tree = tree
        self.evaluator: Evaluator = Evaluator(data, language)
        self.nodes: Nodes = Nodes(self.tree)
        self.judge: Judge = Judge(self.evaluator, self.nodes, path)
        self.seen: set[tuple[int, int]] = set()

    def find(self) -> Iterator[Sighting]:
        """Give every candidate, whatever its confidence; one may come twice."""
        for hit in self.hits:
            leaf = self.nodes.at(hit, hit + 1, named=True)
            unit = self._unit(leaf)
            if unit is None:
                yield from self._bare(leaf)
            elif unit.type in syntax.COMMENTS:
                if self._first(unit):
                    yield from self._comment(unit)
            else:
                expression = self.judge.outermost(unit)
                if self._first(expression):
                    yield from self._expression(expression)

    def _first(self, node: Node) -> bool:
        place = (node.start_byte, node.end_byte)
        if place in self.seen:
            return False
        self.seen.add(place)
        return True

    def _unit(self, leaf: Node) -> Node | None:
        """Climb to the literal or the comment that a place is in."""
        current: Node | None = leaf
        for _ in range(8):
            if current is None:
                return None
            if current.type in self.evaluator.literals or current.type in syntax.COMMENTS:
                return current
            current = self.nodes.parent(current)
        return None

    # -- comments and literals --

    def _comment(self, node: Node) -> Iterator[Sighting]:
        begin = end = node
        # a sentence may go on in the comment of the next line
        while begin.start_byte + _LONGEST_COMMENT > node.start_byte:
            before = self.nodes.beside(begin, -1)
            if before is None or not _goes_on(before, begin):
                break
            begin = before
        while end.end_byte - _LONGEST_COMMENT < node.end_byte:
            following = self.nodes.beside(end, 1)
            if following is None or not _goes_on(end, following):
                break
            end = following
            self.seen.add((end.start_byte, end.end_byte))
        text = self.evaluator.slice(begin.start_byte, end.end_byte)
        yield from sightings(literal(text, begin.start_byte), prose=True, sentences=True)

    def _expression(self, node: Node) -> Iterator[Sighting]:
        value = self.evaluator.value(node)
        if value is None:
            return
        match = ADDRESS_START.match(value.text)
        if match is not None and value.text != "":
            verdict = self.judge.judge(node)
            if verdict.confidence <= Confidence.GUESS:
                verdict = self.judge.option_before(node) or verdict
            if verdict.dialect == "cloud-hypervisor" and match["scheme"] == "file":
                return  # that is where a snapshot goes
            if verdict.confidence is not Confidence.SILENT and not _is_scheme_alone(value.text):
                whole = self._whole(value, verdict)
                yield attrs.evolve(whole, beside=tuple(self._beside(node)))
                if verdict.confidence >= Confidence.LIKELY:
                    return
        if value.text == DEFER:
            verdict = self.judge.judge(node)
            if verdict.confidence >= Confidence.LIKELY:
                yield self._whole(value, verdict)
            return
        if value.text.strip() in _WHOLE:
            yield from self._after_option(node, value.text.strip())
            return
        if value.text in ("channel-type", "channeltype"):
            yield from self._channel(node)
            return
        direction = command_direction(value.text)
        if direction is not None:
            yield from self._command(node, value.text, direction)
            return
        prose = "\n" in value.text and self.nodes.kind_above(node) == "expression_statement"
        for found in sightings(value, prose=prose, command=self._command_before(node)):
            said = found.language == "hmp" and not _PROMPT.match(value.text) and self._is_logged(node)
            yield attrs.evolve(found, confidence=Confidence.GUESS) if said else found

    def _is_logged(self, node: Node) -> bool:
        """Tell whether a text is for people: `log.info("will migrate tcp:...")` is no command."""
        call = node if node.type in syntax.CALLS else self.nodes.parent(node)  # a call that fills the text
        while call is not None and call.type in syntax.LISTS:
            call = self.nodes.parent(call)
        return call is not None and call.type in syntax.CALLS and self.evaluator.is_log(call)

    def _command_before(self, node: Node) -> str | None:
        """Give the QMP command in front of a text: the text may be its arguments, as JSON."""
        before = self.nodes.beside(node, -1, named=True)
        text = self.evaluator.text(before) if before is not None else None
        return text if text is not None and command_direction(text) is not None else None

    def _channel(self, key: Node) -> Iterator[Sighting]:
        """Look at a mapping with the members of a migration channel; those of SPICE have a number as type."""
        pair = self.nodes.parent(key)
        while pair is not None and pair.type in syntax.TRANSPARENT:
            pair = self.nodes.parent(pair)
        mapping = self.nodes.parent(pair) if pair is not None and pair.type in syntax.PAIRS else None
        if mapping is None or mapping.type not in syntax.MAPPINGS:
            return
        members = {name: self.evaluator.text(value) for name, value in self._members(mapping)}
        kind = members.get("channel-type", members.get("channeltype", ""))
        if "addr" in members and kind in ("main", "cpr", None):
            shown = hole(mapping.start_byte, mapping.end_byte, self.evaluator.source(mapping))
            yield _sighting(shown, Verdict(Confidence.CERTAIN, "channels"), "channels", "code")

    def _whole(self, value: Value, verdict: Verdict) -> Sighting:
        dialect = verdict.dialect
        if dialect is None:
            dialect = "libvirt" if looks_like_libvirt(value.text) else "qemu"
        form = "template" if value.holes else "literal"
        return _sighting(value, attrs.evolve(verdict, dialect=dialect), form, verdict.language)

    def _after_option(self, node: Node, option: str) -> Iterator[Sighting]:
        """Look at what follows `-incoming` in a list, and is no address by its looks."""
        following = self.nodes.beside(node, 1, named=True)
        while following is not None and (
            following.type in syntax.COMMENTS
            or (self.nodes.kind_above(node) == "token_tree" and self.nodes.kind_before(following) != ",")
        ):
            following = self.nodes.beside(following, 1, named=True)
        if following is None:
            following = self._next_argument(node)
            if following is None:
                return
        incoming = "incoming" in option
        verdict = Verdict(
            Confidence.CERTAIN,
            option,
            Direction.INCOMING if incoming else Direction.OUTGOING,
            "qemu" if incoming else "libvirt",
        )
        yield from self._given(following, verdict)

    def _next_argument(self, node: Node) -> Node | None:
        """In `x.arg("-incoming").arg(uri)`, find `uri`."""
        listing = self.nodes.parent(node)
        call = self.nodes.parent(listing) if listing is not None else None
        method = self.nodes.parent(call) if call is not None else None
        outer = self.nodes.parent(method) if method is not None else None
        if outer is None or outer.type not in syntax.CALLS or method is None or method.type in syntax.LISTS:
            return None
        given = self.evaluator.arguments(outer)
        return given[0] if len(given) == 1 else None

    def _given(self, node: Node, verdict: Verdict) -> Iterator[Sighting]:
        """What is given to a sink: `defer`, a template whose scheme is a hole, or a variable."""
        if node.type == "block_sequence_item" and node.named_children:
            node = node.named_children[0]
        value = self.evaluator.value(node)
        if value is None:
            shown = hole(node.start_byte, node.end_byte, self.evaluator.source(node))
            yield _sighting(shown, verdict, "variable", "code")
            yield from self._came_from(node, verdict)
        elif value.text == DEFER:
            yield _sighting(value, verdict, "literal", "code")
        elif set(value.text) == {HOLE}:
            yield _sighting(value, verdict, "variable", "code")
            yield from self._came_from(node, verdict)
        elif value.text.startswith(HOLE):
            yield _sighting(value, verdict, "template", "code")

    def _came_from(self, node: Node, verdict: Verdict) -> Iterator[Sighting]:
        """Find what was assigned to the variable that a sink is given: a template whose scheme is a hole."""
        name = self.evaluator.source(node)
        if not re.fullmatch(r"\$?\{?[\w.]+\}?", name):
            return
        last = re.findall(r"\w+", name)
        if not last:
            return
        scope = self.judge.scope(node)
        pattern = re.compile(rb"(?<![\w.])" + last[-1].encode() + rb"\s*(?::=|=(?!=)|\+=)")
        for count, found in enumerate(pattern.finditer(self.data, scope.start_byte, scope.end_byte)):
            if count > 20:
                return
            current: Node | None = self.nodes.at(found.start(), found.start() + 1)
            for _ in range(4):
                if current is None or current.type in syntax.ASSIGNMENTS:
                    break
                current = self.nodes.parent(current)
            if current is None or current.type not in syntax.ASSIGNMENTS:
                continue
            right = current.child_by_field_name(syntax.ASSIGNMENTS[current.type][1])
            value = self.evaluator.value(right) if right is not None else None
            if value is not None and value.text.startswith(HOLE + ":"):
                yield _sighting(value, verdict, "template", "code")

    def _command(self, node: Node, text: str, direction: Direction) -> Iterator[Sighting]:
        """Look at what a QMP command is given: `qmp("migrate", uri=uri)`, `execute("migrate", arguments)`."""
        listing = self.nodes.parent(node)
        while listing is not None and listing.type in syntax.TRANSPARENT:
            listing = self.nodes.parent(listing)
        verdict = Verdict(Confidence.CERTAIN, f"QMP {text}", direction, "qemu")
        if listing is not None and listing.type in syntax.PAIRS:  # {"execute": "migrate", ...}
            mapping = self.nodes.parent(listing)
            if mapping is not None and mapping.type in syntax.LISTS and self.judge.executed(mapping):
                yield from self._arguments(mapping.named_children, verdict)
            return
        if listing is None or listing.type not in syntax.LISTS:
            return
        call = self.nodes.parent(listing)
        perl = listing.type == "list_expression"
        if call is None or not (perl or (call.type in syntax.CALLS and call.type != "command")):
            return
        given = [listing] if perl else self.evaluator.arguments(call)
        found = list(self._arguments(given, verdict))
        yield from found
        if not found and call.type in syntax.CALLS and _looks_like_arguments(call, self.evaluator):
            after = self.nodes.beside(node, 1, named=True)
            if after is not None and self.evaluator.value(after) is None and _can_be_arguments(after):
                shown = hole(after.start_byte, after.end_byte, self.evaluator.source(after))
                yield _sighting(shown, verdict, "variable", "code")

    def _arguments(self, given: list[Node], verdict: Verdict) -> Iterator[Sighting]:
        """Look at the members among the arguments of a QMP command that hold an address."""
        for one in given:
            for name, value in self._members(one):
                if name == "channels":
                    shown = hole(value.start_byte, value.end_byte, self.evaluator.source(value))
                    yield _sighting(shown, verdict, "channels", "code")
                elif name == "uri":
                    for found in self._given(value, verdict):
                        yield attrs.evolve(found, beside=tuple(self._beside(value)))

    def _members(self, node: Node) -> Iterator[tuple[str, Node]]:
        """Give the members that an argument names: a keyword, or those of a dict."""
        if node.type in syntax.PAIRS:
            key_field, value_field = syntax.PAIRS[node.type]
            key, value = node.child_by_field_name(key_field), node.child_by_field_name(value_field)
            if key is not None and value is not None:
                yield from self._member(key, value)
        elif node.type == "list_expression":  # Perl: => is a comma
            for child in node.children:
                if child.type == "=>":
                    key, value = self.nodes.around(child)
                    if key is not None and value is not None:
                        yield from self._member(key, value)
        elif node.type in syntax.MAPPINGS or node.type in (
            "dictionary_splat",
            "flow_node",
            "anonymous_hash_expression",
        ):
            for child in node.named_children:
                yield from self._members(child)

    def _member(self, key: Node, value: Node) -> Iterator[tuple[str, Node]]:
        text = self.evaluator.text(key)
        name = text if text is not None else self.evaluator.source(key)
        if name in ("arguments", "args"):
            yield from self._members(value)
        else:
            yield name, value

    def _beside(self, node: Node) -> Iterator[Beside]:
        """Give the members that stand beside one: in its dict, and in the call that it is in."""
        current = node
        for _ in range(8):
            parent = self.nodes.parent(current)
            if parent is None:
                return
            if parent.type in syntax.MAPPINGS or parent.type in ("argument_list", "arguments"):
                for pair in parent.named_children:
                    if pair.type in syntax.PAIRS and not pair.start_byte <= node.start_byte < pair.end_byte:
                        for name, value in self._members(pair):
                            written = self.evaluator.source(value)
                            yield Beside(name, written, pair.start_byte, pair.end_byte)
            elif (
                parent.type not in syntax.TRANSPARENT
                and parent.type not in syntax.PAIRS
                and parent.type != "dictionary_splat"
            ):
                return
            current = parent

    # -- calls --

    def _bare(self, leaf: Node) -> Iterator[Sighting]:
        """Look at a call of a function whose name says that it migrates."""
        current: Node | None = leaf
        for _ in range(4):
            if current is None or current.type in syntax.CALLS:
                break
            current = self.nodes.parent(current)
        if (
            current is None
            or current.type not in syntax.CALLS
            or current.type in ("command", "macro_invocation")
        ):
            return
        name = self.evaluator.callee(current)
        confidence, direction = judge_callee(name)
        if confidence is not Confidence.CERTAIN or name != self.evaluator.source(leaf):
            return
        verdict = Verdict(confidence, name, direction, "qemu")
        for one in self.evaluator.arguments(current):
            members = list(self._members(one))
            for member, value in members:
                if member == "uri" and not self._calls_virsh(current):
                    yield from self._given(value, verdict)
            known = self.evaluator.value(one)
            if known is not None and known.text.startswith(HOLE) and re.search(r"[:>|]", known.text):
                yield from self._given(one, verdict)
            if members or known is not None:
                continue
            if _PLAIN_COMMAND.fullmatch("".join(words(name))) and _URI_NAME.fullmatch(
                self.evaluator.source(one)
            ):
                yield from self._given(one, verdict)

    def _calls_virsh(self, call: Node) -> bool:
        """Wrappers of virsh call the URI of the connection so."""
        receiver = self.evaluator.receiver(call)
        return receiver is not None and self.evaluator.source(receiver) == "virsh"


def _sighting(value: Value, verdict: Verdict, form: str, language: str) -> Sighting:
    dialect = verdict.dialect or "qemu"
    return Sighting(value, verdict.sink, verdict.confidence, verdict.direction, dialect, form, language)


def _goes_on(one: Node, other: Node) -> bool:
    """Tell whether a comment stands right below another one."""
    return one.type == other.type and other.start_point[0] <= one.end_point[0] + 1


def _is_scheme_alone(text: str) -> bool:
    return text.rstrip("\"' /").endswith(":") and text.count(":") == 1


def _can_be_arguments(node: Node) -> bool:
    values = ("nil", "none", "null", "true", "false", "integer", "number_literal")
    return node.type not in (*values, "autoquoted_bareword")  # the last is a name before =>, in Perl


def _looks_like_arguments(call: Node, evaluator: Evaluator) -> bool:
    """Tell whether a call executes a monitor command, by its name."""
    name = evaluator.callee(call).lower()
    return any(word in name for word in ("qmp", "execute", "cmd", "command", "run", "monitor"))


def regions(data: bytes, tree: Tree, language: str, hits: list[int]) -> Iterator[tuple[int, int, str]]:
    """Give the parts of a Makefile or a Markdown text around the hits: start, end, and language."""
    nodes = Nodes(tree)
    kinds = _REGIONS[language]
    done = -1
    for hit in hits:
        if hit < done:
            continue
        node: Node | None = nodes.at(hit, hit + 1)
        while node is not None and node.type not in kinds:
            node = nodes.parent(node)
        if node is None:
            start = data.rfind(b"\n", 0, hit) + 1
            end = data.find(b"\n", hit)
            end = len(data) if end < 0 else end
            yield start, end, "text"
        elif node.type == "fenced_code_block":
            language_inside = "text"
            start, end = node.start_byte, node.end_byte
            for child in node.named_children:
                if child.type == "info_string":
                    words = data[child.start_byte : child.end_byte].decode("utf-8", "replace").split()
                    language_inside = _FENCES.get(words[0].lower(), "text") if words else "text"
                elif child.type == "code_fence_content":
                    start, end = child.start_byte, child.end_byte
            yield start, end, language_inside
        else:
            start, end = node.start_byte, node.end_byte
            yield start, end, "text"
        done = end
