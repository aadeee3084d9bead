"""Every error of migaddr. Each is a `ValueError`, pickles, copies, and compares by value.

    MigaddrError
    |-- AddressError         a value that no address can hold          member, reason
    |-- ParseError           a text that QEMU (or JSON) refuses        reason, text, start, end
    |-- WireError            JSON of the wrong shape                   reason, path
    |-- InexpressibleError   an address that a spelling cannot say     address, target, reason
    |-- CommandError         a command that QEMU refuses               reason
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
    """Which part of the value, in QEMU's notation: `channels[0].addr.port`."""
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
        lines = [carets.printable(f"{carets.shortened(self.path)}: {self.reason}")]
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

    def __init__(self, reason: str, qemu_message: str | None = None, crashes_qemu: bool = False) -> None:
        super().__init__(reason, qemu_message, crashes_qemu)
        self.reason = reason
        self.qemu_message = qemu_message
        self.crashes_qemu = crashes_qemu

    def __str__(self) -> str:
        return "\n".join(
            [carets.printable(self.reason), *_advice(None, self.qemu_message, self.crashes_qemu)]
        )


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
