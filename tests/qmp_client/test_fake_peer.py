"""The live peer: what it sends, what ends a migration, and what becomes of everything that goes wrong."""

from __future__ import annotations

import asyncio
import copy
import os
import pickle
import socket
import time
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qemu.qmp import QMPClient

import migaddr.qmp_client
from migaddr import (
    LATEST,
    AddressError,
    ChannelType,
    CommandError,
    FdAddress,
    InetAddress,
    InexpressibleError,
    MigaddrError,
    Migrate,
    MigrateChannel,
    MigrateIncoming,
    MigrateRecover,
    MigrationCancelledError,
    MigrationFailedError,
    PeerError,
    PeerLostError,
    PeerRefusedError,
    PeerTimeoutError,
    Release,
    UnixAddress,
    UnknownReleaseError,
    WireError,
    arguments_for,
)
from migaddr.qmp_client import follow, migrate, migrate_incoming, negotiate_socket, release_of, send
from migaddr.releases import CommandArguments
from tests.loops import run
from tests.qmp_client.peer import HANG_UP, SILENCE, Answer, Peer, playing, version
from tests.test_introspection import schema_of

HERE = UnixAddress("/tmp/x")
CHANNELS = [{"channel-type": "main", "addr": {"transport": "socket", "type": "unix", "path": "/tmp/x"}}]
DONE = {"status": "completed"}


def play(main: Any, **answers: list[Answer]) -> tuple[Any, Peer]:
    """Run `main(client)` against a peer with these answers; give its result, or the error of ours, and the peer."""

    async def played() -> tuple[Any, Peer]:
        async with playing({name.replace("_", "-"): items for name, items in answers.items()}) as (
            peer,
            client,
        ):
            try:
                return await main(client), peer
            except MigaddrError as error:
                return error, peer

    return run(played())


# --- the release ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("release", ["7.2.22", "8.2.0", "8.2.5", "10.0.13", "11.1.3"])
def test_a_known_release_is_found_by_its_version(release: str) -> None:
    """And the schema, where asked for, agrees with the table."""
    known = Release.parse(release)
    found, peer = play(release_of, query_version=[version(release)])
    assert found == known
    assert peer.names == ["query-version"]
    schema: list[Answer] = [schema_of(known)]
    found, peer = play(
        lambda client: release_of(client, schema=True),
        query_version=[version(release)],
        query_qmp_schema=schema,
    )
    assert found == known
    assert peer.names == ["query-version", "query-qmp-schema"]


def test_a_newer_release_is_found_by_its_schema() -> None:
    newer = attrs.evolve(LATEST, inet_members=LATEST.inet_members | {"quic"})
    found, peer = play(release_of, query_version=[version("12.1.50")], query_qmp_schema=[schema_of(newer)])
    assert found == attrs.evolve(newer, version=(12, 1, 50), known=False)
    assert peer.names == ["query-version", "query-qmp-schema"]


def test_what_a_distributor_added_is_seen_in_the_schema() -> None:
    table = Release.parse("9.0.0")
    added = attrs.evolve(table, channel_types=frozenset(ChannelType))
    found, _ = play(
        lambda client: release_of(client, schema=True),
        query_version=[version("9.0.0")],
        query_qmp_schema=[schema_of(added)],
    )
    assert found == attrs.evolve(added, known=False)


@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        ({"query_version": [version("7.1.0")]}, UnknownReleaseError),
        ({"query_version": [version("12.0.0")], "query_qmp_schema": [[]]}, UnknownReleaseError),
        ({"query_version": [{}]}, PeerError),
        ({"query_version": [[]]}, PeerError),
        ({"query_version": [{"qemu": {"major": 10, "minor": 0}}]}, PeerError),
        ({"query_version": [{"qemu": {"major": 10, "minor": 0, "micro": True}}]}, PeerError),
        ({"query_version": [ValueError("no such command")]}, PeerRefusedError),
        ({"query_version": [HANG_UP]}, PeerLostError),
        ({"query_version": [b"no JSON\n"]}, PeerLostError),
        ({"query_version": [b'{"error": 1, "id": "__qmp#00000"}\n']}, PeerError),
        ({"query_version": [b'{"id": "__qmp#00000"}\n']}, PeerError),
        ({"query_version": [SILENCE]}, PeerTimeoutError),
    ],
)
def test_no_release(answers: dict[str, list[Answer]], kind: type[MigaddrError]) -> None:
    found, _ = play(lambda client: release_of(client, deadline=0.1), **answers)
    assert type(found) is kind


