"""Commands as values: what they hold, and what they refuse to hold."""

from __future__ import annotations

from typing import Any

import pytest

from migaddr import (
    AddressError,
    ChannelType,
    CommandError,
    FdAddress,
    Migrate,
    MigrateChannel,
    MigrateIncoming,
    MigrateRecover,
    Notice,
    Release,
    UnixAddress,
    command_notices,
)

FD = FdAddress("x")
MAIN = MigrateChannel(ChannelType.MAIN, FD)
CPR = MigrateChannel(ChannelType.CPR, UnixAddress("/c"))


def test_one_main_channel_is_its_address() -> None:
    assert Migrate((MAIN,)) == Migrate(FD)
    assert Migrate((MAIN,)).target is FD
    assert MigrateIncoming((MAIN,)).target is FD
    assert Migrate((CPR,)).target == (CPR,)
    assert Migrate((MAIN, CPR)).target == (MAIN, CPR) != Migrate((CPR, MAIN)).target


@pytest.mark.parametrize("wrong", [(), [MAIN], (MAIN, FD), "fd:x", None, MAIN])
def test_a_target_is_an_address_or_a_tuple_of_channels(wrong: Any) -> None:
    for kind in (Migrate, MigrateIncoming, MigrateRecover):
        with pytest.raises(AddressError) as caught:
            kind(wrong)
        assert caught.value.member == "target"


def test_recovery_takes_an_address_alone() -> None:
    wrong: Any = (MAIN,)
    with pytest.raises(AddressError, match="takes no channels"):
        MigrateRecover(wrong)


@pytest.mark.parametrize("wrong", [1, 0, "on", "", []])
def test_a_flag_is_true_false_or_absent(wrong: Any) -> None:
    for make in (
        lambda: Migrate(FD, blk=wrong),
        lambda: Migrate(FD, inc=wrong),
        lambda: Migrate(FD, detach=wrong),
        lambda: Migrate(FD, resume=wrong),
        lambda: MigrateIncoming(FD, exit_on_error=wrong),
    ):
        with pytest.raises(AddressError, match="must be True, False or None"):
            make()
    assert Migrate(FD, blk=False) != Migrate(FD)


def test_deprecated_and_removed_arguments_are_told_with_their_releases() -> None:
    command = Migrate(FD, blk=False, detach=True, resume=True)
    blk = Notice("blk", Release.parse("8.2"), Release.parse("9.1"))
    detach = Notice("detach", Release.parse("10.1"), Release.parse("11.0"))
    told = {
        release: command_notices(command, release)
        for release in ("7.2", "8.1", "8.2", "8.2.9", "9.0", "9.1", "10.0", "10.1", "10.2", "11.0", "12.0")
    }
    assert told == {
        "7.2": (),
        "8.1": (),
        "8.2": (blk,),
        "8.2.9": (blk,),
        "9.0": (blk,),
        "9.1": (blk,),
        "10.0": (blk,),
        "10.1": (blk, detach),
        "10.2": (blk, detach),
        "11.0": (blk, detach),
        "12.0": (blk, detach),
    }
    assert [str(notice) for notice in told["11.0"]] == [
        "blk: deprecated since QEMU 8.2, removed in QEMU 9.1",
        "detach: deprecated since QEMU 10.1, removed in QEMU 11.0",
    ]
    assert command_notices(Migrate(FD, resume=True)) == ()


def test_what_came_later_is_not_told_as_removed() -> None:
    assert command_notices(MigrateIncoming(FD, exit_on_error=True), "9.0") == ()
    assert command_notices(MigrateRecover(FD), "7.2") == ()


def test_a_notice_of_what_a_schema_alone_knows() -> None:
    assert str(Notice("resume", None, None)) == "resume: deprecated"


def test_only_commands_have_notices() -> None:
    wrong: Any = FD
    with pytest.raises(
        CommandError, match="must be Migrate, MigrateIncoming or MigrateRecover, not FdAddress"
    ):
        command_notices(wrong)
