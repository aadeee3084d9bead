"""Writing commands, and the choice of the form."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from migaddr import (
    DRAFT_V1,
    LATEST,
    RELEASES,
    RFC,
    AddressError,
    ChannelType,
    CommandError,
    ExecAddress,
    FdAddress,
    FileAddress,
    InetAddress,
    InexpressibleError,
    Migrate,
    MigrateAddress,
    MigrateChannel,
    MigrateIncoming,
    MigrateRecover,
    UnixAddress,
    WireError,
    arguments_for,
    command_to_qmp,
    exec_address,
)
from migaddr.releases import CommandArguments

FD = FdAddress("x")
MAIN = MigrateChannel(ChannelType.MAIN, FD)
CPR = MigrateChannel(ChannelType.CPR, UnixAddress("/c"))
AS_URI = {"uri": "fd:x"}
AS_CHANNELS = {
    "channels": [{"channel-type": "main", "addr": {"transport": "socket", "type": "fd", "str": "x"}}]
}


def test_channels_where_the_command_takes_them_alone_else_a_uri() -> None:
    chosen = {
        command: {str(r): "channels" in arguments_for(FD, r, command) for r in RELEASES}
        for command in ("migrate", "migrate-incoming", "migrate-recover")
    }
    names = [str(release) for release in RELEASES]
    assert chosen["migrate"] == {name: names.index(name) >= names.index("8.2.2") for name in names}
    assert chosen["migrate-incoming"] == {name: names.index(name) >= names.index("8.2") for name in names}
    assert not any(chosen["migrate-recover"].values())
    assert arguments_for(FD, "7.2") == arguments_for(FD, "8.2.1") == AS_URI
    assert arguments_for(FD, "8.2.2") == arguments_for([MAIN], "8.2.1", "migrate-incoming") == AS_CHANNELS


@pytest.mark.parametrize(
    ("target", "release", "command", "said"),
    [
        (UnixAddress("x", abstract=True), "7.2", "migrate", "abstract socket; channels can; QEMU 8.2.2 is the first"),
        (UnixAddress("x", abstract=True), "8.1", "migrate-incoming", "abstract socket; channels can; QEMU 8.2 is the first"),
        (UnixAddress("x", abstract=True), "11.1", "migrate-recover", "no QEMU can be told this with migrate-recover"),
        (UnixAddress("x", tight=False), "8.0", "migrate", "no option for tight; .* QEMU 8.2.2 is the first"),
        (InetAddress("h", "1", keep_alive_count=3), "10.0", "migrate", "keep-alive-count came with QEMU 10.1; QEMU 10.1 is"),
        (InetAddress("h", "1", keep_alive_idle=3), "8.2", "migrate", "keep-alive-idle since QEMU 10.1 only; QEMU 10.1 is"),
        (InetAddress("h", "1", numeric=True), "7.2", "migrate", "numeric since QEMU 10.1 only; QEMU 8.2.2 is the first"),
        (InetAddress("h", "1", keep_alive_interval=3), "9.0", "migrate-recover", "keep-alive-interval .* QEMU 10.1 is the first"),
        (ExecAddress(("/bin/nc", "h")), "8.1", "migrate", "another argument vector; .* QEMU 8.2.2 is the first"),
        (FileAddress("x"), "8.1", "migrate", "file: came with QEMU 8.2; QEMU 8.2 is the first"),
        (FileAddress("x,offset=1"), "8.2.1", "migrate", "',offset='.*; QEMU 8.2.2 is the first"),
        (FdAddress(""), "8.2.1", "migrate", "needs a name since QEMU 8.2; QEMU 8.2.2 is the first"),
        (FdAddress(""), "10.0", "migrate-recover", "needs a name since QEMU 8.2; QEMU 8.1 is the last that can"),
        (FdAddress("\udc80"), "11.1", "migrate", "raw byte 0x80, which JSON cannot carry to QEMU; no QEMU can"),
        (FdAddress("\udc80"), "7.2", "migrate", "uri holds the raw byte 0x80, which JSON cannot carry to QEMU; no QEMU"),
        ((MAIN, CPR), "7.2", "migrate", "a uri is one main channel; these are main, cpr; QEMU 10.0 is the first"),
        ((MAIN, CPR), "9.2", "migrate", "cpr channels came with QEMU 10.0; QEMU 10.0 is the first"),
        ((MAIN, CPR), "11.1", "migrate-incoming", "takes one channel, of type main.*; no QEMU"),
        ((CPR,), "10.0", "migrate-incoming", "takes one channel, of type main.*; no QEMU"),
        ((CPR,), "11.1", "migrate", "there is no main channel; no QEMU"),
        ((MAIN, MAIN), "11.1", "migrate", "second main channel; no QEMU"),
        ((MAIN, CPR), "11.1", "migrate-recover", "a uri is one main channel"),
    ],
)  # fmt: skip
def test_what_no_form_says_is_named_with_the_first_release_that_can(
    target: MigrateAddress | tuple[MigrateChannel, ...], release: str, command: str, said: str
) -> None:
    with pytest.raises(InexpressibleError, match=said) as caught:
        arguments_for(target, release, command)
    assert caught.value.address == target
    assert caught.value.target == f"{command} for QEMU {release}"


@pytest.mark.parametrize("wrong", [(), [], None, "fd:x", b"x", [FD], (MAIN, FD), 1])
def test_a_target_is_an_address_or_channels(wrong: Any) -> None:
    with pytest.raises(AddressError):
        arguments_for(wrong, "11.1")


@pytest.mark.parametrize("wrong", ["query-migrate", "", None, ["migrate"]])
def test_only_three_commands_take_an_address(wrong: Any) -> None:
    with pytest.raises(CommandError, match="migrate, migrate-incoming, migrate-recover"):
        arguments_for(FD, "11.1", wrong)


def test_a_command_is_written_whole() -> None:
    assert command_to_qmp(Migrate(FD, blk=True, detach=False, resume=True), release="8.0") == {
        "execute": "migrate",
        "arguments": {"uri": "fd:x", "blk": True, "detach": False, "resume": True},
    }
    assert command_to_qmp(MigrateIncoming(FD, exit_on_error=False)) == {
        "execute": "migrate-incoming",
        "arguments": {**AS_CHANNELS, "exit-on-error": False},
    }
    assert command_to_qmp(MigrateRecover(FD)) == {"execute": "migrate-recover", "arguments": AS_URI}


@pytest.mark.parametrize(
    ("command", "release", "reason"),
    [
        (Migrate(FD, blk=False), "9.1", "blk was removed in QEMU 9.1"),
        (Migrate(FD, inc=True), "11.1", "inc was removed in QEMU 9.1"),
        (Migrate(FD, detach=False), "11.0", "detach was removed in QEMU 11.0"),
        (MigrateIncoming(FD, exit_on_error=True), "9.0", "exit-on-error came with QEMU 9.1"),
    ],
)
def test_an_argument_that_is_not_there_is_refused(
    command: Migrate | MigrateIncoming, release: str, reason: str
) -> None:
    with pytest.raises(InexpressibleError) as caught:
        command_to_qmp(command, release=release)
    assert caught.value.reason == reason


def test_a_schema_that_has_no_channels_gives_a_uri() -> None:
    """Whatever the release is called: the data decides."""
    release = attrs.evolve(LATEST, migrate=CommandArguments(frozenset({"uri"}), frozenset({"resume"})))
    assert arguments_for(FD, release) == AS_URI


def test_a_uri_says_what_channels_of_a_schema_cannot() -> None:
    release = attrs.evolve(LATEST, inet_members=LATEST.inet_members - {"numeric"})
    assert arguments_for(InetAddress("h", "1", numeric=True), release) == {"uri": "tcp:h:1,numeric=on"}


def test_the_draft_takes_its_channel_and_where_it_has_none_a_uri() -> None:
    written = command_to_qmp(Migrate(FD, inc=True), DRAFT_V1)
    assert written == {
        "execute": "migrate",
        "arguments": {
            "channel": {
                "channeltype": "main",
                "addr": {"transport": "socket", "socket-type": {"type": "fd", "str": "x"}},
            },
            "inc": True,
        },
    }
    assert command_to_qmp(Migrate(FileAddress("x")), DRAFT_V1) == {
        "execute": "migrate",
        "arguments": {"uri": "file:x"},
    }
    incoming = command_to_qmp(MigrateIncoming(exec_address("cat")), DRAFT_V1, release="7.2")
    assert incoming == {
        "execute": "migrate-incoming",
        "arguments": {"channel": {"channeltype": "main", "addr": {"transport": "exec", "exec-str": "cat"}}},
    }
    assert command_to_qmp(MigrateRecover(exec_address("cat")), DRAFT_V1) == {
        "execute": "migrate-recover",
        "arguments": {"uri": "exec:cat"},
    }
    with pytest.raises(
        InexpressibleError, match=r"not expressible as migrate of draft-v1: .*exactly one channel"
    ):
        command_to_qmp(Migrate((MAIN, CPR)), DRAFT_V1)
    with pytest.raises(InexpressibleError, match="migrate-incoming of draft-v1 has no exit-on-error"):
        command_to_qmp(MigrateIncoming(FD, exit_on_error=True), DRAFT_V1)
    with pytest.raises(InexpressibleError, match="migrate-incoming takes one channel"):
        command_to_qmp(MigrateIncoming((MAIN, CPR)), DRAFT_V1)


def test_the_proposal_changed_migrate_alone() -> None:
    """Though it has `channels`, as the releases have."""
    assert command_to_qmp(MigrateIncoming(FD), RFC)["arguments"] == AS_URI
    arguments = command_to_qmp(Migrate(FD), RFC)["arguments"]
    assert isinstance(arguments, dict)
    assert list(arguments) == ["channels"]


def test_what_is_no_command_or_no_dialect_is_refused() -> None:
    wrong: Any = FD
    with pytest.raises(CommandError, match="not FdAddress"):
        command_to_qmp(wrong)
    with pytest.raises(WireError, match="must be a Dialect"):
        command_to_qmp(Migrate(FD), wrong)
