"""cloud-hypervisor's migration URL, and the parameters of `ch-remote` around it.

    text       = url | parameters
    url        = "tcp:" host ":" port | "tcp:[" host "]:" port | "unix:" path
    parameters = parameter *("," parameter)          ; as ch-remote takes them
    parameter  = name "=" value                      ; one of them destination_url or receiver_url
    port       = ["+"] 1*digit                       ; up to 65535

The last colon ends a host without brackets. In parameters a comma ends the value, except within brackets or
double quotes; quotes are taken away, a doubled one within quotes stays once; white space around a value goes;
of a parameter given twice the last counts. In the HTTP API, `destination_url` and `receiver_url` are the url
alone, where nothing but the prefix and the port is special; `parse` therefore refuses a url alone in which
ch-remote would see more than one parameter, or quotes, and `format` does not write one.

`parse` gives the address. The other parameters say how to migrate, not where to: `options` gives them. The
rules are those of the main branch of August 2026 (option_parser, vmm/src/api/mod.rs, vmm/src/migration).
"""

from __future__ import annotations

import re
from typing import Final, Literal, NamedTuple, NoReturn

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

_TARGET: Final = "a cloud-hypervisor migration URL"
_PORT_MAX: Final = 65535
_NOT_UTF8: Final = re.compile("[\udc80-\udcff]")
_COMMA: Final = re.compile(r"[^,\[]*(?=,)")
"""What stands before a comma that no bracket precedes."""
_PORT: Final = re.compile(r"\+?([0-9]+)")
_WHITE: Final = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
"""What Rust calls white space: less than what Python does."""
_OPTIONS: Final = {
    "destination_url": (
        "local",
        "preserve_source",
        "downtime_ms",
        "timeout_s",
        "timeout_strategy",
        "connections",
        "tls_dir",
        "memory_mode",
    ),
    "receiver_url": ("tls_dir", "memory_mode", "vfio_fds", "iommufd_fd", "zone_updates"),
}
"""The parameters beside each URL."""


_PREFIXES: Final = {
    "destination_url": "destination_url must use tcp:<host>:<port> or unix:<path>.",
    "receiver_url": "Expected receiver_url to either use `tcp` or `unix` prefix",
}
"""What cloud-hypervisor says of another prefix."""


class _Item(NamedTuple):
    """One parameter: where it begins and ends, and its value."""

    name: str
    start: int
    end: int
    value: str
    """Trimmed, quotes and all."""
    at: int
    """Where the trimmed value begins."""


def parse(text: str, release: ReleaseLike = LATEST) -> MigrateAddress:
    """Read a URL, alone or among the parameters of `ch-remote send-migration` or `receive-migration`.

    The release is that of a QEMU to which the address may go; every one gets the same.

    :raises ParseError: cloud-hypervisor refuses the text; or it reads a URL alone otherwise on its command
        line than in its API.
    :raises UnknownReleaseError: as `Release.parse`.
    """
    as_release(release)
    return _Reader(text).read()[0]


def options(text: str) -> dict[str, str]:
    """Give the parameters beside the URL: name to value, without quotes, as text that is not looked at.

    :raises ParseError: as `parse`.
    """
    return _Reader(text).read()[1]


