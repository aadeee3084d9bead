"""StratoVirt's migration URI: its QMP command `migrate` and its option `-incoming`.

    uri    = scheme ":" rest [",mapped=" ("true" | "false")]
    scheme = "tcp" | "Tcp" | "TCP" | "unix" | "Unix" | "UNIX" | "file" | "File" | "FILE"
    rest   = ipv4 ":" port | path          ; of tcp; of unix and file
    ipv4   = four numbers up to 255, without leading zeros
    port   = ["+"] 1*digit                 ; up to 65535
    path   = characters without ":", "," and "="

A file is a directory to StratoVirt, which holds the snapshot. `mapped` says how it is loaded: `parse` leaves
it aside, `options` gives it. The rules are those of the source of April 2026
(machine_manager/src/config/incoming.rs). Stricter here: an empty path, and what follows the one option that
StratoVirt reads, which it throws away, are refused.
"""

from __future__ import annotations

import re
from typing import Final, NoReturn

from migaddr.carets import shortened
from migaddr.errors import InexpressibleError, ParseError
from migaddr.model import (
    ExecAddress,
    FdAddress,
    FileAddress,
    InetAddress,
    MigrateAddress,
    RdmaAddress,
    UnixAddress,
    VsockAddress,
    not_an_address,
)
from migaddr.qmp.members import given
from migaddr.releases import LATEST, ReleaseLike, as_release
from migaddr.uri.cursor import Cursor

_TARGET: Final = "a StratoVirt migration URI"
_PORT_MAX: Final = 65535
_NOT_UTF8: Final = re.compile("[\udc80-\udcff]")
_PORT: Final = re.compile(r"\+?([0-9]+)")
_BYTE: Final = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4: Final = re.compile(rf"{_BYTE}(?:\.{_BYTE}){{3}}")
_SCHEMES: Final = {
    spelled: name for name in ("tcp", "unix", "file") for spelled in (name, name.capitalize(), name.upper())
}


def parse(text: str, release: ReleaseLike = LATEST) -> MigrateAddress:
    """Read a URI as StratoVirt does.

    The release is that of a QEMU to which the address may go; every one gets the same.

    :raises ParseError: StratoVirt refuses the text, or would throw a part of it away.
    :raises UnknownReleaseError: as `Release.parse`.
    """
    as_release(release)
    return _Reader(text).read()[0]


def options(text: str) -> dict[str, str]:
    """Give what stands beside the address: `mapped` and its value, or nothing.

    :raises ParseError: as `parse`.
    """
    return _Reader(text).read()[1]


