"""Writes commands as QMP, and chooses between `uri` and `channels`."""

from __future__ import annotations

from collections.abc import Sequence

from migaddr.commands.command import Command, Target, as_target, check_target, name_of
from migaddr.commands.facts import FLAGS, attribute, facts_of, when
from migaddr.errors import CommandError, InexpressibleError
from migaddr.model import ChannelType, MigrateAddress, MigrateChannel
from migaddr.qmp import QAPI, Dialect, JsonObject, JsonValue, wire
from migaddr.qmp.dialect import as_dialect
from migaddr.releases import LATEST, RELEASES, Release, ReleaseLike, as_release
from migaddr.uri import format_uri


def command_to_qmp(
    command: Command, dialect: Dialect[object] = QAPI, *, release: ReleaseLike = LATEST
) -> JsonObject:
    """Write a command; reading it gives the same command again.

    :raises InexpressibleError: the release, or the draft, has no such argument, or no form says the target.
    :raises WireError: `dialect` is none.
    :raises CommandError: `command` is none.
    :raises UnknownReleaseError: as `Release.parse`.
    """
    name, arguments = _to_qmp(command, as_dialect(dialect), as_release(release), (dialect.argument, "uri"))
    return {"execute": name, "arguments": arguments}


def arguments_of(command: Command, release: Release, form: str | None) -> JsonObject:
    """Give the arguments of a command, with the target in one form, or in that of `command_to_qmp`.

    :raises InexpressibleError: as `command_to_qmp`; or the command does not take this form.
    """
    return _to_qmp(command, QAPI, release, ("channels", "uri") if form is None else (form,))[1]


def _to_qmp(
    command: Command, dialect: Dialect[object], release: Release, forms: tuple[str, ...]
) -> tuple[str, JsonObject]:
    name = name_of(command)
    facts = facts_of(name, dialect, release)
    arguments = _written(command.target, name, dialect, release, forms)
    for flag in FLAGS[name]:
        value = getattr(command, attribute(flag))
        if value is None:
            continue
        if flag not in facts.optional:
            reason = when(name, flag, dialect, release)
            raise InexpressibleError(command.target, _spelling(name, dialect, release), reason)
        arguments[flag] = value
    return name, arguments


def arguments_for(
    target: MigrateAddress | Sequence[MigrateChannel],
    release: ReleaseLike,
    command: str = "migrate",
) -> JsonObject:
    """Give `{"uri": ...}` or `{"channels": ...}`, the form in which this release's command takes the target.

    It is `channels` wherever the command takes them without a `uri`, because nothing in them is read
    twice, and every member stands there by its name; else `uri`. So `migrate` has `channels` since QEMU
    8.2.2, `migrate-incoming` since 8.2.0, and `migrate-recover` never.

    :raises InexpressibleError: neither form says exactly this; the reason says what cannot be said, and which
        release is the first that can.
    :raises AddressError: this is neither an address nor a sequence of channels.
    :raises CommandError: there is no such command.
    :raises UnknownReleaseError: as `Release.parse`.
    """
    if not isinstance(command, str) or command not in FLAGS:
        raise CommandError(f"the commands that take an address are {', '.join(FLAGS)}")
    if isinstance(target, Sequence):
        target = tuple(target)
    check_target(target)
    return _written(as_target(target), command, QAPI, as_release(release), ("channels", "uri"))


def _written(
    target: Target, name: str, dialect: Dialect[object], release: Release, forms: tuple[str, ...]
) -> JsonObject:
    try:
        return _write(target, name, dialect, release, forms)
    except InexpressibleError as error:
        reason = error.reason
        if len(forms) > 1 and dialect.shipped:
            reason = f"{reason}; {_who_can(target, name, release)}"
        raise InexpressibleError(target, _spelling(name, dialect, release), reason) from None


def _spelling(name: str, dialect: Dialect[object], release: Release) -> str:
    return f"{name} for QEMU {release}" if dialect.shipped else f"{name} of {dialect.name}"


def _who_can(target: Target, name: str, release: Release) -> str:
    able: list[Release] = []
    for known in RELEASES:
        try:
            _write(target, name, QAPI, known, ("channels", "uri"))
        except InexpressibleError:
            continue
        able.append(known)
    if not able:
        return f"no QEMU can be told this with {name}"
    later = next((known for known in able if known.version > release.version), None)
    if later is None:
        return f"QEMU {able[-1]} is the last that can be told this"
    return f"QEMU {later} is the first that can be told this"


def _write(
    target: Target, name: str, dialect: Dialect[object], release: Release, forms: tuple[str, ...]
) -> JsonObject:
    """Write the target in the first form that the command takes alone, and that can say it."""
    facts = facts_of(name, dialect, release)
    both = {dialect.argument, "uri"}
    refused: InexpressibleError | None = None
    for form in forms:
        if form not in facts.required | facts.optional or facts.required & both - {form}:
            continue
        try:
            return {form: _written_as(form, target, name, dialect, release)}
        except InexpressibleError as error:
            refused = refused or error
    raise refused or InexpressibleError(target, forms[0], f"it does not take {forms[0]} alone")


def _written_as(
    form: str, target: Target, name: str, dialect: Dialect[object], release: Release
) -> JsonValue:
    if form == "uri":
        return _as_uri(target, release)
    if isinstance(target, tuple) and name == "migrate-incoming":
        reason = "migrate-incoming takes one channel, of type main: the others go to the option -incoming"
        raise InexpressibleError(target, form, reason)
    channels = target if isinstance(target, tuple) else (MigrateChannel(ChannelType.MAIN, target),)
    written = dialect.write_channels(channels, release)
    assert isinstance(written, (list, dict))  # the two types that a dialect's channels have
    return written


def _as_uri(target: Target, release: Release) -> str:
    if isinstance(target, tuple):
        kinds = ", ".join(channel.channel_type.value for channel in target)
        raise InexpressibleError(target, "uri", f"a uri is one main channel; these are {kinds}")
    uri = format_uri(target, release)
    bad = wire.first_not_carried(uri)
    if bad is not None:
        raise InexpressibleError(target, "uri", f"uri holds {bad}, which JSON cannot carry to QEMU")
    return uri
