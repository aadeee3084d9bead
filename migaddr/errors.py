"""Every error of migaddr. Each is a `ValueError`, pickles, copies, and compares by value.

    MigaddrError
    |-- AddressError         a value that no address can hold          member, reason
    |-- ParseError           a text that QEMU (or JSON) refuses        reason, text, start, end
    |-- WireError            JSON of the wrong shape                   reason, path
    |-- InexpressibleError   an address that a spelling cannot say     address, target, reason
    |-- CommandError         a command that QEMU refuses               reason
    |   `-- Refusal          foretold of a command, by its settings
    |-- PeerError            what a live QEMU made of a command        command, reason, status
    |   |-- PeerRefusedError      it answered with an error
    |   |-- PeerLostError         the connection to it ended
    |   |-- PeerTimeoutError      the deadline passed
    |   |-- MigrationFailedError
    |   `-- MigrationCancelledError
    |-- TransportError       bytes that do not arrive (an OSError too) address, cause
    `-- UnknownReleaseError  no such QEMU release                      text, reason

`str(error)` is written for people and may change; the attributes are for programs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from migaddr import carets

if TYPE_CHECKING:
    from migaddr.model import MigrateAddress, MigrateChannel


class MigaddrError(ValueError):
    """The base of every error that migaddr raises."""

    def __eq__(self, other: object) -> bool:
        """Tell whether `other` is the same error with the same attributes."""
        if type(other) is not type(self) or not isinstance(other, MigaddrError):
            return NotImplemented
        return self.args == other.args

    def __hash__(self) -> int:
        """Hash by value, like `==`."""
        return hash((type(self), self.args))


class AddressError(MigaddrError):
    """A member has a value that no migration address can hold, in whatever spelling."""

    member: Final[str]
    """The attribute at fault: `to`, `args[2]`."""
    reason: Final[str]
    """What is wrong with it and what it may be."""

    def __init__(self, member: str, reason: str) -> None:
        super().__init__(member, reason)
        self.member = member
        self.reason = reason

    def __str__(self) -> str:
        return carets.printable(f"{self.member}: {self.reason}")


class ParseError(MigaddrError):
    """A text cannot be read. `text[start:end]` is the part at fault (empty: something is missing)."""

    reason: Final[str]
    """What is wrong, in plain words."""
    text: Final[str]
    """The whole text that was read."""
    start: Final[int]
    """Where the fault begins, in characters from the start of `text`."""
    end: Final[int]
    """Where it ends (exclusive); `0 <= start <= end <= len(text)`."""
    qemu_message: Final[str | None]
    """Exactly what that QEMU release answers to `migrate-incoming`; None: it crashes, or never sees it."""
    crashes_qemu: Final[bool]
    """Whether this text kills the QEMU process of that release."""
    hint: Final[str | None]
    """What to write instead."""

    def __init__(
        self,
        reason: str,
        text: str,
        start: int,
        end: int,
        qemu_message: str | None = None,
        crashes_qemu: bool = False,
        hint: str | None = None,
    ) -> None:
        super().__init__(reason, text, start, end, qemu_message, crashes_qemu, hint)
        self.reason = reason
        self.text = text
        self.start = start
        self.end = end
        self.qemu_message = qemu_message
        self.crashes_qemu = crashes_qemu
        self.hint = hint

    def __str__(self) -> str:
        lines = [carets.printable(self.reason)]
        if self.text:
            lines.append(carets.under(self.text, self.start, self.end))
        return "\n".join(lines + _advice(self.hint, self.qemu_message, self.crashes_qemu))


class WireError(MigaddrError):
    """A JSON value does not have the shape that QMP wants."""

    reason: Final[str]
    """What is wrong, in plain words."""
    path: Final[str]
    """Which part of the value, in QEMU's notation: `channels[0].addr.port`. Empty: the whole."""
    qemu_message: Final[str | None]
    """Exactly what that QEMU release answers to it; None: it crashes, accepts it, or never sees it."""
    crashes_qemu: Final[bool]
    """Whether this value kills the QEMU process of that release."""
    hint: Final[str | None]
    """What to write instead."""

    def __init__(
        self,
        reason: str,
        path: str,
        qemu_message: str | None = None,
        crashes_qemu: bool = False,
        hint: str | None = None,
    ) -> None:
        super().__init__(reason, path, qemu_message, crashes_qemu, hint)
        self.reason = reason
        self.path = path
        self.qemu_message = qemu_message
        self.crashes_qemu = crashes_qemu
        self.hint = hint

    def __str__(self) -> str:
        where = f"{carets.shortened(self.path)}: " if self.path else ""
        lines = [carets.printable(f"{where}{self.reason}")]
        return "\n".join(lines + _advice(self.hint, self.qemu_message, self.crashes_qemu))


