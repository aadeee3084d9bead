"""`host:port,option...` as QEMU reads it since 10.1: a list of options, each of which must be known.

    inet    = [first *("," item)] [","]
    first   = name "=" value | value          ; a bare value is that of "addr"
    item    = name "=" value | flag
    flag    = name | "no" name                ; "on" | "off"
    value   = *(byte but "," | ",,")          ; ",," is one comma
    name    = "addr" | "to" | "numeric" | "ipv4" | "ipv6" | "keep-alive" | "mptcp" | "id"
            | "keep-alive-count" | "keep-alive-idle" | "keep-alive-interval"
    addr    = "[" host "]:" port              ; where the whole text starts with "[": first "]:" splits
            | [host] ":" port                 ; otherwise: first ":" splits
    bool    = "on" | "yes" | "true" | "y" | "off" | "no" | "false" | "n"
    number  = *blank ["+" | "-"] ("1".."9" *DIGIT | "0" *octal | "0x" hex | "0b" binary)
    id      = ALPHA *(ALPHA | DIGIT | "-" | "." | "_")

Every item is checked, from left to right, before the address is looked at; the last of a name counts. An
"id" is looked for first, in a separate pass that knows no bare value: the doubled comma in `h,,id=9:1` ends
an item there (seen on 11.1). Numbers wrap: `to` at 2**16, the keep-alive ones at 2**32.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from migaddr.errors import ParseError
from migaddr.model import UINT16_MAX, UINT32_MAX, UINT64_MAX, InetAddress
from migaddr.uri.cursor import Cursor, byte_length, with_port
from migaddr.uri.inet_notes import Span, note_address
from migaddr.uri.integer import read_integer

if TYPE_CHECKING:
    from migaddr.uri.trace import Trace

_ITEM: Final = re.compile(r"([^=,]*)(?:=([^,]*(?:,,[^,]*)*))?,?")
LISTENED_PORT_BYTES: Final = 32

_MOST_REPEATS: Final = 64
_ID: Final = r"[A-Za-z][A-Za-z0-9\-._]*"  # compiled when an id is first met
_BOOL: Final[dict[str, bool]] = {
    "on": True,
    "yes": True,
    "true": True,
    "y": True,
    "off": False,
    "no": False,
    "false": False,
    "n": False,
}
_ATTRIBUTES: Final = {
    "numeric": "numeric",
    "to": "to",
    "ipv4": "ipv4",
    "ipv6": "ipv6",
    "keep-alive": "keep_alive",
    "keep-alive-count": "keep_alive_count",
    "keep-alive-idle": "keep_alive_idle",
    "keep-alive-interval": "keep_alive_interval",
    "mptcp": "mptcp",
}
_LARGEST: Final = {
    "to": UINT16_MAX,
    "keep-alive-count": UINT32_MAX,
    "keep-alive-idle": UINT32_MAX,
    "keep-alive-interval": UINT32_MAX,
}
"""Those options that are numbers, and to what they are cut; the others are flags."""


def read_inet(cursor: Cursor, start: int) -> InetAddress:
    """Read `cursor.text[start:]`.

    :raises ParseError: QEMU since 10.1 refuses it; `qemu_message` is what it says after `tcp:`.
    """
    text = cursor.text
    if "id" in text:
        _check_id(cursor, start)
    places: dict[str, Span] = {}  # where each name stood last, for those who ask
    end = text.find(",", start)
    if end < 0:
        end = len(text)
    if text.find("=", start, end) < 0:  # the first item has no name: it is the address
        while text.startswith(",,", end):
            end = text.find(",", end + 2)
            if end < 0:
                end = len(text)
        addr, span, rest = text[start:end].replace(",,", ","), (start, end), end + 1
        if cursor.trace is not None:
            _note_item(cursor.trace, text, "addr", start, start, end, places)
    else:
        addr, span, rest = "", (len(text), len(text)), start
    if rest >= len(text):
        return InetAddress(*_split(cursor, start, addr, span))
    options, found = _read_items(cursor, rest, places)
    host, port = _split(cursor, start, *(found or (addr, span)))
    return InetAddress(host, port, **options)


def _read_items(
    cursor: Cursor, rest: int, places: dict[str, Span]
) -> tuple[dict[str, Any], tuple[str, Span] | None]:
    """Read the items from `rest` on: attribute -> bool or int, as its table says, and the last addr."""
    text, trace = cursor.text, cursor.trace
    options: dict[str, Any] = {}
    addr = None
    repeats: dict[str, tuple[str, Any]] = {}  # items seen, so that a hostile text cannot have them read again
    while rest < len(text):  # a comma at the very end starts no item
        item = _item(text, rest)
        rest = item.end()
        raw, name, value = item.group(0, 1, 2)
        if raw in repeats and trace is None:
            same, options[same] = repeats[raw]
            continue
        if value is None:
            name, value = _read_flag(name)
        elif ",," in value:
            value = value.replace(",,", ",")
        attribute = _ATTRIBUTES.get(name)
        if attribute is not None:
            largest = _LARGEST.get(name)
            options[attribute] = kept = (
                _read_bool(cursor, name, value, item)
                if largest is None
                else _read_number(cursor, name, value, item, largest)
            )
            if len(repeats) < _MOST_REPEATS:
                repeats[raw] = attribute, kept
        elif name == "addr":
            addr = value, _value_span(item)
        elif name != "id":  # an id is checked already, and no part of the address
            raise _unknown(cursor, name, item)
        if trace is not None:
            _note_item(trace, text, name, item.start(), *_value_span(item), places)
    return options, addr


def _item(text: str, start: int) -> re.Match[str]:
    """Read the item that begins here, and the comma behind it."""
    item = _ITEM.match(text, start)
    assert item is not None  # it matches the empty string
    return item


def _read_flag(flag: str) -> tuple[str, str]:
    """Give the name and the value of an item without a value."""
    return (flag[2:], "off") if flag.startswith("no") else (flag, "on")


def _value_span(item: re.Match[str]) -> Span:
    """Tell where an item's value stands: a flag's at its end."""
    return item.span(2) if item[2] is not None else (item.end(1), item.end(1))


def find_id(text: str, start: int) -> tuple[str, Span] | None:
    """Find the first id as QEMU's own first pass sees it: its value, and where it stands."""
    while start < len(text):
        item = _item(text, start)
        start = item.end()
        name, value = item.groups()
        if value is None:
            name, value = _read_flag(name)
        if name == "id":
            return value.replace(",,", ","), _value_span(item)
    return None


