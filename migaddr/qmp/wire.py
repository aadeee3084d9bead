"""Typed reading of JSON values: each checked strictly, each error with its path and QEMU's own words."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar

from migaddr.carets import printable, shortened
from migaddr.errors import AddressError, WireError
from migaddr.model import UINT16_MAX, UINT32_MAX, UINT64_MAX

JsonValue: TypeAlias = "None | bool | int | float | str | list[JsonValue] | dict[str, JsonValue]"
"""What a JSON text can hold."""
JsonObject: TypeAlias = "dict[str, JsonValue]"
"""A JSON object."""

_T = TypeVar("_T")

_NOT_CARRIED: Final = (  # compiled when a text first needs it
    "[\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(plane << 16 | low) for plane in range(17) for low in (0xFFFE, 0xFFFF))
    + "]"
)
_INT64_MIN: Final = -(2**63)


class Member(NamedTuple):
    """One member of a JSON object: its name there, its attribute in the model, and its reader."""

    wire: str
    attribute: str
    read: Callable[[object, str, str], object]


class Shape(NamedTuple):
    """The members of a JSON object, in QEMU's order."""

    required: tuple[Member, ...]
    optional: tuple[Member, ...] = ()
    advice: Callable[[str], str | None] = lambda _: None
    """What to say of an unexpected name."""

    def names(self) -> list[str]:
        """List the names of all members."""
        return [member.wire for member in (*self.required, *self.optional)]


def below(path: str, name: str) -> str:
    """Give the path of a member; the path of the arguments of a command is empty."""
    return f"{path}.{name}" if path else name


def as_object(value: object, path: str) -> dict[str, object]:
    """Give the value if it is an object.

    :raises WireError: it is something else.
    """
    if not isinstance(value, dict):
        raise wrong_type(value, path, "object")
    return value


def read_tag(
    obj: dict[str, object],
    name: str,
    path: str,
    allowed: Iterable[str],
    beside: tuple[str, ...] = (),
) -> str:
    """Read the member that decides which others there are; `beside` are names that also belong there.

    :raises WireError: it is missing, no text, or not one of `allowed`.
    """
    if name not in obj:
        raise missing(obj, name, path, beside)
    tag = obj[name]
    if not isinstance(tag, str):
        error = wrong_type(tag, below(path, name), "string")
        raise WireError(error.reason, error.path, error.qemu_message, hint=choices("", allowed))
    if tag not in allowed:
        raise WireError(
            f"{name} cannot be {_shown(tag)}",
            below(path, name),
            f"Parameter '{name}' does not accept value '{tag}'" if _is_carried(tag) else None,
            hint=_tag_hint(tag, name, allowed),
        )
    return tag


def build(
    make: Callable[..., _T], obj: dict[str, object], shape: Shape, path: str, tags: tuple[str, ...]
) -> _T:
    """Read the members of an object whose `tags` are read already, and make the model's value of them.

    `make` gets the required ones in order, and the optional ones that are there by attribute.

    :raises WireError: the first fault in QEMU's order: members as declared, then unexpected names; or what
        the model refuses and QEMU takes (a NUL).
    """
    required: list[Any] = []
    for name, _, read in shape.required:
        if name not in obj:
            raise missing(obj, name, path, (*tags, *shape.names()))
        value = obj[name]
        # what most members are needs no call
        plain = read is text and type(value) is str and value.isascii()
        required.append(value if plain else read(value, path, name))
    optional: dict[str, Any] = {}
    left = len(obj) - len(tags) - len(required)
    if left:
        for name, attribute, read in shape.optional:
            if name in obj:
                optional[attribute] = read(obj[name], path, name)
                left -= 1
                if not left:
                    break
        else:
            raise unexpected(obj, path, (*tags, *shape.names()), shape.advice)
    try:
        return make(*required, **optional) if optional else make(*required)
    except AddressError as error:
        attribute, bracket, index = error.member.partition("[")
        members = (*shape.required, *shape.optional)
        name = next(member.wire for member in members if member.attribute == attribute)
        raise WireError(error.reason, f"{below(path, name)}{bracket}{index}") from None


def read_members(obj: dict[str, object], shape: Shape, path: str, tags: tuple[str, ...]) -> dict[str, Any]:
    """Read the members of an object into a dict by attribute, as `build` does.

    :raises WireError: as `build`.
    """

    def by_attribute(*required: Any, **optional: Any) -> dict[str, Any]:
        names = (member.attribute for member in shape.required)
        return {**dict(zip(names, required, strict=True)), **optional}

    return build(by_attribute, obj, shape, path, tags)


# --- readers of one value: (value, path of the object, name) -> the value -----------------------------


