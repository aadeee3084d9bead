"""A real QEMU: one process, jailed, spoken to over QMP, ended by pid."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final, Self

from migaddr.qmp import JsonObject, JsonValue
from migaddr.transport.uninterrupted import uninterrupted

JAIL: Final = Path(__file__).with_name("enter.py")
DEADLINE: Final = 60.0
"""Seconds for any one answer."""


class QemuDiedError(Exception):
    """The process ended where an answer was expected."""

    def __init__(self, status: int, output: str) -> None:
        super().__init__(status, output)
        self.status = status
        self.output = output


class Jailed:
    """One QEMU process without a machine, and the socket of its monitor. Leaving it ends the process.

    `beside` is another one in whose namespaces this one runs: they see the same loopback and the same /tmp,
    which is `beside.folder`. With `real_shell` /bin/sh is what it is. The folder is made in `place`, or where
    temporary files are.
    """

    _process: subprocess.Popen[bytes]

    def __init__(
        self,
        program: Path,
        *options: str,
        incoming: str | None = "defer",
        beside: Jailed | None = None,
        real_shell: bool = False,
        place: Path | None = None,
    ) -> None:
        ours, theirs = socket.socketpair()
        self.socket: socket.socket = ours
        self.folder: Path = Path(tempfile.mkdtemp(prefix="migaddr-qemu.", dir=place))
        arguments = ["-M", "none", "-nodefaults", "-no-user-config", "-display", "none", "-S", "-m", "16"]
        arguments += ["-chardev", f"socket,id=qmp,fd={theirs.fileno()}", "-qmp", "chardev:qmp"]
        if incoming is not None:
            arguments += ["-incoming", incoming]
        where = ["--real-shell"] if real_shell else []
        where += [str(self.folder)] if beside is None else ["--join", str(beside.pid)]
        command = [sys.executable, "-IS", str(JAIL), *where, str(program), *arguments, *options]
        self._output = (self.folder / "output").open("w+b")

        def start() -> None:
            self._process = subprocess.Popen(  # noqa: S603 -- that is what it is for
                command,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=self._output,
                stderr=subprocess.STDOUT,
            )

        try:
            try:
                uninterrupted(start)
            finally:
                theirs.close()
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int:
        """The process itself: the jail becomes what it jails."""
        return self._process.pid

    def wait(self) -> tuple[int, str]:
        """Wait until the process ends by itself; give its status and what it printed."""
        status = self._process.wait(DEADLINE)
        self._output.seek(0)
        return status, self._output.read().decode(errors="replace")

    def kill(self) -> None:
        """End the process, and no more."""
        if hasattr(self, "_process"):
            self._process.kill()
            self._process.wait(DEADLINE)

    def close(self) -> None:
        """End the process and leave nothing behind."""
        self.kill()
        self.socket.close()
        self._output.close()
        end = time.monotonic() + DEADLINE
        while True:
            try:
                shutil.rmtree(self.folder)
            except OSError:  # what exec: started may be writing still
                if time.monotonic() > end:
                    raise
                time.sleep(0.01)
            else:
                return

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:  # a signal may come before anybody holds it
        if hasattr(self, "_output") and self.folder.exists():
            self.close()


class Qemu(Jailed):
    """A QEMU that waits for commands, and is spoken to over QMP."""

    version: JsonObject
    """What it said of itself: `{"qemu": {"major": 10, ...}, "package": ...}`."""

    def __init__(
        self, program: Path, *options: str, incoming: str | None = "defer", place: Path | None = None
    ) -> None:
        self.events: list[JsonObject] = []
        super().__init__(program, *options, incoming=incoming, place=place)
        try:
            self.socket.settimeout(DEADLINE)
            self._reader = self.socket.makefile("rb")
            self.version = _object(_object(self._read().get("QMP")).get("version"))
            self.execute("qmp_capabilities")
        except BaseException:
            self.close()
            raise

    def execute(self, command: str, **arguments: object) -> JsonObject:
        """Send a command; give the reply, `{"return": ...}` or `{"error": ...}`.

        :raises QemuDiedError: the process ends instead.
        :raises TimeoutError: it does not answer within DEADLINE.
        """
        names = {name.replace("_", "-"): value for name, value in arguments.items()}
        return self.send(json.dumps({"execute": command, "arguments": names}).encode())

    def send(self, text: bytes) -> JsonObject:
        """Send JSON text as it is; give the reply, and raise as `execute`."""
        with contextlib.suppress(OSError):  # it may be dying: reading tells
            self.socket.sendall(text + b"\n")
        while True:
            message = self._read()
            if "event" not in message:
                return message
            self.events.append(message)

    def getfd(self, name: str, descriptor: int) -> None:
        """Pass a descriptor under a name.

        :raises OSError: QEMU does not take it.
        """
        text = json.dumps({"execute": "getfd", "arguments": {"fdname": name}})
        socket.send_fds(self.socket, [text.encode() + b"\n"], [descriptor])
        reply = self._read()
        if "return" not in reply:
            raise OSError(reply)

    def answer(self, command: str, **arguments: object) -> str | None:
        """Send a command; give the text of its error, or None. It raises as `execute`."""
        return words_of(self.execute(command, **arguments))

    def migration(self) -> JsonObject:
        """Wait until the outgoing migration is over; give the last answer of query-migrate.

        :raises TimeoutError: it is not over within DEADLINE.
        """
        end = time.monotonic() + DEADLINE
        while True:
            state = _object(self.execute("query-migrate")["return"])
            if state.get("status") not in ("setup", "active", "device", "cancelling", "pre-switchover"):
                return state
            if time.monotonic() > end:
                raise TimeoutError(f"still {state}")
            time.sleep(0.0005)

    def shell_calls(self, count: int) -> list[list[str]]:
        """Wait until /bin/sh was called `count` times; give the argument vectors.

        :raises TimeoutError: it was not within DEADLINE.
        """
        log = self.folder / "sh.log"
        end = time.monotonic() + DEADLINE
        while True:
            items = log.read_bytes().split(b"\0")[:-1] if log.exists() else []
            calls: list[list[str]] = []
            while items and len(items) > (length := int(items[0])):
                calls.append([os.fsdecode(item) for item in items[1 : length + 1]])
                del items[: length + 1]
            if len(calls) >= count and not items:
                return calls
            if time.monotonic() > end:
                raise TimeoutError(f"/bin/sh was called {len(calls)} times")
            time.sleep(0.001)

    def _read(self) -> JsonObject:
        try:
            line = self._reader.readline()
        except ConnectionResetError:
            line = b""
        if not line:
            raise QemuDiedError(*self.wait())
        return _object(json.loads(line))

    def close(self) -> None:
        """End the process and leave nothing behind."""
        if hasattr(self, "_reader"):
            self._reader.close()
        super().close()


def words_of(reply: JsonObject) -> str | None:
    """Give the text of the error in a reply; None: it is none."""
    return str(_object(reply["error"])["desc"]) if "error" in reply else None


def _object(value: JsonValue) -> JsonObject:
    if not isinstance(value, dict):
        raise TypeError(f"QMP gives an object here, not {value!r}")
    return value