def _check_id(cursor: Cursor, start: int) -> None:
    found = find_id(cursor.text, start)
    if found is not None and re.fullmatch(_ID, found[0]) is None:
        raise cursor.error(
            "an id is a letter, then letters, digits, '-', '.' or '_'",
            *found[1],
            "Parameter 'id' expects an identifier",
            "leave id out: an address has no use for it",
        )


def _read_bool(cursor: Cursor, name: str, value: str, item: re.Match[str]) -> bool:
    flag = _BOOL.get(value)
    if flag is None:
        raise cursor.error(
            f"{name} is either on or off",
            *_value_span(item),
            f"Parameter '{name}' expects 'on' or 'off'",
            f"write {name}=on or {name}=off",
        )
    return flag


def _read_number(cursor: Cursor, name: str, value: str, item: re.Match[str], largest: int) -> int:
    found = read_integer(value)
    if found is None:
        raise cursor.error(
            f"{name} takes a number",
            *_value_span(item),
            f"Parameter '{name}' expects a number",
            f"write {name}={_decimal(value)}",
        )
    meant, base = found
    if abs(meant) > UINT64_MAX:
        raise cursor.error(
            f"{name} is more than 2**64 - 1",
            *_value_span(item),
            f"Value '{value}' is too large for parameter '{name}'",
            f"write {name}={largest} or less",
        )
    kept = meant & largest
    if cursor.trace is not None:
        _note_number(cursor.trace, name, meant, kept, base, _value_span(item))
    return kept


def _decimal(value: str) -> str:
    """Give what a number that C does not read was perhaps meant to be: `08` is no octal one."""
    digits = value.strip()
    return str(int(digits)) if digits.isascii() and digits.isdigit() and len(digits) < 20 else "1"


def _note_number(trace: Trace, name: str, meant: int, kept: int, base: int, span: Span) -> None:
    if kept != meant:
        code = "to-wraps" if name == "to" else "keep-alive-wraps"
        trace.surprise(code, *span, f"QEMU keeps less of the number: {name} is {kept}")
    elif base == 8 and kept > 7:
        trace.surprise("octal-number", *span, f"a leading 0 means octal: {name} is {kept}")
    elif base == 2:
        message = f"read as {kept} where QEMU was built with glibc 2.38 or later, else an error"
        trace.surprise("binary-number", *span, message)


