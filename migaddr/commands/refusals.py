"""Foretells what QEMU refuses of a command that it can read, before it opens anything.

The checks stand in the order in which QEMU makes them. They look at the command, and at the capabilities
and parameters that were set before it; not at what the guest or another migration does, which migaddr
cannot know. Whether a release makes a check at all, its data says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Literal

from migaddr.commands import Command, Migrate
from migaddr.commands.write import arguments_of
from migaddr.errors import CommandError, Refusal
from migaddr.model import (
    ChannelType,
    ExecAddress,
    FdAddress,
    FileAddress,
    InetAddress,
    MigrateAddress,
    RdmaAddress,
    UnixAddress,
    VsockAddress,
)
from migaddr.releases import LATEST, PlainFileFd, Release, ReleaseLike, as_release

_SEVERAL_CONNECTIONS: Final = ("multifd", "postcopy-preempt")
_CPR_CONFLICTS: Final = (
    (("postcopy-ram", "dirty-bitmaps"), "postcopy"),
    (("background-snapshot",), "background snapshot"),
    (("x-colo",), "COLO"),
)
_RDMA_NAMES: Final = {"compress": "compression", "xbzrle": "XBZRLE"}
_CPR_TRANSFER: Final = "cpr-transfer"
_CPR_EXEC: Final = "cpr-exec"
_NORMAL: Final = "normal"


class _Settings:
    """What is set in the QEMU that gets the command."""

    __slots__ = ("_on", "_parameters", "mode")

    def __init__(self, on: frozenset[str], parameters: Mapping[str, object], release: Release) -> None:
        self._on = on
        self._parameters = parameters
        mode = parameters.get("mode", _NORMAL)
        if not isinstance(mode, str) or mode not in release.modes | LATEST.modes:
            modes = ", ".join(sorted(release.modes | LATEST.modes))
            raise CommandError(f"no QEMU has such a migration mode; there are {modes}")
        self.mode = mode if mode in release.modes else _NORMAL

    def first_on(self, names: Iterable[str]) -> str | None:
        """Give the first of these capabilities that is on."""
        return next((name for name in names if name in self._on), None)

    def has(self, parameter: str) -> bool:
        """Tell whether a parameter is set to something."""
        return self._parameters.get(parameter) not in (None, False, "", "none", [])


def preflight(
    command: Command,
    release: ReleaseLike = LATEST,
    *,
    capabilities: Mapping[str, bool] | Iterable[str] = (),
    parameters: Mapping[str, object] | None = None,
    form: Literal["uri", "channels"] | None = None,
    fd_is_file: bool = False,
) -> tuple[Refusal, ...]:
    """Foretell why this release will refuse the command, given what is set there.

    The first refusal is QEMU's answer; the others would follow if the first did not hold. Without any, the
    command can still fail when QEMU opens the address, and because of the state that the guest is in.

    `capabilities` are the names of those that are on, or name -> whether on; `parameters` are as
    `query-migrate-parameters` gives them: `mode`, `tls-creds`, `multifd-compression`, `cpr-exec-command`
    and `block-incremental` matter. What the release does not have cannot be set there, and is passed over.
    `form` is that in which the command is sent (None: that of `command_to_qmp`); `fd_is_file` says that the
    descriptor of an FdAddress is one of a plain file.

    :raises InexpressibleError: the release cannot be told this command, or not in this form.
    :raises CommandError: capabilities or parameters have another type, or there is no such form or mode.
    :raises UnknownReleaseError: as `Release.parse`.
    """
    known = as_release(release)
    if form not in (None, "uri", "channels"):
        raise CommandError("the forms are uri and channels")
    sent = "channels" if "channels" in arguments_of(command, known, form) else "uri"
    if parameters is not None and not isinstance(parameters, Mapping):
        raise CommandError("parameters must be a mapping, as query-migrate-parameters gives it")
    settings = _Settings(_names_on(capabilities), parameters or {}, known)
    if isinstance(command, Migrate):
        return tuple(_outgoing(command, known, settings, sent, fd_is_file=fd_is_file))
    # a tuple is for migrate alone: the form would not have been found
    assert not isinstance(command.target, tuple)
    return tuple(_incoming(command.target, known, settings, fd_is_file=fd_is_file))


def _names_on(capabilities: Mapping[str, bool] | Iterable[str]) -> frozenset[str]:
    if isinstance(capabilities, str) or not isinstance(capabilities, Iterable):
        raise CommandError("capabilities must be names, or a mapping from name to whether it is on")
    if isinstance(capabilities, Mapping):
        if not all(isinstance(on, bool) for on in capabilities.values()):
            raise CommandError("a capability is on or off: True or False")
        capabilities = [name for name, on in capabilities.items() if on]
    names = list(capabilities)
    if not all(isinstance(name, str) for name in names):
        raise CommandError("a capability's name is text")
    return frozenset(names)


def _outgoing(
    command: Migrate, release: Release, settings: _Settings, form: str, *, fd_is_file: bool
) -> Iterator[Refusal]:
    main, cpr = _channels(command)
    missing = settings.mode == _CPR_TRANSFER and cpr is None
    in_list = release.uri_kills_cpr_transfer
    if missing and in_list and form == "channels":
        yield _missing_cpr()
    yield from _transport(main, release, settings)
    yield from _rdma(main, release.outgoing_rdma_conflicts, settings)
    if missing and not in_list:
        yield _missing_cpr()
    if command.resume:
        if settings.first_on(("release-ram",)):
            yield Refusal(
                "a guest whose memory was released cannot resume postcopy",
                "Postcopy recovery cannot work when release-ram capability is set",
            )
    else:
        yield from _settings_alone(release, settings)
        yield from _block(command, settings)
    if missing and in_list and form == "uri":
        yield Refusal(
            "mode cpr-transfer needs a cpr channel, which a uri cannot give",
            None,
            True,
            "send channels, one of type main and one of type cpr",
        )
    if settings.mode == _CPR_TRANSFER and cpr is not None and not isinstance(cpr, UnixAddress):
        yield Refusal(
            "the cpr channel must be a unix socket, to pass descriptors",
            "bad cpr channel address; must be unix",
            hint='give it {"transport": "socket", "type": "unix", "path": ...}',
        )
    yield from _descriptor(main, release, fd_is_file=fd_is_file)


def _incoming(
    main: MigrateAddress, release: Release, settings: _Settings, *, fd_is_file: bool
) -> Iterator[Refusal]:
    yield from _transport(main, release, settings)
    yield from _rdma(main, release.incoming_rdma_conflicts, settings)
    yield from _descriptor(main, release, fd_is_file=fd_is_file)


def _channels(command: Migrate) -> tuple[MigrateAddress, MigrateAddress | None]:
    """Give the main address, and that of the cpr channel."""
    if not isinstance(command.target, tuple):
        return command.target, None
    found = {channel.channel_type: channel.addr for channel in command.target}
    return found[ChannelType.MAIN], found.get(ChannelType.CPR)  # there is one of each, or it has no form


def _transport(main: MigrateAddress, release: Release, settings: _Settings) -> Iterator[Refusal]:
    """Look at the main address alone, as both commands do."""
    kind = _kind(main)
    mapped_ram = release.mapped_ram and settings.first_on(("mapped-ram",)) is not None
    if mapped_ram and kind != "file":
        yield Refusal(
            f"mapped-ram writes every page at its own place, which {kind} cannot",
            "Migration requires seekable transport (e.g. file)",
            hint="use a file, or turn mapped-ram off",
        )
    several = settings.first_on(_SEVERAL_CONNECTIONS)
    if several is not None and kind in release.single_stream and not (kind == "file" and mapped_ram):
        hint = f"use inet, unix or vsock, or turn {several} off"
        yield Refusal(
            f"{several} needs several connections, and {kind} is one stream",
            "Migration requires multi-channel URIs (e.g. tcp)",
            hint="turn mapped-ram on" if kind == "file" and several == "multifd" else hint,
        )
    if settings.mode == _CPR_TRANSFER and kind == "file":
        yield Refusal(
            "in mode cpr-transfer the other QEMU runs already: a file would not reach it",
            "Migration requires streamable transport (eg unix)",
            hint="use inet, unix, vsock, fd or exec, or mode cpr-reboot",
        )


def _rdma(main: MigrateAddress, conflicts: tuple[str, ...], settings: _Settings) -> Iterator[Refusal]:
    if not isinstance(main, RdmaAddress):
        return
    for capability in conflicts:
        if settings.first_on((capability,)):
            yield Refusal(
                f"RDMA does not work with {capability}",
                f"RDMA and {_RDMA_NAMES.get(capability, capability)} can't be used together",
                hint=f"turn {capability} off",
            )


def _missing_cpr() -> Refusal:
    return Refusal(
        "mode cpr-transfer needs a cpr channel",
        "missing 'cpr' migration channel",
        hint="add a channel of type cpr, a unix socket",
    )


def _settings_alone(release: Release, settings: _Settings) -> Iterator[Refusal]:
    """Look at what is set, whatever the address is."""
    if settings.mode == _CPR_EXEC and not settings.has("cpr-exec-command"):
        yield Refusal(
            "mode cpr-exec needs the command of the new QEMU",
            "cpr-exec mode requires setting cpr-exec-command",
            hint="set the parameter cpr-exec-command",
        )
    if release.mapped_ram and settings.first_on(("mapped-ram",)):
        for parameter, name in (("tls-creds", "TLS"), ("multifd-compression", "compression")):
            if settings.has(parameter):
                yield Refusal(
                    f"mapped-ram does not work with {name}",
                    f"Cannot use {name} with mapped-ram",
                    hint=f"turn mapped-ram off, or unset {parameter}",
                )
    if release.cpr_conflicts and settings.mode != _NORMAL:
        for capabilities, name in _CPR_CONFLICTS:
            capability = settings.first_on(capabilities)
            if capability is not None:
                yield Refusal(
                    f"mode {settings.mode} does not work with {capability}",
                    f"Cannot use {name} with CPR",
                    hint=f"turn {capability} off",
                )


def _block(command: Migrate, settings: _Settings) -> Iterator[Refusal]:
    if not (command.blk or command.inc):
        return
    if settings.first_on(("x-colo",)):
        yield Refusal("COLO replicates the disks itself", "No disk migration is required in COLO mode")
    if settings.first_on(("block",)) or settings.has("block-incremental"):
        yield Refusal(
            "blk and inc set the capability block and block-incremental: one is set already",
            "Command options are incompatible with current migration capabilities",
            hint="leave blk and inc out, or unset both",
        )


def _descriptor(main: MigrateAddress, release: Release, *, fd_is_file: bool) -> Iterator[Refusal]:
    if fd_is_file and isinstance(main, FdAddress) and release.plain_file_fd is PlainFileFd.REFUSED:
        yield Refusal(
            "the descriptor is one of a plain file",
            "fd: migration to a file is not supported. Use file: instead.",
            hint="use file:PATH; for a descriptor, add-fd and file:/dev/fdset/N",
        )


def _kind(address: MigrateAddress) -> str:
    match address:
        case InetAddress():
            return "inet"
        case UnixAddress():
            return "unix"
        case VsockAddress():
            return "vsock"
        case FdAddress():
            return "fd"
        case ExecAddress():
            return "exec"
        case RdmaAddress():
            return "rdma"
        case FileAddress():  # pragma: no branch -- the type checkers know of no other
            return "file"
