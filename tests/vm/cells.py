"""What is proven in the VM: the names of the cells.

The plain cells, with all QEMUs and both forms, are those of `migaddr prove --vm`. Here are the others.
"""

from __future__ import annotations

from typing import Final

GUESTS: Final = (
    ("7.2", "in pieces"),
    ("7.2", "pinned"),
    ("10.0", "in pieces"),
    ("11.1", "pinned"),
    ("11.1", "in pieces of 64 MiB"),
)
"""QEMUs, each a PC of six RAM blocks, and how their memory is registered."""

TRANSFERS: Final = [
    "rdma: migaddr to migaddr",
    "vsock: migaddr to migaddr",
    *(
        f"{cell}, {how}"
        for series, how in GUESTS
        for cell in (
            f"rdma: QEMU {series} to migaddr",
            f"unix: that stream, on to QEMU {series}",
            f"rdma: that stream, on to QEMU {series}",
        )
    ),
]
FAULTS: Final = {
    "nobody listens": "refused",
    "no such host": "deadline passed",
    "nobody answers": "deadline passed",
    "nobody connects": "deadline passed",
    "the port is taken": "Address already in use",
    "an address without a device": "no RDMA device has the address 127.0.0.1",
    "the wildcard": "no RDMA device has the address 0.0.0.0",
    "a second connection": "refused",
    "two connect at once": "refused",
    "another version asks": "protocol version 2, where only 1 is known",
    "another version is turned down": "refused",
    "another version answers": "protocol version 9, where only 1 is known",
    "not permitted": "Permission denied|Operation not permitted",
    "the disk is full": "keeping what came: No space left on device",
    "the source sends nothing": "deadline passed",
    "the source stalls": "deadline passed",
    "the source closes before the end": "sent ERROR",
    "the source sends garbage": "a control message of 5 bytes",
    "the source is killed": "the source disconnected",
    "the source cancels": "the source disconnected|sent ERROR",
    "the destination reads nothing": "deadline passed",
    "the destination never closes": "deadline passed",
    "the destination closes before the end": "sent ERROR",
    "the destination is killed": "the other side disconnected",
    "the destination has other RAM": "its RAM is another",
    "the destination cannot load it": "the other side disconnected",
}
"""What goes wrong, and what the cause in the TransportError matches.

A QEMU that cancels sends ERROR, and disconnects before it has gone out for certain. One that cannot load
a stream exits.
"""
