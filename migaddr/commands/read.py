"""Reads commands from QMP, strictly, with the answers of each release."""

from __future__ import annotations

from typing import Final

from migaddr.commands.command import Command, Migrate, MigrateIncoming, MigrateRecover, Target
from migaddr.commands.facts import FLAGS, attribute, facts_of, when
from migaddr.errors import CommandError, ParseError, WireError
from migaddr.model import ChannelType, MigrateAddress
from migaddr.qmp import QAPI, Dialect, qapi, wire
from migaddr.qmp.dialect import as_dialect
from migaddr.qmp.wire import Member, Shape
from migaddr.releases import (
    LATEST,
    CommandArguments,
    Exclusivity,
    Release,
    ReleaseLike,
    UnknownScheme,
    as_release,
)
from migaddr.uri import parse_uri


def command_from_qmp(
    value: object, dialect: Dialect[object] = QAPI, *, release: ReleaseLike = LATEST
) -> Command:
    """Read a command, as `json.loads` or `parse_json` gives it, strictly.

    `qemu_message` of an error is what this release answers on a monitor without out-of-band execution,
    where nothing but the command is at fault: QEMU up to 8.1 looks at its state before it reads the URI,
    and `migrate-recover` always. A draft decides about the arguments, the release about how a URI is
    read and which members an address has.

    :raises WireError: the command has the wrong shape (`path` is empty for the command itself), or `dialect`
        is none.
    :raises ParseError: its `uri` cannot be read.
    :raises CommandError: it has both or neither of `uri` and channels.
    :raises UnknownReleaseError: as `Release.parse`.
    """
    known = as_release(release)
    as_dialect(dialect)
    try:
        name, arguments = _read_envelope(value)
        return _read_arguments(name, arguments, dialect, known)
    except WireError as error:
        if dialect.shipped:
            raise
        raise WireError(error.reason, error.path, hint=error.hint) from None


_ENVELOPE: Final = frozenset({"execute", "arguments", "id"})


def _read_envelope(value: object) -> tuple[str, dict[str, object]]:
    if not isinstance(value, dict):
        reason = f"must be an object, not {wire.kind_of(value)}"
        raise WireError(reason, "", "QMP input must be a JSON object")
    if not value.keys() <= _ENVELOPE or not isinstance(value.get("execute"), str):
        raise _bad_envelope(value)
    name = value["execute"]
    arguments = value.get("arguments", {})
    if not isinstance(arguments, dict):
        raise _bad_envelope(value)
    if name not in FLAGS:
        reason = f"is none of the commands that take an address: {', '.join(FLAGS)}"
        raise WireError(reason, "execute", hint=wire.choices(name, FLAGS))
    return name, arguments


def _bad_envelope(value: dict[object, object]) -> WireError:
    """Make the error for the first fault that QEMU meets as it walks through the members."""
    from migaddr.qmp.hash_order import as_met  # for errors alone

    for key in value:
        if not isinstance(key, str):
            return WireError(f"has a name of type {wire.kind_of(key)}: names are strings", "")
    for key in as_met(name for name in value if isinstance(name, str)):
        member = value[key]
        if key == "execute" and not isinstance(member, str):
            answer = "QMP input member 'execute' must be a string"
            return WireError(
                f"must be a string, not {wire.kind_of(member)}", key, answer, hint=wire.choices("", FLAGS)
            )
        if key == "arguments" and not isinstance(member, dict):
            answer = "QMP input member 'arguments' must be an object"
            hint = 'write {"uri": "tcp:HOST:PORT"}'
            return WireError(f"must be an object, not {wire.kind_of(member)}", key, answer, hint=hint)
        if key not in _ENVELOPE:
            return _unknown_member(key)
    hint = 'write {"execute": "migrate", "arguments": {...}}'
    return WireError("is missing", "execute", "QMP input lacks member 'execute'", hint=hint)


def _unknown_member(key: str) -> WireError:
    answer = f"QMP input member '{key}' is unexpected" if wire.first_not_carried(key) is None else None
    hint = None
    if key in ("uri", "channels"):
        hint = f'put {key} into "arguments"'
    elif key == "exec-oob":
        hint = 'write "execute"'
    return WireError("is unexpected here; known are execute, arguments, id", key, answer, hint=hint)


