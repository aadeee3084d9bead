"""A live QEMU: sends it a command in the form that it takes, and follows the migration to its end.

    release_of          which release is it?  (negotiate_socket: the same, without an event loop)
    send                one command, with its descriptors
    migrate             send, then follow; past the deadline, or cancelled, it cancels the migration
    migrate_incoming    send, then learn the addresses on which QEMU listens
    follow              wait until the migration of this QEMU, in or out, is over

Every client is a connected `qemu.qmp.QMPClient`, which stays the caller's: nothing is connected, disconnected
or set here. The end of a migration is learned from `query-migrate`; MIGRATION events, which QEMU sends where
its capability `events` is on, only make the next question come sooner. Deadlines are in seconds, None is
none. What QEMU makes of it comes as a `PeerError`; what no form can say, before anything is sent.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, final

import attrs

from migaddr.commands import Command, Migrate, MigrateIncoming, command_to_qmp
from migaddr.commands.command import check_target, name_of
from migaddr.errors import (
    CommandError,
    MigrationCancelledError,
    MigrationFailedError,
    PeerError,
    PeerLostError,
    PeerRefusedError,
    PeerTimeoutError,
)
from migaddr.introspection import read_schema
from migaddr.model import FdAddress, MigrateAddress, MigrateChannel, SocketAddress
from migaddr.qmp import JsonObject, addresses_from_query_migrate
from migaddr.releases import Release, ReleaseLike, as_release

try:
    from qemu.qmp import (
        ConnectError,
        ExecInterruptedError,
        ExecuteError,
        QMPClient,
        QMPError,
        StateError,
    )
except ModuleNotFoundError as _missing:
    raise ModuleNotFoundError(
        "migaddr.qmp_client needs the extra 'qmp': pip install 'migaddr[qmp]'", name=_missing.name
    ) from _missing

if TYPE_CHECKING:
    from qemu.qmp.events import EventListener

_GRACE: Final = 1.0
"""Seconds past a deadline in which what was begun may be taken back."""
_FIRST_PAUSE: Final = 0.001
_LONGEST_PAUSE: Final = 0.1
"""Seconds between two questions, where no event comes; each pause is twice the one before."""
_INT_MAX: Final = 2**31 - 1

_OVER: Final = ("completed", "colo")
_CANCELLABLE: Final = ("setup", "wait-unplug", "active", "pre-switchover", "device", "cancelling")
"""Where migrate_cancel gives the guest back to the source; once postcopy has begun it would lose it."""
_PAUSED: Final = "postcopy-paused"


@final
@attrs.frozen
class Migration:
    """A migration that is over, and went well."""

    status: str
    """`completed`; or `colo`, which goes on and has no end."""
    answer: JsonObject = attrs.field(eq=False)
    """All that `query-migrate` said last, times and amounts among it."""


async def release_of(client: QMPClient, *, schema: bool = False, deadline: float | None = None) -> Release:
    """Find the release of this QEMU, by `query-version`; nothing is changed in it.

    Where migaddr does not know the release (it is newer, or of a development tree), or with `schema` in any
    case (a distributor may have added to it), `query-qmp-schema` decides about what it shows. `known` tells
    whether the table and what was seen agree.

    :raises UnknownReleaseError: it is older than migaddr knows, or its schema does not show `migrate`.
    :raises PeerError: it did not answer, in time, as QEMU does.
    :raises CommandError: `deadline` is no number of seconds.
    """
    async with _within(deadline, "query-version"):
        answer = await _execute(client, "query-version")
        release = Release.parse(_version_in(answer))
        if release.known and not schema:
            return release
        shown = read_schema(await _execute(client, "query-qmp-schema"), release)
    shown = attrs.evolve(shown, version=release.version, known=release.known)
    return shown if shown == release else attrs.evolve(shown, known=False)


def negotiate_socket(
    path: str | os.PathLike[str], deadline: float | None = 5.0, *, schema: bool = False
) -> Release:
    """Find the release of the QEMU whose monitor listens on this UNIX socket, as `release_of`.

    For programs without an event loop: it connects, asks, and disconnects. A monitor serves one client at a
    time; while there is another, this one waits until the deadline.

    :raises PeerLostError: nothing that speaks QMP is there.
    :raises MigaddrError: as `release_of`; CommandError also where `path` is none.
    """
    where = path if isinstance(path, str) else os.fspath(path) if isinstance(path, os.PathLike) else None
    if not isinstance(where, str) or "\0" in where:
        raise CommandError("the path of a socket is text without NUL")
    quiet = logging.NullHandler()  # what goes wrong is raised: qemu.qmp's log need not say it on stderr too
    logger = logging.getLogger("qemu.qmp")
    logger.addHandler(quiet)
    try:
        return asyncio.run(_negotiate(where, deadline, schema=schema))
    finally:
        logger.removeHandler(quiet)


async def _negotiate(path: str, deadline: float | None, *, schema: bool) -> Release:
    client = QMPClient()
    async with _within(deadline, "qmp_capabilities"):
        try:
            await client.connect(path)
        except (ConnectError, UnicodeError) as error:
            raise PeerLostError("qmp_capabilities", f"no QMP at {path}: {error}") from error
        try:
            return await release_of(client, schema=schema)
        finally:
            with contextlib.suppress(EOFError, OSError, QMPError):  # there is an answer, or a better error
                await client.disconnect()


async def send(
    client: QMPClient,
    command: Command,
    *,
    release: ReleaseLike | None = None,
    descriptors: Mapping[str, int] | None = None,
    deadline: float | None = None,
) -> JsonObject:
    """Send a command in the form that this QEMU takes, and give the arguments that were sent.

    `descriptors` gives the file descriptors for the names of the target's FdAddresses: each is passed with
    `getfd` first, and taken back with `closefd` if QEMU then refuses the command. QEMU gets a duplicate; the
    caller's own stays open, and is the caller's to close. Without `release` QEMU is asked (`release_of`).

    :raises InexpressibleError: this release cannot be told this.
    :raises PeerRefusedError: QEMU refuses the command, or a descriptor.
    :raises PeerError: it did not answer, or not in time.
    :raises CommandError: this is no command; a descriptor has a name that the target has not, or that QEMU
        takes for a number, or is none; `deadline` is no number of seconds.
    :raises UnknownReleaseError: as `release_of`.
    """
    async with (
        _within(deadline, name_of(command)),
        _prepared(client, command, release, descriptors) as arguments,
    ):
        await _execute(client, name_of(command), arguments)
        return arguments


async def migrate(
    client: QMPClient,
    target: Migrate | MigrateAddress | Sequence[MigrateChannel],
    *,
    release: ReleaseLike | None = None,
    descriptors: Mapping[str, int] | None = None,
    deadline: float | None = None,
) -> Migration:
    """Migrate the guest of this QEMU to `target`, and wait until it is there.

    Where the deadline passes, or the task is cancelled, the migration is cancelled too (unless postcopy has
    begun, which cannot be undone), so that nothing goes on unwatched; this takes a second at most. If it
    turns out to be completed by then, the deadline does not count. To let it go on, use `send` and `follow`.

    :raises MigrationFailedError: it failed; `qemu_message` is its `error-desc`. Or postcopy was interrupted
        (`status` is `postcopy-paused`).
    :raises MigrationCancelledError: somebody else cancelled it.
    :raises PeerTimeoutError: the deadline passed; `status` is what became of it.
    :raises MigaddrError: as `send`; and AddressError where `target` is no such thing.
    """
    command = target if isinstance(target, Migrate) else Migrate(_as_target(target))
    sent = False
    try:
        async with _within(deadline, "migrate"):
            async with _prepared(client, command, release, descriptors) as arguments:
                sent = True
                await _execute(client, "migrate", arguments)
            return await _follow(client, "migrate", resumes=command.resume is True)
    except asyncio.CancelledError:
        if sent:
            await _abort(client)
        raise
    except PeerTimeoutError as error:
        answer = await _abort(client) if sent else None
        status = _status_in(answer)
        if answer is not None and status is not None and status in _OVER:
            return Migration(status, answer)
        raise PeerTimeoutError("migrate", error.reason, _said_in(answer), status) from None


async def migrate_incoming(
    client: QMPClient,
    target: MigrateIncoming | MigrateAddress | Sequence[MigrateChannel],
    *,
    release: ReleaseLike | None = None,
    descriptors: Mapping[str, int] | None = None,
    deadline: float | None = None,
) -> tuple[SocketAddress, ...]:
    """Let this QEMU, which was started with `-incoming defer`, wait for a migration on `target`.

    It gives the addresses on which QEMU listens, newest first, as `addresses_from_query_migrate`: where the
    port was 0, the port that was found. For exec, fd, file and rdma there is none. `follow` waits for the
    end.

    :raises MigaddrError: as `send`; and AddressError where `target` is no such thing.
    """
    command = target if isinstance(target, MigrateIncoming) else MigrateIncoming(_as_target(target))
    async with _within(deadline, "migrate-incoming"):
        known = as_release(release) if release is not None else await release_of(client)
        await send(client, command, release=known, descriptors=descriptors)
        return addresses_from_query_migrate(await _query(client), release=known)


async def follow(client: QMPClient, *, deadline: float | None = None) -> Migration:
    """Wait until the migration of this QEMU, incoming or outgoing, is over; nothing is changed in it.

    Where none was started yet, it waits for one.

    :raises PeerLostError: the connection ended: an incoming QEMU exits where its migration fails, unless
        `exit_on_error` was False.
    :raises PeerError: as `migrate`, of the command `query-migrate`.
    :raises CommandError: `deadline` is no number of seconds.
    """
    return await _follow(client, "query-migrate", deadline=deadline)


@contextlib.asynccontextmanager
async def _prepared(
    client: QMPClient,
    command: Command,
    release: ReleaseLike | None,
    descriptors: Mapping[str, int] | None,
) -> AsyncGenerator[JsonObject, None]:
    """Give the arguments to send in the block, with the descriptors there; where it fails, take them back."""
    passed = _checked_descriptors(command, descriptors)
    known = as_release(release) if release is not None else await release_of(client)
    arguments = command_to_qmp(command, release=known)["arguments"]
    assert isinstance(arguments, dict)  # so it is written
    try:
        for name, descriptor in passed.items():
            await _pass(client, name, descriptor)
        yield arguments
    except BaseException:
        await _take_back(client, passed)
        raise


def _checked_descriptors(command: Command, descriptors: Mapping[str, int] | None) -> dict[str, int]:
    name_of(command)
    target = command.target
    addresses = [channel.addr for channel in target] if isinstance(target, tuple) else [target]
    names = {address.name for address in addresses if isinstance(address, FdAddress)}
    if descriptors is None:
        return {}
    if not isinstance(descriptors, Mapping):
        raise CommandError("descriptors must be a mapping, from the name of an FdAddress to a descriptor")
    for name, descriptor in descriptors.items():
        if name not in names:
            raise CommandError(f"descriptors: the target has no FdAddress named {name!r}")
        if type(descriptor) is not int or not 0 <= descriptor <= _INT_MAX:
            raise CommandError(f"descriptors: that of {name!r} must be the number of an open file")
    return dict(descriptors)


async def _follow(
    client: QMPClient, command: str, *, deadline: float | None = None, resumes: bool = False
) -> Migration:
    started = command == "migrate"
    pause = _FIRST_PAUSE
    status: str | None = None
    with client.listener("MIGRATION") as listener:
        try:
            async with _within(deadline, command):
                while True:
                    listener.clear()  # an event from here on is news
                    answer = await _query(client)
                    status = _status_in(answer)
                    if status is not None and status in _OVER:
                        return Migration(status, answer)
                    if status != _PAUSED:
                        resumes = False
                    if started or status is not None:
                        _judge(command, answer, status, resumes=resumes)
                    await _news(listener, pause)
                    pause = min(pause * 2, _LONGEST_PAUSE)
        except PeerTimeoutError as error:
            raise PeerTimeoutError(command, error.reason, None, status) from None


def _judge(command: str, answer: JsonObject, status: str | None, *, resumes: bool) -> None:
    said = _said_in(answer)
    match status:
        case "failed":
            raise MigrationFailedError(command, "the migration failed", said, status)
        case "cancelled":
            raise MigrationCancelledError(command, "the migration was cancelled", said, status)
        case "postcopy-paused" if not resumes:
            reason = "postcopy was interrupted: migrate-recover there and resume here go on with it"
            raise MigrationFailedError(command, reason, said, status)
        case None | "none":
            if command == "migrate":
                raise MigrationFailedError(command, "QEMU took it, and started nothing", said, status)
        case _:  # under way, in whatever state
            return


async def _news(listener: EventListener, longest: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(longest):
            await listener.get()


async def _abort(client: QMPClient) -> JsonObject | None:
    """Cancel what can be cancelled, in the seconds of grace; give the last answer of query-migrate."""
    answer: JsonObject | None = None
    asked = False
    with contextlib.suppress(PeerError):
        async with _within(_GRACE, "migrate_cancel"):
            while True:
                answer = await _query(client)
                if _status_in(answer) not in _CANCELLABLE:
                    break
                if not asked:
                    await _execute(client, "migrate_cancel")
                    asked = True
                await asyncio.sleep(_FIRST_PAUSE)
    return answer


async def _query(client: QMPClient) -> JsonObject:
    answer = await _execute(client, "query-migrate")
    if not isinstance(answer, dict):
        raise PeerError("query-migrate", f"the answer is no object but {type(answer).__name__}")
    return answer


def _status_in(answer: JsonObject | None) -> str | None:
    status = None if answer is None else answer.get("status")
    return status if isinstance(status, str) else None


def _said_in(answer: JsonObject | None) -> str | None:
    said = None if answer is None else answer.get("error-desc")
    return said if isinstance(said, str) else None


async def _pass(client: QMPClient, name: str, descriptor: int) -> None:
    try:
        client.send_fd_scm(descriptor)
    except (StateError, ConnectionError) as error:
        raise _lost("getfd", error) from error
    except (OSError, QMPError) as error:
        raise PeerError("getfd", f"descriptor {descriptor} cannot be passed: {error}") from error
    await _execute(client, "getfd", {"fdname": name})


async def _take_back(client: QMPClient, names: Mapping[str, int]) -> None:
    with contextlib.suppress(PeerTimeoutError, PeerLostError):
        async with _within(_GRACE, "closefd"):
            for name in names:
                with contextlib.suppress(PeerRefusedError):  # it is used up, or never came
                    await _execute(client, "closefd", {"fdname": name})


async def _execute(client: QMPClient, command: str, arguments: Mapping[str, object] | None = None) -> object:
    try:
        return await client.execute(command, arguments)
    except ExecuteError as error:
        raise PeerRefusedError(command, "QEMU refuses it", error.error.error.desc) from error
    except (StateError, ExecInterruptedError) as error:
        raise _lost(command, error) from error
    except QMPError as error:
        raise PeerError(command, f"the answer is none that QEMU gives: {error}") from error


def _lost(command: str, error: Exception) -> PeerLostError:
    if isinstance(error, StateError):
        return PeerLostError(command, f"there is no connection to QEMU: {error}")
    return PeerLostError(command, "the connection to QEMU ended before it answered")


@contextlib.asynccontextmanager
async def _within(deadline: float | None, command: str) -> AsyncGenerator[None, None]:
    """Raise PeerTimeoutError where the block takes longer than that."""
    if deadline is not None and (
        isinstance(deadline, bool) or not isinstance(deadline, (int, float)) or not deadline >= 0
    ):
        raise CommandError("a deadline is a number of seconds, from 0 on, or None")
    limit = asyncio.timeout(deadline)
    try:
        async with limit:
            yield
    except TimeoutError:
        if not limit.expired():
            raise
        raise PeerTimeoutError(command, f"not done after {deadline:g} seconds") from None


def _version_in(answer: object) -> str:
    numbers = answer.get("qemu") if isinstance(answer, dict) else None
    if isinstance(numbers, dict):
        parts = [numbers.get(name) for name in ("major", "minor", "micro")]
        if all(type(part) is int for part in parts):
            return ".".join(map(str, parts))
    raise PeerError("query-version", "the answer has no qemu version: major, minor and micro")


def _as_target(
    value: MigrateAddress | Sequence[MigrateChannel],
) -> MigrateAddress | tuple[MigrateChannel, ...]:
    target = tuple(value) if isinstance(value, Sequence) else value
    check_target(target)
    return target
