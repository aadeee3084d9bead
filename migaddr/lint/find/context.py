"""Where a string goes: to a function, a key, an option, a variable; and how sure that makes it an address."""

from __future__ import annotations

import re
from typing import Final, final

import attrs
from tree_sitter import Node

from migaddr.lint.find import syntax
from migaddr.lint.find.evaluate import Evaluator
from migaddr.lint.find.functions import Functions
from migaddr.lint.find.nodes import Nodes
from migaddr.lint.find.rows import Rows
from migaddr.lint.find.text import sightings
from migaddr.lint.find.values import HOLE, Place, Value
from migaddr.lint.find.verdict import COMMANDS, NOTHING, SOMETHING_ELSE, Verdict, best, option
from migaddr.lint.find.vocabulary import (
    Confidence,
    Direction,
    is_cloud_hypervisor_key,
    judge_callee,
    judge_name,
    speaks_of_guests,
    speaks_of_migration,
    words,
)

_MOST_USES = 40  # uses of a variable that are looked at
_MOST_LEVELS = 40  # levels of the tree that are climbed
_LONGEST_NAME = 80  # bytes of an operand that is taken for a name
_MOST_FLOWS = 2  # variables in a row

_NAME: Final = re.compile(rb"[A-Za-z_]\w*")
_LAST_NAME: Final = re.compile(r"([A-Za-z_][\w\-]*)\W*\Z")
_OPTION_JUST_BEFORE: Final = re.compile(rb"(?<![\w\-])--?(incoming|migrate-?uri)[\"']?[\s,=\\]+\Z")
_HMP_FLAGS: Final = frozenset({"-d", "-r", "-b", "-i", "-s"})


@final
@attrs.define
class _Climb:
    """What is known on the way up."""

    holding: str
    flows: int
    begin: int
    key: str = ""
    keyed: Verdict | None = None
    stopped: bool = False