# --- what is sent -----------------------------------------------------------------------------------------


def test_each_release_gets_its_form() -> None:
    for release, sent in (("7.2.0", {"uri": "unix:/tmp/x"}), ("10.0.0", {"channels": CHANNELS})):
        found, peer = play(lambda client: send(client, Migrate(HERE)), query_version=[version(release)])
        assert found == sent
        assert peer.heard == [("query-version", None), ("migrate", sent)]
    found, peer = play(lambda client: send(client, MigrateRecover(HERE), release="11.1"))
    assert peer.heard == [("migrate-recover", {"uri": "unix:/tmp/x"})]


def test_a_newer_qemu_without_channels_gets_a_uri() -> None:
    """Its schema decides about the form, its version about how it reads a URI."""
    arguments = CommandArguments(frozenset({"uri"}), frozenset({"resume"}))
    newer = attrs.evolve(LATEST, migrate=arguments)
    target = Migrate(InetAddress("h", "1", numeric=True))
    sent, peer = play(
        lambda client: send(client, target),
        query_version=[version("12.0.0")],
        query_qmp_schema=[schema_of(newer)],
    )
    assert sent == {"uri": "tcp:h:1,numeric=on"}
    assert peer.heard[-1] == ("migrate", sent)
    error, peer = play(
        lambda client: send(client, Migrate(UnixAddress("x", abstract=True))),
        query_version=[version("12.0.0")],
        query_qmp_schema=[schema_of(newer)],
    )
    assert type(error) is InexpressibleError
    assert peer.names == ["query-version", "query-qmp-schema"]
    assert arguments_for(UnixAddress("x"), Release.from_schema(schema_of(newer))) == {"uri": "unix:x"}


def test_arguments_are_kept() -> None:
    command = Migrate(HERE, resume=True)
    _, peer = play(lambda client: send(client, command, release="10.0"))
    assert peer.heard == [("migrate", {"channels": CHANNELS, "resume": True})]


def test_what_cannot_be_said_is_not_sent() -> None:
    quiet = MigrateIncoming(HERE, exit_on_error=False)
    error, peer = play(lambda client: migrate_incoming(client, quiet, release="9.0"))
    assert type(error) is InexpressibleError
    assert peer.heard == []


def test_the_bound_address_is_learned() -> None:
    bound = {"socket-address": [{"type": "inet", "host": "127.0.0.1", "port": "4711", "ipv4": True}]}
    found, peer = play(
        lambda client: migrate_incoming(client, InetAddress("localhost", "0")), query_migrate=[bound]
    )
    assert found == (InetAddress("127.0.0.1", "4711", ipv4=True),)
    assert peer.names == ["query-version", "migrate-incoming", "query-migrate"]
    found, _ = play(
        lambda client: migrate_incoming(client, [MigrateChannel(ChannelType.MAIN, HERE)], release="11.1")
    )
    assert found == ()
    error, _ = play(lambda client: migrate_incoming(client, HERE), query_migrate=[{"socket-address": 1}])
    assert type(error) is WireError


def test_descriptors_go_first_and_come_back() -> None:
    address = FdAddress("x")
    with open(os.devnull) as file:
        passed = {"x": file.fileno()}
        _, peer = play(lambda client: send(client, Migrate(address), descriptors=passed))
        assert peer.names == ["query-version", "getfd", "migrate"]
        assert peer.heard[1] == ("getfd", {"fdname": "x"})
        error, peer = play(
            lambda client: send(client, Migrate(address), descriptors=passed),
            migrate=[ValueError("no")],
            closefd=[ValueError("File descriptor named 'x' not found")],
        )
        assert error == PeerRefusedError("migrate", "QEMU refuses it", "no")
        assert peer.names == ["query-version", "getfd", "migrate", "closefd"]
        error, peer = play(
            lambda client: send(client, Migrate(address), descriptors=passed), getfd=[ValueError("no")]
        )
        assert error == PeerRefusedError("getfd", "QEMU refuses it", "no")
        assert peer.names == ["query-version", "getfd", "closefd"]
    error, peer = play(lambda client: send(client, Migrate(address), descriptors={"x": 2**31 - 1}))
    assert type(error) is PeerError
    assert "cannot be passed: [Errno 9] Bad file descriptor" in str(error)
    assert peer.names == ["query-version", "closefd"]


