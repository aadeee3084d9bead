"""QEMU streams for tests: made up, and loaded as QEMU loads them."""

from __future__ import annotations

import struct

from hypothesis import strategies as st

PAGE = 4096
DESCRIPTION = b'{"configuration": {"vmsd_name": "configuration"}, "page_size": 4096, "devices": []}'


def u64(value: int) -> bytes:
    return struct.pack("!Q", value)


def u32(value: int) -> bytes:
    return struct.pack("!I", value)


class Made:
    """A stream, and the RAM that is in it."""

    def __init__(self, data: bytes, ram: dict[bytes, bytes]) -> None:
        self.data, self.ram = data, ram

    def __repr__(self) -> str:
        return f"<a stream of {len(self.data)} bytes: {self.data[:200]!r}>"


def head(machine: bytes = b"none") -> bytes:
    return b"QEVM\0\0\0\3\x07" + u32(len(machine)) + machine


def start(blocks: list[tuple[bytes, int]], section: int = 2) -> bytes:
    listed = b"".join(bytes([len(name)]) + name + u64(length) for name, length in blocks)
    total = sum(length for _, length in blocks)
    return b"\x01" + u32(section) + b"\x03ram" + u32(0) + u32(4) + u64(total | 4) + listed


def footer(section: int = 2) -> bytes:
    return u64(0x10) + b"\x7e" + u32(section)


def tail(devices: bytes = b"") -> bytes:
    return devices + b"\0\x06" + u32(len(DESCRIPTION)) + DESCRIPTION


CONFIGURATIONS = [
    b"",
    b"\x05\x12configuration/uuid" + u32(1) + bytes(range(16)),
    b"\x05\x1aconfiguration/capabilities" + u32(1) + u32(2) + b"\x03abc\x00",
    b"\x05\x1econfiguration/target-page-bits" + u32(1) + u32(12),
    b"\x08\0\1\0\4pong",
]


@st.composite
def streams(draw: st.DrawFn) -> Made:
    """A whole stream: some blocks, rounds of pages, and devices that only QEMU can read."""
    names = draw(st.lists(st.binary(min_size=1, max_size=12), min_size=1, max_size=4, unique=True))
    blocks = [(name, PAGE * draw(st.sampled_from([1, 2, 7, 300]))) for name in names]
    ram = {name: bytearray(length) for name, length in blocks}
    out = [head(), *draw(st.lists(st.sampled_from(CONFIGURATIONS), max_size=2)), start(blocks), footer()]
    rounds = draw(st.integers(1, 3))
    last = None  # CONTINUE means it in the next section as well
    for number in range(rounds):
        out.append((b"\x03" if number == rounds - 1 else b"\x02") + u32(2))
        for _ in range(draw(st.integers(0, 30))):
            name, length = draw(st.sampled_from(blocks))
            count = draw(st.sampled_from([1, 1, 2, 40]))
            offset = PAGE * draw(st.integers(0, length // PAGE - 1))
            value = draw(st.integers(0, 255))
            for page in range(offset, min(offset + count * PAGE, length), PAGE):
                again = 0x20 if name == last and draw(st.booleans()) else 0
                named = b"" if again else bytes([len(name)]) + name
                content = bytes([value]) * (PAGE - 1) + bytes([page // PAGE % 256])
                if value == 0:
                    content = bytes(PAGE)
                    out.append(u64(page | 0x02 | again) + named + b"\0")
                else:
                    out.append(u64(page | 0x08 | again) + named + content)
                ram[name][page : page + PAGE] = content
                last = name
        if draw(st.booleans()):
            out.append(u64(0x200))
        out.append(footer())
    out.append(tail(b"\x04" + draw(st.binary(max_size=60))))
    return Made(b"".join(out), {n: bytes(r) for n, r in ram.items()})


def load(data: bytes) -> tuple[dict[bytes, bytes], bytes]:
    """Read the RAM of a plain stream, as QEMU's ram_load does; give it, and all other bytes but footers' places."""
    at = data.index(b"\x03ram" + u32(0) + u32(4))
    others = [data[:at]]
    at += 12
    (total,) = struct.unpack_from("!Q", data, at)
    first = at
    at, left, ram = at + 8, total & ~0xFFF, dict[bytes, bytearray]()
    while left:
        length = data[at]
        name = data[at + 1 : at + 1 + length]
        (size,) = struct.unpack_from("!Q", data, at + 1 + length)
        ram[name] = bytearray(size)
        at, left = at + 9 + length, left - size
    others.append(data[first:at])
    in_section, block = True, b""
    while True:
        if not in_section:
            if data[at] in (2, 3) and data[at + 1 : at + 5] == u32(2):
                others.append(data[at : at + 5])
                at, in_section = at + 5, True
                continue
            if data[at] == 0x7E:
                others.append(data[at : at + 5])
                at += 5
                continue
            others.append(data[at:])
            return {n: bytes(r) for n, r in ram.items()}, b"".join(others)
        (record,) = struct.unpack_from("!Q", data, at)
        offset, flags = record & ~0xFFF, record & 0xFFF
        at += 8
        if flags & 0x0A:
            if not flags & 0x20:
                length = data[at]
                block = data[at + 1 : at + 1 + length]
                at += 1 + length
            size = 1 if flags & 0x02 else PAGE
            content = data[at : at + size]
            ram[block][offset : offset + PAGE] = content if size == PAGE else content * PAGE
            at += size
        elif flags in (0x10, 0x200):
            in_section = flags != 0x10
            others.append(u64(record))
        else:
            raise AssertionError(f"flags {flags:#x} at {at - 8}")
