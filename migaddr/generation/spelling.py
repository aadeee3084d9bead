"""Spells an address as a URI in one of the many ways in which a release reads it as exactly this address."""

from __future__ import annotations

from typing import Final

from migaddr.errors import InexpressibleError
from migaddr.generation import alphabets as words
from migaddr.generation.source import Source
from migaddr.model import FileAddress, InetAddress, MigrateAddress, RdmaAddress
from migaddr.releases import InetSyntax, Release
from migaddr.uri import format_uri
from migaddr.uri.inet_scan import PORT_BYTES

_SUFFIXES: Final = (("K", 10), ("k", 10), ("M", 20), ("m", 20), ("G", 30), ("T", 40), ("P", 50), ("E", 60))
_NAMES: Final = tuple(words.OPTIONS)
_BLANKS: Final = ("", "", " ", "\t", "\n ")
_ON: Final = ("on", "yes", "true", "y")
_OFF: Final = ("off", "no", "false", "n")
_IGNORED: Final = (
    "foo", "foo=bar", "numeric", "numeric=on", "noipv4", "id=9", "addr=i:81", "to", "IPV4", " to=1", "x" * 40,
    "=", "[::1]:5", "é", "tomato=1",
)  # fmt: skip
"""What the parser up to 10.0 ignores between its options: none is found by its searches."""
_AFTER_TCP: Final = frozenset({"unix", "vsock", "fd"})


def spell(source: Source, address: MigrateAddress, release: Release) -> str | None:
    """Give a URI that this release reads as this address; None: there is none.

    The simplest choices give what `format_uri` writes.
    """
    try:
        plain = format_uri(address, release)
    except InexpressibleError:
        return None
    if isinstance(address, InetAddress):
        spelled = "tcp:" + _inet(source, address, release)
        return f"tcp:{spelled}" if release.tcp_reads_schemes and source.one_in(8) else spelled
    if isinstance(address, RdmaAddress):
        return "rdma:" + _inet(source, address.inet, release)
    if isinstance(address, FileAddress):
        return _file(source, address, plain)
    scheme, _, rest = plain.partition(":")
    if release.tcp_reads_schemes and scheme in _AFTER_TCP and rest and source.one_in(4):
        return f"tcp:{plain}"
    return plain


def _inet(source: Source, inet: InetAddress, release: Release) -> str:
    scan = release.inet_syntax is InetSyntax.SCAN
    _, _, written = format_uri(InetAddress(inet.host, inet.port), release).partition(":")
    host, port = inet.host, inet.port
    style = source.below(6)  # always one choice: for Hypothesis fewer are simpler
    if style == 5 and host and not written.startswith("["):
        if "]" not in host if scan else not {",", "=", "]"} & {*host, *port}:
            written = f"[{host}]:{port}"
    elif style == 4 and not scan and ":" not in host and not written.startswith("addr="):
        written = "addr=" + f"{host}:{port}".replace(",", ",,")
    if scan and len(port.encode("utf-8", "surrogateescape")) == PORT_BYTES and source.below(2):
        written += source.choice(words.PIECES).replace(",", "") + "1"  # skipped
    return written + (_scanned(source, inet) if scan else _listed(source, inet))


def _shuffled(source: Source, items: list[str]) -> list[str]:
    """Put items into any order; the simplest is the one that they have."""
    if len(items) > 1 and source.below(2):
        for at in range(len(items) - 1, 0, -1):
            other = at - source.below(at + 1)
            items[at], items[other] = items[other], items[at]
    return items


def _given(inet: InetAddress) -> list[tuple[str, bool | int]]:
    found = ((name, getattr(inet, attribute)) for name, attribute in words.OPTIONS.items())
    return [(name, value) for name, value in found if value is not None]


