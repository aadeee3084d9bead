"""Real QEMU inside of the VM: processes that own a file of random guest RAM. Standard library only."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, Self

MIB = 1 << 20
RAM = 64 * MIB
DEADLINE = 60.0  # seconds for any one answer: the VM is emulated


class LabError(Exception):
    """QEMU does not do what it should."""


def random_ram(path: Path, size: int = RAM) -> str:
    """Fill a file with RAM: random, with zero pages and a zero mebibyte between; give its SHA-256."""
    digest = hashlib.sha256()
    with path.open("wb") as out:
        for number in range(size // MIB):
            piece = bytearray(os.urandom(MIB))
            if number % 8 == 3:
                piece[:] = bytes(MIB)
            piece[number * 4096 : (number + 1) * 4096] = bytes(4096)
            digest.update(piece)
            out.write(piece)
    return digest.hexdigest()


def digest_of(path: Path) -> str:
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


class Guest:
    """A QEMU that is stopped, and whose RAM is a file."""

    def __init__(
        self, series: str, *, machine: str = "none", incoming: str | None = None, ram: bool = False
    ) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="guest.", dir="/dev/shm"))
        self.ram = self.folder / "ram"
        self.hash = random_ram(self.ram) if ram else ""
        program = f"{os.environ['LAB_QEMU']}/bin/qemu-{series}"
        ours, theirs = socket.socketpair()
        ours.settimeout(DEADLINE)
        backend = f"memory-backend-file,id=r,mem-path={self.ram},size={RAM // MIB}M,share=on"
        command = [program, "-M", f"{machine},memory-backend=r", "-object", backend, "-m", f"{RAM // MIB}M"]
        command += ["-nodefaults", "-no-user-config", "-display", "none", "-S", "-accel", "tcg"]
        command += ["-chardev", f"socket,id=qmp,fd={theirs.fileno()}", "-qmp", "chardev:qmp"]
        if incoming is not None:
            command += ["-incoming", "defer"]
        self._output = (self.folder / "output").open("w+b")
        self._process = subprocess.Popen(
            command,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=self._output,
        )
        theirs.close()
        self._socket = ours
        self._migrating = False
        self._lines = ours.makefile("rb")
        try:
            self._read()
            self.tell("qmp_capabilities")
            if incoming:  # "": it is said later
                self.tell("migrate-incoming", uri=incoming)
        except BaseException:
            self.close()
            raise

    def tell(self, command: str, **arguments: object) -> Any:
        self._send(command, arguments)
        return self._answer(command)

    def _send(self, command: str, arguments: dict[str, Any]) -> None:
        self._socket.sendall(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")

    def _answer(self, command: str) -> Any:
        while True:
            message = self._read()
            if "error" in message:
                raise LabError(f"{command}: {message['error']['desc']}")
            if "return" in message:
                return message["return"]

    def capability(self, name: str) -> None:
        self.tell("migrate-set-capabilities", capabilities=[{"capability": name, "state": True}])

    def migrate(self, uri: str) -> None:
        self.tell("migrate-set-parameters", **{"max-bandwidth": 1 << 32})
        self._send("migrate", {"uri": uri})  # over rdma, QEMU answers when it is connected
        self._migrating = True

    def answered(self) -> None:
        """Take the answer to `migrate`."""
        if self._migrating:
            self._migrating = False
            self._answer("migrate")

    def completed(self) -> None:
        """Wait until its migration is complete, whichever way."""
        self.answered()
        end = time.monotonic() + DEADLINE
        while True:
            state = self.tell("query-migrate").get("status")
            if state == "completed":
                return
            if state in {"failed", "cancelled"} or time.monotonic() > end:
                raise LabError(f"the migration is {state}: {self.tell('query-migrate')}; {self.said()}")
            time.sleep(0.02)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(DEADLINE)

    def said(self) -> str:
        return (self.folder / "output").read_text(errors="replace")[-2000:]

    def _read(self) -> dict[str, Any]:
        with contextlib.suppress(OSError):
            if line := self._lines.readline():
                message: dict[str, Any] = json.loads(line)
                return message
        raise LabError(f"QEMU has ended or is silent: {self.said()}")

    def close(self) -> None:
        self.kill()
        self._lines.close()
        self._socket.close()
        self._output.close()
        shutil.rmtree(self.folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
