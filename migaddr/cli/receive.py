"""`migaddr receive`: wait for a stream at an address, and keep it."""

from __future__ import annotations

import contextlib
import errno
import sys
from pathlib import Path
from typing import Any, Final, Protocol

import click

from migaddr.cli.output import Output
from migaddr.cli.progress import Progress
from migaddr.cli.streaming import as_value, fails_with_status_1, options, read_address, settings, spelled
from migaddr.errors import TransportError
from migaddr.model import MigrateAddress
from migaddr.qmp import JsonObject
from migaddr.transport import Deadline, QemuStream, Sink, listen, receive
from migaddr.transport.move import write_all

_FRAMED: Final = b"MIGADDR\1"
_QEMU: Final = b"QEVM"


@click.command()
@click.option("-o", "--output", metavar="FILE", help="Write it there.  [default: standard output]")
@click.option("--force", is_flag=True, help="Replace FILE if it is there.")
@click.option(
    "--raw", is_flag=True, help="Do not look at what comes: take any bytes, or none, for a whole stream."
)
@options
@click.argument("address", metavar="ADDRESS")
@fails_with_status_1
def command(address: str, output: str | None, force: bool, raw: bool, **shared: Any) -> int:
    """Wait for one stream at ADDRESS, in any spelling, and write it to a file or to standard output.

    The stream of a QEMU is checked while it comes: its beginning, RAM page by page, the devices, the end.
    Of other bytes only a framed stream tells whether it is whole. A FILE gets its name when it is whole, and
    has mode 0600: what migrates is the memory of a machine.

    \b
    Examples:
      migaddr receive -o guest.migration tcp:127.0.0.1:4446
      migaddr receive --framed unix:/run/user/1000/m.sock | zstd >stream.zst
      migaddr receive -v -o /dev/null '{"transport": "socket", "type": "unix", "path": "m", "abstract": true}'

    Exit status: 0 the stream is whole, 1 it is broken, or there was none; 2 wrong usage; 128 and the
    signal's number where one ended it.
    """  # noqa: D301 -- click wants the character
    given = settings(**shared)
    if output is None and sys.stdout is not None and sys.stdout.isatty():
        raise click.UsageError("a stream is not for a terminal: give -o FILE, or a pipe")
    if given.framed and given.digest is not None:
        raise click.UsageError("the sender chooses the digest of a framed stream: give --digest there")
    if given.framed and raw:
        raise click.UsageError("--raw is for a stream that is not framed")
    if output is not None and (not output or output.endswith("/")):
        raise click.BadParameter(f"{output!r} is not the name of a file", param_hint="--output")
    where = read_address(address, given.release)
    limit = Deadline(given.deadline)
    with (
        Progress("received", quiet=given.quiet, verbose=given.verbose, as_json=given.as_json) as progress,
        _sink(output, force) as sink,
        listen(where, deadline=limit.left(), fds=given.fds, peer_uids=given.peer_uids) as listener,
    ):
        places = [spelled(place) for place in listener.addresses]
        progress.say(
            f"waiting at {', '.join(places)}",
            {"listening": [as_value(place) for place in listener.addresses]},
        )
        with listener.accept(limit) as stream:
            checker = _Checker(sink, where, looks=not raw and not given.framed)
            progress.started()
            report = receive(
                stream,
                checker,
                framed=given.framed,
                digest=given.digest,
                deadline=limit.left(),
                stall=given.stall,
                progress=progress,
            )
            seen = checker.finish()
        sink.commit()
        progress.report(report, *seen)
    return 0


class _Committed(Sink, Protocol):
    def commit(self) -> None: ...


class _StandardOutput:
    def __init__(self) -> None:
        if sys.stdout is None:
            raise OSError(errno.EBADF, "standard output is closed")
        self._stream = sys.stdout.buffer

    def write(self, data: memoryview) -> int:
        return self._stream.write(data)

    def commit(self) -> None:
        self._stream.flush()


def _sink(output: str | None, force: bool) -> contextlib.AbstractContextManager[_Committed]:
    if output is None or output == "-":
        return contextlib.nullcontext(_StandardOutput())
    return Output(Path(output), force=force)


class _Checker:
    """Looks at the bytes that go to a sink, where there is something to know about them."""

    def __init__(self, sink: Sink, address: MigrateAddress, *, looks: bool) -> None:
        self._sink = sink
        self._address = address
        self._looks = looks
        self._head = b""
        self._any = False
        self._qemu: QemuStream | None = None

    def write(self, data: memoryview) -> int:
        """Look, and hand on."""
        if self._looks:
            if len(self._head) < len(_FRAMED):
                self._begin(data)
            elif self._qemu is not None:
                self._qemu.write(data)
        write_all(self._sink, data)
        return len(data)

    def _begin(self, data: memoryview) -> None:
        known = len(self._head)
        self._head += bytes(data[: len(_FRAMED) - known])
        if self._head == _FRAMED:
            hint = "give --framed here as well"
            raise TransportError(self._address, "the stream is framed", errno.EBADMSG, hint)
        if self._qemu is not None:
            self._qemu.write(data)
        elif len(self._head) >= len(_QEMU) and self._head.startswith(_QEMU):
            self._qemu = QemuStream()
            self._qemu.write(self._head[:known])
            self._qemu.write(data)

    def finish(self) -> tuple[JsonObject, str]:
        """Give the verdict, for programs and in words.

        :raises MigaddrError: the stream is not whole.
        """
        if self._looks and not self._head:
            raise TransportError(self._address, "the stream ended before it began", errno.ENODATA)
        if self._qemu is None:
            return {}, ""
        summary = self._qemu.finish()
        seen: JsonObject = {
            "machine": summary.machine,
            "ram": dict(summary.blocks),
            "pages": summary.pages,
            "devices": list(summary.devices),
            "unchecked": summary.unchecked,
        }
        words = f"a whole stream of QEMU's {summary.machine!r}"
        return {
            "qemu": seen
        }, words if summary.unchecked is None else f"{words}, but not checked: {summary.unchecked}"
