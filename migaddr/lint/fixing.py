"""Applies fixes: minimal edits, never two that overlap, and a file is whole at every moment."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Iterable

from migaddr.lint.findings import Edit, Finding


def apply_fixes(data: bytes, findings: Iterable[Finding], *, unsafe: bool) -> bytes:
    """Give the source with the fixes applied; of two that overlap the first, the other in the next run."""
    chosen: list[Edit] = []
    taken: list[tuple[int, int]] = []
    for finding in findings:
        fix = finding.fix
        if fix is None or not (fix.safe or unsafe):
            continue
        places = [(edit.start, edit.end) for edit in fix.edits]
        if any(start < end_ and start_ < end for start, end in places for start_, end_ in taken):
            continue
        taken += places
        chosen += fix.edits
    for edit in sorted(chosen, key=lambda e: e.start, reverse=True):
        data = data[: edit.start] + edit.replacement.encode("utf-8", "surrogateescape") + data[edit.end :]
    return data


def replace_file(path: str, before: bytes, after: bytes) -> bool:
    """Write a file anew, beside it and then in its place, with its mode; False if it has changed meanwhile.

    :raises OSError: it cannot be written; it is then as it was.
    """
    path = os.path.realpath(path)
    with open(path, "rb") as file:
        if file.read() != before:
            return False
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
    write_file(path, after, mode)
    return True


def write_file(path: str, data: bytes, mode: int | None = None) -> None:
    """Write a file, beside it and then in its place; without a mode, with that of any new file.

    :raises OSError: it cannot be written; what was there is as it was.
    """
    path = os.path.realpath(path)
    if mode is None:
        mask = os.umask(0)
        os.umask(mask)
        mode = 0o666 & ~mask
    descriptor, beside = tempfile.mkstemp(prefix=".migaddr-", dir=os.path.dirname(path))
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            os.fchmod(file.fileno(), mode)
        os.replace(beside, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(beside)
        raise
