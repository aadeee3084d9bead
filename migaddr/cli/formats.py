"""The spellings that the command line reads and writes, and how it tells them apart."""

from __future__ import annotations

import json
from typing import Final, TypeAlias

from migaddr.errors import InexpressibleError, WireError
from migaddr.model import ChannelType, MigrateAddress, MigrateChannel
from migaddr.qmp import (
    DRAFT_V1,
    QAPI,
    JsonValue,
    address_from_qmp,
    channels_from_qmp,
    channels_to_qmp,
    parse_json,
)
from migaddr.releases import LATEST, Release
from migaddr.uri import format_uri, parse_uri

Channels: TypeAlias = tuple[MigrateChannel, ...]

URI: Final = "uri"
QMP: Final = "qmp"
DRAFT: Final = "draft-v1"
FORMATS: Final = (URI, QMP, DRAFT)

_DRAFT_NAMES: Final = {"channel", "channeltype", "socket-type", "exec-str", "rdma-str"}


def is_json(text: str) -> bool:
    """Tell whether a text is meant as JSON: no URI begins with a bracket."""
    return text.lstrip(" \t\r\n").startswith(("{", "["))


def detect(value: JsonValue) -> str:
    """Tell which format a JSON value is in: a string is a URI, and only the draft has the draft's names."""
    if isinstance(value, str):
        return URI
    if isinstance(value, dict):
        addr = value.get("addr")
        names = set(value) | (set(addr) if isinstance(addr, dict) else set())
        if names & _DRAFT_NAMES:
            return DRAFT
    return QMP


def read_text(text: str, source: str | None, release: Release) -> tuple[str, Channels]:
    """Read an address in the format `source`, or in the one that it looks like; say which it was.

    :raises ParseError: it is no URI, or no JSON.
    :raises WireError: the JSON is no address.
    """
    if source == URI or (source is None and not is_json(text)):
        return URI, _one(parse_uri(text, release))
    return read_value(parse_json(text), source, release)


def read_value(value: JsonValue, source: str | None, release: Release) -> tuple[str, Channels]:
    """Read a JSON value in the format `source`, or in the one that it looks like; say which it was.

    Of QMP: the list of channels, one channel, or one addr; of the draft: the channel, or one addr. Each may
    stand alone in the arguments of a command.

    :raises ParseError: it is a string, and no URI.
    :raises WireError: it is no address.
    """
    value = _unwrapped(value)
    if source is None:
        source = detect(value)
    if source == URI:
        if not isinstance(value, str):
            raise WireError("a URI is a JSON string", "value")
        return source, _one(parse_uri(value, release))
    # what is only translated from QMP need not be for a release that has it
    reading = release if release.transports else LATEST
    is_addr = isinstance(value, dict) and not {"channel-type", "channeltype", "addr"} & set(value)
    if source == DRAFT:
        if is_addr:
            return source, _one(address_from_qmp(value, DRAFT_V1, release=release))
        return source, channels_from_qmp(value, DRAFT_V1, release=release)
    if is_addr:
        return source, _one(address_from_qmp(value, QAPI, release=reading))
    return source, channels_from_qmp([value] if isinstance(value, dict) else value, QAPI, release=reading)


def _unwrapped(value: JsonValue) -> JsonValue:
    """Take an address out of a command and its arguments, where nothing else is in them."""
    if isinstance(value, dict) and set(value) == {"execute", "arguments"}:
        value = value["arguments"]
    if isinstance(value, dict) and len(value) == 1:
        (name,) = value
        if name in ("channels", "channel", "uri"):
            return value[name]
    return value


def _one(address: MigrateAddress) -> Channels:
    return (MigrateChannel(ChannelType.MAIN, address),)


def write_value(channels: Channels, target: str, release: Release | None) -> JsonValue:
    """Write channels in the format `target`: JSON, or a string that is a URI.

    Without a release, a URI is the portable spelling, and JSON is for the latest release.

    :raises InexpressibleError: the format cannot say it.
    """
    if target == URI:
        if len(channels) != 1 or channels[0].channel_type is not ChannelType.MAIN:
            raise InexpressibleError(channels, "a URI", "a URI is always exactly one main channel")
        return format_uri(channels[0].addr, release)
    known = LATEST if release is None else release
    if target == DRAFT:
        return channels_to_qmp(channels, DRAFT_V1, release=known)
    return channels_to_qmp(channels, QAPI, release=known)


def to_text(value: JsonValue) -> str:
    """Give a URI as it is and anything else as JSON on one line."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
