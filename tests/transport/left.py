"""Counts what a test leaves behind: descriptors, child processes, files."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Collection, Generator
from pathlib import Path


def descriptors() -> set[str]:
    """The descriptors of this process, with what each is."""
    found: set[str] = set()
    for number in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):  # that of the listing itself
            found.add(f"{number} -> {os.readlink(f'/proc/self/fd/{number}')}")
    return found


def children() -> set[int]:
    """The processes that this one started, zombies included."""
    found: set[int] = set()
    for task in Path("/proc/self/task").iterdir():
        with contextlib.suppress(OSError):  # the thread has ended
            found |= {int(pid) for pid in (task / "children").read_text().split()}
    return found


def session(leader: int) -> set[int]:
    """The processes that are in the session of `leader`, living ones only."""
    found: set[int] = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                state, _, _, sid = (entry / "stat").read_text().rpartition(")")[2].split()[:4]
                if int(sid) == leader and state != "Z":
                    found.add(int(entry.name))
    return found


@contextlib.contextmanager
def nothing_left(folder: Path, *, but: Collection[str] = ()) -> Generator[None]:
    """Assert that the same descriptors, processes and files are there afterwards; `but` are files that may stay."""
    before = descriptors(), children(), {path.name for path in folder.iterdir()}
    yield
    end = time.monotonic() + 2
    while (children() != before[1] or descriptors() != before[0]) and time.monotonic() < end:
        time.sleep(0.01)  # threads of the test itself may still be at their last line
    assert descriptors() == before[0]
    assert children() == before[1]
    assert {path.name for path in folder.iterdir()} - before[2] <= set(but)
