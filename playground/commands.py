"""The commands that say an address, and whatever else is written from it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TypedDict

from migaddr import (
    Command,
    InexpressibleError,
    JsonValue,
    MigaddrError,
    Migrate,
    MigrateIncoming,
    Release,
    command_notices,
    command_to_qmp,
)
from migaddr.cli.formats import Value, to_text, without_detach
from migaddr.incoming import Defer
from playground.parts import channels_in
from playground.shown import printable


class Written(TypedDict):
    """Something to copy, or why there is nothing."""

    title: str
    text: str | None
    """Exact."""
    shown: str
    """The same, printable; or the reason."""
    copyable: bool
    """False: it holds bytes that no clipboard can."""
    notes: list[str]


def written(title: str, write: Callable[[], JsonValue]) -> Written:
    """Write something."""
    try:
        value = write()
    except InexpressibleError as error:
        return _not_written(title, error.reason)
    except MigaddrError as error:
        return _not_written(title, str(error))
    text = to_text(value)
    if not isinstance(value, str) and not text.isprintable():
        text = json.dumps(value)
    copyable = not any("\ud800" <= c <= "\udfff" for c in text)
    return {"title": title, "text": text, "shown": printable(text), "copyable": copyable, "notes": []}


def _not_written(title: str, reason: str) -> Written:
    return {"title": title, "text": None, "shown": printable(reason), "copyable": False, "notes": []}


def commands(value: Value, release: Release) -> list[Written]:
    """Write the command that a value is; of an address, those for either side."""
    if isinstance(value, Defer):
        return []
    if not isinstance(value, tuple):
        return [_command("The command", value, release)]
    channels = channels_in(value)
    incoming = channels[0].addr if len(channels) == 1 else channels
    source = _command("On the source", Migrate(channels), release)
    destination = _command("On the destination", MigrateIncoming(incoming), release)
    if destination["text"] is not None:
        destination["notes"].append("There QEMU is started with -incoming defer.")
    return [source, destination]


def _command(title: str, command: Command, release: Release) -> Written:
    result = written(title, lambda: command_to_qmp(without_detach(command, release), release=release))
    result["notes"] = [str(notice) for notice in command_notices(command, release)]
    return result