class InexpressibleError(MigaddrError):
    """A spelling has no way to say this address exactly."""

    address: Final[MigrateAddress | tuple[MigrateChannel, ...]]
    """What was to be written."""
    target: Final[str]
    """The spelling it was to be written in: `uri for QEMU 10.0`."""
    reason: Final[str]
    """Why it cannot be said, and since which release it can where there is one."""

    def __init__(
        self, address: MigrateAddress | tuple[MigrateChannel, ...], target: str, reason: str
    ) -> None:
        super().__init__(address, target, reason)
        self.address = address
        self.target = target
        self.reason = reason

    def __str__(self) -> str:
        return carets.printable(f"not expressible as {self.target}: {self.reason}")


class CommandError(MigaddrError):
    """QEMU refuses the command as a whole, whatever its address says."""

    reason: Final[str]
    """What is wrong, in plain words."""
    qemu_message: Final[str | None]
    """Exactly what that QEMU release answers; None where it crashes."""
    crashes_qemu: Final[bool]
    """Whether this command kills the QEMU process of that release."""
    hint: Final[str | None]
    """What to do instead."""

    def __init__(
        self,
        reason: str,
        qemu_message: str | None = None,
        crashes_qemu: bool = False,
        hint: str | None = None,
    ) -> None:
        super().__init__(reason, qemu_message, crashes_qemu, hint)
        self.reason = reason
        self.qemu_message = qemu_message
        self.crashes_qemu = crashes_qemu
        self.hint = hint

    def __str__(self) -> str:
        return "\n".join(
            [carets.printable(self.reason), *_advice(self.hint, self.qemu_message, self.crashes_qemu)]
        )


class Refusal(CommandError):  # noqa: N818 -- `preflight` returns it; who wants to, may raise it
    """QEMU will refuse a command that it can read: what `migaddr.preflight` foretells."""


class PeerError(MigaddrError):
    """A live QEMU did not do what it was told: what `migaddr.qmp_client` raises."""

    command: Final[str]
    """The QMP command: that which was refused, or that whose migration this is."""
    reason: Final[str]
    """What happened, in plain words."""
    qemu_message: Final[str | None]
    """What QEMU said: the text of its error, or `error-desc` of `query-migrate`; None: nothing."""
    status: Final[str | None]
    """The `status` that `query-migrate` gave last; None: it was not asked, or gave none."""

    def __init__(
        self,
        command: str,
        reason: str,
        qemu_message: str | None = None,
        status: str | None = None,
    ) -> None:
        super().__init__(command, reason, qemu_message, status)
        self.command = command
        self.reason = reason
        self.qemu_message = qemu_message
        self.status = status

    def __str__(self) -> str:
        lines = [carets.printable(f"{self.command}: {self.reason}")]
        return "\n".join(lines + _advice(None, self.qemu_message, crashes_qemu=False))


class PeerRefusedError(PeerError):
    """QEMU answered the command with an error. No migration was started."""


class PeerLostError(PeerError):
    """There is no connection to QEMU, or it ended. What became of the migration is not known."""


class PeerTimeoutError(PeerError):
    """The deadline passed. `status` tells how far it was known to be."""


class MigrationFailedError(PeerError):
    """The migration was started and failed."""


class MigrationCancelledError(PeerError):
    """The migration was started, and somebody cancelled it."""


class TransportError(MigaddrError, OSError):
    """Bytes cannot be sent to an address, or do not arrive from it. Also an `OSError`."""

    address: Final[MigrateAddress]
    """Where they were to go, or to come from."""
    cause: Final[str]
    """What happened, in plain words."""
    hint: Final[str | None]
    """What to do instead."""
    errno: int | None
    """The system's number of the fault, as an OSError has it; ETIMEDOUT: the deadline passed."""
    strerror: str | None
    """The cause."""

    def __init__(
        self, address: MigrateAddress, cause: str, number: int | None = None, hint: str | None = None
    ) -> None:
        super().__init__(address, cause, number, hint)
        self.address = address
        self.cause = cause
        self.hint = hint
        self.errno = number
        self.strerror = cause

    def __str__(self) -> str:
        lines = [carets.printable(f"{carets.shortened(repr(self.address))}: {self.cause}")]
        return "\n".join(lines + _advice(self.hint, None, False))


class UnknownReleaseError(MigaddrError):
    """The text names no QEMU release that migaddr knows anything about."""

    text: Final[str]
    """What was given."""
    reason: Final[str]
    """Why it is not a release, and what would be."""

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(text, reason)
        self.text = text
        self.reason = reason

    def __str__(self) -> str:
        return carets.printable(f"{carets.shortened(self.text)}: {self.reason}")


def _advice(hint: str | None, qemu_message: str | None, crashes_qemu: bool) -> list[str]:
    lines = []
    if hint is not None:
        pasteable = "\n".join(map(carets.printable, hint.split("\n")))
        lines.append(f"hint: {pasteable}")
    if crashes_qemu:
        lines.append("QEMU does not answer this: it crashes")
    elif qemu_message is not None:
        lines.append(f"QEMU answers: {carets.printable(carets.shortened(qemu_message))}")
    return lines
