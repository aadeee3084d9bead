"""A file that is there when it is whole, and not before: written beside its place, then renamed."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from io import FileIO
from pathlib import Path
from typing import Self


class Output:
    """A file to be. Leaving it without `commit` removes what was written.

    It has mode 0600: a migration stream is the memory of a machine.

    :raises FileExistsError: there is something at its place, and `force` does not say to replace it.
    """

    def __init__(self, path: Path, *, force: bool) -> None:
        self._path = path
        self._force = force
        self._beside: Path | None = None
        self._file: FileIO | None = None
        try:
            mode = path.stat().st_mode
        except FileNotFoundError:
            mode = None
        if mode is not None and not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            self._file = FileIO(path, "w")  # a device or a pipe is not replaced
            return
        if mode is not None and stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if os.path.lexists(path) and not force:
            raise _exists(path)
        self._beside = path.with_name(f".{path.name[:200]}.{secrets.token_hex(4)}.part")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        try:
            descriptor = os.open(self._beside, flags, 0o600)
        except OSError as error:
            self._beside = None
            raise OSError(error.errno, error.strerror, str(path)) from None
        self._file = FileIO(descriptor, "w")

    def write(self, data: memoryview) -> int | None:
        """Write a part, or all of it."""
        assert self._file is not None
        return self._file.write(data)

    def commit(self) -> None:
        """Put the file in its place.

        :raises FileExistsError: something came to be there in the meantime.
        """
        if self._file is not None:
            self._file.close()
        if self._beside is None:
            return
        if self._force:
            self._beside.replace(self._path)
        else:
            try:
                os.link(self._beside, self._path)  # unlike a rename, it replaces nothing
            except FileExistsError:
                raise _exists(self._path) from None
            except OSError:  # a file system without links
                if os.path.lexists(self._path):
                    raise _exists(self._path) from None
                self._beside.rename(self._path)
            else:
                self._beside.unlink()
        self._beside = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._beside is not None:
            with contextlib.suppress(OSError):
                self._beside.unlink()
            self._beside = None
        if self._file is not None:
            self._file.close()

    def __del__(self) -> None:  # a signal may come before anybody holds it
        self.__exit__()


def _exists(path: Path) -> FileExistsError:
    return FileExistsError(errno.EEXIST, "it is there already; --force replaces it", str(path))
