"""libvirt's migration URI: the third URI of a migration (`virsh migrate --migrateuri`).

    uri    = ("tcp" | "rdma") "://" host [":" port] ["/"]
           | "tcp:" host [":" port]           ; as libvirt sends it to old peers
           | host [":" port]                  ; the Xen driver puts tcp:// in front
           | "unix://" path                   ; path begins with "/"
           | "unix:" path                     ; path may be relative
    host   = "[" 1*char "]" | 1*(unreserved | escape | sub-delims)
    path   = 1*(unreserved | escape | sub-delims | ":" | "@" | "/")
    port   = 1*digit                          ; up to 65535
    escape = "%" hexdigit hexdigit            ; one byte

The scheme is written in small letters. Escapes are undone; brackets go when there is a ":" between them. The
rules are those of libvirt's QEMU driver (qemuMigrationDstPrepareDirect, virURIParse) and of libxml2's
xmlParseURI, of which 2.9.14 is compared in the tests. What libvirt reads and throws away (a user, a query, a
fragment, a host before a path) is refused here, and so is a port that it would wrap at 65536.

Where there is no port, or port 0, libvirt chooses one when it migrates, by default from 49152 on. QEMU has no
such thing: give `default_port`.
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

_TARGET: Final = "a libvirt migration URI"
_SCHEMES: Final = ("tcp", "rdma", "unix")
_PORT_MAX: Final = 65535
_INT_MAX: Final = 2**31 - 1
_FIRST_PORT: Final = "49152"

_PLAIN: Final = r"A-Za-z0-9\-._~!*'()$&+,;="
"""What stands for itself in a host and a path, as a set of a regular expression."""
_ESCAPE: Final = re.compile("%([0-9A-Fa-f]{2})")
_HOST: Final = re.compile(f"(?:[{_PLAIN}]|%[0-9A-Fa-f]{{2}})*")
_AUTHORITY: Final = re.compile(r"[^/?#\[]*(?:\[[^\]]*(?:\][^/?#]*)?)?")
_PATH: Final = re.compile(f"(?:[{_PLAIN}:@/]|%[0-9A-Fa-f]{{2}})*")
_IPV6: Final = re.compile("[0-9A-Fa-f]*(?::[0-9A-Fa-f]*){2,}")
_HOSTLESS: Final = re.compile(
    rf"(?::[0-9]{{1,9}})?(?:/(?:[{_PLAIN}:@/]|%[0-9A-Fa-f]{{2}})*)?"
    rf"(?:\?(?:[{_PLAIN}:@/?]|%[0-9A-Fa-f]{{2}})*)?(?:#(?:[{_PLAIN}:@/?\[\]]|%[0-9A-Fa-f]{{2}})*)?"
)
_SCHEME: Final = re.compile("([A-Za-z][A-Za-z0-9+.-]*):")
_BARE: Final = re.compile(r"(?:\[[^\]]*\]|[^:/?#\[\]@]+)(?::[0-9]*)?")
_NOT_PLAIN: Final = re.compile(f"[^{_PLAIN}]")
_NOT_IN_BRACKETS: Final = re.compile(f"[^{_PLAIN}:]")
_NOT_IN_PATH: Final = re.compile(f"[^{_PLAIN}:@/]")


def parse(text: str, release: ReleaseLike = LATEST, *, default_port: str | None = None) -> MigrateAddress:
    """Read a migration URI as libvirt's QEMU driver does, and give the address that QEMU gets from it.

    `default_port` is taken where the URI has no port, which libvirt would choose. The release is that of
    the QEMU behind libvirt; every one gets the same.

    :raises ParseError: libvirt refuses the text, or it would throw a part of it away; or it would choose the
        port and there is no `default_port`.
    :raises AddressError: `default_port` is not text.
    :raises UnknownReleaseError: as `Release.parse`.
    """
    as_release(release)
    return _Reader(Cursor(text, None).text, default_port).read()


class _Reader:
    """One text being read; `at` arguments are places in it."""

    __slots__ = ("default_port", "text")

    def __init__(self, text: str, default_port: str | None) -> None:
        self.text = text
        self.default_port = default_port

    def error(self, reason: str, start: int, end: int, hint: str | None = None) -> NoReturn:
        raise ParseError(reason, self.text, start, end, hint=hint)

    def unparsable(self, why: str, start: int, end: int, hint: str | None = None) -> NoReturn:
        said = f"Unable to parse URI {shortened(self.text)}"
        self.error(f"{why} (libvirt answers: {said})", start, end, hint)

    def read(self) -> MigrateAddress:
        text = self.text
        scheme = _SCHEME.match(text)
        name = scheme[1] if scheme is not None else ""
        if name not in _SCHEMES:
            return self._read_without(name)
        at = len(name) + 1
        if name == "unix":
            return self._read_unix(at)
        if text.startswith("//", at):
            return self._read_inet(name, at + 2)
        if name == "tcp":
            return self._read_inet(name, at)
        self._no_host(at, f"write {name}://{text[at:].lstrip('/') or 'HOST:PORT'}", within_path="/")

    def _read_without(self, scheme: str) -> MigrateAddress:
        text = self.text
        lowered = scheme.lower()
        if _BARE.fullmatch(text) is not None and text not in _OTHERS and lowered not in _NOT_HOSTS:
            return self._read_inet("tcp", 0)
        if not scheme:
            self._no_scheme()
        at = len(scheme) + 1
        said = f"libvirt answers: unsupported scheme {shortened(scheme)} in migration URI {shortened(text)}"
        if lowered in _SCHEMES:
            reason, hint = "the scheme must be written in small letters", f"write {lowered}:{text[at:]}"
        elif _IPV6.fullmatch(text) is not None:
            reason, hint = "an IPv6 address needs brackets", f"write tcp://{_bracketed(text)}"
        elif lowered.partition("+")[0] in _DRIVERS or "+" in scheme:
            reason = "this is a connection URI, with which libvirt finds a host, not a migration URI"
            hint = f"give it as the destination; as the migration URI write tcp://{self._host_of(at)}"
        elif lowered in _OTHERS:
            reason, hint = f"libvirt has no {lowered} migration", _OTHERS[lowered]
        else:
            reason = "libvirt has no such scheme"
            hint = f"write tcp://{self._host_of(at)}, rdma:// or unix:///PATH"
        self.error(f"{reason} ({said})", 0, len(scheme), hint)

    def _no_scheme(self) -> NoReturn:
        text = self.text
        if text.startswith("/"):
            said = f"libvirt answers: missing scheme in migration URI: {shortened(text)}"
            self.error(f"there is no scheme ({said})", 0, len(text), f"write unix://{text}")
        if text in _OTHERS:
            self.error(f"{text} is no migration URI", 0, len(text), _OTHERS[text])
        stripped = text.strip()
        if _IPV6.fullmatch(text) is not None:
            hint = f"write tcp://{_bracketed(text)}"
        elif stripped != text and _SCHEME.match(stripped) is not None:
            hint = f"write {stripped}"
        else:
            hint = "write tcp://HOST:PORT or unix:///PATH"
        self.unparsable("this is no URI", 0, len(text), hint)

    def _host_of(self, at: int) -> str:
        """Find the host of another URI, for a hint."""
        rest = self.text[at:]
        authority = re.split("[/?#]", rest[2:], maxsplit=1)[0].rpartition("@")[2] if rest[:2] == "//" else ""
        host = re.sub(":[0-9]*$", "", authority)
        return f"{host or 'HOST'}:{_FIRST_PORT}"

    # --- tcp and rdma ---------------------------------------------------------------------------------

    def _read_inet(self, scheme: str, start: int) -> MigrateAddress:
        text = self.text
        stop = _end(_AUTHORITY, text, start)
        bracket = text.find("[", start, stop)
        at = text.rfind("@", start, stop if bracket < 0 else bracket) + 1
        if at:
            reason = "a user has no meaning in a migration URI"
            self.error(reason, start, at, f"write {text[:start]}{text[at:]}")
        if start == stop:
            self._no_host(start, f"write {scheme}://{text[stop:].lstrip('/') or 'HOST:PORT'}")
        host, end = self._read_host(start, stop)
        self._check_rest(stop, "/")
        port = self._no_port(end, end) if end == stop else self._read_port(end + 1, stop)
        inet = InetAddress(host, port)
        return RdmaAddress(inet) if scheme == "rdma" else inet

    def _read_host(self, start: int, stop: int) -> tuple[str, int]:
        """Read the host; it ends at `stop` or at a colon."""
        text = self.text
        if text[start] == "[":
            closed = text.find("]", start, stop)
            if closed < 0:
                hint = f"write {text[:start]}[ADDRESS]:PORT"
                self.unparsable("the bracket is not closed", start, stop, hint)
            end = closed + 1
        else:
            end = _end(_HOST, text, start)
            if text[end:stop].count(":") > 1:
                hint = f"write {text[:start]}{_bracketed(text[start:stop])}{text[stop:]}"
                self.unparsable("an IPv6 address needs brackets", start, stop, hint)
        if end < stop and text[end] != ":":
            self._not_in_host(end, end if text[start] == "[" else start, stop)
        if end == start:
            self._no_host(start, f"write {text[:start]}HOST{text[start:]}")
        host = self._unescaped(start, end)
        if text[start] == "[" and ":" not in host:
            reason = "brackets are for an IPv6 address; libvirt keeps them around anything else"
            hint = f"write {text[:start]}{text[start + 1 : end - 1] or 'HOST'}{text[end:]}"
            self.error(reason, start, end, hint)
        if host[0] == "[" and host[-1] == "]" and ":" in host:
            host = host[1:-1]
        return host, end

    def _no_host(self, at: int, hint: str, within_path: str = "") -> NoReturn:
        said = f"missing host in migration URI: {shortened(self.text)}"
        if _HOSTLESS.fullmatch(within_path + self.text[at:]) is None:
            said = f"Unable to parse URI {shortened(self.text)}"
        self.error(f"there is no host (libvirt answers: {said})", at, at, hint)

    def _not_in_host(self, at: int, start: int, stop: int) -> NoReturn:
        text = self.text
        hint = None
        if not text[start:stop].isascii():
            hint = "write the name in its ASCII form, xn--..."
        elif text[at] == ",":
            hint = _LIKE_QEMU
        self.unparsable("this cannot stand in a host", at, at + 1, hint)

    def _read_port(self, start: int, stop: int) -> str:
        text = self.text
        end = start
        while end < stop and text[end] in _DIGITS:
            end += 1
        if start == stop:
            hint = f"write {text[:start]}{_FIRST_PORT}{text[stop:]}"
            self.unparsable("the port is missing", start, stop, hint)
        if end < stop:
            if text[end] == ",":
                self.unparsable("libvirt has no options", end, stop, f"write {text[:end]}{text[stop:]}")
            number = text[start:end].lstrip("0") or _FIRST_PORT
            hint = f"write {text[:start]}{number}{text[stop:]}"
            self.unparsable("the port must be a number", start, stop, hint)
        digits = text[start:end].lstrip("0")
        if not digits:
            return self._no_port(start, stop)
        if len(digits) > 10 or int(digits) > _INT_MAX:
            self.unparsable("a port is at most 65535", start, stop)
        if int(digits) > _PORT_MAX:
            wrapped = int(digits) % (_PORT_MAX + 1)
            self.error(f"a port is at most 65535: libvirt would listen on {wrapped}", start, stop)
        return digits

    def _no_port(self, start: int, end: int) -> str:
        if self.default_port is not None:
            return self.default_port
        text = self.text
        colon = ":" if start == end else ""
        self.error(
            "without a port libvirt chooses one when it migrates, which no QEMU address can say",
            start,
            end,
            f"write {text[:start]}{colon}{_FIRST_PORT}{text[end:]}, or give a default port",
        )

    # --- what follows ---------------------------------------------------------------------------------

    def _check_rest(self, at: int, meaningless: str) -> None:
        """Refuse what follows an address: libvirt would throw it away."""
        text = self.text
        if text[at:] in ("", meaningless):
            return
        what = {"/": "a path", "?": "a query", "#": "a fragment"}[text[at]]
        self.error(f"{what} has no meaning in a migration URI", at, len(text), f"write {text[:at]}")

    def _unescaped(self, start: int, end: int) -> str:
        part = self.text[start:end]
        if "%" not in part:
            return part
        nul = part.find("%00")
        if nul >= 0:
            self.error("%00 would end the text", start + nul, start + nul + 3)
        undone = _ESCAPE.sub(lambda found: chr(0xDC00 | int(found[1], 16)), part)
        # an escape is one byte; bytes that are UTF-8 together become the characters they stand for
        raw = b"".join(bytes([ord(c) & 0xFF]) if "\udc00" <= c <= "\udcff" else c.encode() for c in undone)
        return raw.decode("utf-8", "surrogateescape")

    # --- unix -----------------------------------------------------------------------------------------

    def _read_unix(self, at: int) -> MigrateAddress:
        text = self.text
        start = at
        if text.startswith("//", at):
            start = at + 2
            if not text.startswith("/", start) and start < len(text):
                host = re.split("[/?#]", text[start:], maxsplit=1)[0]
                reason = "two slashes begin a host, and a socket is on none"
                self.error(reason, start, start + len(host), f"write unix:///{text[start:]}")
        end = _end(_PATH, text, start)
        if end < len(text) and text[end] not in "?#":
            why = "this cannot stand in a URI" if text[end] != "%" else "this is no escape"
            escaped = f"{text[:end]}{_escaped(text[end:], _NOT_IN_PATH)}"
            self.unparsable(why, end, end + 1, f"write {escaped}")
        if end == start:
            self.error("the path is missing", start, start, "write unix:///PATH")
        self._check_rest(end, "")
        return UnixAddress(self._unescaped(start, end))


def _bracketed(text: str) -> str:
    """Guess what colons without brackets mean: the last part is the port, if the others are an address."""
    import ipaddress  # for errors alone

    address, _, port = text.rpartition(":")
    for host, number in ((address, port), (text, _FIRST_PORT)):
        try:
            ipaddress.IPv6Address(host)
        except ValueError:
            continue
        return f"[{host}]:{number or _FIRST_PORT}"
    return f"[ADDRESS]:{port or _FIRST_PORT}"


def _end(pattern: re.Pattern[str], text: str, start: int) -> int:
    """Find where the longest match ends that begins at `start`; the pattern matches the empty text too."""
    found = pattern.match(text, start)
    return start if found is None else found.end()


_DIGITS: Final = frozenset("0123456789")
_LIKE_QEMU: Final = "leave the options away: they are QEMU's, libvirt has none"
_OTHERS: Final = {
    "exec": "write tcp://HOST:PORT; only QEMU itself can run a command",
    "fd": "write tcp://HOST:PORT; libvirt passes descriptors to QEMU itself",
    "file": "write tcp://HOST:PORT; virsh save writes a file",
    "vsock": "write tcp://HOST:PORT",
    "x-rdma": "write rdma://HOST:PORT",
    "defer": "leave it out: libvirt does that itself",
}
"""QEMU's schemes that libvirt has not, and what to write."""
_NOT_HOSTS: Final = frozenset((*_SCHEMES, *_OTHERS))
_DRIVERS: Final = frozenset(
    ("qemu", "xen", "lxc", "vbox", "vz", "parallels", "bhyve", "ch", "hyperv", "test", "esx", "gsx", "vpx")
)
"""The names with which a connection URI begins."""


