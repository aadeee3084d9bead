"""What each release makes of a text, releases of one mind together."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Literal, TypeAlias, TypedDict

from migaddr import (
    RELEASES,
    InexpressibleError,
    MigaddrError,
    ParseError,
    Release,
    WireError,
    channels_to_qmp,
    parse_json,
)
from migaddr.cli.formats import URI, Channels, is_json, read_text
from migaddr.incoming import Defer
from playground.parts import channels_in
from playground.shown import shown

Verdict: TypeAlias = Literal["takes", "refuses", "crashes", "cannot"]

_QEMU_READS = (URI, "qmp", "hmp", "incoming")


class Row(TypedDict):
    """What some releases make of it."""

    span: str
    verdict: Verdict
    """`cannot`: it has no way to be told this."""
    said: str
    """What it reads, or answers, or why it cannot."""


def rows(text: str, source: str | None, read_as: str) -> list[Row]:
    """Tell what every release makes of a text, which was read as a format."""
    outcomes = [(release, _outcome(text, source, read_as, release)) for release in RELEASES]
    found: list[Row] = []
    at = 0
    while at < len(outcomes):
        verdict, said = outcomes[at][1]
        until = at
        while until < len(outcomes) and outcomes[until][1] == outcomes[at][1]:
            until += 1
        found.append(
            {"span": span(release for release, _ in outcomes[at:until]), "verdict": verdict, "said": said}
        )
        at = until
    return found


def span(releases: Iterable[Release]) -> str:
    """Name releases that follow each other."""
    first, *others = releases
    return f"{first} to {others[-1]}" if others else str(first)


def _outcome(text: str, source: str | None, read_as: str, release: Release) -> tuple[Verdict, str]:
    try:
        _, value = read_text(text, source, release)
    except (ParseError, WireError) as error:
        if error.crashes_qemu:
            return "crashes", shown(error.reason)
        return "refuses", shown(error.qemu_message or error.reason)
    except MigaddrError as error:
        return "refuses", shown(str(error))
    if isinstance(value, Defer):
        return "takes", "it waits for migrate-incoming"
    channels = channels_in(value)
    if read_as not in _QEMU_READS or (is_json(text) and not _has_uri(text)):
        return _as_channels(channels, release)
    return "takes", _said(channels)


def _as_channels(channels: Channels, release: Release) -> tuple[Verdict, str]:
    try:
        channels_to_qmp(channels, release=release)
    except InexpressibleError as error:
        return "cannot", shown(error.reason.removeprefix(f"QEMU {release} "))
    if "uri" in release.migrate.required:
        return "takes", "as channels, in migrate-incoming alone"
    return "takes", "as channels"


def _said(channels: Channels) -> str:
    try:
        written = channels_to_qmp(channels)
    except InexpressibleError:
        return shown(", ".join(str(channel.addr) for channel in channels))
    value = written[0] if len(written) == 1 else written
    if isinstance(value, dict) and value.get("channel-type") == "main":
        value = value["addr"]
    return shown(json.dumps(value, ensure_ascii=False))


def _has_uri(text: str) -> bool:
    value = parse_json(text)
    if isinstance(value, dict) and "arguments" in value:
        value = value["arguments"]
    return isinstance(value, dict) and "uri" in value
