"""Runs a real QEMU where what it is told can hurt nothing, and speaks to it.

`enter` is the script that goes into the jail: namespaces of its own, on Linux, for root or where users may
make them.
"""

from __future__ import annotations

from migaddr.jail.qemu import DEADLINE, Jailed, Qemu, QemuDiedError, words_of

__all__ = ["DEADLINE", "Jailed", "Qemu", "QemuDiedError", "words_of"]
