"""Builds streams as QEMU does: RAM pages, devices of any fields, a description that fits."""

from __future__ import annotations

import json
import struct
from typing import Any

PAGE = 4096


def text(value: str) -> bytes:
    return bytes([len(value)]) + value.encode()


def ram(block: str, pages: dict[int, bytes], size: int) -> bytes:
    """The sections of RAM: the list of blocks, pages (of one byte: a fill), the end of each."""
    out = b"\x01" + struct.pack(">I", 2) + text("ram") + struct.pack(">II", 0, 4)
    out += struct.pack(">Q", size | 0x04) + text(block) + struct.pack(">Q", size) + struct.pack(">Q", 0x10)
    out += b"\x7e" + struct.pack(">I", 2)
    for kind in (b"\x02", b"\x03"):
        out += kind + struct.pack(">I", 2)
        again = 0
        for offset, content in pages.items() if kind == b"\x02" else ():
            flag = (0x08 if len(content) > 1 else 0x02) | again
            out += struct.pack(">Q", offset | flag) + (b"" if again else text(block)) + content
            again = 0x20
        out += struct.pack(">Q", 0x10) + b"\x7e" + struct.pack(">I", 2)
    return out


def device(
    number: int, name: str, fields: list[bytes], parts: dict[str, bytes]
) -> tuple[bytes, dict[str, Any]]:
    """A device's section, and what the description says of it."""
    body = b"".join(fields)
    for part, content in parts.items():
        body += b"\x05" + text(part) + struct.pack(">I", 1) + content
    section = b"\x04" + struct.pack(">I", number) + text(name) + struct.pack(">II", 0, 1)
    section += body + b"\x7e" + struct.pack(">I", number)
    said: dict[str, Any] = {
        "name": name,
        "instance_id": 0,
        "vmsd_name": name,
        "version": 1,
        "fields": [{"name": f"f{n}", "type": "buffer", "size": len(field)} for n, field in enumerate(fields)],
    }
    if parts:
        said["subsections"] = [
            {"vmsd_name": part, "version": 1, "fields": [{"name": "f", "size": 1, "array_len": len(content)}]}
            for part, content in parts.items()
        ]
    return section, said


def stream(
    pages: dict[int, bytes],
    devices: list[tuple[bytes, dict[str, Any]]],
    *,
    size: int = 1 << 20,
    machine: str = "none",
    described: bool = True,
) -> bytes:
    """A whole stream."""
    out = b"QEVM" + struct.pack(">I", 3) + b"\x07" + struct.pack(">I", len(machine)) + machine.encode()
    out += ram("r", pages, size)
    out += b"".join(section for section, _ in devices) + b"\x00"
    if described:
        said = json.dumps({"page_size": PAGE, "devices": [said for _, said in devices]}).encode()
        out += b"\x06" + struct.pack(">I", len(said)) + said
    return out
