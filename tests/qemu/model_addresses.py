"""Addresses of every kind with texts that are hard to say, at random."""

from __future__ import annotations

import random
from typing import Any

from migaddr import (
    ExecAddress,
    FdAddress,
    FileAddress,
    InetAddress,
    MigrateAddress,
    RdmaAddress,
    UnixAddress,
    VsockAddress,
    exec_address,
)

TEXTS = [
    "h", "h", "", "::1", "[", "]", "[::1]", "a]:b", "unix", "fd", "vsock", "tcp", "h,x", "x=y", "addr=h", "h:1", "é", "\udc80", "h" * 64,
    "h" * 65, "é" * 33, " ", "a b", "/", "//h", "%", "on", "\n", "\t", "'", '"', "\\", "0", "no", "id=a", "h,ipv4", ",", "=", "]:",
]  # fmt: skip
PORTS = [
    "1", "0", "4444", "", "99999", "-1", "x", "1,2", "1=2", ":1", "1" * 32, "1" * 33, "é" * 20, " 1", "to", "65536", "[",
]  # fmt: skip
FLAGS = (None, None, None, True, False)


def _inet(source: random.Random) -> InetAddress:
    options: dict[str, Any] = {
        name: source.choice(FLAGS) for name in ("numeric", "ipv4", "ipv6", "keep_alive", "mptcp")
    }
    for name in ("keep_alive_count", "keep_alive_idle", "keep_alive_interval"):
        options[name] = source.choice((*[None] * 9, 0, 1, 2**32 - 1))
    host = source.choice(TEXTS) + source.choice((*[""] * 4 * len(TEXTS), *TEXTS))
    return InetAddress(
        host, source.choice(PORTS), to=source.choice((*[None] * 12, 0, 1, 80, 65535)), **options
    )


def generate(source: random.Random) -> MigrateAddress:
    """Make one address."""
    text, more = source.choice(TEXTS), source.choice(TEXTS)
    match source.choice(
        ("inet", "inet", "inet", "unix", "unix", "vsock", "fd", "exec", "exec", "rdma", "file")
    ):
        case "unix":
            path = source.choice(("/none/", "", "x", f"/none/{text}{more}", "/none/" + "é" * 60))
            return UnixAddress(path, abstract=source.choice(FLAGS), tight=source.choice(FLAGS))
        case "vsock":
            return VsockAddress(source.choice((*TEXTS, "2", "4294967296")), source.choice(PORTS))
        case "fd":
            return FdAddress(text)
        case "exec":
            vectors = (
                ("/none", text, more), ("/bin/sh", "-c", text, more), ("/bin/sh",), ("",), exec_address(text + more).args,
            )  # fmt: skip
            return ExecAddress(source.choice(vectors))
        case "rdma":
            return RdmaAddress(_inet(source))
        case "file":
            end = source.choice(("", ",offset=1", ",offset", ",x="))
            return FileAddress(
                f"/none/{text}{end}", offset=source.choice((0, 1, 4096, 2**63 - 1, 2**63, 2**64 - 1))
            )
        case _:
            return _inet(source)
