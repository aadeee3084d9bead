"""file: a file, written or read from an offset on.

Writing makes it with mode 0600, or cuts it off at the offset: what stands before the offset stays, as
QEMU 9.1 and later do it (8.2 and 9.0 empty the file). What cannot seek, such as a pipe, is refused, as
QEMU refuses it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from typing import Final, Self, final

from migaddr.errors import TransportError
from migaddr.model import FileAddress
from migaddr.transport.base import CHUNK, NEVER, Buffer, Deadline, Options, failing, wrong_way
from migaddr.transport.single import SingleListener

_LARGEST: Final = (1 << 63) - 1
_FD_SETS: Final = "/dev/fdset/"


def connect(address: FileAddress, deadline: Deadline, options: Options) -> FileStream:  # noqa: ARG001
    """Open the file to write it."""
    return FileStream(address, reading=False)


def listen(address: FileAddress, deadline: Deadline, options: Options) -> SingleListener:  # noqa: ARG001
    """Open the file to read it."""
    return SingleListener(FileStream(address, reading=True))


@final
class FileStream:
    """An open file."""

    def __init__(self, address: FileAddress, *, reading: bool) -> None:
        self.address = address
        self._reading = reading
        if address.offset > _LARGEST:
            why = f"the offset {address.offset} is past {_LARGEST}, where files end"
            raise TransportError(address, why, errno.EINVAL)
        if address.filename.startswith(_FD_SETS):
            why = "this names a set of descriptors that a QEMU process was given; it is no file"
            raise TransportError(address, why, errno.ENOENT, "use fd: for a descriptor of this process")
        # not to wait for a pipe's other end: it is refused below
        flags = os.O_CLOEXEC | os.O_NONBLOCK | (os.O_RDONLY if reading else os.O_WRONLY | os.O_CREAT)
        name = address.filename.encode("utf-8", "surrogateescape")
        with failing(address, "opening" if reading else "creating"):
            self._fd = os.open(name, flags, stat.S_IRUSR | stat.S_IWUSR)
        with failing(address, f"going to offset {address.offset}"), contextlib.ExitStack() as undo:
            undo.callback(self.close)
            if stat.S_ISDIR(os.fstat(self._fd).st_mode):
                raise TransportError(address, "this is a folder", errno.EISDIR)
            os.lseek(self._fd, address.offset, os.SEEK_SET)
            if not reading:
                os.ftruncate(self._fd, address.offset)
            undo.pop_all()

    def read_into(self, buffer: memoryview, deadline: Deadline = NEVER) -> int:
        """Read what there is."""
        if not self._reading:
            raise wrong_way(self.address, "this file is written")
        if deadline.passed():
            raise deadline.error(self.address, "reading")
        with failing(self.address, "reading"):
            count = os.readv(self._fd, [buffer])
        deadline.moved()
        return count

    def write(self, data: Buffer, deadline: Deadline = NEVER) -> None:
        """Write all of it."""
        if self._reading:
            raise wrong_way(self.address, "this file is read")
        view = memoryview(data).cast("B")
        while view:
            with failing(self.address, "writing"):
                view = view[os.write(self._fd, view[:CHUNK]) :]
            deadline.moved()
            if view and deadline.passed():
                raise deadline.error(self.address, "writing")

    def end(self, deadline: Deadline = NEVER) -> None:  # noqa: ARG002 -- what all streams take
        """Close the file: some file systems find out only then that the disk is full."""
        descriptor, self._fd = self._fd, -1
        with failing(self.address, "closing"):
            os.close(descriptor)

    def close(self) -> None:
        """Close the file; what was written stays."""
        descriptor, self._fd = self._fd, -1
        if descriptor >= 0:
            os.close(descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
