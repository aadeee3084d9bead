"""exec: a command whose standard input is written, or whose standard output is read.

The argument vector is run as it is: no shell but the one that it may name, no search in PATH. As under
QEMU, the other standard stream goes nowhere: what a command says while it is written to is dropped, and
nothing comes in while it is read. Unlike QEMU, which does not look, a command that fails is an error.

The command is a session of its own; where the stream is broken off, all that is left of it is ended.
"""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import subprocess
from typing import Final, Self, final

from migaddr.errors import TransportError
from migaddr.model import ExecAddress
from migaddr.transport.base import NEVER, Buffer, Deadline, Options, failing, wrong_way
from migaddr.transport.pipes import Pipe
from migaddr.transport.single import SingleListener
from migaddr.transport.uninterrupted import uninterrupted

_GRACE: Final = 0.5  # seconds to end after SIGTERM, before SIGKILL
_NEWS: Final = 1.0  # seconds in which a command that reads no more may say how it ended


def connect(address: ExecAddress, deadline: Deadline, options: Options) -> CommandStream:  # noqa: ARG001
    """Start the command, to write to it."""
    return CommandStream(address, reading=False)


def listen(address: ExecAddress, deadline: Deadline, options: Options) -> SingleListener:  # noqa: ARG001
    """Start the command, to read from it."""
    return SingleListener(CommandStream(address, reading=True))


@final
class CommandStream:
    """A running command and a pipe."""

    def __init__(self, address: ExecAddress, *, reading: bool) -> None:
        self.address = address
        self._reading = reading
        try:
            with failing(address, f"running {address.args[0]!r}"):
                uninterrupted(self._start)
        except BaseException:
            self.close()
            raise

    def _start(self) -> None:
        program, *_ = args = [arg.encode("utf-8", "surrogateescape") for arg in self.address.args]
        self._process = subprocess.Popen(  # noqa: S603 -- that is what the address asks for
            args,
            executable=program if b"/" in program else b"./" + program,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE if self._reading else subprocess.DEVNULL,
            bufsize=0,
            start_new_session=True,
        )
        ours = self._process.stdout if self._reading else self._process.stdin
        assert ours is not None
        self._pipe = Pipe(os.dup(ours.fileno()), self.address, reading=self._reading)
        ours.close()

    def read_into(self, buffer: memoryview, deadline: Deadline = NEVER) -> int:
        """Read what there is; at the end see how the command ended."""
        if not self._reading:
            raise wrong_way(self.address, "this command is written to")
        count = self._pipe.read_into(buffer, deadline)
        if count == 0 and len(buffer):
            self._finish(deadline)
        return count

    def write(self, data: Buffer, deadline: Deadline = NEVER) -> None:
        """Write all of it."""
        if self._reading:
            raise wrong_way(self.address, "this command is read from")
        try:
            self._pipe.write(data, deadline)
        except TransportError as error:
            self._explain(error, deadline)
            raise

    def end(self, deadline: Deadline = NEVER) -> None:
        """Close the pipe once it is empty, and see how the command ended."""
        if not self._reading:
            try:
                self._pipe.drain(deadline)
            except TransportError as error:
                self._explain(error, deadline)
                raise
            self._pipe.close()
        self._finish(deadline)

    def _explain(self, error: TransportError, deadline: Deadline) -> None:
        """Where the command reads no more, say how it ended, if it did."""
        if error.errno != errno.EPIPE:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            status = self._process.wait(deadline.or_within(_NEWS).left())
            ended = _ending(status) or "ended"
            why = f"the command {ended} before it had read everything"
            raise TransportError(self.address, why, errno.EPIPE) from error

    def _finish(self, deadline: Deadline) -> None:
        self._close_pipes()
        try:
            status = self._process.wait(deadline.left())
        except subprocess.TimeoutExpired as error:
            raise deadline.error(self.address, "the command did not end") from error
        ending = _ending(status)
        if ending is not None:
            self._signal(signal.SIGKILL)  # what it left behind
            raise TransportError(self.address, f"the command {ending}", errno.EPIPE)

    def close(self) -> None:
        """End the command if it still runs, and let go of everything."""
        if hasattr(self, "_pipe"):
            self._pipe.close()
        if hasattr(self, "_process"):
            self._kill()

    def _close_pipes(self) -> None:
        self._pipe.close()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _kill(self) -> None:
        process = self._process
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        if process.returncode is not None:
            return
        self._signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)
        self._signal(signal.SIGKILL)
        process.wait()

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:  # a signal may come before anybody holds it
        self.close()


def _ending(status: int) -> str | None:
    """Say how a command failed."""
    if status == 0:
        return None
    if status > 0:
        return f"exited with status {status}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    return f"was killed by {name}"