def test_descriptors_need_a_unix_socket() -> None:
    async def main() -> None:
        peer = Peer({"query-version": [version("10.0.0")]})
        server = await asyncio.start_server(peer.serve, "127.0.0.1", 0)
        client = QMPClient()
        await client.connect(server.sockets[0].getsockname())
        with pytest.raises(PeerError, match="requires a UNIX socket"):
            await send(client, Migrate(FdAddress("x")), descriptors={"x": 0})
        await client.disconnect()
        with pytest.raises(PeerLostError, match="getfd: there is no connection to QEMU"):
            await send(client, Migrate(FdAddress("x")), descriptors={"x": 0}, release="10.0")
        server.close()
        await server.wait_closed()

    run(main())


@pytest.mark.parametrize(
    "descriptors", [{"y": 0}, {"x": -1}, {"x": 2**31}, {"x": True}, {"x": "0"}, [("x", 0)], {1: 0}]
)
def test_wrong_descriptors(descriptors: Any) -> None:
    for target in (FdAddress("x"), (MigrateChannel(ChannelType.MAIN, FdAddress("x")),)):
        error, peer = play(lambda client, t=target: migrate(client, t, descriptors=descriptors))
        assert type(error) is CommandError
        assert "descriptors" in str(error)
        assert peer.heard == []


@pytest.mark.parametrize("deadline", [-1, float("nan"), "1", True, object()])
def test_wrong_deadlines(deadline: Any) -> None:
    calls: list[Any] = [
        lambda client: release_of(client, deadline=deadline),
        lambda client: send(client, Migrate(HERE), deadline=deadline),
        lambda client: migrate(client, HERE, deadline=deadline),
        lambda client: migrate_incoming(client, HERE, deadline=deadline),
        lambda client: follow(client, deadline=deadline),
    ]
    for call in calls:
        error, peer = play(call)
        assert error == CommandError("a deadline is a number of seconds, from 0 on, or None")
        assert peer.heard == []
    with pytest.raises(CommandError):
        negotiate_socket("/none", deadline=deadline)


@pytest.mark.parametrize("target", [None, (), "unix:/tmp/x", ["unix:/tmp/x"], 1, MigrateRecover(HERE)])
def test_wrong_targets(target: Any) -> None:
    calls: list[Any] = [
        lambda client: migrate(client, target),
        lambda client: migrate_incoming(client, target),
    ]
    for call in calls:
        error, peer = play(call)
        assert type(error) is AddressError
        assert peer.heard == []


def test_wrong_commands() -> None:
    wrong: Any = HERE
    error, peer = play(lambda client: send(client, wrong))
    assert type(error) is CommandError
    assert peer.heard == []


# --- the end ----------------------------------------------------------------------------------------------

UNDER_WAY = [
    "setup",
    "active",
    "device",
    "pre-switchover",
    "wait-unplug",
    "postcopy-active",
    "cancelling",
    "a-new-one",
]
ENDS: dict[str, type[PeerError] | None] = {
    "completed": None,
    "colo": None,
    "failed": MigrationFailedError,
    "cancelled": MigrationCancelledError,
    "postcopy-paused": MigrationFailedError,
}


