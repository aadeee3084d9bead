"""`migaddr send`: bytes to an address."""

from __future__ import annotations

import contextlib
import errno
import os
import select
import stat
import sys
from io import FileIO
from typing import Any, Self

import click

from migaddr.cli.progress import Progress
from migaddr.cli.streaming import (
    as_value,
    fails_with_status_1,
    not_into_itself,
    options,
    read_address,
    settings,
    spelled,
)
from migaddr.model import MigrateAddress
from migaddr.transport import Deadline, connect, send


@click.command()
@options
@click.argument("address", metavar="ADDRESS")
@click.argument("file", required=False, metavar="[FILE]")
@fails_with_status_1
def command(address: str, file: str | None, **shared: Any) -> int:
    """Send FILE, or standard input, to ADDRESS, in any spelling, as a QEMU that migrates would.

    What `migaddr receive` kept brings up a QEMU that waits with -incoming.

    \b
    Examples:
      migaddr send tcp:127.0.0.1:4446 guest.migration
      zstd -dc stream.zst | migaddr send --framed unix:/run/user/1000/m.sock
      migaddr send 'exec:ssh other cat ">guest.migration"' guest.migration

    Exit status: 0 all was taken, 1 it was not, 2 wrong usage; 128 and the signal's number where one ended it.
    """  # noqa: D301 -- click wants the character
    given = settings(**shared)
    if given.peer_uids is not None:
        raise click.UsageError("--peer-uid is for who accepts a stream")
    where = read_address(address, given.release)
    limit = Deadline(given.deadline)
    with contextlib.ExitStack() as opened:
        source = opened.enter_context(_Input(file, where, limit))
        not_into_itself(source.fileno(), where)
        progress = opened.enter_context(
            Progress(
                "sent",
                quiet=given.quiet,
                verbose=given.verbose,
                as_json=given.as_json,
                size=source.size,
            )
        )
        stream = opened.enter_context(connect(where, deadline=limit.left(), fds=given.fds))
        progress.say(f"sending to {spelled(where)}", {"connected": as_value(where)})
        progress.started()
        report = send(
            stream,
            source,
            framed=given.framed,
            digest=given.digest,
            deadline=limit.left(),
            stall=given.stall,
            progress=progress,
        )
        progress.report(report, {})
    return 0


class _Input:
    """A file or standard input, which may be slow: it is waited for until the deadline."""

    def __init__(self, name: str | None, address: MigrateAddress, deadline: Deadline) -> None:
        self._address = address
        self._deadline = deadline
        if name is None or name == "-":
            if sys.stdin is None:
                raise OSError(errno.EBADF, "standard input is closed")
            self._file = FileIO(sys.stdin.fileno(), closefd=False)
        else:
            self._file = FileIO(name)
        found = os.fstat(self._file.fileno())
        self.size = found.st_size if stat.S_ISREG(found.st_mode) else None
        self._poll = select.poll()
        self._poll.register(self._file, select.POLLIN)

    def fileno(self) -> int:
        """Give the descriptor."""
        return self._file.fileno()

    def readinto(self, buffer: memoryview) -> int:
        """Read what there is."""
        left = self._deadline.left()
        if not self._poll.poll(None if left is None else left * 1000):
            raise self._deadline.error(self._address, "there was nothing to send")
        return self._file.readinto(buffer) or 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
