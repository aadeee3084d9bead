"""The second draft, of 8 February 2023, which no release ever took.

    channel = {"channeltype": "main", "addr": addr}
    addr    = {"transport": "socket", "socket-type": {"type": "inet" | "unix" | "vsock" | "fd", ...}}
            | {"transport": "exec", "data": [text, ...]}
            | {"transport": "rdma", "data": {"host": text, "port": text, ...}}

The examples posted with it call `data` by the name of the transport; its schema, which code would have been
made from, does not. There is one channel, not a list, and no file.
"""

from __future__ import annotations

from typing import Final

from migaddr.qmp import wrapped

DRAFT_V2: Final = wrapped.one_channel(
    "draft-v2",
    "the draft of 8 February 2023",
    {"socket": "socket-type", "exec": "data", "rdma": "data"},
)
"""The second draft, of 8 February 2023: `channel`, one object. Every release refuses it."""
