"""What preflight foretells, against what real QEMU answers: with settings at random, and every row of the table."""

from __future__ import annotations

import os
import random
import tempfile
from typing import Any, Literal

import pytest

from migaddr import (
    ChannelType,
    Command,
    ExecAddress,
    FdAddress,
    FileAddress,
    InetAddress,
    InexpressibleError,
    Migrate,
    MigrateAddress,
    MigrateChannel,
    MigrateIncoming,
    RdmaAddress,
    Release,
    UnixAddress,
    VsockAddress,
    preflight,
)
from migaddr.commands.write import arguments_of
from tests.qemu.bench import Qemu, QemuDiedError, binary
from tests.qemu.report import Differences

COUNT = int(os.environ.get("MIGADDR_QEMU_COUNT", "2000")) // 16
SEED = int(os.environ["MIGADDR_QEMU_SEED"])  # tests/conftest.py sees to it

ADDRESSES: tuple[MigrateAddress, ...] = (
    InetAddress("127.0.0.1", "1"),
    UnixAddress("/none/x"),
    VsockAddress("x", "1"),
    FdAddress("none"),
    ExecAddress(("/bin/sh", "-c", "true")),
    RdmaAddress(InetAddress("127.0.0.1", "1")),
    FileAddress("/none/x"),
)
CAPABILITIES = (
    "multifd", "multifd", "postcopy-ram", "postcopy-preempt", "mapped-ram", "mapped-ram", "xbzrle", "compress", "release-ram",
    "dirty-bitmaps", "background-snapshot", "return-path", "x-colo", "block", "rdma-pin-all", "zero-copy-send",
)  # fmt: skip
PARAMETERS: dict[str, tuple[Any, ...]] = {
    "direct-io": (True, False),
    "tls-creds": ("x", ""),
    "multifd-compression": ("zlib", "none"),
    "cpr-exec-command": (["/none"],),
    "block-incremental": (True,),
}
SHARED = ("-object", "memory-backend-memfd,id=r,size=16M,share=on", "-machine", "memory-backend=r")
TEXTS = frozenset(
    {
        "Migration requires seekable transport (e.g. file)",
        "Migration requires multi-channel URIs (e.g. tcp)",
        "Migration requires a transport that allows for extra fds (e.g. file)",  # never seen, never foretold
        "Migration requires streamable transport (eg unix)",
        "RDMA and compression can't be used together",
        "RDMA and XBZRLE can't be used together",
        "RDMA and multifd can't be used together",
        "RDMA and postcopy-ram can't be used together",
        "missing 'cpr' migration channel",
        "cpr-exec mode requires setting cpr-exec-command",
        "Cannot use TLS with mapped-ram",
        "Cannot use compression with mapped-ram",
        "Cannot use postcopy with CPR",
        "Cannot use background snapshot with CPR",
        "Cannot use COLO with CPR",
        "No disk migration is required in COLO mode",
        "Command options are incompatible with current migration capabilities",
        "bad cpr channel address; must be unix",
        "fd: migration to a file is not supported. Use file: instead.",
    }
)
NO_RESUME = "Cannot resume if there is no paused migration"
AFTER_RESUME = (
    "Postcopy recovery cannot work when release-ram capability is set",
    "bad cpr channel address; must be unix",
    None,
)


def _start(series: str, command: Command) -> Qemu:
    release = Release.parse(series)
    options = (*SHARED[:-1], f"{SHARED[-1]},aux-ram-share=on") if "cpr-transfer" in release.modes else SHARED
    return Qemu(binary(series), *options, incoming=None if isinstance(command, Migrate) else "defer")


def _command(source: random.Random, release: Release) -> Command:
    main = source.choice(ADDRESSES)
    if not source.getrandbits(1):
        return MigrateIncoming(main)
    flags: dict[str, bool] = {}
    if "blk" in release.migrate.optional and not source.getrandbits(2):
        flags = {"blk": source.choice((True, False)), "inc": source.choice((True, False))}
    if not source.getrandbits(3):
        flags["resume"] = True
    if source.getrandbits(1) or ChannelType.CPR not in release.channel_types:
        return Migrate(main, **flags)
    cpr = source.choice((UnixAddress("/none/c"), *ADDRESSES))
    channels = [MigrateChannel(ChannelType.MAIN, main), MigrateChannel(ChannelType.CPR, cpr)]
    source.shuffle(channels)
    return Migrate(tuple(channels), **flags)


