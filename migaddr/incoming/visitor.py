"""A keyval tree as a channel: every value is text, and is converted to what its member wants.

    bool   = "on" | "yes" | "true" | "y" | "off" | "no" | "false" | "n"
    number = as C's strtoull reads it with base 0; a negative one wraps at 2**64

Members are read in the order in which QEMU's schema declares them, then unexpected names are looked for,
in inner objects first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, NoReturn, TypeVar

from migaddr.errors import ParseError
from migaddr.incoming.keyval import Branch, Leaf, Span
from migaddr.model import (
    UINT16_MAX,
    UINT32_MAX,
    UINT64_MAX,
    ChannelType,
    ExecAddress,
    FdAddress,
    FileAddress,
    InetAddress,
    MigrateAddress,
    MigrateChannel,
    RdmaAddress,
    UnixAddress,
    VsockAddress,
)
from migaddr.qmp import members, wire
from migaddr.qmp.hash_order import first_left
from migaddr.qmp.qapi import SOCKET_TYPES
from migaddr.qmp.wire import Member, Shape
from migaddr.releases import Release
from migaddr.uri.integer import read_integer

_T = TypeVar("_T")

_BOOL: Final = {
    **dict.fromkeys(("on", "yes", "true", "y"), True),
    **dict.fromkeys(("off", "no", "false", "n"), False),
}


def read_channel(text: str, root: Branch, release: Release) -> MigrateChannel:
    """Read the one channel that the tree of a keyval text is.

    :raises ParseError: the release refuses it.
    """
    return _Visitor(text, release).channel(root)


class _Visitor:
    def __init__(self, text: str, release: Release) -> None:
        self.text = text
        self.release = release

    def channel(self, root: Branch) -> MigrateChannel:
        kinds = {kind.value: kind for kind in ChannelType if kind in self.release.channel_types}
        kind = kinds[self._tag(root, "channel-type", "", kinds)]
        node = root.members.get("addr")
        if node is None:
            self._missing("addr")
        if isinstance(node, Leaf) or node.is_list:
            self._wrong_type(node, "addr", "object")
        channel = MigrateChannel(kind, self._address(node))
        self._check_names(root, "", ("channel-type", "addr"))
        return channel

    def _address(self, node: Branch) -> MigrateAddress:
        transport = self._tag(node, "transport", "addr.", self.release.transports)
        tags = ["transport"]
        if transport == "rdma":
            return RdmaAddress(
                self._build(InetAddress, node, members.inet_shape(self.release.inet_members), tags)
            )
        if transport == "file":
            return self._build(FileAddress, node, members.FILE, tags)
        if transport == "exec":
            return self._build(ExecAddress, node, members.EXEC, tags)
        tags.append("type")
        match self._tag(node, "type", "addr.", SOCKET_TYPES):
            case "inet":
                return self._build(InetAddress, node, members.inet_shape(self.release.inet_members), tags)
            case "unix":
                return self._build(UnixAddress, node, members.unix_shape(self.release.unix_members), tags)
            case "vsock":
                return self._build(VsockAddress, node, members.VSOCK, tags)
            case _:
                return self._build(FdAddress, node, members.FD, tags)

    def _build(self, make: Callable[..., _T], node: Branch, shape: Shape, tags: list[str]) -> _T:
        found: dict[str, Any] = {}
        for member in shape.required:
            if member.wire not in node.members:
                self._missing(f"addr.{member.wire}", node)
            found[member.attribute] = self._read(member, node.members[member.wire])
        for member in shape.optional:
            if member.wire in node.members:
                found[member.attribute] = self._read(member, node.members[member.wire])
        self._check_names(node, "addr.", (*tags, *shape.names()), shape.advice)
        return make(**found)

    def _read(self, member: Member, node: Leaf | Branch) -> object:
        path = f"addr.{member.wire}"
        if member.read is wire.texts:
            if isinstance(node, Leaf) or not node.is_list:
                self._wrong_type(node, path, "array")
            return tuple(self._leaf(item, f"{path}.{i}").text for i, item in enumerate(node.items()))
        leaf = self._leaf(node, path)
        if member.read is wire.text:
            return leaf.text
        if member.read is wire.flag:
            if leaf.text not in _BOOL:
                reason = f"{member.wire} is either on or off"
                answer = f"Parameter '{path}' expects 'on' or 'off'"
                self._refuse(reason, leaf.value, answer, f"write {path}=on or {path}=off")
            return _BOOL[leaf.text]
        return self._number(leaf, member.wire, path, *_NUMBERS[member.read])

    def _number(self, leaf: Leaf, name: str, path: str, largest: int, kind: str) -> int:
        found = read_integer(leaf.text)
        hint = f"write {path}={min(largest, 4096)}"
        if found is None or abs(found[0]) > UINT64_MAX:
            reason = f"{name} takes a number" if found is None else f"{name} is more than 2**64 - 1"
            self._refuse(reason, leaf.value, f"Parameter '{path}' expects integer", hint)
        number = found[0] & UINT64_MAX
        if number > largest:
            reason = f"{name} must be between 0 and {largest}"
            self._refuse(reason, leaf.value, f"Parameter '{name}' expects {kind}", hint)
        return number

    def _tag(self, node: Branch, name: str, prefix: str, allowed: Iterable[str]) -> str:
        child = node.members.get(name)
        if child is None:
            self._missing(f"{prefix}{name}", node)
        leaf = self._leaf(child, f"{prefix}{name}")
        if leaf.text not in allowed:
            self._refuse(
                f"{name} cannot be {leaf.text}" if leaf.text else f"{name} is empty",
                leaf.value,
                f"Parameter '{name}' does not accept value '{leaf.text}'",
                f"write {prefix}{name}=" + ", or ".join(sorted(allowed)),
            )
        return leaf.text

    def _leaf(self, node: Leaf | Branch, path: str) -> Leaf:
        if isinstance(node, Branch):
            reason = f"{path} is one value, with no parts"
            self._refuse(reason, node.key, f"Parameters '{path}.*' are unexpected", f"write {path}=VALUE")
        return node

    def _check_names(
        self,
        node: Branch,
        prefix: str,
        known: tuple[str, ...],
        advice: Callable[[str], str | None] = lambda _: None,
    ) -> None:
        name = first_left(node.members, known) if node.members.keys() - known else None
        if name is not None:
            hint = advice(name) or f"known are {', '.join(prefix + key for key in known)}"
            self._refuse(
                "a member that does not belong here",
                node.members[name].key,
                f"Parameter '{prefix}{name}' is unexpected",
                hint,
            )

    def _missing(self, path: str, node: Branch | None = None) -> NoReturn:
        hint = f"add {path}=VALUE"
        if node is not None and path == "addr.transport" and "type" in node.members:
            hint = "add addr.transport=socket"
        end = len(self.text)
        self._refuse(f"{path} is missing", (end, end), f"Parameter '{path}' is missing", hint)

    def _wrong_type(self, node: Leaf | Branch, path: str, wanted: str) -> NoReturn:
        hint = (
            f"number its items: {path}.0=VALUE"
            if wanted == "array"
            else f"name its members: {path}.transport"
        )
        self._refuse(
            f"{path} must be an {wanted}",
            node.value if isinstance(node, Leaf) else node.key,
            f"Invalid parameter type for '{path}', expected: {wanted}",
            hint,
        )

    def _refuse(self, reason: str, span: Span, answer: str, hint: str) -> NoReturn:
        raise ParseError(reason, self.text, *span, answer, hint=hint)


_NUMBERS: Final[dict[Callable[[object, str, str], object], tuple[int, str]]] = {
    wire.uint16: (UINT16_MAX, "uint16_t"),
    wire.uint32: (UINT32_MAX, "uint32_t"),
    wire.uint64: (UINT64_MAX, "uint64"),
}
