"""A stream in memory: what is written to it can be read from it, in pieces of any size."""

from __future__ import annotations

from typing import Self

from migaddr import FdAddress, MigrateAddress
from migaddr.transport import Deadline, Stream
from migaddr.transport.base import NEVER, Buffer


class Memory:
    """Bytes, at most `piece` of them at a time."""

    def __init__(self, content: bytes = b"", piece: int = 1 << 30) -> None:
        self.content = bytearray(content)
        self.ended = False
        self._piece = piece

    @property
    def address(self) -> MigrateAddress:
        return FdAddress("memory")

    def read_into(self, buffer: memoryview, deadline: Deadline = NEVER) -> int:
        count = min(len(buffer), len(self.content), self._piece)
        buffer[:count] = self.content[:count]
        del self.content[:count]
        return count

    def write(self, data: Buffer, deadline: Deadline = NEVER) -> None:
        self.content += data

    def end(self, deadline: Deadline = NEVER) -> None:
        self.ended = True

    def close(self) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


def is_a_stream(memory: Memory) -> Stream:
    """To a type checker: what is above is what the protocol asks for."""
    return memory