@given(st.lists(st.sampled_from(UNDER_WAY), max_size=4), st.sampled_from(sorted(ENDS)), st.booleans())
def test_the_first_status_that_is_an_end_is_the_end(before: list[str], end: str, outgoing: bool) -> None:
    """Whatever came before it; and nothing is asked or sent after it."""
    answers: list[Answer] = [{"status": status} for status in before]
    answers += [{"status": end, "error-desc": "because"}, HANG_UP]
    found, peer = play(
        lambda client: migrate(client, HERE) if outgoing else follow(client), query_migrate=answers
    )
    if ENDS[end] is None:
        assert (found.status, found.answer["error-desc"]) == (end, "because")
    else:
        assert isinstance(found, PeerError)
        assert type(found) is ENDS[end]
        assert (found.qemu_message, found.status) == ("because", end)
        assert found.command == ("migrate" if outgoing else "query-migrate")
    assert peer.names == ["query-version", "migrate"] * outgoing + ["query-migrate"] * (len(before) + 1)


@pytest.mark.parametrize("nothing", [{}, {"status": "none"}, {"status": 1}])
def test_nothing_under_way_is_waited_for_or_is_a_failure(nothing: dict[str, Any]) -> None:
    found, _ = play(follow, query_migrate=[nothing, nothing, DONE])
    assert found.status == "completed"
    found, _ = play(lambda client: migrate(client, HERE), query_migrate=[nothing, DONE])
    assert type(found) is MigrationFailedError
    assert "started nothing" in str(found)


def test_a_resumed_migration_is_paused_for_a_while() -> None:
    paused, going = {"status": "postcopy-paused"}, {"status": "postcopy-recover"}
    resume = Migrate(HERE, resume=True)
    found, _ = play(lambda client: migrate(client, resume), query_migrate=[paused, paused, going, DONE])
    assert found.status == "completed"
    found, _ = play(lambda client: migrate(client, resume), query_migrate=[paused, going, paused, DONE])
    assert type(found) is MigrationFailedError
    assert found.status == "postcopy-paused"


def test_an_event_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next question comes with it, not with the pause."""
    monkeypatch.setattr(migaddr.qmp_client, "_FIRST_PAUSE", 1000)

    async def main() -> None:
        async with playing({"query-migrate": [{"status": "active"}, DONE]}) as (peer, client):
            task = asyncio.create_task(follow(client))
            while peer.names != ["query-migrate"]:
                await asyncio.sleep(0)
            peer.event("STOP")
            peer.event("MIGRATION")
            assert (await asyncio.wait_for(task, 30)).status == "completed"
            assert peer.names == ["query-migrate"] * 2

    run(main())


@pytest.mark.parametrize("answer", [[], "x", None])
def test_an_answer_that_is_none(answer: object) -> None:
    for call in (follow, lambda client: migrate(client, HERE), lambda client: migrate_incoming(client, HERE)):
        error, _ = play(call, query_migrate=[answer])
        assert type(error) is PeerError
        assert error.command == "query-migrate"


@pytest.mark.parametrize("at", ["query_version", "migrate", "query_migrate"])
def test_the_connection_ends(at: str) -> None:
    error, _ = play(lambda client: migrate(client, HERE), **{at: [HANG_UP]})
    assert type(error) is PeerLostError
    assert error.command == at.replace("_", "-")


# --- deadlines, and tasks that are cancelled --------------------------------------------------------------

ACTIVE = {"status": "active"}


def test_past_the_deadline_a_migration_is_cancelled() -> None:
    error, peer = play(
        lambda client: migrate(client, HERE, deadline=0.1),
        query_migrate=[ACTIVE],
        migrate_cancel=[{}],
    )
    assert type(error) is PeerTimeoutError
    assert (error.command, error.status) == ("migrate", "active")  # it would not be cancelled in time
    assert peer.names.count("migrate_cancel") == 1


def _past_deadline(after: list[Answer], cancel: list[Answer]) -> tuple[Any, Peer]:
    """One question before the deadline has no answer in time; the others are those after it."""
    return play(
        lambda client: migrate(client, HERE, deadline=0.1),
        query_migrate=[SILENCE, *after],
        migrate_cancel=cancel,
    )


def test_a_migration_that_is_over_by_then_counts() -> None:
    """A guest that has moved must not be reported as one that has not."""
    found, peer = _past_deadline([DONE], [{}])
    assert found.status == "completed"
    assert "migrate_cancel" not in peer.names
    found, peer = _past_deadline([ACTIVE, DONE], [{}])
    assert found.status == "completed"
    assert "migrate_cancel" in peer.names


def test_what_the_abort_finds_is_told() -> None:
    error, _ = _past_deadline([ACTIVE, {"status": "cancelling"}, {"status": "cancelled"}], [{}])
    assert (type(error), error.status) == (PeerTimeoutError, "cancelled")
    error, _ = _past_deadline([{"status": "failed", "error-desc": "because"}], [{}])
    assert (type(error), error.status, error.qemu_message) == (PeerTimeoutError, "failed", "because")
    error, _ = _past_deadline([ACTIVE], [ValueError("no")])
    assert (type(error), error.status) == (PeerTimeoutError, "active")


@pytest.mark.parametrize(
    "status", ["postcopy-active", "postcopy-paused", "postcopy-recover", "none", "a-new-one"]
)
def test_postcopy_is_never_cancelled(status: str) -> None:
    error, peer = _past_deadline([{"status": status}], [{}])
    assert (type(error), error.status) == (PeerTimeoutError, status)
    assert "migrate_cancel" not in peer.names


def test_what_was_not_begun_is_not_cancelled() -> None:
    """Another's migration may be under way."""
    for at in ("query_version", "getfd"):
        answers: dict[str, list[Answer]] = {at: [SILENCE], "query_migrate": [ACTIVE]}
        with open(os.devnull) as file:
            passed = {"x": file.fileno()}
            error, peer = play(
                lambda client, p=passed: migrate(client, FdAddress("x"), descriptors=p, deadline=0.1),
                **answers,
            )
        assert (type(error), error.status) == (PeerTimeoutError, None)
        assert not {"migrate_cancel", "query-migrate"} & set(peer.names)


