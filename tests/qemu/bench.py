"""The real QEMUs that the tests are run with."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from migaddr import jail
from migaddr.jail import DEADLINE, Jailed, QemuDiedError

__all__ = ["DEADLINE", "SERIES", "Jailed", "Qemu", "QemuDiedError", "binary", "qemu_folder"]

SERIES = ("7.2", "10.0", "11.1")


def qemu_folder() -> Path:
    """Where tools/get-qemu put the binaries."""
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(os.environ.get("MIGADDR_QEMU") or f"{cache}/migaddr/qemu")


def binary(series: str) -> Path:
    """The program of one series; it need not exist."""
    return qemu_folder() / "bin" / f"qemu-{series}"


class Qemu(jail.Qemu):
    """The same, with answers that a test takes apart without telling the type checker what is in them."""

    version: dict[str, Any]

    def execute(self, command: str, **arguments: object) -> dict[str, Any]:
        return super().execute(command, **arguments)

    def send(self, text: bytes) -> dict[str, Any]:
        return super().send(text)

    def migration(self) -> dict[str, Any]:
        return super().migration()