@final
class Judge:
    """Judges the places of one file."""

    def __init__(self, evaluator: Evaluator, nodes: Nodes, path: str) -> None:
        self.evaluator = evaluator
        self.nodes = nodes
        self.functions: Functions = Functions(evaluator, nodes)
        self.rows: Rows = Rows(evaluator, nodes)
        self.root: Node = nodes.root
        *folders, name = path.replace("\\", "/").rsplit("/", 2)[-2:]
        self._tops: dict[int, Node] = {}
        self._known: dict[tuple[int, str, int], Verdict] = {}
        self.file_speaks: bool = speaks_of_guests(evaluator.data) and any(
            speaks_of_migration(one.partition(".")[0]) for one in (name, *folders)
        )

    def outermost(self, node: Node) -> Node:
        """Climb from a literal to the whole expression whose text it is a part of."""
        best = current = node
        for _ in range(_MOST_LEVELS * 50):
            parent = self.nodes.parent(current)
            if parent is None:
                break
            kind = parent.type
            if kind in syntax.BINARY:
                parent = self._top(parent)
                if self.evaluator.value(parent) is None:
                    break
                best = parent
            elif kind in syntax.ADJACENT or kind in self.evaluator.literals:
                best = parent
            elif kind in syntax.CALLS:
                if kind == "command" or self.evaluator.value(parent) is None:
                    break
                best = parent
            elif kind not in syntax.TRANSPARENT and kind not in syntax.LISTS and not _is_method(parent):
                break
            current = parent
        return best

    def _top(self, node: Node) -> Node:
        """Climb to the end of a chain of operators: once, however many texts are in it."""
        passed = []
        above: Node | None = node
        while above is not None and above.type in syntax.BINARY:
            node = self._tops.get(above.id, above)
            passed.append(above.id)
            above = self.nodes.parent(node)
        self._tops.update(dict.fromkeys(passed, node))
        return node

    def judge(self, node: Node, flows: int = 0, holding: str = "") -> Verdict:
        """Judge the place of an expression, climbing from it until something decides.

        `holding` is the name of the variable whose use this is.
        """
        climb = _Climb(holding, flows, node.start_byte)
        if node.type in syntax.CALLS and self.evaluator.language in ("c", "cpp"):
            given = self.evaluator.arguments(node)
            if given and self.evaluator.callee(node) in ("snprintf", "sprintf"):
                return self._stored(self.evaluator.source(given[0]), node, flows)
        current = node
        mixed = False
        for _ in range(_MOST_LEVELS):
            parent = self.nodes.parent(current)
            if parent is None:
                break
            if holding and self._builds(parent):
                mixed, current = True, parent
                continue
            if mixed:
                found = self._mixed(current, holding)
                if found is not None:
                    return found
                mixed = False
            decided = self._step(climb, parent, current)
            if decided is not None:
                return best(climb.keyed, decided) if climb.keyed is not decided else decided
            if climb.stopped:
                break
            current = parent
        found = self._mixed(current, holding) if mixed else None
        return found or climb.keyed or NOTHING

    def _step(self, climb: _Climb, parent: Node, current: Node) -> Verdict | None:
        """Look at one node above: what it decides; None to go on, or to stop if it says so."""
        kind = parent.type
        if kind in syntax.COMPARISONS or (kind in syntax.BINARY and self._sign(parent) in syntax.COMPARING):
            return self._compared(parent.named_children, current)
        if kind in syntax.BINARY:
            return self.rows.streamed(parent, current) if self._sign(parent) == "<<" else None
        if kind in syntax.PAIRS:
            named = self._pair(parent, current)
            if named is None:
                return NOTHING  # it is the key itself
            if climb.key:
                return None  # the innermost key counts
            climb.key, climb.keyed = named, self._by_name(named, parent)
            decides = climb.keyed.dialect is not None or climb.keyed.confidence is Confidence.SILENT
            return climb.keyed if decides else None
        if kind in syntax.ASSIGNMENTS:
            return self._assigned(parent, current, climb.flows)
        if kind in syntax.RETURNS:
            return self._returned(parent)
        if kind == "command":
            return self._listed(parent, current, climb.key) or self._called(parent, current, climb)
        if kind in syntax.CALLS:
            return self._called(parent, current, climb)
        if kind in syntax.LISTS:
            return self._listed(parent, current, climb.key)
        if kind in syntax.FUNCTIONS and self.evaluator.language in ("rust", "ruby"):
            return self._returned(parent)  # the last expression is the answer
        climb.stopped = kind not in syntax.TRANSPARENT and kind not in syntax.PASSED
        return None

    def _sign(self, node: Node) -> str:
        operator = node.child_by_field_name("operator")
        return operator.type if operator is not None else ""

    def option_before(self, node: Node) -> Verdict | None:
        """Look for an option in the text just before: for files that are not well formed."""
        before = self.evaluator.data[max(0, node.start_byte - 40) : node.start_byte]
        match = _OPTION_JUST_BEFORE.search(before)
        return option("-" + match[1].decode()) if match is not None else None

    # -- the ways in which a place decides --

    def _builds(self, parent: Node) -> bool:
        """Tell whether `parent` puts `current` into a text."""
        kind = parent.type
        if kind in syntax.PARTS or kind in self.evaluator.literals or kind in syntax.ADJACENT:
            return True
        if kind in syntax.BINARY:
            return self._sign(parent) in ("+", "%", ".")
        if kind in ("tuple", "array", "argument_list", "arguments", "token_tree", "list_expression"):
            above = self.nodes.parent(parent)
            return above is not None and self._builds_call(above)
        if kind in syntax.CALLS:
            return self._builds_call(parent)
        return False

    def _builds_call(self, node: Node) -> bool:
        if node.type in syntax.BINARY:
            return self._sign(node) == "%"
        if node.type in syntax.CALLS and node.type != "command":
            return self.evaluator.value(node) is not None
        return False

    def _mixed(self, node: Node, holding: str) -> Verdict | None:
        """Judge a text that a variable was put into: None to go on, if the variable begins it."""
        value = self.evaluator.value(node)
        if value is None:
            return None
        for found in sightings(value):
            if any(holding in hole.expression for hole in found.value.holes.values()):
                return Verdict(found.confidence, found.sink, found.direction, found.dialect, found.language)
        text = value.text.lstrip("\"' ")
        if text.startswith(HOLE) and holding in _first_hole(value):
            return None
        return NOTHING

    def _pair(self, pair: Node, current: Node) -> str | None:
        key_field, value_field = syntax.PAIRS[pair.type]
        key = pair.child_by_field_name(key_field)
        value = pair.child_by_field_name(value_field)
        inner = pair.named_children
        if key is None and len(inner) >= 2:
            key, value = inner[0], inner[-1]
        if key is None or (value is not None and current.start_byte < value.start_byte):
            return None
        text = self.evaluator.text(key)
        return text if text is not None else self.evaluator.source(key).strip("\"':.")

    def _by_name(self, name: str, node: Node) -> Verdict:
        match = _LAST_NAME.search(name)
        last = match[1] if match is not None else name
        if is_cloud_hypervisor_key(last):
            direction = Direction.INCOMING if last.startswith("receiver") else Direction.OUTGOING
            return Verdict(Confidence.CERTAIN, last, direction, "cloud-hypervisor")
        confidence, general = judge_name(last)
        owner = name[: match.start()] if match is not None else ""
        speaks = confidence is Confidence.GUESS and general
        if speaks and (speaks_of_migration(owner) or (self.file_speaks or self.functions.speak(node))):
            confidence = Confidence.LIKELY
        direction = (
            Direction.INCOMING if "incoming" in last.lower() or "listen" in last else Direction.UNKNOWN
        )
        return Verdict(confidence, last, direction)

    def _assigned(self, assignment: Node, current: Node, flows: int) -> Verdict:
        left_field, right_field = syntax.ASSIGNMENTS[assignment.type]
        left = assignment.child_by_field_name(left_field)
        right = assignment.child_by_field_name(right_field)
        if left is None and assignment.named_children:
            left = assignment.named_children[0]
        if left is None or (current.start_byte < left.end_byte and right is not None):
            return NOTHING
        target = self.evaluator.source(left).strip()
        if left.type == "expression_list" and "," in target:
            target = self._matching(left, current)
        several = target.endswith("]") or assignment.type == "variable_assignment"
        if several and (put := self.rows.put_before(assignment)) is not None:
            return put  # argv[n] = "-incoming", argv[n + 1] = this
        return self._stored(target, assignment, flows)

    def _matching(self, left: Node, current: Node) -> str:
        """Find the target of a parallel assignment."""
        before = 0
        sibling = self.nodes.beside(current, -1, named=True)
        while sibling is not None:
            before += 1
            sibling = self.nodes.beside(sibling, -1, named=True)
        names = left.named_children
        return self.evaluator.source(names[before]) if before < len(names) else ""

    def _stored(self, target: str, node: Node, flows: int) -> Verdict:
        named = self._by_name(target, node)
        if named.confidence is Confidence.CERTAIN or flows >= _MOST_FLOWS:
            return named
        return best(named, self._flow(target, node, flows))

    def _flow(self, target: str, node: Node, flows: int) -> Verdict:
        """Judge what is assigned to a variable by the uses of the variable, within its function."""
        match = _LAST_NAME.search(target)
        if match is None:
            return NOTHING
        name = match[1]
        member = "." in target or "->" in target
        scope = self.root if member else self.scope(node)
        begin = scope.start_byte if member else node.end_byte
        return self._uses(name, (begin, scope.end_byte), (node.start_byte, node.end_byte), flows)

    def _uses(self, name: str, within: Place, but: Place, flows: int) -> Verdict:
        """Judge the uses of a variable, but for those in its definition."""
        found_best = NOTHING
        pattern = re.compile(
            rb"(?<![\w])" + re.escape(name.encode("utf-8", "surrogateescape")) + rb"(?![\w])"
        )
        uses = 0
        for found in pattern.finditer(self.evaluator.data, *within):
            if but[0] <= found.start() < but[1]:
                continue
            uses += 1
            if uses > _MOST_USES:
                break
            leaf = self.nodes.at(found.start(), found.end())
            if leaf.type in syntax.COMMENTS or leaf.type in self.evaluator.literals:
                continue
            found_best = max(found_best, self.judge(leaf, flows + 1, name), key=lambda v: v.confidence)
            if found_best.confidence is Confidence.CERTAIN:
                break
        return found_best

    def _taken(self, call: Node, climb: _Climb) -> Verdict | None:
        """Judge an argument by what a function of this file does with it; None if that says nothing."""
        if climb.flows >= _MOST_FLOWS or call.type == "macro_invocation":
            return None
        taken = self.functions.parameter(call, climb.begin, climb.key)
        if taken is None:
            return None
        function, name = taken
        known = (function.id, name, climb.flows)
        if known not in self._known:
            self._known[known] = NOTHING  # a function that calls itself says nothing more
            body = function.child_by_field_name("body")
            place = (body or function).start_byte, function.end_byte
            self._known[known] = self._uses(name, place, (0, 0), climb.flows)
        verdict = self._known[known]
        return verdict if verdict.confidence >= Confidence.LIKELY else None

    def scope(self, node: Node) -> Node:
        """Give the function that a node is in, or the whole file."""
        return self.functions.around(node) or self.root

    def _returned(self, node: Node) -> Verdict:
        function = self.scope(node)
        name = self.functions.name(function) if function is not self.root else ""
        confidence, general = judge_name(name)
        if confidence is Confidence.GUESS and general and (self.file_speaks or self.functions.speak(node)):
            confidence = Confidence.LIKELY
        return Verdict(confidence, name)

    def _called(self, call: Node, current: Node, climb: _Climb) -> Verdict | None:
        """Judge an argument of a call; None to go on climbing, where the call only passes it on."""
        evaluator, key = self.evaluator, climb.key
        name = evaluator.callee(call)
        given = evaluator.arguments(call)
        if name in syntax.COMPARING_CALLS:
            return self._compared(given, current) if name in syntax.EQUAL_CALLS else SOMETHING_ELSE
        if call.type == "command" and name in syntax.SAYING:
            return self._returned(call) if len(given) <= 2 else NOTHING
        commanded = self._commanded(given, climb)
        if commanded is not None and (call.type != "command" or name == "virsh"):
            return commanded
        confidence, direction = judge_callee(name)
        if confidence is Confidence.SILENT and not key:
            return SOMETHING_ELSE
        if confidence >= Confidence.LIKELY:
            return Verdict(confidence, name, direction)
        adding = not syntax.ADDING.isdisjoint(words(name)) or self.rows.repeats(call)
        if adding and (put := self.rows.put_before(call)) is not None:
            return put
        if (taken := self._taken(call, climb)) is not None:
            return taken
        passes = name in syntax.PASSING or name in syntax.PRINTF or name in syntax.QUOTING
        return None if passes or key else NOTHING

    def _compared(self, operands: list[Node], current: Node) -> Verdict:
        """Judge what is compared: an address only beside something that can be nothing but one."""
        for one in operands:
            outside = not one.start_byte <= current.start_byte < one.end_byte
            if outside and one.end_byte - one.start_byte < _LONGEST_NAME:
                named = self._by_name(self.evaluator.source(one), one)
                if named.confidence is Confidence.CERTAIN:
                    return named
        return SOMETHING_ELSE

    def _commanded(self, given: list[Node], climb: _Climb) -> Verdict | None:
        """Look for the name of a monitor command in front of the address: `qmp("migrate", uri=uri)`."""
        key = climb.key
        if key not in ("", "uri") and not judge_name(key)[1]:
            return None
        for one in given:
            if one.end_byte > climb.begin:
                break
            text = self.rows.element_text(one)
            direction = COMMANDS.get(text) if text is not None else None
            if direction is not None:
                return Verdict(Confidence.CERTAIN, f"QMP {text}", direction)
        return None

    def _listed(self, listing: Node, current: Node, key: str) -> Verdict | None:
        """Judge an element by the one before it: `["-incoming", uri]`, `.arg("-incoming").arg(uri)`."""
        if listing.type == "token_tree":
            return self._in_tokens(listing, current)
        if current.type in syntax.PAIRS:
            return self.executed(listing) if key.lower() == "uri" else None
        before = self.nodes.beside(current, -1, named=True)
        while before is not None and before.type in syntax.COMMENTS:
            before = self.nodes.beside(before, -1, named=True)
        following = self.nodes.beside(current, 1)
        if following is not None and following.type == "=>":
            return NOTHING  # it is a key
        if before is None:
            before = self.rows.argument_before(listing)
            if before is None:
                return None
        return self._after(before, self.nodes.beside(current, -1), listing, key)

    def _after(self, before: Node, between: Node | None, listing: Node, key: str) -> Verdict | None:
        if between is not None and between.type == "=>":
            name = self.evaluator.text(before) or self.evaluator.source(before)
            return self._perl_pair(listing, name.strip("\"'"))
        text = self.rows.element_text(before)
        if text is None:
            return None
        found = option(text)
        if found is not None:
            return found
        if text.startswith("-") and not key:
            if text in _HMP_FLAGS:
                earlier = self.nodes.beside(before, -1, named=True)
                command = self.rows.element_text(earlier) if earlier is not None else None
                if command is not None and command in COMMANDS:
                    return Verdict(Confidence.CERTAIN, command, COMMANDS[command])
            return SOMETHING_ELSE if len(text) > 1 and "=" not in text else None
        if text in COMMANDS:
            sink = f"QMP {text}" if key == "uri" else text
            return Verdict(Confidence.CERTAIN, sink, COMMANDS[text])
        if text == "incoming":
            return Verdict(Confidence.LIKELY, text, Direction.INCOMING)
        return None

    def executed(self, mapping: Node) -> Verdict | None:
        """Look for `"execute": "migrate"` in a mapping: in a QMP command, the address is in its arguments."""
        for pair in mapping.children:
            key: Node | None
            value: Node | None
            if pair.type in syntax.PAIRS and len(pair.named_children) >= 2:
                key, value = pair.named_children[0], pair.named_children[-1]
            elif pair.type == "=>":
                key, value = self.nodes.around(pair)
            else:
                continue
            if key is not None and value is not None and self._names_execute(key):
                text = self.rows.element_text(value) or ""
                if text in COMMANDS:
                    return Verdict(Confidence.CERTAIN, f"QMP {text}", COMMANDS[text])
        return None

    def _names_execute(self, key: Node) -> bool:
        return (self.rows.element_text(key) or self.evaluator.source(key)).strip(".").lower() == "execute"

    def _in_tokens(self, tree: Node, current: Node) -> Verdict | None:
        """Judge a place in the arguments of a Rust macro, which the grammar leaves as a row of tokens."""
        before = self.nodes.beside(current, -1)
        while before is not None and before.type in "([{" and (made := self.rows.made_by(tree)) is not None:
            before, tree = self.nodes.beside(made, -1), self.nodes.parent(tree) or tree  # format!("...", x)
        if before is not None and before.type == ",":
            earlier = self.nodes.beside(before, -1)
            while earlier is not None and earlier.type not in self.evaluator.literals and earlier.type != ",":
                earlier = self.nodes.beside(earlier, -1)
            text = self.rows.element_text(earlier) if earlier is not None else None
            found = option(text) if text is not None else None
            if found is not None:
                return found
        name = self.nodes.beside(before, -1) if before is not None and before.type == ":" else None
        if name is not None:
            key = self.evaluator.source(name).strip('"')
            verdict = (self.rows.executed_tokens(tree) if key == "uri" else None) or self._by_name(key, tree)
            return verdict if verdict.confidence is not Confidence.GUESS else None
        function = self.nodes.beside(tree, -1)
        if function is not None and function.type == "identifier":
            confidence, direction = judge_callee(self.evaluator.source(function))
            if confidence >= Confidence.LIKELY:
                return Verdict(confidence, self.evaluator.source(function), direction)
        return None

    def _perl_pair(self, listing: Node, name: str) -> Verdict | None:
        keyed = self._by_name(name, listing)
        if name == "uri":
            for sibling in listing.named_children:
                text = self.rows.element_text(sibling) or ""
                if text in COMMANDS:
                    return Verdict(Confidence.CERTAIN, f"QMP {text}", COMMANDS[text])
            arguments = self.nodes.parent(listing)
            command = self.nodes.parent(arguments) if arguments is not None else None
            if command is not None and (found := self.executed(command)) is not None:
                return found
        return keyed if keyed.confidence is not Confidence.GUESS else None


def _is_method(parent: Node) -> bool:
    """Tell whether `parent` names a method of what is below it."""
    return parent.type in ("attribute", "field_expression", "member_expression", "selector_expression")


def _first_hole(value: Value) -> str:
    first = min(value.holes, default=None)
    return value.holes[first].expression if first is not None else ""
