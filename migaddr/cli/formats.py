"""The spellings that the command line reads and writes, and how it tells them apart.

A value is channels, a whole command, or `defer`. Formats are text (a string in JSON lines), or JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Final, TypeAlias

from migaddr import cloud_hypervisor, hmp, incoming, libvirt, stratovirt
from migaddr.commands import (
    Command,
    Migrate,
    MigrateIncoming,
    MigrateRecover,
    command_from_qmp,
    command_to_qmp,
)
from migaddr.errors import InexpressibleError, WireError
from migaddr.model import ChannelType, MigrateAddress, MigrateChannel
from migaddr.qmp import (
    QAPI,
    Dialect,
    JsonObject,
    JsonValue,
    address_from_qmp,
    channels_from_qmp,
    channels_to_qmp,
    parse_json,
)
from migaddr.qmp.draft_v1 import DRAFT_V1
from migaddr.qmp.draft_v2 import DRAFT_V2
from migaddr.qmp.draft_v3 import DRAFT_V3
from migaddr.qmp.draft_v4 import DRAFT_V4
from migaddr.qmp.rfc import RFC
from migaddr.releases import LATEST, Release
from migaddr.uri import format_uri, parse_uri

Channels: TypeAlias = tuple[MigrateChannel, ...]
Value: TypeAlias = Channels | Command | incoming.Defer

URI: Final = "uri"
QMP: Final = "qmp"
HMP: Final = "hmp"
INCOMING: Final = "incoming"
_DIALECTS: Final[dict[str, Dialect[object]]] = {
    QMP: QAPI,
    "draft-v1": DRAFT_V1,
    "draft-v2": DRAFT_V2,
    "draft-v3": DRAFT_V3,
    "draft-v4": DRAFT_V4,
    "rfc": RFC,
}
_ADDRESS_READERS: Final[dict[str, Callable[[str, Release], MigrateAddress]]] = {
    URI: parse_uri,
    "libvirt": libvirt.parse,
    "cloud-hypervisor": cloud_hypervisor.parse,
    "stratovirt": stratovirt.parse,
}
_ADDRESS_WRITERS: Final[dict[str, Callable[[MigrateAddress, Release], str]]] = {
    "libvirt": libvirt.format,
    "cloud-hypervisor": cloud_hypervisor.format,
    "stratovirt": stratovirt.format,
}
FORMATS: Final = (URI, *_DIALECTS, HMP, INCOMING, *_ADDRESS_WRITERS)
TEXT_FORMATS: Final = frozenset({*_ADDRESS_READERS, HMP, INCOMING})

_HMP_LINE: Final = re.compile(r"[ \t]*migrate(?:_incoming|_recover)?[ \t]")
_OPTION: Final = re.compile(r"(?:.*[ \t])?-?-incoming[ \t=]")
_KEYVAL: Final = re.compile(r"(?:channel-type=)?(?:main|cpr),addr\.|(?:addr\.[a-z.\-]+|channel-type)=")


def is_json(text: str) -> bool:
    """Tell whether a text is meant as JSON: no URI begins with a bracket."""
    return text.lstrip(" \t\r\n").startswith(("{", "["))


def detect_text(text: str) -> str:
    """Tell which format a text is in that is no JSON: a URI, unless it can only be something else."""
    if _HMP_LINE.match(text):
        return HMP
    if text == "defer" or _OPTION.match(text) or _KEYVAL.match(text):
        return INCOMING
    return URI


def detect(value: JsonValue) -> str:
    """Tell which format a JSON value is in: a string is a URI, and only a draft has a draft's names."""
    if isinstance(value, str):
        return detect_text(value)
    as_list = isinstance(value, list)
    channel = value[0] if isinstance(value, list) and value else value
    if not isinstance(channel, dict):
        return QMP
    addr = channel.get("addr", channel.get("dest-addr", channel))
    if not isinstance(addr, dict):
        addr = {}
    if "dest-addr" in channel or (addr.get("transport") == "exec" and "str" in addr):
        return "rfc"
    if {"exec-str", "rdma-str"} & set(addr):
        return "draft-v1"
    if "data" in addr:
        return "draft-v3" if addr.get("transport") == "socket" else "draft-v2"
    if "socket-type" in addr:
        return "draft-v1"
    if "channeltype" in channel:
        return "draft-v4" if as_list or {"args", "type"} & set(addr) else "draft-v1"
    return QMP


def read_text(text: str, source: str | None, release: Release) -> tuple[str, Value]:
    """Read a text in the format `source`, or in the one that it looks like; say which it was.

    :raises ParseError: it is not of that format, or no JSON.
    :raises WireError: the JSON is nothing of the kind.
    """
    if source is None:
        source = None if is_json(text) else detect_text(text)
    if source not in TEXT_FORMATS:
        return read_value(parse_json(text), source, release)
    return source, _read_as(source, text, release)


def _read_as(source: str, text: str, release: Release) -> Value:
    if source == HMP:
        return hmp.parse(text, release)
    if source == INCOMING:
        if not _OPTION.match(text):
            return incoming.parse(text, release)
        found = incoming.parse_shell(text, release)
        if isinstance(found, incoming.Defer):
            return found
        channels = tuple(item for item in found if isinstance(item, MigrateChannel))
        if len(channels) != len(found):
            raise InexpressibleError(channels, "one value", "it has both an address and defer")
        return channels
    return _one(_ADDRESS_READERS[source](text, release))