def test_a_silent_peer_holds_nobody() -> None:
    """Not even where all is taken back: a second each."""
    began = time.monotonic()
    with open(os.devnull) as file:
        passed = {"x": file.fileno()}
        error, _ = play(
            lambda client: migrate(client, FdAddress("x"), descriptors=passed, deadline=0.1),
            migrate=[SILENCE],
            closefd=[SILENCE],
            query_migrate=[SILENCE],
        )
    assert type(error) is PeerTimeoutError
    assert time.monotonic() - began < 5
    for call in (
        lambda client: follow(client, deadline=0.05),
        lambda client: migrate_incoming(client, HERE, deadline=0.05),
        lambda client: send(client, Migrate(HERE), release="10.0", deadline=0),
    ):
        error, _ = play(call, query_migrate=[SILENCE], migrate=[SILENCE])
        assert type(error) is PeerTimeoutError


def test_following_past_the_deadline_changes_nothing() -> None:
    error, peer = play(lambda client: follow(client, deadline=0.1), query_migrate=[ACTIVE])
    assert (type(error), error.status) == (PeerTimeoutError, "active")
    assert set(peer.names) == {"query-migrate"}


def _cancelled(call: Any, until: str, answers: dict[str, list[Answer]]) -> list[str]:
    """Cancel a task when the peer hears a command; give what it heard."""

    async def main() -> list[str]:
        async with playing(answers) as (peer, client):
            task: asyncio.Task[object] = asyncio.create_task(call(client))
            while until not in peer.names:
                await asyncio.sleep(0.001)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return peer.names

    return run(main())


def test_a_cancelled_task_cancels_its_migration() -> None:
    heard = _cancelled(
        lambda client: migrate(client, HERE, deadline=60),
        "query-migrate",
        {"query-migrate": [ACTIVE, ACTIVE, {"status": "cancelled"}]},
    )
    assert heard.count("migrate_cancel") <= 1
    assert heard[-1] == "query-migrate"
    heard = _cancelled(
        lambda client: migrate(client, HERE),
        "migrate",
        {"migrate": [SILENCE], "query-migrate": [ACTIVE, DONE]},
    )
    assert heard == ["query-version", "migrate", "query-migrate", "migrate_cancel", "query-migrate"]