def text(value: object, path: str, name: str, index: int | None = None) -> str:
    """Read a string that JSON can carry; `index` is its place where `name` is a list."""
    if index is not None:
        name = f"{name}[{index}]"
    if not isinstance(value, str):
        raise wrong_type(value, below(path, name), "string")
    if (found := re.search(_NOT_CARRIED, value)) is not None:
        raise WireError(
            f"holds U+{ord(found[0]):04X} at {found.start()}, which QEMU's JSON reader refuses",
            below(path, name),
        )
    return value if type(value) is str else str.__str__(value)


def flag(value: object, path: str, name: str) -> bool:
    """Read a boolean."""
    if not isinstance(value, bool):
        raise wrong_type(value, below(path, name), "boolean")
    return value


def texts(value: object, path: str, name: str) -> tuple[str, ...]:
    """Read a list of strings."""
    if not isinstance(value, list):
        raise wrong_type(value, below(path, name), "array")
    return tuple(
        [
            item if type(item) is str and item.isascii() else text(item, path, name, index)
            for index, item in enumerate(value)
        ]
    )


def uint16(value: object, path: str, name: str) -> int:
    """Read a number up to 65535."""
    return _number(value, path, name, UINT16_MAX, "uint16_t")


def uint32(value: object, path: str, name: str) -> int:
    """Read a number up to 2**32 - 1."""
    return _number(value, path, name, UINT32_MAX, "uint32_t")


def uint64(value: object, path: str, name: str) -> int:
    """Read a number up to 2**64 - 1. A negative one, which QEMU wraps, is refused."""
    return _number(value, path, name, UINT64_MAX, "uint64")


def _number(value: object, path: str, name: str, largest: int, kind: str) -> int:
    where = below(path, name)
    if isinstance(value, int) and not isinstance(value, bool):
        if 0 <= value <= largest:
            return value
        reason = f"must be between 0 and {largest}"
        if not _INT64_MIN <= value <= UINT64_MAX:
            raise WireError(reason, where, f"Parameter '{where}' expects uint64")
        # in range for QEMU's reader, which wraps what is negative
        answer = f"Parameter '{name}' expects {kind}" if largest < UINT64_MAX else None
        raise WireError(reason, where, answer)
    raise WireError(
        f"must be an integer, not {kind_of(value)}",
        where,
        f"Parameter '{where}' expects uint64",
        hint=_integer_hint(value, largest),
    )


# --- errors -------------------------------------------------------------------------------------------


def wrong_type(value: object, path: str, expected: str) -> WireError:
    """Make the error for a value of the wrong JSON type; `expected` is QEMU's word for the right one."""
    hint = None
    if expected == "string" and isinstance(value, int) and not isinstance(value, bool):
        hint = f'write "{_digits(value)}"' if abs(value) < 10**40 else None
    elif expected == "boolean" and value in ("on", "yes", "true", 1):
        hint = "write true"
    elif expected == "boolean" and value in ("off", "no", "false", 0):
        hint = "write false"
    elif expected == "array" and isinstance(value, dict) and path == "channels":
        hint = "put it in a list: [{...}]"
    elif expected == "object" and isinstance(value, list) and path == "channel" and len(value) == 1:
        hint = "write the object alone, without [ ]"
    elif expected == "array" and isinstance(value, str) and path.endswith(".args"):
        hint = 'write ["/bin/sh", "-c", "COMMAND"], or one item for each argument'
    return WireError(
        f"must be {'an' if expected[0] in 'ao' else 'a'} {expected}, not {kind_of(value)}",
        path,
        f"Invalid parameter type for '{path}', expected: {expected}",
        hint=hint,
    )


def missing(obj: dict[str, object], name: str, path: str, known: tuple[str, ...]) -> WireError:
    """Make the error for a member that is not there, naming what was perhaps meant to be it."""
    strangers = (key for key in obj if isinstance(key, str) and key not in known)
    near = next((key for key in itertools.islice(strangers, 8) if _meant(key, (name,)) == name), None)
    hint = _missing_word(obj, name) if near is None else f"{near}: write {name}"
    if name == "transport" and "type" in obj:
        hint = 'add "transport": "socket"'
    elif name == "type" and "socket-type" in obj:
        hint = "put what socket-type holds beside transport"
    where = below(path, name)
    return WireError(
        "is missing",
        where,
        f"Parameter '{where}' is missing",
        hint=hint,
    )


_TELLING: Final = (
    ("args", "exec", None),
    ("filename", "file", None),
    ("host", "socket", "inet"),
    ("path", "socket", "unix"),
    ("cid", "socket", "vsock"),
    ("str", "socket", "fd"),
    ("socket-type", "socket", None),
    ("exec-str", "exec", None),
    ("rdma-str", "rdma", None),
)
"""Members that tell the tags of their address: (member, transport, type of a socket)."""


