"""One value of the option `-incoming`: which of its languages it is in, reading it, and writing it.

up to 9.2:  value = "defer" | uri
since 10.0: value = "defer" | uri | json | keyval
            uri   = *ALPHA ":" *byte         ; the bytes before the first colon are letters, or none
            json  = "{" *byte                ; one channel, an object
            keyval                           ; one channel, whose first key may be left out: channel-type
"""

from __future__ import annotations

import enum
import json
import re
from collections.abc import Callable
from typing import Final, Literal, TypeAlias, final

from migaddr.errors import AddressError, InexpressibleError, ParseError, WireError
from migaddr.incoming import keyval, qemu_json, visitor
from migaddr.model import (
    UNSPEAKABLE,
    ChannelType,
    ExecAddress,
    FdAddress,
    FileAddress,
    InetAddress,
    MigrateAddress,
    MigrateChannel,
    RdmaAddress,
    SocketAddress,
    UnixAddress,
    VsockAddress,
)
from migaddr.qmp import members, qapi
from migaddr.releases import RELEASES, Release
from migaddr.uri import format_uri, parse_uri
from migaddr.uri.scheme import parse_inet


@final
class Defer(enum.Enum):
    """The type of DEFER."""

    DEFER = "defer"
    """Its only value."""

    def __repr__(self) -> str:
        return "DEFER"


DEFER: Final = Defer.DEFER
"""`-incoming defer`: the address comes later, with the command migrate-incoming."""

Form: TypeAlias = Literal["uri", "keyval", "json"]
"""How a channel is written."""

_NAME: Final = "-incoming"
_IMPLIED_KEY: Final = "channel-type"
_RDMA: Final = "rdma:"
_URI: Final = re.compile(r"[A-Za-z]*:")
_FORMS: Final = ("uri", "keyval", "json")


def read_value(text: str, release: Release) -> tuple[MigrateChannel, ...] | Defer:
    """Read one value of the option: see `migaddr.incoming.parse`."""
    text = _checked(text)
    if text == "defer":
        return DEFER
    if not release.incoming_takes_channels or _URI.match(text) is not None:
        return (MigrateChannel(ChannelType.MAIN, _read_uri(text, release)),)
    if text.startswith("{"):
        return (_read_json(text, release),)
    return (_read_keyval(text, release),)


def _checked(text: str) -> str:
    if not isinstance(text, str):
        raise ParseError(f"a value of -incoming is a str, not {type(text).__name__}", "", 0, 0)
    found = re.search(UNSPEAKABLE, text)
    if found is not None:
        what = "a NUL character" if found[0] == "\0" else "a lone surrogate"
        raise ParseError(f"a command line cannot hold {what}", str.__str__(text), *found.span())
    return str.__str__(text)  # what a subclass (an Enum) is, not how it formats


def _read_uri(text: str, release: Release) -> MigrateAddress:
    if release.incoming_takes_channels and text.startswith(_RDMA):
        _check_rdma(text, release)
    try:
        return parse_uri(text, release)
    except ParseError as error:
        like_channels = text.startswith("{") or (_URI.match(text) is None and "addr." in text)
        if release.incoming_takes_channels or not like_channels:
            raise
        since = next(known for known in RELEASES if known.incoming_takes_channels)
        reason = f"channels came to -incoming with QEMU {since}; this is {release}"
        raise ParseError(reason, text, 0, len(text), error.qemu_message, hint="give it a URI") from None


def _check_rdma(text: str, release: Release) -> None:
    """Read what follows `rdma:`: a fault there ends QEMU with its words, before the crash of the commands.

    :raises ParseError: there is one.
    """
    behind = len(_RDMA)
    try:
        parse_inet(text[behind:], release)
    except ParseError as error:
        start, end = error.start + behind, error.end + behind
        raise ParseError(error.reason, text, start, end, error.qemu_message, hint=error.hint) from None


def _read_keyval(text: str, release: Release) -> MigrateChannel:
    try:
        return visitor.read_channel(text, keyval.read_keyval(text, _IMPLIED_KEY), release)
    except ParseError as error:
        meant = _meant(text, release)
        if meant is None:
            raise
        raise ParseError(
            error.reason, text, error.start, error.end, error.qemu_message, error.crashes_qemu, meant
        ) from None


def _meant(text: str, release: Release) -> str | None:
    """Hint at the URI, or `defer`, that a text was perhaps meant to be."""
    if text.strip() == "defer" or text.lower() == "defer":
        return "write defer"
    scheme = text.strip().partition(":")[0].lower()
    if ":" in text and scheme in release.uri_schemes:
        return f"a URI begins with {scheme}: and nothing in front of it"
    return "write defer, a URI, or the channel's type first: main,addr.transport=..." if not text else None