def _unknown(cursor: Cursor, name: str, item: re.Match[str]) -> ParseError:
    if ":" in name and item[2] is not None:
        hint = "a '=' before the first comma makes an option of it: "
        # behind addr= brackets are no brackets any more
        hint += "channels can say it" if name.startswith("[") else "put addr= in front"
    elif ":" in name:
        hint = "a comma inside the host or the port is written twice"
    else:
        hint = _near(name)
    return cursor.error(
        "an option that QEMU does not know" if name else "an empty option",
        item.start(),
        _value_span(item)[1],
        f"Invalid parameter '{name}'",
        hint,
    )


def _near(name: str) -> str:
    """Hint at the option that was perhaps meant."""
    known = sorted({"addr", *_ATTRIBUTES})
    import difflib  # for errors alone

    near = difflib.get_close_matches(name.lower().strip(), known, n=1, cutoff=0.75) if len(name) < 40 else []
    return f"write {near[0]}" if near else f"QEMU 10.1 and later know {', '.join(known)}"


def _split(cursor: Cursor, start: int, addr: str, addr_span: Span) -> tuple[str, str]:
    """Split the address; brackets count only where the whole text, not the address, starts with one."""
    if cursor.text.startswith("[", start):
        bracketed, closing = True, "]:"
        at = addr.find(closing)
        host, port = addr[1:at], addr[at + 2 :]
    else:
        bracketed, closing = False, ":"
        host, _, port = addr.partition(closing)
        at = len(host) if port else addr.find(closing)
    if at < 0 or not port or (bracketed and not host):
        kind = "IPv6 address" if bracketed else "address"
        fault = (addr_span[1], addr_span[1])
        hint = with_port(cursor.text, addr_span[1], colon=at < 0)
        if at < 0:
            reason = f"the '{closing}' and the port are missing"
            if bracketed:
                hint = _closed(cursor.text, addr_span)
        elif bracketed and at < 2:
            reason, fault = "there is no host between the brackets", addr_span
            hint = "write a host between them, or :4444 for an empty one"
        else:
            reason = "the port is missing"
        raise cursor.error(
            reason,
            *fault,
            f"error parsing {kind} '{addr}'",
            hint,
        )
    if cursor.trace is not None:
        raw = cursor.text[addr_span[0] : addr_span[1]]
        host_end = addr_span[0] + _raw_index(raw, at)
        host_span = (addr_span[0] + bracketed, host_end)
        port_span = (host_end + len(closing), addr_span[1])
        note_address(cursor.trace, host, host_span, port, port_span, bracketed=bracketed)
        if byte_length(port) > LISTENED_PORT_BYTES:
            message = f"the address keeps it whole, but a listener uses {LISTENED_PORT_BYTES} bytes of it"
            cursor.trace.surprise("port-cut", *port_span, message)
    return host, port


def _closed(text: str, addr: Span) -> str:
    """Hint at the same URI with the bracket closed, a colon and a port: `[::1`, `[::1]4444`."""
    end = text.find("]", *addr) + 1
    if len(text) > 200 or (end or addr[1]) - addr[0] < (3 if end else 2):
        return "write host:port, with an IPv6 address as [::1]:4444"
    if not end:
        return f"write {text[: addr[1]]}]:4444{text[addr[1] :]}"
    return f"write {text[:end]}:{text[end : addr[1]] or 4444}{text[addr[1] :]}"


def _raw_index(raw: str, index: int) -> int:
    """Find where character `index` of the value stands in the text, where commas are doubled."""
    at = 0
    for _ in range(index):
        at += 2 if raw.startswith(",,", at) else 1
    return at


def _note_item(
    trace: Trace,
    text: str,
    name: str,
    start: int,
    value_start: int,
    end: int,
    seen: dict[str, Span],
) -> None:
    if name != "addr":
        trace.part(name if name != "id" else "ignored", start, end)
    if name == "addr" and text.startswith("addr=", start):
        message = "addr= names the address: up to 10.0 it would be a part of the host"
        trace.surprise("address-key", start, end, message)
    if name == "id":
        trace.surprise(
            "id-registered",
            start,
            end,
            "the address does not keep it, but a second use in the same QEMU process fails: Duplicate ID",
        )
    elif name in seen:
        trace.surprise("duplicate-option", *seen[name], f"the last {name} counts, not this one")
    seen[name] = (start, end)
    if name != "addr" and text.startswith(f"no{name}", start):
        trace.surprise("negated-flag", start, end, f"read as {name}=off")
    if ",," in text[value_start:end]:
        trace.surprise("doubled-comma", value_start, end, "a doubled comma is one literal comma")
    if end + 1 == len(text) and text[end] == ",":
        trace.surprise("ignored-option", end, end + 1, "a trailing comma is ignored")
