"""Which arguments each command has in a release or a dialect, and when they came and went."""

from __future__ import annotations

import functools
from typing import Final, NamedTuple, final

from migaddr.commands.command import Command, name_of
from migaddr.qmp import QAPI, Dialect
from migaddr.releases import LATEST, RELEASES, CommandArguments, Release, ReleaseLike, as_release

FLAGS: Final[dict[str, tuple[str, ...]]] = {
    "migrate": ("blk", "inc", "detach", "resume"),
    "migrate-incoming": ("exit-on-error",),
    "migrate-recover": (),
}
"""The commands, and their arguments beside the address in QEMU's order."""


@final
class Notice(NamedTuple):
    """An argument that a command should not have: deprecated, or removed."""

    argument: str
    """Its name in QMP."""
    since: Release | None
    """The release that deprecated it; None: none that migaddr knows."""
    removed_in: Release | None
    """The first release without it; None: none yet."""

    def __str__(self) -> str:
        """Say it in words."""
        said = [] if self.since is None else [f"deprecated since QEMU {self.since}"]
        said += [] if self.removed_in is None else [f"removed in QEMU {self.removed_in}"]
        return f"{self.argument}: {', '.join(said) or 'deprecated'}"


def facts_of(name: str, dialect: Dialect[object], release: Release) -> CommandArguments:
    """Give the arguments of a command: those of the release, or those of a draft, which is one for all."""
    if not dialect.shipped:
        return _drafted(name, dialect.argument if name in dialect.commands else None)
    if name == "migrate":
        return release.migrate
    return release.migrate_incoming if name == "migrate-incoming" else release.migrate_recover


@functools.cache
def _drafted(name: str, argument: str | None) -> CommandArguments:
    if argument is None:
        return CommandArguments(frozenset({"uri"}))
    flags = FLAGS[name] if name == "migrate" else ()  # exit-on-error came after the drafts
    return CommandArguments(frozenset(), frozenset({"uri", argument, *flags}))


def command_notices(command: Command, release: ReleaseLike = LATEST) -> tuple[Notice, ...]:
    """List the arguments of a command that this release has deprecated, or no longer has.

    :raises CommandError: this is no command.
    :raises UnknownReleaseError: as `Release.parse`.
    """
    known = as_release(release)
    name = name_of(command)
    facts = facts_of(name, QAPI, known)
    notices: list[Notice] = []
    for flag in FLAGS[name]:
        having = [other for other in RELEASES if flag in names_of(name, other)]
        gone = flag not in facts.optional and having[0].version < known.version
        if getattr(command, attribute(flag)) is None or not (gone or flag in facts.deprecated):
            continue
        since = next((other for other in having if flag in facts_of(name, QAPI, other).deprecated), None)
        notices.append(Notice(flag, since, _first_without(having)))
    return tuple(notices)


def _first_without(having: list[Release]) -> Release | None:
    return next((other for other in RELEASES if other.version > having[-1].version), None)


def attribute(flag: str) -> str:
    """Give the name in Python of an argument."""
    return flag.replace("-", "_")


def when(name: str, argument: str, dialect: Dialect[object], release: Release) -> str:
    """Say when an argument came or went that this release, or this draft, does not have."""
    if not dialect.shipped:
        return f"{name} of {dialect.name} has no {argument}"
    having = [known for known in RELEASES if argument in names_of(name, known)]
    if not having:
        return f"{name} has {argument} in no release"
    if having[0].version > release.version:
        return f"{argument} came with QEMU {having[0]}"
    gone = _first_without(having)
    return f"{argument} was removed in QEMU {gone}" if gone else f"this QEMU has no {argument}"


def names_of(name: str, release: Release) -> frozenset[str]:
    """Name the arguments of a command in a release."""
    facts = facts_of(name, QAPI, release)
    return facts.required | facts.optional
