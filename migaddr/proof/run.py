"""Runs the cells: moves a guest's RAM and compares its hash at the far end.

Nothing is reached but this machine: loopback addresses, a folder for temporary files, processes started here.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from pathlib import Path
from typing import Final, Self, final

from migaddr.errors import InexpressibleError, MigaddrError
from migaddr.model import (
    ChannelType,
    ExecAddress,
    FdAddress,
    FileAddress,
    MigrateAddress,
    MigrateChannel,
    UnixAddress,
)
from migaddr.proof.cells import FAILED, PROVEN, Cell, Impossible, ProofError, Reason, Result, Way
from migaddr.proof.places import meeting, reached
from migaddr.proof.qemu import PATIENCE, RAM, Qemu, migaddr_command
from migaddr.qmp import JsonObject, addresses_from_query_migrate, channels_from_qmp, channels_to_qmp
from migaddr.releases import LATEST, Release
from migaddr.transport import Deadline, Digest, Listener, QemuStream, connect, listen, receive, send
from migaddr.uri import exec_command, format_uri, parse_uri

_OFFSET: Final = 4096  # bytes at which file: begins
_NAME: Final = "mig"  # what a descriptor is called in QEMU
_CHUNK: Final = 1 << 20
_LONGEST: Final = 64  # characters of a folder for sockets


@final
class Proof:
    """A folder with the guest's RAM, and the QEMUs by release. Leaving it removes the folder."""

    def __init__(self, qemus: dict[str, tuple[Path, Release]]) -> None:
        self._qemus = qemus
        # a socket's path has to fit
        place = None if len(tempfile.gettempdir()) <= _LONGEST else "/tmp"  # noqa: S108
        self._folder = tempfile.TemporaryDirectory(prefix="migaddr-proof.", dir=place)
        self._place = Path(self._folder.name)
        self._ram = self._place / "ram"
        digest = hashlib.sha256()
        with self._ram.open("wb") as out:
            for _ in range(RAM // _CHUNK):
                piece = os.urandom(_CHUNK)
                digest.update(piece)
                out.write(piece)
        self._hash = digest.hexdigest()
        self._streams: dict[str, Path] = {}
        self._count = 0

    def run(self, cells: Iterable[Cell]) -> Iterator[Result]:
        """Give the result of each cell, as it comes."""
        for cell in cells:
            began = time.monotonic()
            try:
                count = self._prove(cell)
            except Impossible as answer:
                yield Result(cell, answer.reason.value, answer.detail)
            except (ProofError, MigaddrError, OSError) as error:
                yield Result(cell, FAILED, f"{type(error).__name__}: {error}")
            else:
                yield Result(cell, PROVEN, "", count, time.monotonic() - began, f"sha256:{self._hash}")

    def _prove(self, cell: Cell) -> int:
        if cell.way is Way.OURS:
            return self._ours(cell)
        if cell.qemu not in self._qemus:
            raise Impossible(Reason.NO_QEMU, f"QEMU {cell.qemu} is not here")
        _, release = self._qemus[cell.qemu]
        self._probe(cell, release)
        return self._from_qemu(cell, release) if cell.way is Way.FROM_QEMU else self._to_qemu(cell, release)

    def _new(self, what: str) -> Path:
        """Give a path for a file that is not there yet."""
        self._count += 1
        return self._place / f"{what}-{self._count}"

    # what cannot be, and the probe that shows it

    def _probe(self, cell: Cell, release: Release) -> None:
        if cell.transport == "unix-abstract" and cell.form == "uri":
            _spell(UnixAddress("x", abstract=True), "uri", release)
        if cell.form == "channels" and (not release.transports or "uri" in release.migrate.required):
            said = self._answer(cell, "migrate", {"channels": []})
            if "channels" in said or "uri" in said:
                raise Impossible(Reason.NO_CHANNELS, f"QEMU {cell.qemu} answers: {said}")
            raise ProofError(f"QEMU {cell.qemu} should have no channels, and answers: {said}")
        if cell.transport == "file" and "file" not in release.uri_schemes:
            said = self._answer(cell, "migrate-incoming", {"uri": "file:/nowhere"})
            if "unknown migration protocol" in said:
                raise Impossible(Reason.NO_SCHEME, f"QEMU {cell.qemu} answers: {said}")
            raise ProofError(f"QEMU {cell.qemu} should not know file:, and answers: {said}")

    def _answer(self, cell: Cell, command: str, arguments: JsonObject) -> str:
        with self._guest(cell, incoming=command == "migrate-incoming") as (qemu, _):
            error = qemu.ask(command, arguments).get("error")
        return str(error.get("desc")) if isinstance(error, dict) else "success"

    # migaddr to migaddr

    def _ours(self, cell: Cell) -> int:
        came = self._new("came")
        with _removed(came):
            if cell.transport == "exec":
                self._through_commands(cell, came)
            elif cell.transport == "file":
                self._through_a_file(cell, came)
            else:
                with _ends(cell.transport, self._place) as (listening, target):
                    self._receive_ours(cell, listening, target, came)
            return self._compare(_hash_of(came)) or came.stat().st_size

    def _receive_ours(
        self,
        cell: Cell,
        listening: MigrateAddress,
        target: MigrateAddress | None,
        came: Path,
    ) -> None:
        with listen(_there_and_back(listening, cell.form), deadline=PATIENCE) as listener:
            to = _there_and_back(target or reached(listener.address), cell.form)

            def sending() -> None:
                with connect(to, deadline=PATIENCE) as stream, self._ram.open("rb", buffering=0) as ram:
                    send(stream, ram, framed=True, stall=PATIENCE)

            with _beside(sending), listener.accept(Deadline(PATIENCE)) as stream, came.open("wb") as out:
                receive(stream, out, framed=True, stall=PATIENCE)

    def _through_commands(self, cell: Cell, came: Path) -> None:
        """Our stream to another migaddr's standard input; then another's output to us."""
        middle = self._new("middle")
        takes = migaddr_command("receive", "--framed", "-o", str(middle), "fd:0")
        gives = migaddr_command("send", "--framed", "fd:1", str(middle))
        with _removed(middle):
            with (
                connect(_command(takes, cell.form)) as stream,
                self._ram.open("rb", buffering=0) as ram,
            ):
                send(stream, ram, framed=True, stall=PATIENCE)
            with (
                listen(_command(gives, cell.form)) as listener,
                listener.accept() as stream,
                came.open("wb") as out,
            ):
                receive(stream, out, framed=True, stall=PATIENCE)

    def _through_a_file(self, cell: Cell, came: Path) -> None:
        middle = self._new("middle")
        address = _there_and_back(FileAddress(str(middle), offset=_OFFSET), cell.form)
        with _removed(middle):
            with connect(address) as stream, self._ram.open("rb", buffering=0) as ram:
                send(stream, ram, framed=True)
            with listen(address) as listener, listener.accept() as stream, came.open("wb") as out:
                receive(stream, out, framed=True)

    # QEMU to migaddr

    def _from_qemu(self, cell: Cell, release: Release) -> int:
        pages = _Pages()
        with self._guest(cell) as (qemu, _):
            count = self._taken_from(qemu, cell, release, pages)
            qemu.migrated(time.monotonic() + PATIENCE)
        pages.whole()
        self._compare(hashlib.sha256(pages.ram).hexdigest())
        return count

    def _taken_from(self, qemu: Qemu, cell: Cell, release: Release, pages: _Pages) -> int:
        if cell.transport == "exec":
            kept = self._new("kept")
            with _removed(kept):
                takes = migaddr_command("receive", "-o", str(kept), "fd:0")
                qemu.execute("migrate", _spell(_command(takes, cell.form), cell.form, release))
                qemu.migrated(time.monotonic() + PATIENCE)
                _until_there(kept)
                return _read_file(FileAddress(str(kept)), pages)
        if cell.transport == "file":
            kept = self._new("kept")
            with _removed(kept):
                address = FileAddress(str(kept), offset=_OFFSET)
                qemu.execute("migrate", _spell(address, cell.form, release))
                qemu.migrated(time.monotonic() + PATIENCE)
                return _read_file(address, pages)
        if cell.transport in ("fd-socket", "fd-pipe"):
            ours, theirs = _descriptors(cell.transport, we_read=True)
            try:
                qemu.execute("getfd", {"fdname": _NAME}, theirs)
            finally:
                os.close(theirs)
            with listen(FdAddress(str(ours))) as listener:
                qemu.execute("migrate", _spell(FdAddress(_NAME), cell.form, release))
                return _drain(listener, pages)
        place, _ = meeting(cell.transport, self._place)
        with listen(place, deadline=PATIENCE) as listener:
            arguments = _spell(reached(listener.address), cell.form, release)
            if cell.transport != "rdma":
                qemu.execute("migrate", arguments)
                return _drain(listener, pages)

            def migrating() -> None:
                qemu.execute("migrate", arguments)  # over rdma, the answer comes when it is connected

            with _beside(migrating):
                return _drain(listener, pages)

    # migaddr to QEMU

    def _to_qemu(self, cell: Cell, release: Release) -> int:
        stream = self._stream_of(cell)
        with self._guest(cell, incoming=True) as (qemu, ram):
            with contextlib.ExitStack() as made:
                self._given_to(qemu, cell, release, stream, made)
                qemu.migrated(time.monotonic() + PATIENCE)
            self._compare(_hash_of(ram))
        return stream.stat().st_size

    def _given_to(
        self, qemu: Qemu, cell: Cell, release: Release, stream: Path, made: contextlib.ExitStack
    ) -> None:
        def incoming(address: MigrateAddress) -> None:
            qemu.execute("migrate-incoming", _spell(address, cell.form, release))

        if cell.transport == "exec":
            incoming(_command(migaddr_command("send", "fd:1", str(stream)), cell.form))
        elif cell.transport == "file":
            kept = self._new("kept")
            made.enter_context(_removed(kept))
            _give(FileAddress(str(kept), offset=_OFFSET), stream)
            incoming(FileAddress(str(kept), offset=_OFFSET))
        elif cell.transport in ("fd-socket", "fd-pipe"):
            ours, theirs = _descriptors(cell.transport, we_read=False)
            try:
                qemu.execute("getfd", {"fdname": _NAME}, theirs)
                incoming(FdAddress(_NAME))
            finally:
                os.close(theirs)
            _give(FdAddress(str(ours)), stream)
        else:
            place, chosen_there = meeting(cell.transport, self._place)
            incoming(place)
            if chosen_there:  # the port, by QEMU
                bound = addresses_from_query_migrate(qemu.execute("query-migrate"))
                place = bound[0]
            _give(reached(place), stream)

    def _stream_of(self, cell: Cell) -> Path:
        """Give a stream that this QEMU wrote, with the RAM in it."""
        if cell.qemu not in self._streams:
            _, release = self._qemus[cell.qemu]
            kept = self._place / f"stream-{cell.qemu}"
            with self._guest(cell) as (qemu, _):
                place, _ = meeting("unix", self._place)
                with listen(place) as listener:
                    qemu.execute("migrate", _spell(place, "uri", release))
                    with listener.accept(Deadline(PATIENCE)) as stream, kept.open("wb") as out:
                        receive(stream, out, digest=Digest.NONE, stall=PATIENCE)
                qemu.migrated(time.monotonic() + PATIENCE)
            self._streams[cell.qemu] = kept
        return self._streams[cell.qemu]

    @contextlib.contextmanager
    def _guest(self, cell: Cell, *, incoming: bool = False) -> Generator[tuple[Qemu, Path]]:
        program, _ = self._qemus[cell.qemu]
        ram = self._new("guest") if incoming else self._ram
        with contextlib.ExitStack() as made:
            if incoming:
                made.enter_context(_removed(ram))
            output = self._new("output")
            made.enter_context(_removed(output))
            yield made.enter_context(Qemu(program, ram, output, incoming=incoming)), ram

    def _compare(self, digest: str) -> int:
        if digest != self._hash:
            raise ProofError(f"the RAM arrived as sha256:{digest}, and was sent as sha256:{self._hash}")
        return 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()


@final
class _Pages:
    """RAM as it comes, page by page."""

    def __init__(self) -> None:
        self.ram = bytearray(RAM)
        self.stream = QemuStream(self._put)

    def _put(self, _block: str, offset: int, page: bytes) -> None:
        content = page if len(page) > 1 else page * 4096
        self.ram[offset : offset + len(content)] = content

    def whole(self) -> None:
        summary = self.stream.finish()
        if summary.unchecked is not None:
            raise ProofError(f"the stream was not followed to its end: {summary.unchecked}")


def _drain(listener: Listener, pages: _Pages) -> int:
    with listener.accept(Deadline(PATIENCE)) as stream:
        return receive(stream, pages.stream, digest=Digest.NONE, stall=PATIENCE).bytes


def _read_file(address: FileAddress, pages: _Pages) -> int:
    with listen(address) as listener:
        return _drain(listener, pages)


def _give(address: MigrateAddress, stream: Path) -> None:
    with connect(address, deadline=PATIENCE) as out, stream.open("rb", buffering=0) as source:
        send(out, source, digest=Digest.NONE, stall=PATIENCE)


def _spell(address: MigrateAddress, form: str, release: Release) -> JsonObject:
    """Write an address as the arguments of migrate and migrate-incoming."""
    try:
        if form == "uri":
            return {"uri": format_uri(address, release)}
        return {"channels": channels_to_qmp([MigrateChannel(ChannelType.MAIN, address)], release=release)}
    except InexpressibleError as error:
        raise Impossible(Reason.NO_SPELLING, str(error)) from error


def _there_and_back(address: MigrateAddress, form: str) -> MigrateAddress:
    """Write an address in a form, and read it again: what arrives is what the text says."""
    arguments = _spell(address, form, LATEST)
    uri = arguments.get("uri")
    if isinstance(uri, str):
        return parse_uri(uri)
    return channels_from_qmp(arguments["channels"])[0].addr


def _command(args: tuple[str, ...], form: str) -> ExecAddress:
    """Say a command: to a shell in a URI, directly in channels."""
    address = ExecAddress(args)
    if form == "channels":
        return address
    return ExecAddress(("/bin/sh", "-c", exec_command(address, quote=True)))


def _descriptors(kind: str, *, we_read: bool) -> tuple[int, int]:
    """Make two ends: ours and QEMU's."""
    if kind == "fd-socket":
        one, other = socket.socketpair()
        return one.detach(), other.detach()
    reading, writing = os.pipe()
    return (reading, writing) if we_read else (writing, reading)


@contextlib.contextmanager
def _ends(transport: str, folder: Path) -> Generator[tuple[MigrateAddress, MigrateAddress | None]]:
    """Give where to listen and where to connect; None: at the address that is bound."""
    if transport in ("fd-socket", "fd-pipe"):
        ours, theirs = _descriptors(transport, we_read=True)
        yield FdAddress(str(ours)), FdAddress(str(theirs))
        return
    place, _ = meeting(transport, folder)
    yield place, None


@contextlib.contextmanager
def _beside(work: Callable[[], None]) -> Generator[None]:
    """Do something in a thread while the block runs, and see that it was done."""
    failed: list[ProofError | MigaddrError | OSError] = []

    def guarded() -> None:
        try:
            work()
        except (ProofError, MigaddrError, OSError) as error:
            failed.append(error)

    thread = threading.Thread(target=guarded)
    thread.start()
    try:
        yield
    finally:
        thread.join()
    if failed:
        raise failed[0]


@contextlib.contextmanager
def _removed(path: Path) -> Generator[None]:
    """Remove a file at the end of the block, if it is there."""
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def _until_there(path: Path) -> None:
    """Wait for a file that another process renames into its place."""
    end = time.monotonic() + PATIENCE
    while not path.exists():
        if time.monotonic() > end:
            raise ProofError(f"{os.strerror(errno.ETIMEDOUT)}: {path.name} does not come")
        time.sleep(0.002)


def _hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