def _read_arguments(
    name: str, arguments: dict[str, object], dialect: Dialect[object], release: Release
) -> Command:
    facts = facts_of(name, dialect, release)
    try:
        found = wire.read_members(arguments, _shape(name, facts, dialect, release), "", ())
    except WireError as error:
        if error.path != "uri" or "uri" in arguments or "channels" not in arguments:
            raise
        hint = f"give it a uri: {name} of QEMU {release} does not take channels alone"
        raise WireError(error.reason, error.path, error.qemu_message, error.crashes_qemu, hint) from None
    uri, listed = found.pop("uri", None), "channels" in found
    channels = found.pop("channels", ())
    if uri is None and not channels:
        raise _need_either(name, dialect, release, neither=True)
    # an empty list is none, but for the releases that ask whether it was given
    if uri is not None and (channels or (listed and release.exclusivity is Exclusivity.LONG)):
        raise _need_either(name, dialect, release, neither=False)
    if uri is not None:
        address = read_uri(name, uri, release)
        if name == "migrate-recover":
            return MigrateRecover(address)
        target: Target = address
    elif dialect.shipped:
        target = _read_list(name, channels, release)
    else:
        target = channels
    return Migrate(target, **found) if name == "migrate" else MigrateIncoming(target, **found)


def _need_either(name: str, dialect: Dialect[object], release: Release, *, neither: bool) -> CommandError:
    if not dialect.shipped:
        return CommandError(
            f"uri and {dialect.argument} are mutually exclusive, but at least one must be present"
        )
    reason = "there is neither a uri nor a channel" if neither else "there are both uri and channels"
    return CommandError(f"{name}: {reason}", qapi.need_either(name, release, neither=neither))


def _read_list(name: str, found: list[qapi.Found], release: Release) -> Target:
    kinds = [kind for kind, _ in found]
    if name == "migrate":
        qapi.check_list(kinds, release)
    else:
        qapi.check_incoming_list(kinds, release)
        found = [(ChannelType.MAIN, addr) for _, addr in found]  # it is used as that, whatever it says
    return qapi.as_channels(found)


def read_uri(name: str, uri: str, release: Release) -> MigrateAddress:
    """Read the URI of a command of this name, with the words in which that command refuses it.

    :raises ParseError: the release refuses the URI, or dies of it.
    """
    try:
        return parse_uri(uri, release)
    except ParseError as error:
        answer = error.qemu_message
        if name != "migrate" or answer is None or not answer.startswith("unknown migration protocol: "):
            raise
        raise ParseError(
            error.reason,
            error.text,
            error.start,
            error.end,
            _UNKNOWN_SCHEME.get(release.unknown_scheme, answer),
            error.crashes_qemu,
            error.hint,
        ) from None


_UNKNOWN_SCHEME: Final = {
    UnknownScheme.OTHER_ERROR: "Parameter 'uri' expects a valid migration protocol",
    UnknownScheme.NO_ERROR: None,
}
"""Where `migrate` answers otherwise than `migrate-incoming`."""


_FLAG_MEMBERS: Final = {
    name: tuple([Member(flag, attribute(flag), wire.flag) for flag in flags]) for name, flags in FLAGS.items()
}


def _shape(name: str, facts: CommandArguments, dialect: Dialect[object], release: Release) -> Shape:
    def read_channels(value: object, _path: str, _name: str) -> object:
        return qapi.read_list(value, release) if dialect.shipped else dialect.read_channels(value, release)

    members = (
        Member("uri", "uri", wire.text),
        Member(dialect.argument, "channels", read_channels),
        *_FLAG_MEMBERS[name],
    )
    return Shape(
        tuple([member for member in members if member.wire in facts.required]),
        tuple([member for member in members if member.wire in facts.optional]),
        lambda argument: _advice(name, argument, dialect, release),
    )


def _advice(name: str, argument: str, dialect: Dialect[object], release: Release) -> str | None:
    """Say of an unexpected argument when it came, or went."""
    if argument not in ("channels", *FLAGS[name]):
        return None
    reason = when(name, argument, dialect, release)
    return f"{reason}: leave it out" if argument != "channels" else f"{reason}: give a uri"
