"""What a text is made of: the parts of a URI in it, and the members of the address that it says."""

from __future__ import annotations

import itertools
import json
import re
from typing import Final, TypedDict

import attrs

from migaddr import (
    MigaddrError,
    MigrateChannel,
    ParseError,
    RdmaAddress,
    Release,
    parse_json,
    parse_uri,
    uri_parts,
)
from migaddr.cli.formats import URI, Channels, Value, is_json
from migaddr.cli.meanings import KINDS, MEANINGS
from migaddr.incoming import Defer
from migaddr.model import ChannelType
from playground.shown import shown

_SCHEME: Final = re.compile(r"(?:tcp|unix|exec|fd|rdma|x-rdma|file|vsock):")
_LINES: Final = ("hmp", "incoming")


class Piece(TypedDict):
    """A piece of the text; together they are all of it."""

    text: str
    name: str
    """Empty: a mark between parts, or what stands around a URI."""
    meaning: str


class Member(TypedDict):
    """A member of an address."""

    name: str
    value: str
    meaning: str


class Group(TypedDict):
    """A channel."""

    title: str
    members: list[Member]


def channels_in(value: Value) -> Channels:
    """Give the channels of a value, whatever else it says."""
    if isinstance(value, tuple):
        return value
    if isinstance(value, Defer):
        return ()
    target = value.target
    return target if isinstance(target, tuple) else (MigrateChannel(ChannelType.MAIN, target),)


def uri_in(text: str, read_as: str, value: Value | None, release: Release) -> tuple[int, int] | None:
    """Find the URI that a text is or holds: `text[start:end]` reads as the very address of the value."""
    if read_as == URI and not is_json(text):
        return 0, len(text)
    if value is None:
        return None
    channels = channels_in(value)
    if len(channels) != 1:
        return None
    start, candidate = 0, ""
    if read_as in _LINES:
        found = _SCHEME.search(text)
        if found is None:
            return None
        start = found.start()
        candidate = text[start:].rstrip(" \t\n\r")
        if text[start - 1 : start] in ("'", '"') and candidate[-1:] == text[start - 1]:
            candidate = candidate[:-1]
    elif is_json(text):
        candidate = _json_uri(text)
        start = text.find(json.dumps(candidate, ensure_ascii=False)) + 1
        if start == 0 or not candidate:
            return None
    try:
        same = parse_uri(candidate, release) == channels[0].addr
    except ParseError:
        return None
    if same and text.startswith(candidate, start):
        return start, start + len(candidate)
    return None


def _json_uri(text: str) -> str:
    """Give the `uri` of a command, or of its arguments."""
    try:
        value = parse_json(text)
    except MigaddrError:
        return ""
    for _ in range(2):
        if isinstance(value, dict):
            value = value.get("uri", value.get("arguments"))
    return value if isinstance(value, str) else ""


def pieces(text: str, place: tuple[int, int] | None, release: Release) -> list[Piece]:
    """Cut a text at the parts of the URI in it; without one there is nothing to cut."""
    if place is None:
        return []
    start, end = place
    uri = text[start:end]
    try:
        parts = uri_parts(uri, release)
    except ParseError:
        return []
    named = {part.start: part for part in parts if part.start < part.end}
    bounds = sorted({0, len(uri), *(p.start for p in parts), *(p.end for p in parts)})
    found = [_around(text[:start])]
    for at, until in itertools.pairwise(bounds):
        part, value = named.get(at), uri[at:until]
        name = "" if part is None else part.name
        meaning = MEANINGS.get(value if name == "scheme" else name, "")
        found.append({"text": shown(value), "name": name, "meaning": meaning})
    found.append(_around(text[end:]))
    return [piece for piece in found if piece["text"]]


def _around(text: str) -> Piece:
    return {"text": shown(text), "name": "", "meaning": ""}


def groups(value: Value) -> list[Group]:
    """Name the members of every channel and what each means."""
    return [
        {
            "title": f"{channel.channel_type.value} channel: {MEANINGS[KINDS[type(channel.addr)]]}",
            "members": _members(channel),
        }
        for channel in channels_in(value)
    ]


def _members(channel: MigrateChannel) -> list[Member]:
    addr = channel.addr
    inner = addr.inet if isinstance(addr, RdmaAddress) else addr
    members: list[Member] = []
    for field in attrs.fields(type(inner)):
        value: object = getattr(inner, field.name)
        if value is not None:
            name = field.name.replace("_", "-")
            text = json.dumps(value, ensure_ascii=False)
            members.append({"name": name, "value": shown(text), "meaning": MEANINGS[name]})
    return members