def _missing_word(obj: dict[str, object], name: str) -> str | None:
    """Say which tag the members beside it call for; an offset has a usual value."""
    if name in ("channel-type", "channeltype") and "addr" in obj:
        return f'add "{name}": "main"'
    if name == "offset":
        return 'add "offset": 0'
    transport, kind = next((tags for member, *tags in _TELLING if member in obj), (None, None))
    outer = f'"transport": "{transport}"' if transport and name == "transport" else None
    inner = f'"type": "{kind}"' if kind and (outer or name == "type") else None
    return f"add {', '.join(filter(None, (outer, inner)))}" if outer or inner else None


def unexpected(
    obj: dict[str, object],
    path: str,
    known: tuple[str, ...],
    advice: Callable[[str], str | None] = lambda _: None,
) -> WireError:
    """Make the error for a name that does not belong into the object: the one that QEMU meets first."""
    from migaddr.qmp.hash_order import first_left  # for errors alone

    for key in obj:
        if not isinstance(key, str):
            return WireError(f"has a name of type {kind_of(key)}: names are strings", path)
    name = first_left(obj, known)
    assert name is not None  # the caller has counted
    hint = advice(name)
    if hint is None and (near := _meant(name, tuple(key for key in known if key not in obj))) is not None:
        hint = f"{name}: write {near}"
    where = below(path, name)
    return WireError(
        f"is unexpected here; known are {', '.join(known)}",
        where,
        f"Parameter '{where}' is unexpected" if _is_carried(name) else None,
        hint=hint,
    )


def kind_of(value: object) -> str:
    """Name the JSON type of a value, with the value itself where that is short."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case int():
            return f"the number {_digits(value)}"
        case float():
            return f"the number {value}"
        case str():
            return f"the string {_shown(value)}"
        case list():
            return "an array"
        case dict():
            return "an object"
        case _:
            return f"a Python {type(value).__name__}"


def first_not_carried(value: str) -> str | None:
    """Name the first character of a text that JSON, or QEMU's reader of it, cannot carry."""
    found = None if value.isascii() else re.search(_NOT_CARRIED, value)
    if found is None:
        return None
    code = ord(found[0])
    return f"the raw byte 0x{code - 0xDC00:02X}" if 0xDC80 <= code <= 0xDCFF else f"U+{code:04X}"


def _is_carried(value: str) -> bool:
    return first_not_carried(value) is None


def _digits(value: int) -> str:
    return str(value) if -(10**40) < value < 10**40 else "with many digits"


def _shown(value: str) -> str:
    return f'"{printable(shortened(value))}"'


def _integer_hint(value: object, largest: int) -> str | None:
    try:
        meant = int(value, 0) if isinstance(value, str) and len(value) < 32 else value
    except ValueError:
        return None
    if isinstance(meant, float) and meant.is_integer():
        meant = int(meant)
    in_range = isinstance(meant, int) and not isinstance(meant, bool) and 0 <= meant <= largest
    return f"write {meant}" if in_range else None


_ALIKE: Final = (
    {"channel-type", "channeltype", "type"},
    {"args", "exec-str", "command", "cmd"},
    {"filename", "file", "path"},
    {"str", "name", "fd"},
    {"addr", "address"},
    {"uri", "url"},
)
"""Names that one spelling has where another has the other."""


def _meant(name: str, known: tuple[str, ...]) -> str | None:
    """Guess which of the known names was meant."""
    return _nearest(name, known) if len(name) <= 40 else None


@functools.lru_cache(maxsize=1024)
def _nearest(name: str, known: tuple[str, ...]) -> str | None:
    """Guess, and remember it: who sends many wrong messages sends the same few names."""
    for group in _ALIKE:
        if name in group and (usual := next((other for other in known if other in group), None)):
            return usual
    import difflib  # for errors alone

    near = difflib.get_close_matches(name.lower().replace("_", "-"), known, n=1, cutoff=0.75)
    return near[0] if near else None


_SOCKETS: Final = {"tcp": "inet", "inet": "inet", "unix": "unix", "vsock": "vsock", "fd": "fd"}


def _tag_hint(tag: str, name: str, allowed: Iterable[str]) -> str:
    kind = _SOCKETS.get(tag)
    if kind and name == "transport" and "socket" in allowed:
        return f'write "socket", and "type": "{kind}"'
    return f'write "{kind}"' if kind and name == "type" and kind in allowed else choices(tag, allowed)


def choices(tag: str, allowed: Iterable[str]) -> str:
    """Say which of the allowed texts was meant, or name them all."""
    names = tuple(sorted(allowed))
    near = _meant(tag, names)
    return f'write "{near}"' if near is not None else f"write one of {', '.join(names)}"
