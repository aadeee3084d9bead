"""What QEMU refuses of a command that it can read: each row of the table in docs/commands.md, by release."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from migaddr import (
    RELEASES,
    ChannelType,
    Command,
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
    RdmaAddress,
    Refusal,
    UnixAddress,
    VsockAddress,
    preflight,
)

KINDS: dict[str, MigrateAddress] = {
    "inet": InetAddress("h", "1"),
    "unix": UnixAddress("/x"),
    "vsock": VsockAddress("2", "1"),
    "fd": FdAddress("x"),
    "exec": ExecAddress(("/bin/sh", "-c", "cat")),
    "rdma": RdmaAddress(InetAddress("h", "1")),
    "file": FileAddress("/x"),
}
SERIES = [str(release) for release in RELEASES]
SEEKABLE = "Migration requires seekable transport (e.g. file)"
SEVERAL = "Migration requires multi-channel URIs (e.g. tcp)"
STREAMABLE = "Migration requires streamable transport (eg unix)"
NO_CPR = "missing 'cpr' migration channel"
CPR_TRANSFER = {"mode": "cpr-transfer"}


def _said(command: Command, release: str, *on: str, **settings: Any) -> list[str | None]:
    return [
        refusal.qemu_message for refusal in preflight(command, release, capabilities=on, parameters=settings)
    ]


def _when(make: Any, text: str, *on: str, **settings: Any) -> dict[str, list[str]]:
    """Which kinds of address are refused with this text, release by release, from the first that says it."""
    found: dict[str, list[str]] = {}
    for release in SERIES:
        kinds = []
        for kind, address in KINDS.items():
            try:
                said = _said(make(address), release, *on, **settings)
            except InexpressibleError:
                continue
            if text in said:
                kinds.append(kind)
        if kinds and (not found or list(found.values())[-1] != kinds):
            found[release] = kinds
    return found


@pytest.mark.parametrize("make", [Migrate, MigrateIncoming, MigrateRecover])
def test_the_transport(make: Any) -> None:
    no_file = ["inet", "unix", "vsock", "fd", "exec", "rdma"]
    assert _when(make, SEEKABLE, "mapped-ram") == {"9.0": no_file}
    for capability in ("multifd", "postcopy-preempt"):
        assert _when(make, SEVERAL, capability) == {
            "8.0": ["fd", "exec", "rdma"],
            "8.2": ["fd"],
            "9.0": ["fd", "exec", "rdma", "file"],
        }
    assert _when(make, SEVERAL, "multifd", "mapped-ram")["9.0"] == ["fd", "exec", "rdma"]
    assert _when(make, STREAMABLE, mode="cpr-transfer") == {"10.0": ["file"]}


def test_rdma_and_capabilities() -> None:
    def told(make: Any, name: str, capability: str) -> list[str]:
        found = _when(make, f"RDMA and {name} can't be used together", capability)
        assert all(kinds == ["rdma"] for kinds in found.values())
        return list(found)

    assert told(Migrate, "XBZRLE", "xbzrle") == told(Migrate, "multifd", "multifd") == ["10.1"]
    assert told(Migrate, "postcopy-ram", "postcopy-ram") == ["10.1"]
    for make in (MigrateIncoming, MigrateRecover):
        assert told(make, "XBZRLE", "xbzrle") == told(make, "multifd", "multifd") == ["8.2"]
        assert told(make, "compression", "compress") == ["8.2"]
        assert told(make, "postcopy-ram", "postcopy-ram") == ["10.1"]
    assert _said(MigrateIncoming(KINDS["rdma"]), "9.1", "compress") == []
    assert _said(MigrateIncoming(KINDS["rdma"]), "8.2", "xbzrle", "compress") == [
        "RDMA and compression can't be used together",
        "RDMA and XBZRLE can't be used together",
    ]


def test_mode_cpr_transfer_needs_a_cpr_channel() -> None:
    """10.x looks at the transport first; 11.x at the list first, and dies of a uri."""
    command = Migrate(KINDS["file"])
    assert _said(command, "9.2", **CPR_TRANSFER) == []
    assert _said(command, "10.2", **CPR_TRANSFER) == [STREAMABLE, NO_CPR]
    assert _said(command, "11.0", **CPR_TRANSFER) == [NO_CPR, STREAMABLE]
    command = Migrate(KINDS["unix"])
    assert [r.crashes_qemu for r in preflight(command, "10.2", parameters=CPR_TRANSFER, form="uri")] == [
        False
    ]
    (crash,) = preflight(command, "11.1", parameters=CPR_TRANSFER, form="uri")
    assert (crash.crashes_qemu, crash.qemu_message) == (True, None)
    assert str(crash).endswith("QEMU does not answer this: it crashes")
    last = preflight(command, "11.1", capabilities=["postcopy-ram"], parameters=CPR_TRANSFER, form="uri")
    assert [refusal.crashes_qemu for refusal in last] == [False, True]
    assert _said(MigrateIncoming(KINDS["unix"]), "11.1", **CPR_TRANSFER) == []


def test_a_cpr_channel_is_a_unix_socket() -> None:
    def said(cpr: MigrateAddress, mode: str) -> list[str | None]:
        channels = (MigrateChannel(ChannelType.CPR, cpr), MigrateChannel(ChannelType.MAIN, KINDS["inet"]))
        return _said(Migrate(channels), "11.1", mode=mode)

    for kind, address in KINDS.items():
        bad = [] if kind == "unix" else ["bad cpr channel address; must be unix"]
        assert said(address, "cpr-transfer") == bad
        assert said(address, "normal") == []


@pytest.mark.parametrize(
    ("text", "on", "settings", "first"),
    [
        ("Cannot use TLS with mapped-ram", ["mapped-ram"], {"tls-creds": "tls0"}, "9.0"),
        ("Cannot use compression with mapped-ram", ["mapped-ram"], {"multifd-compression": "zstd"}, "9.0"),
        ("Cannot use postcopy with CPR", ["postcopy-ram"], {"mode": "cpr-reboot"}, "9.0"),
        ("Cannot use postcopy with CPR", ["dirty-bitmaps"], {"mode": "cpr-reboot"}, "9.0"),
        ("Cannot use background snapshot with CPR", ["background-snapshot"], {"mode": "cpr-reboot"}, "9.0"),
        ("Cannot use COLO with CPR", ["x-colo"], {"mode": "cpr-reboot"}, "9.0"),
        ("cpr-exec mode requires setting cpr-exec-command", [], {"mode": "cpr-exec"}, "10.2"),
        ("cpr-exec mode requires setting cpr-exec-command", [], {"mode": "cpr-exec", "cpr-exec-command": []}, "10.2"),
    ],
)  # fmt: skip
def test_settings_that_do_not_go_together(
    text: str, on: list[str], settings: dict[str, Any], first: str
) -> None:
    """Whatever the address is; the incoming side does not look, and neither does a resumed migration."""
    command, resumed = Migrate(KINDS["file"]), Migrate(KINDS["file"], resume=True)
    having = [
        r for r in SERIES if r not in ("7.2", "8.0", "8.1") and text in _said(command, r, *on, **settings)
    ]
    assert having == SERIES[SERIES.index(first) :]
    assert text not in _said(MigrateIncoming(KINDS["file"]), "11.1", *on, **settings)
    assert text not in _said(resumed, "11.1", *on, **settings)


def test_no_setting_no_refusal() -> None:
    settings = {
        "tls-creds": "",
        "multifd-compression": "none",
        "mode": "normal",
        "cpr-exec-command": ["/qemu"],
        "direct-io": True,
    }
    for release in SERIES[3:]:
        for address in KINDS.values():
            for make in (Migrate, MigrateIncoming, MigrateRecover):
                assert preflight(make(address), release, parameters=settings) == ()
    assert _said(Migrate(KINDS["file"]), "10.2", mode="cpr-exec", **{"cpr-exec-command": ["/qemu"]}) == []


def test_postcopy_recovery_without_the_memory() -> None:
    text = "Postcopy recovery cannot work when release-ram capability is set"
    assert _said(Migrate(KINDS["inet"], resume=True), "7.2", "release-ram") == [text]
    assert _said(Migrate(KINDS["inet"]), "7.2", "release-ram") == []


def test_block_migration_that_is_set_already() -> None:
    colo = "No disk migration is required in COLO mode"
    options = "Command options are incompatible with current migration capabilities"
    for command in (Migrate(KINDS["inet"], blk=True), Migrate(KINDS["inet"], inc=True)):
        assert _said(command, "9.0", "block") == [options]
        assert _said(command, "7.2", **{"block-incremental": True}) == [options]
        assert _said(command, "8.1", "x-colo", "block") == [colo, options]
        assert _said(command, "8.1") == []
    assert _said(Migrate(KINDS["inet"], blk=False, inc=False), "8.1", "block") == []


@pytest.mark.parametrize("make", [Migrate, MigrateIncoming])
def test_a_descriptor_of_a_plain_file(make: Any) -> None:
    refused = [r for r in SERIES if preflight(make(KINDS["fd"]), r, fd_is_file=True)]
    assert refused == ["11.0", "11.1"]
    assert preflight(make(KINDS["inet"]), "11.1", fd_is_file=True) == ()


def test_what_cannot_be_sent_cannot_be_foretold() -> None:
    for command, release, form in (
        (Migrate(KINDS["file"]), "8.1", None),
        (Migrate(KINDS["inet"], detach=True), "11.1", None),
        (Migrate(UnixAddress("x", abstract=True)), "11.1", "uri"),
        (Migrate(KINDS["inet"]), "8.2", "channels"),
        (MigrateRecover(KINDS["inet"]), "11.1", "channels"),
    ):
        wrong: Any = form
        with pytest.raises(InexpressibleError):
            preflight(command, release, form=wrong)
    with pytest.raises(InexpressibleError, match="it does not take channels alone"):
        preflight(Migrate(KINDS["inet"]), "8.2.1", form="channels")


@pytest.mark.parametrize(
    "wrong",
    [
        {"capabilities": "multifd"},
        {"capabilities": None},
        {"capabilities": {"multifd": 1}},
        {"capabilities": [1]},
        {"capabilities": {1: True}},
        {"parameters": ["mode"]},
        {"parameters": "mode"},
        {"parameters": {"mode": "cpr_transfer"}},
        {"parameters": {"mode": None}},
        {"parameters": {"mode": ["normal"]}},
        {"form": "hmp"},
    ],
)
def test_settings_have_their_types(wrong: dict[str, Any]) -> None:
    with pytest.raises(CommandError):
        preflight(Migrate(KINDS["inet"]), "11.1", **wrong)


def test_a_refusal_is_an_error_that_one_may_raise() -> None:
    (refusal,) = preflight(Migrate(KINDS["exec"]), "11.1", capabilities=["multifd"])
    assert isinstance(refusal, Refusal)
    assert str(refusal) == (
        "multifd needs several connections, and exec is one stream\n"
        "hint: use inet, unix or vsock, or turn multifd off\n"
        f"QEMU answers: {SEVERAL}"
    )
    assert pickle.loads(pickle.dumps(refusal)) == refusal
    with pytest.raises(CommandError):
        raise refusal
    (refusal,) = preflight(Migrate(KINDS["file"]), "11.1", capabilities=["multifd"])
    assert refusal.hint == "turn mapped-ram on"