def test_a_cancelled_task_leaves_alone_what_it_did_not_begin() -> None:
    heard = _cancelled(lambda client: migrate(client, HERE), "query-version", {"query-version": [SILENCE]})
    assert heard == ["query-version"]
    heard = _cancelled(follow, "query-migrate", {"query-migrate": [ACTIVE]})
    assert set(heard) == {"query-migrate"}


def test_the_callers_own_timeout_is_the_callers() -> None:
    async def main(client: QMPClient) -> str:
        try:
            async with asyncio.timeout(0.1):
                await migrate(client, HERE, deadline=60)
        except TimeoutError:
            return "timeout"
        return "none"

    found, peer = play(main, query_migrate=[SILENCE, ACTIVE, {"status": "cancelled"}])
    assert found == "timeout"
    assert peer.names[2:] == ["query-migrate", "query-migrate", "migrate_cancel", "query-migrate"]


def test_a_timeout_inside_that_is_not_ours_stays_what_it_is() -> None:
    async def main() -> None:
        with pytest.raises(TimeoutError):
            async with migaddr.qmp_client._within(60, "migrate"):
                raise TimeoutError

    run(main())


# --- a socket's release -----------------------------------------------------------------------------------


def _at(answers: dict[str, list[Answer]], folder: Path) -> Release | MigaddrError:
    """What negotiate_socket says of a peer at a socket."""

    async def main() -> Release | MigaddrError:
        peer = Peer(answers)
        server = await asyncio.start_unix_server(peer.serve, folder / "qmp")
        try:
            return await asyncio.to_thread(negotiate_socket, folder / "qmp", deadline=0.5)
        except MigaddrError as error:
            return error
        finally:
            server.close()
            await server.wait_closed()
            while len(asyncio.all_tasks()) > 1:
                await asyncio.sleep(0.001)

    return run(main())


def test_the_release_behind_a_socket(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    known = Release.parse("10.0.0")
    answers: dict[str, list[Answer]] = {
        "query-version": [version("10.0.0")],
        "query-qmp-schema": [schema_of(known)],
    }
    assert _at(answers, tmp_path) == known
    wrongs: list[tuple[str, Answer, type[PeerError]]] = [
        ("qmp_capabilities", HANG_UP, PeerLostError),
        ("qmp_capabilities", SILENCE, PeerTimeoutError),
        ("query-version", HANG_UP, PeerLostError),
        ("query-version", SILENCE, PeerTimeoutError),
        ("query-version", {}, PeerError),
    ]
    for name, answer, kind in wrongs:
        folder = tmp_path / f"{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        assert type(_at({name: [answer]}, folder)) is kind
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("path", ["/none/qmp", "", "x" * 200, "\ud800"])
def test_no_socket(path: str) -> None:
    with pytest.raises(PeerLostError) as caught:
        negotiate_socket(path, deadline=5)
    assert caught.value.command == "qmp_capabilities"
    assert str(caught.value).startswith("qmp_capabilities: no QMP at ")


@pytest.mark.parametrize("path", [None, 1, b"/tmp/x", "a\0b"])
def test_no_path(path: Any) -> None:
    with pytest.raises(CommandError):
        negotiate_socket(path)


def test_a_deaf_socket(tmp_path: Path) -> None:
    """A monitor that serves another client accepts, and says nothing."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "qmp"))
        listener.listen()
        with pytest.raises(PeerTimeoutError):
            negotiate_socket(tmp_path / "qmp", deadline=0.2)


# --- errors ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind",
    [
        PeerError,
        PeerRefusedError,
        PeerLostError,
        PeerTimeoutError,
        MigrationFailedError,
        MigrationCancelledError,
    ],
)
def test_errors_are_values(kind: type[PeerError]) -> None:
    error = kind("migrate", "the migration failed", "Failed to connect", "failed")
    assert isinstance(error, MigaddrError)
    assert pickle.loads(pickle.dumps(error)) == copy.copy(error) == error
    assert pickle.loads(pickle.dumps(error)).status == "failed"
    assert str(error) == "migrate: the migration failed\nQEMU answers: Failed to connect"
    assert str(kind("migrate", "so")) == "migrate: so"
