"""A case: an address as somebody may give it to QEMU, and what one release of QEMU makes of it."""

from __future__ import annotations

import enum
from typing import NamedTuple, TypeAlias, final

from migaddr.commands import Command, command_from_qmp
from migaddr.commands.command import Target, name_of
from migaddr.commands.facts import FLAGS, attribute
from migaddr.errors import CommandError, InexpressibleError, ParseError, WireError
from migaddr.model import MigrateAddress
from migaddr.qmp import JsonObject, JsonValue, address_to_qmp, channels_from_qmp, channels_to_qmp
from migaddr.releases import LATEST, Release, UnknownScheme
from migaddr.uri import parse_uri

Fault: TypeAlias = ParseError | WireError | CommandError


class Form(enum.Enum):
    """What a case is."""

    URI = "uri"
    """Text for `migrate-incoming`."""
    CHANNELS = "channels"
    """A value of `channels`, for `migrate`."""
    COMMAND = "command"
    """A whole command as it comes over QMP."""


class Outcome(enum.Enum):
    """Which of the three things happens."""

    EXPECT = "expect"
    """It is read, as an address, channels or a command."""
    ERROR = "error"
    """It is refused."""
    CRASH = "crash"
    """QEMU dies of it."""


@final
class Verdict(NamedTuple):
    """What a release makes of a case."""

    outcome: Outcome
    expect: JsonObject
    """As a row has it. What is read is written with the members of the newest release: an `addr` object for a
    URI; `{"channels": [...]}`; `{"command": name, "addr": {...} or "channels": [...], flags}`. What is
    refused: `{"error": QEMU's words}`, null where it keeps them to itself (8.1), with a `path` where it is
    no URI. What kills QEMU: `{"crash": the signal}`."""
    fault: Fault | None
    """migaddr's own error; None: it is read."""


@final
class Case(NamedTuple):
    """Something to read, and what one release makes of it."""

    form: Form
    value: JsonValue
    """Text for a URI, a JSON value for the others."""
    release: Release
    verdict: Verdict
    kind: str
    """The kind of address that it is, or was made from: one of `alphabets.KINDS`, or `other`."""

    def row(self) -> JsonObject:
        """Give the case as one JSON object: `{"uri": ..., "release": "10.0", "expect": {...}}`."""
        return {
            self.form.value: self.value,
            "release": str(self.release),
            "expect": self.verdict.expect,
        }


def judge(form: Form, value: JsonValue, release: Release) -> Verdict | None:
    """Say what a release makes of a value, in a fresh process with default settings.

    None: QEMU's answer is not known, or it takes what migaddr refuses (docs/supported.md lists it).
    """
    form = Form(form)
    try:
        if form is Form.URI:
            if not isinstance(value, str):
                return None
            return Verdict(Outcome.EXPECT, _written(parse_uri(value, release)), None)
        if form is Form.CHANNELS:
            channels = channels_from_qmp(value, release=release)
            return Verdict(Outcome.EXPECT, {"channels": channels_to_qmp(channels)}, None)
        return Verdict(Outcome.EXPECT, _command(command_from_qmp(value, release=release)), None)
    except (ParseError, WireError, CommandError) as fault:
        return _refused(form, release, fault)
    except InexpressibleError:  # up to 10.0 a port is cut inside of a character: no JSON can carry that
        return None


def _refused(form: Form, release: Release, fault: Fault) -> Verdict | None:
    if fault.crashes_qemu:
        signal = "SIGABRT" if isinstance(fault, ParseError) else "SIGSEGV"
        return Verdict(Outcome.CRASH, {"crash": signal}, fault)
    if fault.qemu_message is None and not _is_silent(form, release, fault):
        return None
    expect: JsonObject = {"error": fault.qemu_message}
    if isinstance(fault, WireError):
        expect["path"] = fault.path
    return Verdict(Outcome.ERROR, expect, fault)


def _is_silent(form: Form, release: Release, fault: Fault) -> bool:
    """Tell whether QEMU refuses this and reports success: an unknown scheme in `migrate` of 8.1."""
    return (
        form is Form.COMMAND
        and isinstance(fault, ParseError)
        and release.unknown_scheme is UnknownScheme.NO_ERROR
        and "\0" not in fault.text
    )


def _written(address: MigrateAddress) -> JsonObject:
    return address_to_qmp(address, release=LATEST)


def _command(command: Command) -> JsonObject:
    name = name_of(command)
    written: JsonObject = {"command": name, **_target(command.target)}
    for flag in FLAGS[name]:
        value = getattr(command, attribute(flag))
        if value is not None:
            written[flag] = value
    return written


def _target(target: Target) -> JsonObject:
    if isinstance(target, tuple):
        return {"channels": channels_to_qmp(target)}
    return {"addr": _written(target)}