class _Reader:
    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = Cursor(text, None).text
        found = _NOT_UTF8.search(self.text)
        if found is not None:
            self.error("StratoVirt takes UTF-8 only", found.start(), found.end())

    def error(self, reason: str, start: int, end: int, hint: str | None = None) -> NoReturn:
        raise ParseError(reason, self.text, start, end, hint=hint)

    def read(self) -> tuple[MigrateAddress, dict[str, str]]:
        text = self.text
        first, comma, rest = text.partition(",")
        scheme, colon, _ = first.partition(":")
        if not colon:
            said = f"StratoVirt answers: Invalid incoming config {shortened(first)}"
            hint = f"write unix:{text}" if text.startswith("/") else "begin with tcp:, unix: or file:"
            self.error(f"there is no scheme ({said})", 0, len(first), hint)
        kind = _SCHEMES.get(scheme)
        if kind is None:
            lowered = scheme.strip().lower()
            hint = "begin with tcp:, unix: or file:"
            if lowered in _SCHEMES:
                hint = f"write {lowered}{text[len(scheme) :]}"
            self.error("StratoVirt has no such scheme", 0, len(scheme), hint)
        found = self._read_option(rest, len(first) + 1) if comma else {}
        at = len(scheme) + 1
        equals = text.find("=", at, len(first))
        if equals >= 0:
            reason = "StratoVirt takes what follows '=' for an option"
            self.error(reason, equals, len(first), "name the file otherwise")
        if kind == "tcp":
            return self._read_tcp(at, len(first)), found
        path = first[at:]
        if not path:
            self.error("the path is missing", at, at, f"write {kind}:PATH")
        if ":" in path:
            colon_at = at + path.index(":")
            self.error("a path must not hold a colon", colon_at, colon_at + 1, "name the file otherwise")
        if path[0] == "-":
            self.error(
                "StratoVirt takes what begins with '-' for an option", at, at + 1, f"write {kind}:./{path}"
            )
        return (UnixAddress(path) if kind == "unix" else FileAddress(path)), found

    def _read_tcp(self, start: int, end: int) -> MigrateAddress:
        text = self.text
        host, colon, port = text[start:end].rpartition(":")
        if not colon:
            self.error("the port is missing", end, end, f"write {text[:end]}:4444{text[end:]}")
        middle = start + len(host)
        if _IPV4.fullmatch(host) is None:
            reason = "StratoVirt takes IPv4 addresses only"
            if "[" in host or host.count(":") > 1:
                reason += ", not an IPv6 address"
            elif ":" in host:
                reason = "there is a colon too many"
            elif any(c.isalpha() for c in host):
                reason += ", not a name"
            hint = "write four numbers: tcp:127.0.0.1:4444"
            if host.startswith("//"):  # as libvirt writes it
                hint = f"write {text[:start]}{text[start + 2 :]}"
            self.error(reason, start, middle, hint)
        found = _PORT.fullmatch(port)
        number = found[1].lstrip("0") if found is not None else ""
        if found is None or len(number) > 5 or int(number or "0") > _PORT_MAX:
            hint = f"write {text[: middle + 1]}4444{text[end:]}"
            self.error("the port must be a number up to 65535", middle + 1, end, hint)
        return InetAddress(host, number or "0")

    def _read_option(self, rest: str, at: int) -> dict[str, str]:
        option, comma, _ = rest.partition(",")
        name, _, value = option.partition("=")
        end = at + len(option)
        if name != "mapped":
            hint = "leave it out" if name else "leave the comma out"
            self.error("a comma ends the address, and mapped is the only option", at, end, hint)
        if value not in ("true", "false"):
            self.error(
                "mapped must be true or false", at + len(name), end, "write mapped=true or mapped=false"
            )
        if comma:
            self.error("StratoVirt throws away what follows one option", end, len(self.text), "leave it out")
        return {"mapped": value}


def format(value: MigrateAddress, release: ReleaseLike = LATEST) -> str:  # noqa: A001 -- as str has one
    """Write an address as a URI that StratoVirt reads as this address.

    :raises InexpressibleError: StratoVirt has no such migration, or no place for a member.
    :raises UnknownReleaseError: as `Release.parse`.
    """
    as_release(release)
    match value:
        case InetAddress():
            return f"tcp:{_tcp(value)}"
        case UnixAddress(path, abstract=abstract, tight=tight):
            if abstract:
                _refuse(value, "its unix: cannot name an abstract socket")
            if abstract is not None or tight is not None:
                name = "abstract" if abstract is not None else "tight"
                _refuse(value, f"unix: has no option for {name}; it means nothing here, leave it out")
            return f"unix:{_path(path, value)}"
        case FileAddress(filename, offset=offset):
            if offset:
                _refuse(value, "its file: has no offset")
            return f"file:{_path(filename, value)}"
        case ExecAddress() | FdAddress() | VsockAddress() | RdmaAddress():
            _refuse(value, "StratoVirt migrates over tcp, unix and to a file only")
        case _:
            raise not_an_address(value)


def _tcp(address: InetAddress) -> str:
    for name in given(address):
        _refuse(address, f"it has no place for {name}")
    if _IPV4.fullmatch(address.host) is None:
        _refuse(address, "it takes IPv4 addresses only")
    port = address.port
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and int(port) <= _PORT_MAX):
        _refuse(address, "its port is a number up to 65535")
    if port != str(int(port)):
        _refuse(address, "it would take the zeros from the port")
    return f"{address.host}:{port}"


def _path(path: str, address: UnixAddress | FileAddress) -> str:
    if not path:
        _refuse(address, "it needs a path")
    if path[0] == "-":
        _refuse(address, "a path that begins with '-' is an option to it")
    for special in ":,=":
        if special in path:
            _refuse(address, f"the path holds {special!r}, which ends it")
    if _NOT_UTF8.search(path) is not None:
        _refuse(address, "StratoVirt takes UTF-8 only")
    return path


def _refuse(address: MigrateAddress, reason: str) -> NoReturn:
    raise InexpressibleError(address, _TARGET, reason)