def _scanned(source: Source, inet: InetAddress) -> str:
    """Write options for QEMU up to 10.0: the first of a name counts, and what is unknown is ignored."""
    items: list[str] = []
    for name, value in _given(inet):
        if name == "to":
            items.append(f"to={_decimal(source, int(value))}")
        elif value is True:
            items.append(name + source.choice(("=on", "")))
        else:
            items.append(f"{name}=off")
    first = {item.partition("=")[0] for item in items}
    items = _shuffled(source, items)
    while source.one_in(6):
        items.insert(source.below(len(items) + 1), source.choice(_IGNORED))
    while items and source.one_in(8):
        name = source.choice(items).partition("=")[0]
        if name in first:
            items.append(f"{name}={source.choice(words.NUMBERS + words.BOOLEANS)}")  # not even checked
        else:
            items.append(source.choice(_IGNORED))
    text = "".join([f",{item}" for item in items])
    if items and items[-1].partition("=")[0] in _IGNORED and source.one_in(4):
        text += ","
    return text


def _decimal(source: Source, value: int) -> str:
    """Write `to` for QEMU up to 10.0: decimal, modulo 65536."""
    match source.below(8):
        case 5:
            return f"{source.choice(_BLANKS)}+{value}"
        case 6:
            return f"{source.choice(_BLANKS)}{'0' * (1 + source.below(3))}{value}"
        case 7:
            wrapped = value + 65536 * (1 + source.below(70000))
            return f"{wrapped - (1 << 40)}" if source.below(2) else f"{wrapped}"
        case _:
            return f"{value}"


def _listed(source: Source, inet: InetAddress) -> str:
    """Write options for QEMU since 10.1: the last of a name counts, and each must be known."""
    items: list[str] = []
    for name, value in _given(inet):
        if name in words.NUMBER_OPTIONS:
            items.append(f"{name}={_integer(source, int(value), 16 if name == 'to' else 32)}")
        else:
            items.append(_flag(source, name, on=bool(value)))
    items = _shuffled(source, items)
    while items and source.one_in(6):  # one more in front, which does not count
        name = source.choice(_NAMES)
        if name in (item.partition("=")[0] for item in items):
            earlier = (
                f"{name}={source.below(1 << 16)}"
                if name in words.NUMBER_OPTIONS
                else _flag(source, name, on=bool(source.below(2)))
            )
            items.insert(0, earlier)
    if source.one_in(12):
        items.insert(
            source.below(len(items) + 1), f"id={source.choice(words.LETTERS)}{source.below(1 << 30)}"
        )
    return "".join([f",{item}" for item in items]) + ("," if source.one_in(12) else "")


def _flag(source: Source, name: str, *, on: bool) -> str:
    match source.below(5):
        case 3:
            return name if on else f"no{name}"
        case 4:
            return f"{name}={source.choice(_ON if on else _OFF)}"
        case _:
            return f"{name}={'on' if on else 'off'}"


def _integer(source: Source, value: int, bits: int) -> str:
    """Write a number for QEMU since 10.1: any base of C, cut to its size."""
    match source.below(10):
        case 5:
            return f"{source.choice(_BLANKS)}+{value}"
        case 6:
            return f"0x{value:x}" if source.below(2) else f"0X{value:08X}"
        case 7:
            return f"0{value:o}"
        case 8:
            return f"0b{value:b}"
        case 9:
            wrapped = value + (1 << bits) * (1 + source.below(70000))
            return f"{wrapped}" if source.below(2) else f"-{(1 << bits) - value}"
        case _:
            return f"{value}"


def _file(source: Source, address: FileAddress, plain: str) -> str:
    if not address.offset:
        return (
            f"{plain},offset={source.choice(('0', '0K', '0x0', '.0', '00'))}" if source.one_in(4) else plain
        )
    start, _, _ = plain.rpartition("=")
    return f"{start}={_size(source, address.offset)}"


def _size(source: Source, value: int) -> str:
    """Write an offset: decimal, hexadecimal, with a suffix, or with a fraction of one."""
    sign = source.choice(("", "", "", "+", " ", "\t+"))
    match source.below(6):
        case 3:
            return f"{sign}{value}{source.choice(('B', 'b', '.', '.0', '.00B'))}"
        case 4:
            return f"{sign}0x{value:x}"
        case 5:
            suffix, shift = source.choice(_SUFFIXES)
            whole, rest = divmod(value, 1 << shift)
            if not rest:
                return f"{sign}{whole}{suffix}"
            if rest == 1 << shift - 1:
                return f"{sign}{whole}.5{suffix}"
            return f"{sign}{value}"
        case _:
            return f"{value}"
