"""A real QEMU as the target, in a jail, over QMP: what it says and does, and what migaddr foretells.

A URI goes to `migrate` and to `migrate-incoming`, channels go to `migrate`, and a command as it is. QEMU does
not show what it read, but its words about what it cannot reach quote it, and it says where it listens.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Final, final

from migaddr.carets import printable
from migaddr.commands import Command, MigrateRecover, command_from_qmp
from migaddr.errors import CommandError, ParseError, UnknownReleaseError, WireError
from migaddr.fuzz.differences import Difference, Kind, about, general, why
from migaddr.fuzz.program import how_ended, is_unicode
from migaddr.fuzz.target import TargetError
from migaddr.generation import Case, Form, Outcome
from migaddr.jail import DEADLINE, Qemu, QemuDiedError, words_of
from migaddr.jail.commands import is_refused, judge_command, leaves_blocks
from migaddr.jail.verdict import Direction, Told, tell
from migaddr.model import (
    ChannelType,
    ExecAddress,
    FdAddress,
    FileAddress,
    InetAddress,
    MigrateAddress,
    MigrateChannel,
    UnixAddress,
    VsockAddress,
)
from migaddr.qmp import JsonObject, channels_from_qmp
from migaddr.releases import Release
from migaddr.uri import parse_uri

_SHELL: Final = "/bin/sh"
_VSOCK: Final = Path("/dev/vsock")
_DIGITS: Final = frozenset("0123456789")
_TMP: Final = "/tmp"  # noqa: S108 -- the working folder, there and here
_IN_JAIL: Final = frozenset({".", "..", ".jail", "output", "sh.log"})
"""What is in the working folder."""
_MOST_SAID: Final = 300
_VERSION: Final = ("major", "minor", "micro")
_DIRECTIONS: Final[tuple[Direction, ...]] = ("outgoing", "incoming")


@final
class QemuTarget:
    """One QEMU program. A process is told one thing after another as long as nothing comes of it."""

    release: Release
    """What it says that it is."""

    def __init__(self, program: Path) -> None:
        """Start it once.

        :raises TargetError: it does not run here in a jail, or is no release that migaddr knows.
        """
        if not program.is_file():
            raise TargetError(f"{printable(str(program))}: there is no such file")
        self._program = program.resolve()  # the jail has another working folder
        # a signal may end this while a process is being started or ended: its folder goes with this one
        self._place = tempfile.TemporaryDirectory(prefix="migaddr-fuzz.", ignore_cleanup_errors=True)
        self._running: dict[Direction, Qemu] = {}
        try:
            version = self._process("outgoing").version["qemu"]
            parts = version if isinstance(version, dict) else {}
            self.release = Release.parse(".".join(str(parts.get(name)) for name in _VERSION))
        except UnknownReleaseError as error:
            self.close()
            raise TargetError(f"{program}: {error}") from error
        except BaseException:
            self.close()
            raise

    def takes(self, case: Case) -> bool:
        """Tell whether QMP carries it, and nobody is hurt: no program but the shell runs, no vsock is met."""
        return is_unicode(case.value) and all(map(_is_harmless, _addresses(case)))

    def difference(self, case: Case) -> Difference | None:
        """Tell it the case, and what differs tell it again in a fresh process; see `Target`."""
        found = self._once(case)
        if found is not None and found.kind not in (Kind.CRASH, Kind.FORETOLD_CRASH, Kind.HANG):
            self._end_all()  # what it was told before may have changed it
            found = self._once(case)
        if found is not None:
            self._end_all()
        return found

    def _once(self, case: Case) -> Difference | None:
        try:
            match case.form:
                case Form.URI:
                    return self._of_uri(case)
                case Form.CHANNELS:
                    return self._of_channels(case)
                case Form.COMMAND:
                    return self._of_command(case)
        except QemuDiedError as died:
            return _death(case, died)
        except TimeoutError:
            return Difference(Kind.HANG, about(case), f"gave no answer in {DEADLINE:g} s")

    def _of_uri(self, case: Case) -> Difference | None:
        uri = str(case.value)
        expected: MigrateAddress | ParseError
        try:
            expected = parse_uri(uri, self.release)
        except ParseError as error:
            expected = error
        for direction in _DIRECTIONS:
            told = self._tell(expected, direction, uri=uri)
            if told.disagreement is not None:
                return _disagreement(case, told.said, f"{direction}: {told.disagreement}")
            if case.verdict.outcome is Outcome.CRASH:
                return Difference(Kind.SURVIVES, about(case), f"{direction}: it does not die")
        return None

    def _tell(self, expected: MigrateAddress | ParseError, direction: Direction, **argument: object) -> Told:
        told = tell(self._process(direction), expected, direction, self.release, **argument)
        fails = isinstance(expected, (InetAddress, UnixAddress)) and direction == "outgoing"
        if not (isinstance(expected, ParseError) or fails) or told.disagreement is not None:
            self._end(direction)
        return told

    def _of_channels(self, case: Case) -> Difference | None:
        expected = _channels(case)
        if len(expected) == 1 and expected[0].channel_type is ChannelType.MAIN:
            told = self._tell(expected[0].addr, "outgoing", channels=case.value)
            if told.disagreement is None:
                return None
            return _disagreement(case, told.said, told.disagreement)
        said = self._process("outgoing").answer("migrate", channels=case.value)
        if not is_refused(said):
            self._end("outgoing")
        return self._judged(case, said, {"execute": "migrate", "arguments": {"channels": case.value}})

    def _of_command(self, case: Case) -> Difference | None:
        value = case.value
        direction: Direction = "outgoing"
        if isinstance(value, dict) and value.get("execute") != "migrate":
            direction = "incoming"
        said = words_of(self._process(direction).send(json.dumps(value).encode()))
        envelope: JsonObject = value if isinstance(value, dict) else {}
        if not is_refused(said) or leaves_blocks(envelope, _expected(envelope, self.release), self.release):
            self._end(direction)
        return self._judged(case, said, envelope)

    def _judged(self, case: Case, said: str | None, command: JsonObject) -> Difference | None:
        expected = case.verdict.fault or _expected(command, self.release)
        sentence = judge_command(command, expected, self.release, said, died=False)
        return None if sentence is None else _disagreement(case, said, sentence)

    def _process(self, direction: Direction) -> Qemu:
        if direction not in self._running:
            incoming = "defer" if direction == "incoming" else None
            try:
                place = Path(self._place.name)
                self._running[direction] = Qemu(self._program, incoming=incoming, place=place)
            except (OSError, QemuDiedError, ValueError, TypeError) as error:
                raise TargetError(f"{self._program} does not run here in a jail: {error}") from error
        return self._running[direction]

    def _end(self, direction: Direction) -> None:
        qemu = self._running.pop(direction, None)
        if qemu is not None:
            qemu.close()

    def _end_all(self) -> None:
        for direction in _DIRECTIONS:
            self._end(direction)

    def close(self) -> None:
        """End its processes, and remove its folder."""
        try:
            self._end_all()
        finally:
            self._place.cleanup()


def _is_harmless(address: MigrateAddress) -> bool:
    match address:
        case ExecAddress(args):
            return args[0] == _SHELL or not Path(args[0]).exists()
        case VsockAddress():
            return not _VSOCK.exists()
        case FdAddress(name):
            return name[:1] not in _DIGITS  # one of QEMU's own descriptors
        case FileAddress(filename):
            # what is there is no stream, and QEMU ends when it finds that out
            return not Path(_TMP, filename).exists() and filename.split("/")[0] not in _IN_JAIL
        case _:
            return True


def _addresses(case: Case) -> list[MigrateAddress]:
    """Give the addresses that QEMU will use."""
    if case.verdict.outcome is not Outcome.EXPECT:
        return []
    if case.form is Form.URI:
        return [parse_uri(str(case.value), case.release)]
    if case.form is Form.CHANNELS:
        return [channel.addr for channel in _channels(case)]
    expected = command_from_qmp(case.value, release=case.release)
    if isinstance(expected, MigrateRecover):
        return []  # it is never run
    target = expected.target
    return [channel.addr for channel in target] if isinstance(target, tuple) else [target]


def _channels(case: Case) -> tuple[MigrateChannel, ...]:
    if case.verdict.outcome is not Outcome.EXPECT:
        return ()
    return channels_from_qmp(case.value, release=case.release)


def _expected(command: JsonObject, release: Release) -> Command | WireError | ParseError | CommandError:
    try:
        return command_from_qmp(command, release=release)
    except (WireError, ParseError, CommandError) as error:
        return error


def _disagreement(case: Case, said: str | None, sentence: str) -> Difference:
    fault = case.verdict.fault
    words = "success" if said is None else general(said)
    if case.verdict.outcome is Outcome.CRASH:
        return Difference(Kind.SURVIVES, about(case), sentence)
    if fault is None:
        kind = Kind.REFUSES if is_refused(said) else Kind.STRUCTURE
        return Difference(kind, f"{about(case)}: {words}", sentence)
    kind = Kind.WORDS if is_refused(said) else Kind.ACCEPTS
    return Difference(kind, f"{about(case)}: {why(fault)}: {words}", sentence)


def _death(case: Case, died: QemuDiedError) -> Difference:
    how = how_ended(died.status)
    said = f"ended by {how}: {died.output.strip()[-_MOST_SAID:]}"
    fault = case.verdict.fault
    if fault is None or not fault.crashes_qemu:
        return Difference(Kind.CRASH, f"{how}, {about(case)}", said)
    cause = "a malformed rdma URI" if isinstance(fault, ParseError) else why(fault)
    return Difference(Kind.FORETOLD_CRASH, f"{how}, {cause}", said)