class _Reader:
    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = Cursor(text, None).text
        found = _NOT_UTF8.search(self.text)
        if found is not None:
            self.error("cloud-hypervisor takes UTF-8 only", found.start(), found.end())

    def error(self, reason: str, start: int, end: int, hint: str | None = None) -> NoReturn:
        raise ParseError(reason, self.text, start, end, hint=hint)

    def read(self) -> tuple[MigrateAddress, dict[str, str]]:
        if self.text.startswith(("tcp:", "unix:")):
            return self._read_alone(), {}
        items = self._split()
        urls = [item for item in items if item.name in _OPTIONS]
        if not urls:
            self._no_url(items)
        url = urls[-1]
        allowed = (url.name, *_OPTIONS[url.name])
        for item in items:
            if item.name not in allowed:
                hint = f"known are {', '.join(allowed)}"
                said = f"cloud-hypervisor answers: Unknown option: {item.name}"
                self.error(f"there is no such parameter ({said})", item.start, item.end, hint)
            if not item.at:
                said = f"cloud-hypervisor answers: Invalid syntax: {item.name}"
                self.error(f"the value is missing ({said})", item.end, item.end, f"write {item.name}=VALUE")
        if not url.value:
            said = f"cloud-hypervisor answers: Invalid syntax: {url.name} is required"
            self.error(f"the URL is missing ({said})", url.at, url.at, "write tcp:HOST:PORT or unix:PATH")
        address = self._read_url(_unquoted(url.value), url.at, within=url)
        return address, {item.name: _unquoted(item.value) for item in items if item.name != url.name}

    def _read_alone(self) -> MigrateAddress:
        """Read a URL that is no parameter; refuse one that ch-remote would read otherwise."""
        text = self.text
        at = text.find('"')
        if at >= 0:
            self.error("quotes go on ch-remote's command line, but not in the API", at, at + 1)
        comma = _COMMA.match(text)
        if comma is not None:
            at = comma.end()
            hint = f"write destination_url={text}" if "=" in text[at:] else None
            if hint is None and text.startswith("unix:"):
                hint = f'write destination_url="{text}"'
            self.error("a comma ends a URL on ch-remote's command line, but not in the API", at, at + 1, hint)
        address = self._read_url(text, 0)
        at = len(text.rstrip(_WHITE))
        if at < len(text):
            self.error(
                "white space at the end goes on ch-remote's command line, but not in the API", at, len(text)
            )
        items = self._split()
        if len(items) > 1:
            at = items[0].end
            self.error("a comma ends a URL on ch-remote's command line, but not in the API", at, at + 1)
        return address

    def _no_url(self, items: list[_Item]) -> NoReturn:
        text = self.text
        first = items[0].name if items and items[0].at else ""
        scheme, colon, _ = text.partition(":")
        said, hint = _PREFIXES["destination_url"], _prefix_hint(text)
        if first in _OPTIONS["destination_url"]:
            said, hint = "Invalid syntax: destination_url is required", f"write destination_url=URL,{text}"
        elif first in _OPTIONS["receiver_url"]:
            said, hint = "Invalid syntax: receiver_url is required", f"write receiver_url=URL,{text}"
        end = len(scheme) if colon else len(text)
        self.error(f"there is no URL that it takes (cloud-hypervisor answers: {said})", 0, end, hint)

    def _split(self) -> list[_Item]:
        """Split as option_parser does: at commas outside of brackets and quotes."""
        text = self.text
        start = len(text) - len(text.lstrip(_WHITE))
        stop = len(text.rstrip(_WHITE))
        items: list[_Item] = []
        opened, quote = [], -1
        for at in range(start, stop):
            c = text[at]
            if c == '"':
                quote = at if quote < 0 else -1
            elif quote >= 0:
                continue
            elif c == "[":
                opened.append(at)
            elif c == "]":
                if not opened:
                    self._unbalanced("this bracket was not opened", at)
                opened.pop()
            elif c == "," and not opened:
                items.append(self._item(start, at))
                start = at + 1
        if quote >= 0:
            self._unbalanced("this quote is not closed", quote)
        if opened:
            self._unbalanced("this bracket is not closed", opened[-1])
        items.append(self._item(start, max(start, stop)))
        return items

    def _unbalanced(self, reason: str, at: int) -> NoReturn:
        self.error(f"{reason} (cloud-hypervisor answers: Invalid syntax: ...)", at, at + 1)

    def _item(self, start: int, end: int) -> _Item:
        name, equals, value = self.text[start:end].partition("=")
        if not equals:
            return _Item(name, start, end, "", 0)
        at = start + len(name) + 1
        at += len(value) - len(value.lstrip(_WHITE))
        return _Item(name, start, end, value.strip(_WHITE), at)

    # --- the url --------------------------------------------------------------------------------------

    def _read_url(self, url: str, base: int, within: _Item | None = None) -> MigrateAddress:
        """Read a URL that begins at `base`; one whose quotes are gone is shown as a whole."""
        if within is not None and url != within.value:
            span = (within.at, within.at + len(within.value))
        else:
            span = None
        if url.startswith("tcp:"):
            return self._read_tcp(url, base, span)
        path = url.removeprefix("unix:")
        if path == url or not path:
            start, end = span or (base, base + len(url))
            reason = "the path is missing" if path != url else "there is no URL that it takes"
            said = _PREFIXES["destination_url" if within is None else within.name]
            self.error(f"{reason} (cloud-hypervisor answers: {said})", start, end, _prefix_hint(url))
        return UnixAddress(path)

    def _read_tcp(self, url: str, base: int, span: tuple[int, int] | None) -> MigrateAddress:
        def refuse(said: str, start: int, end: int, hint: str) -> NoReturn:
            start, end = span or (base + start, base + end)
            self.error(f"{said[0].lower()}{said[1:]} (as cloud-hypervisor says)", start, end, hint)

        if url.startswith("[", 4):
            closed = url.find("]", 5)
            if closed < 0:
                refuse("Missing closing ']' for bracketed IPv6 address", 4, len(url), "write tcp:[HOST]:PORT")
            host, colon = url[5:closed], closed + 1
            if not url.startswith(":", colon):
                said = "Missing port separator after bracketed host"
                refuse(said, colon, len(url), f"write {url[:colon]}:PORT")
        else:
            colon = url.rfind(":", 4)
            if colon < 0:
                refuse("Missing TCP port", len(url), len(url), f"write {url if url[4:] else 'tcp:HOST'}:PORT")
            host = url[4:colon]
        port = url[colon + 1 :]
        if not host:
            refuse("Host must not be empty", 4, colon, "write tcp:0.0.0.0:PORT to listen everywhere")
        if not port:
            refuse("Port must not be empty", colon + 1, colon + 1, f"write {url}PORT")
        found = _PORT.fullmatch(port)
        number = found[1].lstrip("0") if found is not None else ""
        if found is None or len(number) > 5 or int(number or "0") > _PORT_MAX:
            refuse(f"Invalid TCP port: {port}", colon + 1, len(url), "write a number up to 65535")
        return InetAddress(host, number or "0")