def _set(source: random.Random, qemu: Qemu, release: Release) -> tuple[dict[str, bool], dict[str, Any]]:
    """Set things that may matter, as far as this QEMU lets us; give what it says is set."""
    for name in source.sample(CAPABILITIES, source.choice((0, 1, 1, 2, 2, 3, 4))):
        qemu.execute("migrate-set-capabilities", capabilities=[{"capability": name, "state": True}])
    for name in source.sample(sorted(PARAMETERS), source.choice((0, 1, 2, 3))):
        qemu.execute("migrate-set-parameters", **{name: source.choice(PARAMETERS[name])})
    if release.modes and source.getrandbits(1):
        qemu.execute("migrate-set-parameters", mode=source.choice(sorted(release.modes)))
    capabilities = qemu.execute("query-migrate-capabilities")["return"]
    return (
        {item["capability"]: item["state"] for item in capabilities},
        qemu.execute("query-migrate-parameters")["return"],
    )


def test_settings_at_random(series: str) -> None:
    release = Release.parse(series)
    differences = Differences(series)
    source = random.Random(SEED)
    print(f"seed {SEED}, count {COUNT}")
    for _ in range(COUNT):
        command = _command(source, release)
        form: Literal["uri", "channels"] = source.choice(("uri", "channels"))
        with _start(series, command) as qemu:
            capabilities, parameters = _set(source, qemu, release)
            try:
                refusals = preflight(
                    command, release, capabilities=capabilities, parameters=parameters, form=form
                )
            except InexpressibleError:
                continue
            said, died = _sent(qemu, command, release, form)
        first = refusals[0] if refusals else None
        if first is None:
            wrong = died or said in TEXTS
        elif said == NO_RESUME and isinstance(command, Migrate) and command.resume:
            wrong = first.qemu_message not in AFTER_RESUME
        else:
            wrong = (said, died) != (first.qemu_message, first.crashes_qemu)
        on = sorted(name for name, state in capabilities.items() if state)
        set_to = {name: parameters[name] for name in ("mode", *PARAMETERS) if parameters.get(name)}
        differences.note(
            f"{command} as {form}, {on}, {set_to}",
            f"{said!r}, died: {died}, not {first!r}" if wrong else None,
        )
    differences.judge()


KINDS = dict(zip(("inet", "unix", "vsock", "fd", "exec", "rdma", "file"), ADDRESSES, strict=True))
PLAIN, CPR = MigrateChannel(ChannelType.MAIN, KINDS["unix"]), MigrateChannel(ChannelType.CPR, KINDS["inet"])
CPR_TRANSFER = {"mode": "cpr-transfer"}
CPR_REBOOT = {"mode": "cpr-reboot"}
ROWS: dict[str, list[tuple[Command, tuple[str, ...], dict[str, Any]]]] = {
    # a text of the table, and what is answered with it where the release has all this
    "Migration requires seekable transport (e.g. file)": [
        (make(KINDS[kind]), ("mapped-ram",), {})
        for make in (Migrate, MigrateIncoming)
        for kind in ("inet", "unix", "vsock", "fd", "exec", "rdma")
    ],
    "Migration requires multi-channel URIs (e.g. tcp)": [
        (make(KINDS[kind]), on, {})
        for make in (Migrate, MigrateIncoming)
        for kind in ("fd", "exec", "rdma", "file")
        for on in (("multifd",), ("postcopy-ram", "postcopy-preempt"))
    ],
    "Migration requires streamable transport (eg unix)": [
        (Migrate((MigrateChannel(ChannelType.MAIN, KINDS["file"]), CPR)), (), CPR_TRANSFER),
        (MigrateIncoming(KINDS["file"]), (), CPR_TRANSFER),
    ],
    "RDMA and XBZRLE can't be used together": [
        (Migrate(KINDS["rdma"]), ("xbzrle",), {}),
        (MigrateIncoming(KINDS["rdma"]), ("xbzrle",), {}),
    ],
    "RDMA and postcopy-ram can't be used together": [
        (Migrate(KINDS["rdma"]), ("postcopy-ram",), {}),
        (MigrateIncoming(KINDS["rdma"]), ("postcopy-ram",), {}),
    ],
    "missing 'cpr' migration channel": [(Migrate(KINDS["unix"]), (), CPR_TRANSFER)],
    "cpr-exec mode requires setting cpr-exec-command": [(Migrate(KINDS["file"]), (), {"mode": "cpr-exec"})],
    "Cannot use TLS with mapped-ram": [(Migrate(KINDS["file"]), ("mapped-ram",), {"tls-creds": "x"})],
    "Cannot use compression with mapped-ram": [
        (Migrate(KINDS["file"]), ("mapped-ram",), {"multifd-compression": "zlib"})
    ],
    "Cannot use postcopy with CPR": [
        (Migrate(KINDS["file"]), ("postcopy-ram",), CPR_REBOOT),
        (Migrate(KINDS["file"]), ("dirty-bitmaps",), CPR_REBOOT),
    ],
    "Cannot use background snapshot with CPR": [
        (Migrate(KINDS["file"]), ("background-snapshot",), CPR_REBOOT)
    ],
    "Cannot use COLO with CPR": [(Migrate(KINDS["file"]), ("return-path", "x-colo"), CPR_REBOOT)],
    "No disk migration is required in COLO mode": [(Migrate(KINDS["inet"], blk=True), ("x-colo",), {})],
    "Command options are incompatible with current migration capabilities": [
        (Migrate(KINDS["inet"], inc=True), ("block",), {}),
        (Migrate(KINDS["inet"], blk=True), (), {"block-incremental": True}),
    ],
    "bad cpr channel address; must be unix": [(Migrate((PLAIN, CPR)), (), CPR_TRANSFER)],
}
SEEN = {"7.2": 2, "10.0": 11, "11.1": 13}
"""How many texts of the table each series says."""


