"""The commands that take an address, as values: what each says, whatever the release and the form."""

from __future__ import annotations

from typing import Never, TypeAlias, final

import attrs

from migaddr.errors import AddressError, CommandError
from migaddr.model import ADDRESS_TYPES, ChannelType, MigrateAddress, MigrateChannel, Shown

Target: TypeAlias = MigrateAddress | tuple[MigrateChannel, ...]
"""Where a migration goes: an address, or channels where there is more to say than one main address."""


def as_target(value: Target) -> Target:
    """Give the address itself for its one main channel: they mean the same, so they compare alike."""
    if isinstance(value, tuple) and len(value) == 1:
        (channel,) = value
        if isinstance(channel, MigrateChannel) and channel.channel_type is ChannelType.MAIN:
            return channel.addr
    return value


@final
@attrs.frozen(repr=False)
class Migrate(Shown):
    """The command `migrate`: send this guest to `target`.

    One main channel is the same as its address, and becomes it: `target` is a tuple only where there are
    other channels.

    :raises AddressError: a member has the wrong type, or the tuple is empty.
    """

    target: Target = attrs.field(converter=as_target)
    """Where to: an address, or several channels."""
    blk: bool | None = attrs.field(default=None, kw_only=True)
    """Migrate the block devices too, in full (up to QEMU 9.0)."""
    inc: bool | None = attrs.field(default=None, kw_only=True)
    """Migrate the block devices too, incrementally (up to QEMU 9.0)."""
    detach: bool | None = attrs.field(default=None, kw_only=True)
    """QMP ignores it (up to QEMU 10.2)."""
    resume: bool | None = attrs.field(default=None, kw_only=True)
    """Resume a paused postcopy migration."""

    def __attrs_post_init__(self) -> None:
        check_target(self.target)
        for name in ("blk", "inc", "detach", "resume"):
            _check_flag(name, getattr(self, name))


@final
@attrs.frozen(repr=False)
class MigrateIncoming(Shown):
    """The command `migrate-incoming`: listen on `target`, where QEMU was started with `-incoming defer`.

    One main channel is the same as its address, and becomes it. No release takes several channels here: the
    others go to the option `-incoming`.

    :raises AddressError: a member has the wrong type, or the tuple is empty.
    """

    target: Target = attrs.field(converter=as_target)
    """Where to listen: an address, or several channels."""
    exit_on_error: bool | None = attrs.field(default=None, kw_only=True)
    """End the process if the migration fails (since QEMU 9.1); absent means yes."""

    def __attrs_post_init__(self) -> None:
        check_target(self.target)
        _check_flag("exit_on_error", self.exit_on_error)


@final
@attrs.frozen(repr=False)
class MigrateRecover(Shown):
    """The command `migrate-recover`: listen on `target` again, after postcopy was interrupted.

    :raises AddressError: the target is no address.
    """

    target: MigrateAddress
    """Where to listen."""

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.target, ADDRESS_TYPES):
            raise AddressError("target", "must be a MigrateAddress: migrate-recover takes no channels")


Command: TypeAlias = Migrate | MigrateIncoming | MigrateRecover
"""Every command that takes an address."""


def name_of(command: Command) -> str:
    """Give the name of a command in QMP.

    :raises CommandError: it is none.
    """
    match command:
        case Migrate():
            return "migrate"
        case MigrateIncoming():
            return "migrate-incoming"
        case MigrateRecover():
            return "migrate-recover"
        case _:
            raise _not_a_command(command)


def _not_a_command(value: Never) -> CommandError:
    return CommandError(f"must be Migrate, MigrateIncoming or MigrateRecover, not {type(value).__name__}")


def check_target(value: object) -> None:
    """Check that this is an address, or some channels.

    :raises AddressError: it is neither.
    """
    if isinstance(value, ADDRESS_TYPES):
        return
    if not isinstance(value, tuple) or not all(isinstance(item, MigrateChannel) for item in value):
        raise AddressError("target", "must be a MigrateAddress or a tuple of MigrateChannel")
    if not value:
        raise AddressError("target", "must not be empty: no channel is no target")


def _check_flag(member: str, value: object) -> None:
    if value is not None and value is not True and value is not False:
        raise AddressError(member, f"must be True, False or None, not {type(value).__name__}")
