"""How sure a place makes it that a string there is an address, and the words that decide it at once."""

from __future__ import annotations

from typing import Final, final

import attrs

from migaddr.lint.find.vocabulary import Confidence, Direction

COMMANDS: Final = {
    "migrate": Direction.OUTGOING,
    "migrate-incoming": Direction.INCOMING,
    "migrate_incoming": Direction.INCOMING,
    "migrate-recover": Direction.INCOMING,
    "migrate_recover": Direction.INCOMING,
}


@final
@attrs.frozen
class Verdict:
    """How sure a place makes it that a string there is an address, and what the string is given to."""

    confidence: Confidence
    sink: str = ""
    direction: Direction = Direction.UNKNOWN
    dialect: str | None = None
    language: str = "code"
    """What reads the string in the end: `hmp` where it becomes a part of a monitor command."""


NOTHING = Verdict(Confidence.GUESS)
SOMETHING_ELSE = Verdict(Confidence.SILENT)


def command_direction(text: str) -> Direction | None:
    """Tell which way a QMP or HMP command migrates; None if it takes no address."""
    return COMMANDS.get(text)


def option(text: str) -> Verdict | None:
    """Judge what follows a word of a command line."""
    stripped = text.strip().rstrip("=")
    if stripped in ("-incoming", "--incoming") or text.endswith((" -incoming ", " -incoming")):
        return Verdict(Confidence.CERTAIN, "-incoming", Direction.INCOMING)
    if stripped in ("--migrateuri", "-migrateuri"):
        return Verdict(Confidence.CERTAIN, "--migrateuri", Direction.OUTGOING, "libvirt")
    if stripped in ("send-migration", "receive-migration"):
        direction = Direction.OUTGOING if stripped.startswith("send") else Direction.INCOMING
        return Verdict(Confidence.CERTAIN, stripped, direction, "cloud-hypervisor")
    return None


def best(first: Verdict | None, second: Verdict) -> Verdict:
    """Choose between what a key says and what lies beyond it: silence wins, but over certainty."""
    if first is None:
        return second
    if Confidence.CERTAIN in (first.confidence, second.confidence):
        return first if first.confidence is Confidence.CERTAIN else second
    if first.confidence is Confidence.SILENT:
        return first
    return max(first, second, key=lambda verdict: verdict.confidence)
