"""The third draft, of 9 February 2023, which no release ever took.

    channel = {"channeltype": "main", "addr": addr}
    addr    = {"transport": "socket", "data": {"type": "inet" | "unix" | "vsock" | "fd", ...}}
            | {"transport": "exec", "data": [text, ...]}
            | {"transport": "rdma", "data": {"host": text, "port": text, ...}}

There is one channel, not a list, and no file.
"""

from __future__ import annotations

from typing import Final

from migaddr.qmp import wrapped

DRAFT_V3: Final = wrapped.one_channel(
    "draft-v3",
    "the draft of 9 February 2023",
    {"socket": "data", "exec": "data", "rdma": "data"},
)
"""The third draft, of 9 February 2023: `channel`, one object. Every release refuses it."""