def _prefix_hint(url: str) -> str:
    scheme, colon, rest = url.partition(":")
    meant = scheme.strip().lower()
    if colon and meant in ("tcp", "unix") and rest:
        return f"write {meant}:{rest}"
    if colon and meant == "file":
        return "write unix:PATH; files are for snapshot and restore"
    return "write tcp:HOST:PORT or unix:PATH"


def _unquoted(value: str) -> str:
    """Take quotes away, as option_parser does; two within quotes are one."""
    out: list[str] = []
    before, quoted = "", False
    for c in value:
        if c == '"':
            if before == '"' and not quoted:
                out.append(c)
            quoted = not quoted
        else:
            out.append(c)
        before = c
    return "".join(out)


def format(  # noqa: A001 -- as str has one
    value: MigrateAddress,
    release: ReleaseLike = LATEST,
    *,
    parameter: Literal["destination_url", "receiver_url"] | None = None,
) -> str:
    """Write an address as a URL, which means the same to ch-remote and in the API.

    With `parameter` it is written for ch-remote alone, as that parameter, in quotes where it needs them.

    :raises InexpressibleError: cloud-hypervisor has no such migration, or no place for a member; without
        `parameter`, the URL would need quotes on ch-remote's command line.
    :raises UnknownReleaseError: as `Release.parse`.
    """
    as_release(release)
    match value:
        case InetAddress():
            url = _tcp(value)
        case UnixAddress(path, abstract=abstract, tight=tight):
            if abstract or not path:
                what = "an abstract socket" if abstract else "an empty path"
                _refuse(value, f"its unix: cannot name {what}")
            if abstract is not None or tight is not None:
                name = "abstract" if abstract is not None else "tight"
                _refuse(value, f"unix: has no option for {name}; it means nothing here, leave it out")
            url = f"unix:{path}"
        case ExecAddress() | FdAddress() | VsockAddress() | RdmaAddress() | FileAddress():
            _refuse(value, "cloud-hypervisor migrates over tcp and unix only")
        case _:
            raise not_an_address(value)
    if _NOT_UTF8.search(url) is not None:
        _refuse(value, "cloud-hypervisor takes UTF-8 only")
    if parameter is None:
        if not _reads_as(url, value):
            _refuse(
                value, "ch-remote reads a comma, a quote, a bracket or white space in it; name a parameter"
            )
        return url
    written = f"{parameter}={url}"
    if not _reads_as(written, value):
        quoted = url.replace('"', '""')
        written = f'{parameter}="{quoted}"'
    return written


def _tcp(address: InetAddress) -> str:
    for name in given(address):
        _refuse(address, f"it has no place for {name}")
    host, port = address.host, address.port
    if not host:
        _refuse(address, "it needs a host")
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and int(port) <= _PORT_MAX):
        _refuse(address, "its port is a number up to 65535")
    if port != str(int(port)):
        _refuse(address, "it would take the zeros from the port")
    if ":" not in host and host[0] != "[":
        return f"tcp:{host}:{port}"
    if "]" in host:
        _refuse(address, "the host needs brackets, and holds ']', which ends them")
    return f"tcp:[{host}]:{port}"


def _reads_as(text: str, address: MigrateAddress) -> bool:
    try:
        return parse(text) == address
    except ParseError:
        return False


def _refuse(address: MigrateAddress, reason: str) -> NoReturn:
    raise InexpressibleError(address, _TARGET, reason)