def format(value: MigrateAddress, release: ReleaseLike = LATEST) -> str:  # noqa: A001 -- as str has one
    """Write an address as a migration URI that libvirt reads as this address.

    :raises InexpressibleError: libvirt has no such migration, or no place for a member.
    :raises UnknownReleaseError: as `Release.parse`.
    """
    as_release(release)
    match value:
        case InetAddress():
            return f"tcp://{_inet(value, value)}"
        case RdmaAddress(inet):
            return f"rdma://{_inet(inet, value)}"
        case UnixAddress(path, abstract=abstract, tight=tight):
            if abstract or not path:
                what = "an abstract socket" if abstract else "an empty path"
                _refuse(value, f"libvirt's unix:// cannot name {what}")
            if abstract is not None or tight is not None:
                name = "abstract" if abstract is not None else "tight"
                _refuse(value, f"unix:// has no option for {name}; it means nothing here, leave it out")
            return f"unix:{'//' if path[0] == '/' else ''}{_escaped(path, _NOT_IN_PATH)}"
        case ExecAddress():
            _refuse(value, "libvirt runs no command to migrate")
        case FdAddress():
            _refuse(value, "libvirt passes descriptors to QEMU itself")
        case VsockAddress():
            _refuse(value, "libvirt has no vsock migration")
        case FileAddress():
            _refuse(value, "libvirt saves to files by another command")
        case _:
            raise not_an_address(value)


def _inet(inet: InetAddress, address: InetAddress | RdmaAddress) -> str:
    for name in given(inet):
        _refuse(address, f"libvirt has no place for {name}")
    host, port = inet.host, inet.port
    if not host:
        _refuse(address, "libvirt needs a host")
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and 0 < int(port) <= _PORT_MAX):
        _refuse(address, "libvirt's port is a number from 1 to 65535")
    if port[0] == "0":
        _refuse(address, "libvirt would take the zeros from the port")
    if ":" in host:
        return f"[{_escaped(host, _NOT_IN_BRACKETS)}]:{port}"
    return f"{_escaped(host, _NOT_PLAIN)}:{port}"


def _escaped(text: str, special: re.Pattern[str]) -> str:
    return special.sub(
        lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode("utf-8", "surrogateescape")), text
    )


def _refuse(address: MigrateAddress, reason: str) -> NoReturn:
    raise InexpressibleError(address, _TARGET, reason)