def test_every_row(series: str) -> None:
    """Each text is answered where preflight foretells it first, and nowhere else."""
    release = Release.parse(series)
    differences = Differences(series)
    heard: set[str] = set()
    for text, tries in ROWS.items():
        for command, on, settings in tries:
            try:
                refusals = preflight(command, release, capabilities=on, parameters=settings)
            except InexpressibleError:
                continue  # as where there is no blk, no file: or no cpr channel
            with _start(series, command) as qemu:
                if not _can_set(qemu, on, settings):
                    continue
                said, died = _sent(qemu, command, release, None)
            foretold = bool(refusals) and refusals[0].qemu_message == text
            if said == text:
                heard.add(text)
            wrong = died or (said == text) != foretold
            differences.note(
                f"{command}, {on}, {settings}", f"{said!r}, died: {died}, not {refusals}" if wrong else None
            )
    differences.judge()
    assert len(heard) == SEEN.get(series, len(heard)), heard


def _can_set(qemu: Qemu, on: tuple[str, ...], settings: dict[str, Any]) -> bool:
    capabilities = [{"capability": name, "state": True} for name in on]
    replies = [qemu.execute("migrate-set-capabilities", capabilities=capabilities)] if on else []
    if settings:
        replies.append(qemu.execute("migrate-set-parameters", **settings))
    return all("return" in reply for reply in replies)


def _sent(
    qemu: Qemu, command: Command, release: Release, form: Literal["uri", "channels"] | None
) -> tuple[str | None, bool]:
    """Send a command; give what QEMU answered, and whether it died."""
    name = "migrate" if isinstance(command, Migrate) else "migrate-incoming"
    try:
        return qemu.answer(name, **arguments_of(command, release, form)), False
    except QemuDiedError:
        return None, True


def test_a_uri_in_mode_cpr_transfer_kills_11_0_and_later(series: str) -> None:
    release = Release.parse(series)
    command = Migrate(UnixAddress("/none/x"))
    settings = {"mode": "cpr-transfer"}
    refusals = preflight(command, release, parameters=settings, form="uri")
    if "cpr-transfer" not in release.modes:
        assert refusals == ()
        return
    with _start(series, command) as qemu:
        assert qemu.answer("migrate-set-parameters", **settings) is None
        if refusals[0].crashes_qemu:
            with pytest.raises(QemuDiedError) as caught:
                qemu.answer("migrate", uri="unix:/none/x")
            assert caught.value.status == -6
            assert "cpr_state_save" in caught.value.output
        else:
            assert qemu.answer("migrate", uri="unix:/none/x") == refusals[0].qemu_message
    assert refusals[0].crashes_qemu == (release.version >= (11, 0, 0))


@pytest.mark.parametrize("kind", [Migrate, MigrateIncoming])
def test_a_descriptor_of_a_plain_file(series: str, kind: type[Migrate | MigrateIncoming]) -> None:
    command = kind(FdAddress("file"))
    refusals = preflight(command, series, fd_is_file=True)
    with _start(series, command) as qemu, tempfile.TemporaryFile() as file:
        qemu.getfd("file", file.fileno())
        name = "migrate" if kind is Migrate else "migrate-incoming"
        try:
            said = qemu.answer(name, uri="fd:file")
        except QemuDiedError as died:  # an empty file is no migration: the incoming side gives up
            assert kind is MigrateIncoming and died.status == 1, died
            said = None
    assert said == (refusals[0].qemu_message if refusals else None)
    assert preflight(command, series) == ()
