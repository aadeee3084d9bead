"""What a real QEMU must answer to a whole command, or to channels, if it read them as migaddr did."""

from __future__ import annotations

from typing import Final

from migaddr.commands import Command
from migaddr.errors import CommandError, ParseError, WireError
from migaddr.jail.verdict import shown
from migaddr.qmp import JsonObject
from migaddr.releases import Release

PARSED: Final = (
    "Parameter", "Invalid parameter", "Channel list", "need either", "QMP input", "The command", "file URI",
    "unknown migration protocol", "error parsing", "invalid Unix socket", "invalid file descriptor",
    "trailing characters", "'uri' and", "neither 'uri'", "RDMA ERROR: bad RDMA migration address",
)  # fmt: skip
"""How the answers begin that QEMU gives before it uses an address."""
_NO_RESUME: Final = "Cannot resume if there is no paused migration"
_NO_RECOVERY: Final = "Migrate recover can only be run when postcopy is paused."


def is_refused(said: str | None) -> bool:
    """Tell whether QEMU refused what it read, before it used it."""
    return said is not None and said.startswith(PARSED)


def leaves_blocks(
    value: JsonObject, expected: Command | WireError | ParseError | CommandError, release: Release
) -> bool:
    """Tell whether a command changes a process though its URI is refused: up to 8.1 blk and inc stay set."""
    text = str(value)
    return isinstance(expected, ParseError) and not release.transports and ("blk" in text or "inc" in text)


def judge_command(
    value: JsonObject,
    expected: Command | WireError | ParseError | CommandError,
    release: Release,
    said: str | None,
    *,
    died: bool,
) -> str | None:
    """Compare the answer to a command with what migaddr expects; give None, or a sentence.

    `said` is the text of the error, None for none; with `died` the process ended instead. An error of
    migaddr without QEMU's words is stricter on purpose, and is not to be sent.
    """
    whole = isinstance(expected, (Command, ParseError))
    arguments = value.get("arguments")
    if whole and value["execute"] == "migrate-recover":
        return None if said == _NO_RECOVERY else f"{said!r}, died: {died}, not {_NO_RECOVERY!r}"
    resumes = isinstance(arguments, dict) and arguments.get("resume") is True
    state_first = whole and not release.transports and resumes
    if whole and said == _NO_RESUME and (state_first or not isinstance(expected, ParseError)):
        return None
    if isinstance(expected, Command):
        refused = died or is_refused(said)
        return f"{said!r}, died: {died}, but migaddr reads {expected}" if refused else None
    if expected.crashes_qemu:
        if said == _NO_RESUME and isinstance(expected, WireError):
            return None  # the program without a name was not run: there is nothing to resume
        return None if died else f"{said!r}, and does not crash"
    wanted = None if expected.qemu_message is None else shown(expected.qemu_message)
    return None if said == wanted else f"{said!r}, died: {died}, not {wanted!r}"
