"""Two real QEMUs in one place, each with a qemu.qmp client: what the tests of the live peer migrate."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import AsyncGenerator
from pathlib import Path

from qemu.qmp import QMPClient, QMPError

from tests.qemu.bench import Jailed, binary

SIZE = 64 << 20  # bytes of RAM


def ram(path: str) -> list[str]:
    """Give the options for RAM that is in this file (as QEMU sees it)."""
    backend = f"memory-backend-file,id=r,size=64M,share=on,mem-path={path}"
    return ["-object", backend, "-M", "none,memory-backend=r", "-m", "64M"]


def fill(path: Path) -> str:
    """Fill the RAM of a running QEMU, in this file, at random; give its hash."""
    with path.open("r+b") as file:
        file.write(os.urandom(SIZE))
    return digest(path)


def digest(path: Path) -> str:
    """Give the hash of a file of RAM."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.asynccontextmanager
async def monitor(qemu: Jailed) -> AsyncGenerator[QMPClient, None]:
    """Connect a client to a QEMU that is there, and disconnect it, whatever became of QEMU."""
    client = QMPClient()
    await client.connect(qemu.socket)
    try:
        yield client
    finally:
        with contextlib.suppress(EOFError, OSError, QMPError):
            await client.disconnect()


@contextlib.asynccontextmanager
async def pair(series: str) -> AsyncGenerator[tuple[Jailed, QMPClient, Jailed, QMPClient], None]:
    """Start a source with random RAM and a destination, which see the same /tmp: the source's folder."""
    program = binary(series)
    with Jailed(program, *ram("/tmp/source"), incoming=None, real_shell=True) as source:
        async with monitor(source) as out:
            fill(source.folder / "source")
            with Jailed(program, *ram("/tmp/destination"), beside=source) as destination:
                async with monitor(destination) as into:
                    for client in (out, into):
                        await client.execute("migrate-set-parameters", {"max-bandwidth": 1 << 33})
                    yield source, out, destination, into
