"""`host:port,option...` as QEMU reads it up to 10.0: three address shapes, then substring searches.

inet    = address rest
address = ":" port | "[" bhost "]:" port | host ":" port     ; chosen by the first character
host    = 1*64 bytes without ":"
bhost   = 1*64 bytes without "]"
port    = 1*32 bytes without ","                              ; bytes past 32 are skipped
rest    = anything; searched for the first ",to=", ",ipv4", ",ipv6", ",keep-alive", ",mptcp",
          in this order; what stands between them is ignored
to      = *blank ["+" | "-"] 1*DIGIT (end | ",")              ; modulo 65536
flag    = ("" | "=on" | "=off") (end | "," and no second ",")
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from migaddr.errors import ParseError
from migaddr.model import UINT16_MAX, InetAddress
from migaddr.uri.cursor import Cursor, byte_length, first_bytes, with_port
from migaddr.uri.inet_notes import note_address

if TYPE_CHECKING:
    from migaddr.uri.trace import Trace

HOST_BYTES: Final = 64
PORT_BYTES: Final = 32
HINT: Final = "write host:port, with an IPv6 address as [::1]:4444"

_TO: Final = re.compile(r"[ \t\n\v\f\r]*([+-]?)([0-9]+)(?=,|\Z)")
_FLAGS: Final = {"ipv4": "ipv4", "ipv6": "ipv6", "keep-alive": "keep_alive", "mptcp": "mptcp"}
_LATER_NAMES: Final = frozenset(
    {"addr", "id", "to", *_FLAGS, "numeric", "keep-alive-count", "keep-alive-idle", "keep-alive-interval"}
)
_EMPTY: Final = re.compile(r",+(?=,|\Z)")
_LONG_MAX: Final = 2**63 - 1


def read_inet(cursor: Cursor, start: int) -> InetAddress:
    """Read `cursor.text[start:]`.

    :raises ParseError: QEMU up to 10.0 refuses it; `qemu_message` is what it says after `tcp:`.
    """
    text = cursor.text
    first = text[start : start + 1]
    if first == ":":
        host, port_start = "", start + 1
        what = "port in address"
    elif first == "[":
        host, port_start = _bracketed(cursor, start)
        what = "IPv6 address"
    else:
        host, port_start = _plain(cursor, start)
        what = "address"
    port_end = text.find(",", port_start)
    if port_end < 0:
        port_end = len(text)
    if port_end == port_start:
        hint = with_port(text, port_start, colon=False)
        raise _bad_address(cursor, start, what, "the port is missing", (port_start, port_start), hint)
    port = written = text[port_start:port_end]
    if len(port) > PORT_BYTES // 4 and byte_length(port) > PORT_BYTES:
        port = first_bytes(port, PORT_BYTES)
    if cursor.trace is not None:
        kept = port_start + _common_length(written, port)
        _note_port(cursor.trace, start, host, port, (port_start, kept, port_end))
    if port_end == len(text):
        return InetAddress(host, port)
    return _with_options(cursor, host, port, port_end)


def _bracketed(cursor: Cursor, start: int) -> tuple[str, int]:
    text = cursor.text
    close = text.find("]", start + 1)
    if close < 0:
        fault = (start, start + 1)
        raise _bad_address(cursor, start, "IPv6 address", "the bracket is not closed", fault)
    host = text[start + 1 : close]
    if not host:
        fault = (start, close + 1)
        reason = "there is no host between the brackets"
        raise _bad_address(cursor, start, "IPv6 address", reason, fault)
    _check_length(cursor, start, "IPv6 address", host, start + 1)
    if text[close + 1 : close + 2] != ":":
        fault = (close + 1, close + 2)
        reason = "after ']' comes ':' and the port"
        raise _bad_address(cursor, start, "IPv6 address", reason, fault)
    return host, close + 2


def _plain(cursor: Cursor, start: int) -> tuple[str, int]:
    text = cursor.text
    colon = text.find(":", start)
    if colon < 0:
        fault = (len(text), len(text))
        hint = with_port(text, len(text), colon=True)
        raise _bad_address(cursor, start, "address", "the ':' and the port are missing", fault, hint)
    host = text[start:colon]
    _check_length(cursor, start, "address", host, start)
    return host, colon + 1


def _check_length(cursor: Cursor, start: int, what: str, host: str, host_start: int) -> None:
    if len(host) > HOST_BYTES // 4 and byte_length(host) > HOST_BYTES:
        reason = f"the host is longer than {HOST_BYTES} bytes, the most that QEMU up to 10.0 reads"
        raise _bad_address(cursor, start, what, reason, (host_start, host_start + len(host)))


def _bad_address(
    cursor: Cursor, start: int, what: str, reason: str, fault: tuple[int, int], hint: str = HINT
) -> ParseError:
    return cursor.error(
        reason,
        fault[0],
        min(fault[1], len(cursor.text)),
        f"error parsing {what} '{cursor.text[start:]}'",
        hint,
    )


def _with_options(cursor: Cursor, host: str, port: str, options: int) -> InetAddress:
    text = cursor.text
    to = None
    flags: dict[str, bool] = {}
    used: dict[int, str] = {}
    at = text.find(",to=", options)
    if at >= 0:
        to = _read_to(cursor, at + len(",to="))
        used[at] = "to"
    for name, member in _FLAGS.items():
        at = text.find(f",{name}", options)
        if at >= 0:
            flags[member] = _read_flag(cursor, name, at + 1 + len(name))
            used[at] = name
    if cursor.trace is not None:
        _note_options(cursor.trace, text, options, used)
    return InetAddress(host, port, to=to, **flags)


def _read_to(cursor: Cursor, start: int) -> int:
    found = _TO.match(cursor.text, start)
    if found is None:
        end = cursor.text.find(",", start)
        raise cursor.error(
            "to= takes a decimal port number",
            start,
            end if end >= 0 else len(cursor.text),
            "error parsing to= argument",
            "write to=4450",
        )
    digits = found[2].lstrip("0")
    value = int(digits or "0") if len(digits) < 20 else _LONG_MAX + 1
    # glibc's scanf saturates at a long
    value = max(-value, -_LONG_MAX - 1) if found[1] == "-" else min(value, _LONG_MAX)
    wrapped = value & UINT16_MAX
    if cursor.trace is not None and wrapped != value:
        cursor.trace.surprise("to-wraps", start, found.end(), f"QEMU keeps it modulo 65536: to is {wrapped}")
    return wrapped


def _read_flag(cursor: Cursor, name: str, start: int) -> bool:
    text = cursor.text
    end = text.find(",", start)
    doubled = end >= 0 and text[end + 1 : end + 2] == ","
    if end < 0:
        end = len(text)
    value = text[start:end] if end - start <= len("=off") else "too long"
    if doubled or value not in ("", "=on", "=off"):
        raise cursor.error(
            f"{name} is followed by two commas"
            if doubled and value in ("", "=on", "=off")
            else f"{name} is either on or off",
            start,
            end + 2 if doubled else end,
            f"error parsing '{name}' flag '{text[start:]}'",
            f"write {name}=on or {name}=off",
        )
    return value != "=off"


def _note_port(trace: Trace, start: int, host: str, port: str, bounds: tuple[int, int, int]) -> None:
    """Note host and port; `bounds` are where the port starts, where QEMU cuts it, and where it ends."""
    port_start, kept, port_end = bounds
    bracketed = port_start - start == len(host) + len("[]:")
    host_start = start + bracketed
    host_span = (host_start, host_start + len(host))
    note_address(trace, host, host_span, port, (port_start, kept), bracketed=bracketed)
    if kept != port_end:
        trace.part("dropped", kept, port_end)
        trace.surprise(
            "port-cut",
            kept,
            port_end,
            f"QEMU up to 10.0 keeps {PORT_BYTES} bytes of a port and skips the rest",
        )


def _common_length(written: str, kept: str) -> int:
    """Count the characters that both begin with: a character cut in two is not among them."""
    return next((i for i, c in enumerate(kept) if c != written[i]), len(kept))


def _note_options(trace: Trace, text: str, options: int, used: dict[int, str]) -> None:
    """Name every option: the first of its name counts, everything else is ignored."""
    at = options
    while at < len(text):
        empty = _EMPTY.match(text, at)
        if empty is not None:  # as one, however many there are
            trace.surprise("ignored-option", at, empty.end(), "QEMU up to 10.0 ignores an empty option")
            at = empty.end()
            continue
        end = text.find(",", at + 1)
        if end < 0:
            end = len(text)
        item = text[at + 1 : end]
        name = used.get(at)
        if name is not None:
            trace.part(name, at + 1, end)
        else:
            trace.part("ignored", at + 1, end)
            before = next((used[i] for i in used if i < at and _repeats(item, used[i])), None)
            if before is not None:
                trace.surprise(
                    "duplicate-option",
                    at + 1,
                    end,
                    f"the first {before} counts; this one is not even checked",
                )
            else:
                trace.surprise("ignored-option", at, end, f"QEMU up to 10.0 ignores it{_later(item)}")
        at = end


def _repeats(item: str, name: str) -> bool:
    return item.startswith("to=") if name == "to" else item.partition("=")[0] == name


def _later(item: str) -> str:
    """Say what becomes of an ignored option since 10.1."""
    name, equals, _ = item.partition("=")
    if not equals and name.startswith("no"):
        name = name[2:]
    if name in _LATER_NAMES:
        return f"; since 10.1 it is the option {name}"
    return "; since 10.1 it is an error"
