"""A real QEMU whose guest is 64 MiB of RAM in a file and nothing else: stopped, without devices."""

from __future__ import annotations

import array
import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, Final, Self, final

from migaddr.errors import UnknownReleaseError
from migaddr.proof.cells import ProofError
from migaddr.qmp import JsonObject, JsonValue
from migaddr.releases import Release
from migaddr.transport.uninterrupted import uninterrupted

RAM: Final = 64 << 20
"""Bytes of guest RAM: more than any socket or pipe holds, so that nothing is done before it has arrived."""
PATIENCE: Final = 60.0
_BANDWIDTH: Final = 1 << 40  # bytes a second; QEMU's own limit is 128 MiB
_RUNNING: Final = ("none", "setup", "active", "device", "cancelling", "pre-switchover", "postcopy-active")
_PROGRAM: Final = re.compile(r"qemu-system-x86_64|qemu-[0-9]+\.[0-9]+")


def find() -> list[Path]:
    """Give the QEMUs for x86 on PATH and where tools/get-qemu puts them."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folders = [Path(os.environ.get("MIGADDR_QEMU") or f"{cache}/migaddr/qemu") / "bin"]
    folders += [Path(folder) for folder in os.get_exec_path()]
    found: dict[Path, None] = {}
    for folder in folders:
        with contextlib.suppress(OSError):
            for entry in sorted(folder.iterdir()):
                if _PROGRAM.fullmatch(entry.name) and os.access(entry, os.X_OK) and entry.is_file():
                    found[entry.resolve()] = None
    return list(found)


def release_of(program: Path) -> Release:
    """Ask a QEMU for its version.

    :raises ProofError: it does not run, or is none that migaddr knows anything about.
    """
    try:
        done = subprocess.run(  # noqa: S603 -- that is what was asked for
            [program, "--version"], capture_output=True, text=True, timeout=PATIENCE, check=True
        )
        return Release.parse(done.stdout.partition("\n")[0])
    except (OSError, subprocess.SubprocessError, UnknownReleaseError) as error:
        raise ProofError(f"{program}: {error}") from error


@final
class Qemu:
    """One process, spoken to over QMP. Leaving it ends the process."""

    _process: subprocess.Popen[bytes]

    def __init__(
        self, program: Path, ram: Path, output: Path, *, incoming: bool = False, size: int = RAM
    ) -> None:
        """Start it: `ram` and `output` are files, `size` is in bytes."""
        ours, theirs = socket.socketpair()
        ours.settimeout(PATIENCE)
        arguments = ["-M", "none,memory-backend=ram", "-m", f"{size >> 20}M", "-S"]
        arguments += ["-object", f"memory-backend-file,id=ram,size={size},mem-path={ram},share=on"]
        arguments += ["-nodefaults", "-no-user-config", "-display", "none"]
        arguments += ["-chardev", f"socket,id=qmp,fd={theirs.fileno()}", "-qmp", "chardev:qmp"]
        arguments += ["-incoming", "defer"] if incoming else []
        self._output: IO[bytes] = output.open("w+b")
        # exec: starts migaddr itself, which may be a checkout
        path = os.pathsep.join(filter(None, (str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH"))))
        self._socket = ours
        self._reader = ours.makefile("rb")

        def start() -> None:
            self._process = subprocess.Popen(  # noqa: S603 -- that is what was asked for
                [program, *arguments],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=self._output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONPATH": path},
            )

        try:
            try:
                uninterrupted(start)
            finally:
                theirs.close()
            self._read()
            self.execute("qmp_capabilities")
            self.execute("migrate-set-parameters", {"max-bandwidth": _BANDWIDTH})
        except BaseException:
            self.close()
            raise

    def ask(self, command: str, arguments: JsonObject | None = None, fd: int | None = None) -> JsonObject:
        """Send a command, with a descriptor if there is one; give the whole reply."""
        text = json.dumps({"execute": command, "arguments": arguments or {}}).encode() + b"\n"
        extra = [] if fd is None else [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))]
        try:
            sent = self._socket.sendmsg([text], extra)
            self._socket.sendall(text[sent:])
        except OSError:
            pass  # it is dying: reading tells
        while "event" in (message := self._read()):
            pass
        return message

    def execute(self, command: str, arguments: JsonObject | None = None, fd: int | None = None) -> JsonValue:
        """Send a command; give what it returns.

        :raises ProofError: it is refused, or the process ends.
        """
        reply = self.ask(command, arguments, fd)
        error = reply.get("error")
        if isinstance(error, dict):
            raise ProofError(f"QEMU answers {command}: {error.get('desc')}")
        return reply["return"]

    def migrated(self, deadline: float) -> None:
        """Wait until its migration, in or out, is completed.

        :raises ProofError: it is not, until `deadline` (of time.monotonic).
        """
        while True:
            state = self.execute("query-migrate")
            status = state.get("status", "none") if isinstance(state, dict) else "none"
            if status == "completed":
                return
            if status not in _RUNNING or time.monotonic() > deadline:
                why = state.get("error-desc", "no reason given") if isinstance(state, dict) else ""
                raise ProofError(f"QEMU's migration is {status}: {why}")
            time.sleep(0.002)

    def _read(self) -> JsonObject:
        try:
            line = self._reader.readline()
        except OSError:
            line = b""
        if not line:
            status: int | str
            try:
                status = self._process.wait(1)
            except subprocess.TimeoutExpired:
                status = "does not answer"
            self._output.seek(0)
            said = self._output.read().decode(errors="replace").strip()
            raise ProofError(f"QEMU ended ({status}): {said}")
        message: JsonObject = json.loads(line)
        return message

    def close(self) -> None:
        """End the process."""
        if hasattr(self, "_process"):
            self._process.kill()
            self._process.wait()
        self._reader.close()
        self._socket.close()
        self._output.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:  # a signal may come before anybody holds it
        if hasattr(self, "_reader"):
            self.close()


def migaddr_command(*arguments: str) -> tuple[str, ...]:
    """Give the argument vector that runs this migaddr."""
    return (sys.executable, "-m", "migaddr", *arguments)
