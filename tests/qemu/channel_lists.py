"""Lists of channels, valid or broken at one place."""

from __future__ import annotations

import copy
import random
from typing import Any, TypeAlias

from migaddr import Release

Json: TypeAlias = Any

FLAGS = (True, False)
WRONG: tuple[Json, ...] = (
    None,
    True,
    0,
    1,
    -1,
    1.5,
    "",
    "x",
    "on",
    [],
    {},
    ["x"],
    {"x": 1},
    65536,
    2**32,
    2**64,
    -(2**63),
)
NAMES = (
    "to",
    "ipv4",
    "path",
    "str",
    "cid",
    "host",
    "port",
    "type",
    "args",
    "offset",
    "filename",
    "transport",
    "x",
    "",
)


def _inet(source: random.Random, release: Release) -> dict[str, Json]:
    made: dict[str, Json] = {
        "host": source.choice(("127.0.0.1", "::1", "h", "", "é", "unix", "a:b", "h" * 70)),
        "port": source.choice(("1", "0", "x", "", "99999", "1" * 40)),
    }
    numbers = {
        "to": 65535,
        "keep-alive-count": 2**32 - 1,
        "keep-alive-idle": 2**32 - 1,
        "keep-alive-interval": 2**32 - 1,
    }
    for name in sorted(release.inet_members - {"host", "port"}):
        if not source.getrandbits(2):
            made[name] = source.choice((0, 1, numbers[name])) if name in numbers else source.choice(FLAGS)
    return made


def _addr(source: random.Random, release: Release) -> dict[str, Json]:
    match source.choice(("inet", "inet", "unix", "vsock", "fd", "exec", "rdma", "file")):
        case "inet":
            return {"transport": "socket", "type": "inet", **_inet(source, release)}
        case "unix":
            made: dict[str, Json] = {
                "transport": "socket",
                "type": "unix",
                "path": source.choice(("/none/x", "x" * 109)),
            }
            for name in ("abstract", "tight"):
                if source.getrandbits(1):
                    made[name] = source.choice(FLAGS)
            return made
        case "vsock":
            return {"transport": "socket", "type": "vsock", "cid": source.choice(("2", "x", "")), "port": "1"}
        case "fd":
            return {"transport": "socket", "type": "fd", "str": source.choice(("", "x", "7"))}
        case "exec":
            return {
                "transport": "exec",
                "args": source.choice((["/bin/sh", "-c", ""], ["/none"], ["/none", "é", ""])),
            }
        case "rdma":
            return {"transport": "rdma", **_inet(source, release)}
        case _:
            return {
                "transport": "file",
                "filename": "/none/x",
                "offset": source.choice((0, 1, 2**63, 2**64 - 1)),
            }


def generate(source: random.Random, release: Release, *, may_break: bool = True) -> Json:
    """Make a value of `channels`: in one of four cases valid, else broken at one place, if it may be."""
    channels: Json = [
        {"channel-type": source.choice(("main", "main", "main", "cpr")), "addr": _addr(source, release)}
        for _ in range(source.choice((1, 1, 1, 1, 1, 2, 2, 3)))
    ]
    return channels if not source.getrandbits(2) or not may_break else broken(source, channels)


def broken(source: random.Random, value: Json) -> Json:
    """Give the value with one thing replaced, removed, renamed or added, somewhere."""
    value = copy.deepcopy(value)
    places: list[Json] = []

    def walk(node: Json) -> None:
        if isinstance(node, (list, dict)):
            places.append(node)
            for child in node.values() if isinstance(node, dict) else node:
                walk(child)

    walk(value)
    node = source.choice(places)
    keys = list(node) if isinstance(node, dict) else list(range(len(node)))
    action = source.choice(("replace", "remove", "add", "rename"))
    if action == "add" or not keys:
        if isinstance(node, dict):
            node.setdefault(source.choice(NAMES), source.choice(WRONG))
        else:
            node.append(source.choice(WRONG))
    elif action == "rename" and isinstance(node, dict):
        key = source.choice(keys)
        name = str(key)
        node[source.choice((f"{name}x", name.replace("-", "_"), name.upper()))] = node.pop(key)
    elif action == "remove":
        del node[source.choice(keys)]
    else:
        node[source.choice(keys)] = source.choice(WRONG)
    return value
