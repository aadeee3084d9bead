"""What is given: kinds of addresses, dialects, and values with one thing wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from migaddr import (
    DRAFT_V1,
    DRAFT_V2,
    DRAFT_V3,
    DRAFT_V4,
    QAPI,
    RFC,
    ExecAddress,
    FdAddress,
    FileAddress,
    InetAddress,
    MigrateAddress,
    RdmaAddress,
    UnixAddress,
    VsockAddress,
)

DIALECTS: dict[str, Any] = {
    "qapi": QAPI, "draft-v1": DRAFT_V1, "draft-v2": DRAFT_V2, "draft-v3": DRAFT_V3, "draft-v4": DRAFT_V4, "rfc": RFC,
}  # fmt: skip
LONGEST = 300  # a text that is longer is asked elsewhere

BROKEN: list[MigrateAddress] = [
    InetAddress("h", "1", to=2, ipv4=True, keep_alive_count=3), UnixAddress("/x", abstract=True), VsockAddress("2", "1"),
    FdAddress("x"), ExecAddress(("/bin/sh", "-c", "cat")), RdmaAddress(InetAddress("h", "1")), FileAddress("/x", offset=1),
]  # fmt: skip


def shown(value: object) -> str:
    return json.dumps(value)


def spoilt(value: object) -> Iterator[tuple[str, object]]:
    """Give this value with one thing wrong, and what: a member missing, unknown, or of another type."""
    others: list[object] = [None, True, 1, "x", [], {}]
    yield from ((shown(other), other) for other in others)
    more: list[object] = []
    if isinstance(value, bool):
        more = ["on", "yes", "true", "off", "no", "false", 0]
    elif isinstance(value, int):
        more = [
            -1,
            0,
            2**16,
            2**32,
            2**64 - 1,
            2**64,
            10**40,
            -(10**40),
            10**40 - 1,
            1 - 10**40,
            1.0,
            1.5,
            "7",
            "0",
            "-1",
            str(2**64),
            "x",
        ]
    elif isinstance(value, str):
        more = ["", value.upper(), f"{value}x", f" {value}", f"x-{value}", "a\0b", "\udc80", "\ud800", "é"]
        more += [10**40, 10**40 - 1, -(10**40), 1 - 10**40, 7.5]
    yield from ((shown(other), other) for other in more)
    if isinstance(value, list):
        for index, item in enumerate(value):
            for what, changed in spoilt(item):
                yield f"[{index}]{what}", [*value[:index], changed, *value[index + 1 :]]
    if isinstance(value, dict):
        for key, item in value.items():
            rest = {name: held for name, held in value.items() if name != key}
            yield f".{key} missing", rest
            for alias in (f"{key}s", "type", "socket-type", "data"):
                if alias not in value:
                    yield f".{key} as {alias}", {**rest, alias: item}
            for what, changed in spoilt(item):
                yield f".{key}{what}", {**value, key: changed}
        yield ".1 too", {**value, 1: 1}
        for key in value:
            yield f".{key}s too", {**value, f"{key}s": value[key]}