def read_value(value: JsonValue, source: str | None, release: Release) -> tuple[str, Value]:
    """Read a JSON value in the format `source`, or in the one that it looks like; say which it was.

    Of QMP and its drafts: a command, its arguments, the channels, one channel, or one addr.

    :raises ParseError: it is a string, and not of that format.
    :raises WireError: it is nothing of the kind.
    """
    if isinstance(value, dict) and "execute" in value:
        return _read_command(value, source, release)
    if isinstance(value, dict) and len(value) == 1:  # the arguments of a command, with nothing else in them
        (name,) = value
        if name in ("channels", "channel", "uri"):
            value = value[name]
    if source is None:
        source = detect(value)
    if source in TEXT_FORMATS:
        if not isinstance(value, str):
            raise WireError(f"{source} is text: a JSON string", "value")
        return source, _read_as(source, value, release)
    dialect = _DIALECTS[source]
    reading = _having(dialect, release)
    if isinstance(value, dict):
        if not {"channel-type", "channeltype", "addr", "dest-addr"} & set(value):
            return source, _one(address_from_qmp(value, dialect, release=reading))
        if dialect.argument == "channels":
            value = [value]
    return source, channels_from_qmp(value, dialect, release=reading)


def _read_command(value: JsonObject, source: str | None, release: Release) -> tuple[str, Value]:
    arguments = value.get("arguments")
    given: JsonValue = None
    if isinstance(arguments, dict):
        given = arguments.get("channel", arguments.get("channels"))
    if source is None:
        source = detect(given) if isinstance(given, (dict, list)) else QMP
    dialect = _DIALECTS.get(source)
    if dialect is None:
        raise WireError(f"a command is an object of QMP, and {source} is text", "execute")
    # where it would be refused for the form alone, the form is read as the latest release does
    reading = _having(dialect, release) if given is not None else release
    return source, command_from_qmp(value, dialect, release=reading)


def _having(dialect: Dialect[object], release: Release) -> Release:
    """Give the release that reads JSON: what is only translated need not be for one that has it."""
    return release if release.transports or not dialect.shipped else LATEST


def _one(address: MigrateAddress) -> Channels:
    return (MigrateChannel(ChannelType.MAIN, address),)


def channels_of(value: Value, target: str) -> Channels:
    """Give the channels of a value.

    :raises InexpressibleError: it says more than where to migrate to, or does not say that.
    """
    if isinstance(value, tuple):
        return value
    if isinstance(value, incoming.Defer):
        raise InexpressibleError((), target, "defer says that the address comes later, and none yet")
    channels = value.target if isinstance(value.target, tuple) else _one(value.target)
    # detach is no loss: QMP never waits, and ignores it
    said = [
        name for name in ("blk", "inc", "resume", "exit_on_error") if getattr(value, name, None) is not None
    ]
    if said:
        reason = f"the command also says {', '.join(said)}, which an address has no place for"
        raise InexpressibleError(channels, target, reason)
    return channels


def write_value(value: Value, target: str, release: Release | None) -> JsonValue:
    """Write a value in the format `target`: JSON, or a string for a text.

    Without a release, a URI is the portable spelling, and everything else is for the latest release.

    :raises InexpressibleError: the format cannot say it.
    """
    known = LATEST if release is None else release
    dialect = _DIALECTS.get(target)
    if dialect is not None:
        if isinstance(value, (Migrate, MigrateIncoming, MigrateRecover)):
            value = without_detach(value, known) if dialect.shipped else value
            return command_to_qmp(value, dialect, release=known)
        written = channels_to_qmp(channels_of(value, target), dialect, release=known)
        assert isinstance(written, (list, dict))  # the two types that a dialect's channels have
        return written
    if target == HMP:
        if isinstance(value, (Migrate, MigrateIncoming, MigrateRecover)):
            return hmp.format(value, known)
        return hmp.format(Migrate(channels_of(value, "a line of HMP")), known)
    if target == INCOMING:
        if isinstance(value, incoming.Defer):
            return incoming.format(value, known)
        channels = channels_of(value, "-incoming")
        return (
            incoming.format(channels, known) if len(channels) == 1 else incoming.format_shell(channels, known)
        )
    channels = channels_of(value, f"a {target} URI" if target != URI else "a URI")
    if len(channels) != 1 or channels[0].channel_type is not ChannelType.MAIN:
        raise InexpressibleError(channels, "a URI", "a URI is always exactly one main channel")
    if target == URI:
        return format_uri(channels[0].addr, release)
    return _ADDRESS_WRITERS[target](channels[0].addr, known)


def without_detach(command: Command, release: Release) -> Command:
    """Leave detach away where it is gone: QMP never waited for the end, with or without it."""
    if isinstance(command, Migrate) and command.detach and "detach" not in release.migrate.optional:
        return Migrate(command.target, blk=command.blk, inc=command.inc, resume=command.resume)
    return command


def default_target(read_as: str, value: Value) -> str:
    """Choose what to write where nobody said: a URI for what was an address of QMP, else QMP."""
    return URI if read_as == QMP and isinstance(value, tuple) else QMP


def to_text(value: JsonValue) -> str:
    """Give a text as it is and anything else as JSON on one line."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
