"""The grammar of a migration URI in each era of QEMU, as data: one description for three uses.

It is drawn (railroad diagrams of the site), texts are generated from it, and it recognises them; a test holds the
second and the third against `parse_uri` and the corpus. A text is bytes here: characters up to U+00FF.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias, final

import attrs

from migaddr import RELEASES, Release
from migaddr.releases import InetSyntax


@final
@attrs.frozen
class Text:
    """Exactly this text."""

    text: str


@final
@attrs.frozen
class Bytes:
    """`low` to `high` bytes (None: any number) of a class of regular expressions, as it is shown."""

    pattern: str
    shown: str
    sample: str
    low: int = 1
    high: int | None = None


@final
@attrs.frozen
class Seq:
    """One after the other."""

    parts: tuple[Node, ...]


@final
@attrs.frozen
class Alt:
    """One of these; the first that fits, fits."""

    parts: tuple[Node, ...]


@final
@attrs.frozen
class Many:
    """Any number of times."""

    part: Node


@final
@attrs.frozen
class Rule:
    """What the rule of this name says."""

    name: str


@final
@attrs.frozen
class But:
    """Here does not begin what the regular expression matches; shown as a remark."""

    pattern: str
    shown: str


Node: TypeAlias = Text | Bytes | Seq | Alt | Many | Rule | But


def _seq(*parts: Node | str) -> Seq:
    return Seq(tuple(Text(part) if isinstance(part, str) else part for part in parts))


def _alt(*parts: Node | str) -> Alt:
    return Alt(tuple(Text(part) if isinstance(part, str) else part for part in parts))


def _maybe(*parts: Node | str) -> Alt:
    return _alt(_seq(*parts), Seq(()))


_WORD = "abz019._-/ @%"
_DIGITS: Final = Bytes("[0-9]", "digit", "0123456789", 1, None)
_BLANKS: Final = Bytes(r"[ \t\n\v\f\r]", "blank", " \t", 0, None)
_ANY: Final = r"[\x01-\xff]"
_SIGN: Final = _alt("+", "-", Seq(()))

_EVERY_ERA: Final[Mapping[str, Node]] = {
    "path": Bytes(_ANY, "byte", _WORD + ":,=", 1, None),
    "command": Bytes(_ANY, "byte", _WORD + ":,=|>", 0, None),
    "vsock": _seq(
        Bytes("[^:\\x00]", "byte but ':'", _WORD, 1, 32),
        ":",
        Bytes("[^,\\x00]", "byte but ','", "0123:a", 1, 32),
    ),
}
_FILE: Final[Mapping[str, Node]] = {
    "filename": Seq(
        (Many(_seq(But(",offset=", "not ,offset="), Bytes(_ANY, "byte", _WORD + ",=", 1, 1))),),
    ),
    "size": _seq(
        _BLANKS,
        _maybe("+"),
        _alt(
            _seq("0", _alt("x", "X"), Bytes("[0-9a-fA-F]", "hex digit", "0123456789abcdefABCDEF", 1, None)),
            _seq(_DIGITS, _maybe(".", Bytes("[0]", "0", "0", 0, None)), _maybe(Rule("suffix"))),
            _seq(Bytes("[0-9]", "digit", "0123456789", 0, None), ".", _DIGITS, Rule("large suffix")),
        ),
    ),
    "suffix": _alt(Bytes("[Bb]", "B or b", "Bb", 1, 1), Rule("large suffix")),
    "large suffix": Bytes("[KkMmGgTtPpEe]", "K, M, G, T, P or E, or small", "KkMmGgTtPpEe", 1, 1),
}

_PORT: Final = Bytes("[^,\\x00]", "byte but ','", "0123456789ab:", 1, None)
_FLAG: Final = _seq(
    _alt("ipv4", "ipv6", "keep-alive", "mptcp"),
    _alt("=on", "=off", Seq(())),
    But("(?!,(?!,)|$)", "then the end, or one comma"),
)
_SCAN: Final[Mapping[str, Node]] = {
    "inet": _seq(Rule("address"), Many(_seq(",", Rule("option")))),
    "address": _alt(
        _seq(":", Rule("port")),
        _seq("[", Bytes("[^]\\x00]", "byte but ']'", "abf019:.%", 1, 64), "]:", Rule("port")),
        _seq(But(r"\[", "not ["), Bytes("[^:\\x00]", "byte but ':'", _WORD + ",=", 1, 64), ":", Rule("port")),
    ),
    "port": _PORT,
    "option": _alt(
        _seq("to=", _BLANKS, _SIGN, _DIGITS),
        _FLAG,
        _seq(
            But("to=|ipv4|ipv6|keep-alive|mptcp", "none of the above"),
            Bytes("[^,\\x00]", "byte but ','", "abz=01", 0, None),
        ),
    ),
}
_COMMA: Final = Text(",,")
_BRACKETED: Final = _alt(
    _seq(But("]:", "not ]:"), Bytes("[^,=\\x00]", "byte but ',' '='", "abf019:.%", 1, 1)), _COMMA
)
_OPTIONS: Final[Mapping[str, Node]] = {
    "inet": _seq(Rule("address"), Many(_seq(",", Rule("option"))), _maybe(",")),
    "address": _alt(
        _seq("[", Rule("bracketed host"), "]:", Rule("port")),
        _seq(But(r"\[", "not ["), Rule("host"), ":", Rule("port")),
    ),
    "bracketed host": _seq(_BRACKETED, Many(_BRACKETED)),
    "host": Many(_alt(Bytes("[^:,=\\x00]", "byte but ':' ',' '='", _WORD, 1, 1), _COMMA)),
    "port": _seq(
        _alt(Bytes("[^,=\\x00]", "byte but ',' '='", "0123456789ab:", 1, 1), _COMMA),
        Many(_alt(Bytes("[^,=\\x00]", "byte but ',' '='", "0123456789ab:", 1, 1), _COMMA)),
    ),
    "option": _alt(
        _seq(_alt("to", "keep-alive-count", "keep-alive-idle", "keep-alive-interval"), "=", Rule("number")),
        _seq(Rule("flag"), "=", Rule("bool")),
        _seq(_maybe("no"), Rule("flag")),
        _seq(
            "id=",
            Bytes("[A-Za-z]", "letter", "abZ", 1, 1),
            Bytes("[A-Za-z0-9._-]", "letter, digit, . _ or -", "aZ0._-", 0, None),
        ),
        _seq(_maybe("no"), "id"),
    ),
    "flag": _alt("numeric", "ipv4", "ipv6", "keep-alive", "mptcp"),
    "bool": _alt("on", "yes", "true", "y", "off", "no", "false", "n"),
    "number": _seq(
        _BLANKS,
        _SIGN,
        _alt(
            _seq("0", _alt("x", "X"), Bytes("[0-9a-fA-F]", "hex digit", "0123456789abcdefABCDEF", 1, None)),
            _seq("0", _alt("b", "B"), Bytes("[01]", "0 or 1", "01", 1, None)),
            _seq("0", Bytes("[0-7]", "octal digit", "01234567", 0, None)),
            _seq(Bytes("[1-9]", "1 to 9", "123456789", 1, 1), Bytes("[0-9]", "digit", "0123456789", 0, None)),
        ),
    ),
}

_SHARED: Final = (
    _seq("rdma:", Rule("inet")),
    _seq("unix:", Rule("path")),
    _seq("vsock:", Rule("vsock")),
    _seq("exec:", Rule("command")),
)
_AFTER_8_1: Final = (
    _seq("fd:", Rule("path")),
    _seq("file:", Rule("filename"), _maybe(",offset=", Rule("size"))),
)
ERAS: Final[Mapping[str, Mapping[str, Node]]] = {
    "A": {
        "uri": _alt(_seq("tcp:", Rule("after tcp")), *_SHARED, _seq("fd:", Rule("command"))),
        "after tcp": _alt(
            _seq("unix:", Rule("path")),
            _seq("fd:", Rule("path")),
            _seq("vsock:", Rule("vsock")),
            _seq("tcp:", Rule("inet")),
            _seq(But("(?:unix|fd|vsock|tcp):", "none of the above"), Rule("inet")),
        ),
        **_SCAN,
        **_EVERY_ERA,
    },
    "B": {"uri": _alt(_seq("tcp:", Rule("inet")), *_SHARED, *_AFTER_8_1), **_SCAN, **_EVERY_ERA, **_FILE},
    "C": {"uri": _alt(_seq("tcp:", Rule("inet")), *_SHARED, *_AFTER_8_1), **_OPTIONS, **_EVERY_ERA, **_FILE},
}
"""The rules of each era, the first of which is a whole URI."""

BEYOND: Final[tuple[tuple[str, str, str], ...]] = (
    ("AB", r",(to=|ipv4|ipv6|keep-alive|mptcp).*,\1", "of an option given twice the second is not looked at"),
    ("C", r"(tcp|rdma):[^,]*=", "the first item may have a name, `addr=` or another"),
    ("C", r",addr=", "`addr=` may come later, and again"),
    ("C", r"(tcp|rdma):.*,,.*=", "behind a doubled comma a = is a letter"),
)
"""What an era also reads, and its diagrams leave out: the era, where it is met, and what it is."""

SHORT: Final[tuple[tuple[str, str, str], ...]] = (
    ("ABC", r"[0-9A-Fa-f]{16}|[0-9].*[EePp]$", "a number that is too large is refused"),
)
"""What the diagrams have, and QEMU refuses, in the same form."""


def era_of(release: Release) -> str:
    """Tell to which era a release belongs, by its data."""
    if release.inet_syntax is InetSyntax.OPTIONS:
        return "C"
    return "A" if release.tcp_reads_schemes else "B"


def releases_of(era: str) -> list[Release]:
    """The releases of an era, oldest first."""
    return [release for release in RELEASES if era_of(release) == era]


def _regex(node: Node, rules: Mapping[str, Node]) -> str:
    match node:
        case Text(text):
            return re.escape(text)
        case Bytes(pattern, low=low, high=high):
            return f"{pattern}{{{low},{'' if high is None else high}}}"
        case Seq(parts):
            return "".join(_regex(part, rules) for part in parts)
        case Alt(parts):
            return f"(?:{'|'.join(_regex(part, rules) for part in parts)})"
        case Many(part):
            return f"(?:{_regex(part, rules)})*"
        case Rule(name):
            return _regex(rules[name], rules)
        case But(pattern):
            return f"(?!{pattern})"


@functools.cache
def _compiled(era: str) -> re.Pattern[str]:
    rules = ERAS[era]
    return re.compile(_regex(rules["uri"], rules), re.DOTALL)


def recognises(era: str, uri: str) -> bool:
    """Tell whether the grammar of an era has this URI."""
    return bool(_compiled(era).fullmatch(uri.encode("utf-8", "surrogateescape").decode("latin-1")))


def used(node: Node) -> Iterator[str]:
    """The names of the rules that a node refers to, in their order."""
    match node:
        case Rule(name):
            yield name
        case Seq(parts) | Alt(parts):
            for part in parts:
                yield from used(part)
        case Many(part):
            yield from used(part)
        case Text() | Bytes() | But():
            pass
