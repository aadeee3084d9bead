"""The prefixes of a migration URI, and the schemes that have no language of their own.

    uri   = "tcp:" inet | "rdma:" inet | "unix:" path | "vsock:" cid ":" port | "fd:" name
          | "exec:" command | "file:" filename [",offset=" size]
    path, name = 1*byte               ; everything that follows, nothing is an option
    command    = *byte
    cid        = 1*32 bytes without ":"
    port       = 1*32 bytes without ","
    filename   = *byte                ; up to the first ",offset="

A prefix matches byte for byte. Nothing is decoded or trimmed, and `//` has no meaning.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeAlias

from migaddr.errors import ParseError
from migaddr.model import (
    ExecAddress,
    FdAddress,
    FileAddress,
    InetAddress,
    MigrateAddress,
    RdmaAddress,
    UnixAddress,
    VsockAddress,
)
from migaddr.releases import (
    LATEST,
    InetSyntax,
    Release,
    ReleaseLike,
    UnknownScheme,
    as_release,
    first_release,
)
from migaddr.uri import inet_options, inet_scan
from migaddr.uri.cursor import Cursor, byte_length
from migaddr.uri.size import BadSize, read_size

if TYPE_CHECKING:
    from migaddr.uri.trace import Part, Surprise, Trace

_Reader: TypeAlias = Callable[[Cursor, int, Release], MigrateAddress]

VSOCK_BYTES: Final = 32
OFFSET_OPTION: Final = ",offset="
SHELL: Final = ("/bin/sh", "-c")

_INET: Final[dict[InetSyntax, Callable[[Cursor, int], InetAddress]]] = {
    InetSyntax.SCAN: inet_scan.read_inet,
    InetSyntax.OPTIONS: inet_options.read_inet,
}


def parse_uri(uri: str, release: ReleaseLike = LATEST) -> MigrateAddress:
    """Read a migration URI exactly as this QEMU release reads it.

    What QEMU drops or changes silently is dropped or changed here too; `uri_surprises` lists it. The
    address is the one that `migrate-incoming` makes (on releases without channels, the equal of it).

    :raises ParseError: the release refuses the URI, or dies of it (`crashes_qemu`).
    :raises UnknownReleaseError: as `Release.parse`.
    """
    return _read(Cursor(uri, None), as_release(release))


def parse_inet(text: str, release: Release) -> InetAddress:
    """Read what follows `tcp:` or `rdma:` alone.

    :raises ParseError: the release refuses it there.
    """
    return _INET[release.inet_syntax](Cursor(text, None), 0)


def uri_surprises(uri: str, release: ReleaseLike = LATEST) -> tuple[Surprise, ...]:
    """List what this release silently ignores, cuts, wraps or does differently, in order of place.

    A URI that the release refuses loudly is for `parse_uri` to report: here it has the surprises met up
    to the fault, and where `migrate` answers otherwise than `migrate-incoming`, one that says so.

    :raises ParseError: `uri` is no str.
    :raises UnknownReleaseError: as `Release.parse`.
    """
    return tuple(sorted(_traced(uri, release).surprises, key=lambda s: (s.start, s.end)))


def uri_parts(uri: str, release: ReleaseLike = LATEST) -> tuple[Part, ...]:
    """Name the parts that this release sees in the URI, in order of place, as far as it can be read.

    :raises ParseError: `uri` is no str.
    :raises UnknownReleaseError: as `Release.parse`.
    """
    return tuple(sorted(_traced(uri, release).parts, key=lambda p: (p.start, p.end)))


def _traced(uri: str, release: ReleaseLike) -> Trace:
    from migaddr.uri.trace import Trace  # those who only want the address need none

    trace = Trace()
    known = as_release(release)
    if not isinstance(uri, str):
        raise ParseError(f"a URI is a str, not {type(uri).__name__}", "", 0, 0)
    with contextlib.suppress(ParseError):  # parse_uri raises it for those who ask for an address
        _read(Cursor(uri, trace), known)
    return trace


def _read(cursor: Cursor, release: Release) -> MigrateAddress:
    scheme, colon, _ = cursor.text.partition(":")
    if not colon or scheme not in release.uri_schemes:
        raise _unknown_scheme(cursor, scheme if colon else None, release)
    if cursor.trace is not None:
        cursor.trace.part("scheme", 0, len(scheme))
    return _READERS[scheme](cursor, len(scheme) + 1, release)


def _read_tcp(cursor: Cursor, start: int, release: Release) -> MigrateAddress:
    if release.tcp_reads_schemes:
        scheme, colon, _ = cursor.text[start : start + len("vsock:")].partition(":")
        if colon and scheme in _AFTER_TCP:
            inner = start + len(scheme) + 1
            if cursor.trace is not None:
                cursor.trace.part("scheme", start, inner - 1)
                cursor.trace.surprise(
                    "second-scheme",
                    start,
                    inner,
                    f"QEMU up to 8.1 obeys a second prefix after tcp: this is {scheme}:, not a host",
                )
            if scheme == "fd":
                return _read_socket_fd(cursor, inner)
            if scheme != "tcp":
                return _READERS[scheme](cursor, inner, release)
            start = inner
    return _INET[release.inet_syntax](cursor, start)


def _read_rdma(cursor: Cursor, start: int, release: Release) -> MigrateAddress:
    try:
        inet = _INET[release.inet_syntax](cursor, start)
        if cursor.trace is not None:
            _note_unused(cursor.trace)
        return RdmaAddress(inet)
    except ParseError as error:
        if release.bad_rdma_uri_crashes:
            raise ParseError(
                f"{error.reason} (QEMU would say: {error.qemu_message}, but frees a wrong pointer first)",
                error.text,
                error.start,
                error.end,
                None,
                True,
                error.hint,
            ) from None
        message = f"RDMA ERROR: bad RDMA migration address '{cursor.text[start:]}'"
        raise cursor.error(error.reason, error.start, error.end, message, error.hint) from None


def _note_unused(trace: Trace) -> None:
    for part in trace.parts:
        if part.name not in ("scheme", "host", "port", "ignored", "dropped"):
            message = "the address keeps it, but for rdma: QEMU uses host and port alone"
            trace.surprise("unused-option", part.start, part.end, message)


def _read_unix(cursor: Cursor, start: int, _: Release) -> MigrateAddress:
    path = cursor.text[start:]
    if not path:
        raise cursor.error(
            "the path is missing",
            start,
            start,
            "invalid Unix socket address",
            "write unix:/path/to/socket",
        )
    if cursor.trace is not None:
        end = len(cursor.text)
        cursor.trace.part("path", start, end)
        if path.startswith("@"):
            cursor.trace.surprise(
                "literal-path",
                start,
                start + 1,
                "'@' is part of the file's name: only channels can name an abstract socket",
            )
        for mark in (",", "?"):
            at = path.find(mark)
            if at >= 0 and "=" in path[at:]:
                cursor.trace.surprise(
                    "literal-path",
                    start + at,
                    end,
                    "unix: has no options: this is part of the file's name",
                )
    return UnixAddress(path)


def _read_vsock(cursor: Cursor, start: int, _: Release) -> MigrateAddress:
    text = cursor.text
    cid, colon, rest = text[start:].partition(":")
    port, comma, _options = rest.partition(",")
    port_at = start + len(cid) + len(colon)
    end = port_at + len(port)
    if not cid:
        raise _bad_vsock(cursor, start, "the CID is missing", (start, start))
    if byte_length(cid) > VSOCK_BYTES:
        reason = f"the CID is longer than {VSOCK_BYTES} bytes"
        raise _bad_vsock(cursor, start, reason, (start, start + len(cid)))
    if not port:
        raise _bad_vsock(cursor, start, "the port is missing", (port_at, port_at))
    if byte_length(port) > VSOCK_BYTES:
        reason = f"the port is longer than {VSOCK_BYTES} bytes"
        raise _bad_vsock(cursor, start, reason, (port_at, end), "trailing characters in")
    if comma:
        reason = "vsock: has no options"
        raise _bad_vsock(cursor, start, reason, (end, len(text)), "trailing characters in")
    if cursor.trace is not None:
        cursor.trace.part("cid", start, port_at - 1)
        cursor.trace.part("port", port_at, end)
    return VsockAddress(cid, port)


def _bad_vsock(
    cursor: Cursor, start: int, reason: str, fault: tuple[int, int], what: str = "error parsing"
) -> ParseError:
    answer = f"{what} address '{cursor.text[start:]}'"
    return cursor.error(reason, *fault, answer, "write vsock:CID:PORT, such as vsock:2:1234")


def _read_fd(cursor: Cursor, start: int, release: Release) -> MigrateAddress:
    name = cursor.text[start:]
    if not name and not release.empty_fd_uri:
        raise _empty_fd(cursor)
    if cursor.trace is not None:
        cursor.trace.part("name", start, len(cursor.text))
        if name[:1] in set("0123456789"):
            cursor.trace.surprise(
                "fd-number",
                start,
                len(cursor.text),
                "a number only incoming: migrate looks for a getfd name, and none begins with a digit",
            )
    return FdAddress(name)


def _read_socket_fd(cursor: Cursor, start: int) -> MigrateAddress:
    """Read the name after `tcp:fd:`, which up to 8.1 is a getfd name in both directions."""
    if start == len(cursor.text):
        raise _empty_fd(cursor)
    if cursor.trace is not None:
        cursor.trace.part("name", start, len(cursor.text))
    return FdAddress(cursor.text[start:])


def _empty_fd(cursor: Cursor) -> ParseError:
    end = len(cursor.text)
    return cursor.error(
        "the name is missing",
        end,
        end,
        "invalid file descriptor address",
        "write fd:NAME, a name given to getfd",
    )


def _read_exec(cursor: Cursor, start: int, _: Release) -> MigrateAddress:
    if cursor.trace is not None:
        cursor.trace.part("command", start, len(cursor.text))
    return ExecAddress((*SHELL, cursor.text[start:]))


def _read_file(cursor: Cursor, start: int, _: Release) -> MigrateAddress:
    filename, option, offset = cursor.text[start:].partition(OFFSET_OPTION)
    name_end = start + len(filename)
    trace = cursor.trace
    if trace is not None:
        trace.part("filename", start, name_end)
        _note_filename(trace, filename, start)
    if not option:
        return FileAddress(filename)
    at = name_end + len(OFFSET_OPTION)
    size = read_size(offset)
    if isinstance(size, BadSize):
        raise cursor.error(
            f"the offset {size.reason}",
            at if size.stop >= len(offset) else at + size.stop,
            len(cursor.text),
            f"file URI has bad offset {offset}: {size.strerror}",
            f"write {OFFSET_OPTION}4096 or {OFFSET_OPTION}4K, as the last thing",
        )
    value, rounded = size
    if trace is not None:
        trace.part("offset", at, len(cursor.text))
        if rounded:
            trace.surprise("offset-rounded", at, len(cursor.text), f"rounded to whole bytes: {value}")
    return FileAddress(filename, offset=value)


def _note_filename(trace: Trace, filename: str, start: int) -> None:
    """Note what looks like an offset and is part of the name."""
    lowered = filename.lower()
    at = lowered.find("offset")
    separator = lowered.rfind(",", 0, at + 1) if at >= 0 else -1
    if separator < 0 and at > 0 and lowered[at - 1] in "?&;":
        separator = at - 1
    if separator >= 0:
        trace.surprise(
            "literal-filename",
            start + separator,
            start + len(filename),
            f"only the exact text '{OFFSET_OPTION}' starts an offset: this is part of the file's name",
        )


def _unknown_scheme(cursor: Cursor, scheme: str | None, release: Release) -> ParseError:
    text = cursor.text
    if cursor.trace is not None and release.unknown_scheme is not UnknownScheme.SAME_ERROR:
        cursor.trace.surprise(
            "migrate-answers-otherwise",
            0,
            len(text) if scheme is None else len(scheme) + 1,
            "migrate reports success and does nothing"
            if release.unknown_scheme is UnknownScheme.NO_ERROR
            else "migrate answers: Parameter 'uri' expects a valid migration protocol",
        )
    reason, hint = _scheme_advice(text, scheme, release)
    end = len(text) if scheme is None else len(scheme)
    return cursor.error(reason, 0, end, f"unknown migration protocol: {text}", hint)


def _scheme_advice(text: str, scheme: str | None, release: Release) -> tuple[str, str]:
    schemes = ", ".join(f"{name}:" for name in sorted(release.uri_schemes))
    if text == "defer":
        return "defer is no URI", "only the option -incoming takes it; give the address here"
    if text.startswith("\ufeff"):
        return "the text begins with a byte order mark", "take it away"
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return "the quotes belong to the URI here", f"write {text[1:-1]}"
    if text.lstrip()[:1] in ("{", "["):
        return "this looks like JSON, not like a URI", "it belongs in channels, not in uri"
    if scheme is None:
        return "there is no scheme", f"begin with one of {schemes}"
    if scheme in LATEST.uri_schemes:
        since = first_release("uri_schemes", scheme)
        return (
            f"{scheme}: came with QEMU {since}; this is {release}",
            f"begin with one of {schemes}",
        )
    meant = scheme.strip().lower().removeprefix("x-")
    if meant in release.uri_schemes:
        return "the scheme must be written exactly", f"write {meant}:{text[len(scheme) + 1 :]}"
    rest = text[len(scheme) + 1 :]
    if rest.isascii() and rest.isdigit() and len(rest) <= 5:
        return "there is no scheme", f"write tcp:{text}"
    if text.startswith("/"):
        return "a path alone is no URI", f"write unix:{text}"
    return "QEMU has no such scheme", f"begin with one of {schemes}"


_READERS: Final[dict[str, _Reader]] = {
    "tcp": _read_tcp,
    "rdma": _read_rdma,
    "unix": _read_unix,
    "vsock": _read_vsock,
    "fd": _read_fd,
    "exec": _read_exec,
    "file": _read_file,
}
_AFTER_TCP: Final = frozenset({"unix", "fd", "vsock", "tcp"})
