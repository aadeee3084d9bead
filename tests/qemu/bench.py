"""Real QEMU on a bench: one process, jailed, spoken to over QMP, ended by pid."""

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
from typing import Any, Self

JAIL = Path(__file__).with_name("jail.py")
SERIES = ("7.2", "10.0", "11.1")
DEADLINE = 60.0  # seconds for any one answer


def qemu_folder() -> Path:
    """Where tools/get-qemu put the binaries."""
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(os.environ.get("MIGADDR_QEMU") or f"{cache}/migaddr/qemu")


def binary(series: str) -> Path:
    """The program of one series; it need not exist."""
    return qemu_folder() / "bin" / f"qemu-{series}"


class QemuDiedError(Exception):
    """The process ended where an answer was expected."""

    def __init__(self, status: int, output: str) -> None:
        super().__init__(status, output)
        self.status = status
        self.output = output


class Qemu:
    """One QEMU process that waits for commands. A context manager: leaving it ends the process."""

    def __init__(self, program: Path, *options: str, incoming: str | None = "defer") -> None:
        ours, theirs = socket.socketpair()
        ours.settimeout(DEADLINE)
        self.folder = Path(tempfile.mkdtemp(prefix="migaddr-qemu."))
        arguments = ["-M", "none", "-nodefaults", "-no-user-config", "-display", "none", "-S", "-m", "16"]
        arguments += ["-chardev", f"socket,id=qmp,fd={theirs.fileno()}", "-qmp", "chardev:qmp"]
        if incoming is not None:
            arguments += ["-incoming", incoming]
        command = [sys.executable, "-IS", str(JAIL), str(self.folder), str(program), *arguments, *options]
        self._output = (self.folder / "output").open("w+b")
        self._process = subprocess.Popen(
            command,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
        )
        theirs.close()
        self._socket = ours
        self._reader = ours.makefile("rb")
        self.events: list[dict[str, Any]] = []
        try:
            self.version: dict[str, Any] = self._read()["QMP"]["version"]
            self.execute("qmp_capabilities")
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int:
        return self._process.pid

    def execute(self, command: str, **arguments: object) -> dict[str, Any]:
        """Send a command; give the reply, `{"return": ...}` or `{"error": ...}`.

        :raises QemuDiedError: the process ends instead.
        """
        names = {name.replace("_", "-"): value for name, value in arguments.items()}
        return self.send(json.dumps({"execute": command, "arguments": names}).encode())

    def send(self, text: bytes) -> dict[str, Any]:
        """Send JSON text as it is."""
        with contextlib.suppress(OSError):  # it may be dying: reading tells
            self._socket.sendall(text + b"\n")
        while True:
            message = self._read()
            if "event" not in message:
                return message
            self.events.append(message)

    def answer(self, command: str, **arguments: object) -> str | None:
        """Send a command; give the text of its error, or None."""
        reply = self.execute(command, **arguments)
        return reply["error"]["desc"] if "error" in reply else None

    def migration(self) -> dict[str, Any]:
        """Wait until the outgoing migration is over; give the last answer of query-migrate."""
        end = time.monotonic() + DEADLINE
        while True:
            state: dict[str, Any] = self.execute("query-migrate")["return"]
            if state.get("status") not in ("setup", "active", "device", "cancelling", "pre-switchover"):
                return state
            if time.monotonic() > end:
                raise TimeoutError(f"still {state}")
            time.sleep(0.0005)

    def shell_calls(self, count: int) -> list[list[str]]:
        """Wait until /bin/sh was called `count` times; give the argument vectors."""
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

    def _read(self) -> dict[str, Any]:
        try:
            line = self._reader.readline()
        except ConnectionResetError:
            line = b""
        if not line:
            status = self._process.wait(DEADLINE)
            self._output.seek(0)
            raise QemuDiedError(status, self._output.read().decode(errors="replace"))
        message: dict[str, Any] = json.loads(line)
        return message

    def close(self) -> None:
        """End the process and leave nothing behind."""
        self._process.kill()
        self._process.wait(DEADLINE)
        self._reader.close()
        self._socket.close()
        self._output.close()
        shutil.rmtree(self.folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
