"""Breaks valid JSON at one place, and tells which: the path that the error must have, in QEMU's notation."""

from __future__ import annotations

from typing import Final

from migaddr.generation.edits import copied
from migaddr.generation.source import Source
from migaddr.qmp import JsonObject, JsonValue

_REQUIRED: Final = frozenset(
    {"host", "port", "path", "cid", "str", "args", "filename", "offset", "transport", "type"}
)
_STRANGE: Final = ("x", "foo", "Host", "x-y", "é", "addr")
"""Names that no address, no channel and no command has."""
_NO_TEXT: Final[tuple[JsonValue, ...]] = (0, None, True, [], {}, 1.5, ["x"])
_NO_FLAG: Final[tuple[JsonValue, ...]] = ("on", 0, 1, None, [], {}, "")
_NO_NUMBER: Final[tuple[JsonValue, ...]] = ("1", None, True, 1.5, [], {}, "", -1, 1 << 64, -(1 << 63) - 1)
_NO_LIST: Final[tuple[JsonValue, ...]] = ("", 0, None, {}, True, "x")
_NO_OBJECT: Final[tuple[JsonValue, ...]] = ("", 0, None, [], True, "x", [{}])
_NO_TAG: Final[tuple[JsonValue, ...]] = ("x", "", "MAIN", "tcp", "Socket", 0, None, [], {})


def break_channels(source: Source, valid: list[JsonValue]) -> tuple[JsonValue, str]:
    """Break valid `channels` at one place; give them, and the path of the fault."""
    if source.one_in(12):
        return copied(source.choice(_NO_LIST)), "channels"
    value = copied(valid)
    assert isinstance(value, list)
    index = source.below(len(value))
    path, channel = f"channels[{index}]", value[index]
    assert isinstance(channel, dict)
    addr = channel["addr"]
    assert isinstance(addr, dict)
    match source.below(8):
        case 0:
            value[index] = copied(source.choice(_NO_OBJECT))
            return value, path
        case 1:
            return value, _break_object(source, channel, path, "addr", "channel-type")
        case _:
            return value, _break_object(source, addr, f"{path}.addr", *addr)


def break_command(source: Source, valid: JsonObject) -> tuple[JsonValue, str]:
    """Break a valid command at one place; give it, and the path of the fault."""
    value = copied(valid)
    assert isinstance(value, dict)
    arguments = value["arguments"]
    assert isinstance(arguments, dict)
    match source.below(8):
        case 0:
            return value, _break_object(source, value, "", "execute", required=frozenset({"execute"}))
        case 1:
            value["arguments"] = copied(source.choice(_NO_OBJECT))
            return value, "arguments"
        case 2 | 3 | 4 if isinstance(listed := arguments.get("channels"), list):
            arguments["channels"], path = break_channels(source, listed)
            return value, path
        case _:
            names = [name for name, item in arguments.items() if isinstance(item, (str, bool))]
            return value, _break_object(source, arguments, "", *names, required=frozenset())


def _break_object(
    source: Source, place: JsonObject, path: str, *names: str, required: frozenset[str] = _REQUIRED
) -> str:
    """Break one of these members, or add one; give the path."""
    before = f"{path}." if path else ""
    way = source.below(4)
    if not names or way == 3:
        strange = source.choice([name for name in _STRANGE if name not in place])
        place[strange] = copied(source.choice(_NO_TEXT))
        return before + strange
    name = source.choice(names)
    if way == 2 and (name in required or name in ("addr", "channel-type")):
        del place[name]
        return before + name
    item = place[name]
    if isinstance(item, list) and item and source.below(2):
        at = source.below(len(item))
        item[at] = copied(source.choice(_NO_TEXT))
        return f"{before}{name}[{at}]"
    place[name] = copied(source.choice(_wrong(name, item)))
    return before + name


def _wrong(name: str, item: JsonValue) -> tuple[JsonValue, ...]:
    """Give values that a member cannot have."""
    if name in ("channel-type", "transport", "type"):
        return _NO_TAG
    if isinstance(item, bool):
        return _NO_FLAG
    if isinstance(item, int):
        return _NO_NUMBER
    if isinstance(item, list):
        return _NO_LIST
    return _NO_OBJECT if isinstance(item, dict) else _NO_TEXT