def _read_json(text: str, release: Release) -> MigrateChannel:
    value = qemu_json.read_object(text, release.json_reader)
    kind, addr = qapi.read_channel(value, "", release)
    if addr is not None:
        return MigrateChannel(kind, addr)
    main = kind is ChannelType.MAIN  # only its program is run
    raise WireError("must not be empty", "addr.args", None, main, "name a program to run")


def write_value(channel: MigrateChannel, form: Form | None, release: Release) -> str:
    """Write one channel as one value of the option.

    :raises InexpressibleError: no form, or not this one, says exactly this channel to this release.
    """
    takes_channels = release.incoming_takes_channels
    if form is not None:
        forms: tuple[str, ...] = (form,)
    elif channel.channel_type is ChannelType.MAIN:
        forms = ("uri", "keyval") if takes_channels else ("uri",)
    else:
        forms = ("keyval",)
    refused: InexpressibleError | None = None
    for one in forms:
        try:
            return _WRITERS[one](channel, release)
        except InexpressibleError as error:
            refused = error  # of the last form, which can say most
    assert refused is not None  # there is a form
    reason = refused.reason
    if not takes_channels and form is None:
        since = next(known for known in RELEASES if known.incoming_takes_channels)
        reason += f"; -incoming takes channels since QEMU {since}"
    raise InexpressibleError((channel,), target(release), reason) from None


def target(release: Release) -> str:
    """Name what is written, for errors."""
    return f"{_NAME} for QEMU {release}"


def check_form(form: object) -> None:
    """Check what a caller asks for.

    :raises AddressError: there is no such form.
    """
    if form is not None and form not in _FORMS:
        raise AddressError("form", f"must be one of {', '.join(_FORMS)}, or None")


def _write_uri(channel: MigrateChannel, release: Release) -> str:
    if channel.channel_type is not ChannelType.MAIN:
        reason = f"a URI is a main channel, not a {channel.channel_type.value} channel"
        raise InexpressibleError((channel,), _NAME, reason)
    return format_uri(channel.addr, release)


def _write_json(channel: MigrateChannel, release: Release) -> str:
    _check_takes(channel, release)
    value = {"channel-type": channel.channel_type.value, "addr": qapi.write_address(channel.addr, release)}
    return json.dumps(value, ensure_ascii=False)


def _write_keyval(channel: MigrateChannel, release: Release) -> str:
    _check_takes(channel, release)
    address = channel.addr
    part: SocketAddress | ExecAddress | FileAddress
    match address:
        case InetAddress():
            tags, part, shape = "socket,addr.type=inet", address, members.inet_shape(release.inet_members)
        case UnixAddress():
            tags, part, shape = "socket,addr.type=unix", address, members.unix_shape(release.unix_members)
        case VsockAddress():
            tags, part, shape = "socket,addr.type=vsock", address, members.VSOCK
        case FdAddress():
            tags, part, shape = "socket,addr.type=fd", address, members.FD
        case ExecAddress():
            tags, part, shape = "exec", address, members.EXEC
        case RdmaAddress(inet):
            tags, part, shape = "rdma", inet, members.inet_shape(release.inet_members)
        case FileAddress():  # pragma: no branch -- the type checkers know of no other
            tags, part, shape = "file", address, members.FILE
    if (reason := members.lacking(part, shape)) is not None:
        raise InexpressibleError(address, target(release), reason)
    written = [channel.channel_type.value, f"addr.transport={tags}"]
    for member in (*shape.required, *shape.optional):
        value = getattr(part, member.attribute)
        if isinstance(value, tuple):
            written += [f"addr.{member.wire}.{i}={_escaped(item)}" for i, item in enumerate(value)]
        elif value is not None:
            written.append(f"addr.{member.wire}={_escaped(value)}")
    return ",".join(written)


def _escaped(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value).replace(",", ",,")


def _check_takes(channel: MigrateChannel, release: Release) -> None:
    if not release.incoming_takes_channels:
        raise InexpressibleError((channel,), target(release), "it takes URIs only")
    if channel.channel_type not in release.channel_types:
        reason = f"it has no {channel.channel_type.value} channels"
        raise InexpressibleError((channel,), target(release), reason)


_WRITERS: Final[dict[str, Callable[[MigrateChannel, Release], str]]] = {
    "uri": _write_uri,
    "keyval": _write_keyval,
    "json": _write_json,
}
