"""The listener of what has one stream only: a descriptor, a command, a file."""

from __future__ import annotations

import errno
from typing import Self, final

from migaddr.errors import TransportError
from migaddr.model import MigrateAddress
from migaddr.transport.base import NEVER, Deadline, Stream


@final
class SingleListener:
    """Has its stream from the beginning, and gives it to the first who asks."""

    def __init__(self, stream: Stream) -> None:
        self._stream: Stream | None = stream
        self.address: MigrateAddress = stream.address

    @property
    def addresses(self) -> tuple[MigrateAddress, ...]:
        """Its only address."""
        return (self.address,)

    def accept(self, deadline: Deadline = NEVER) -> Stream:  # noqa: ARG002 -- what all listeners take
        """Give the stream.

        :raises TransportError: somebody has it already.
        """
        stream, self._stream = self._stream, None
        if stream is None:
            raise TransportError(self.address, "there is one stream only, and it was taken", errno.ENOTCONN)
        return stream

    def close(self) -> None:
        """Close the stream that nobody took."""
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
