"""What no signal's exception may cut in two: starting a process, and holding it."""

from __future__ import annotations

import _thread
import contextlib
import threading
from collections.abc import Callable
from typing import Final

_LOOK: Final = 0.01  # seconds between two looks whether the work has ended, after a signal


def uninterrupted(work: Callable[[], None]) -> None:
    """Run `work` to its end, and only then let a signal's exception come.

    Handlers run in the main thread, so there the work is done by a thread of its own. `work` stores what it
    makes where the caller's own exception handling finds it: the exception comes out of this call.
    """
    if threading.current_thread() is not threading.main_thread():
        work()
        return
    # bare locks alone: an exception may leave what threading builds of them locked for ever
    may_begin, ending = _thread.allocate_lock(), _thread.allocate_lock()
    ending.acquire()
    ended: list[BaseException | None] = []

    def run() -> None:
        if not may_begin.acquire(blocking=False):
            return
        failure: BaseException | None = None
        try:
            work()
        except BaseException as error:  # noqa: BLE001 -- raised again in the caller's thread
            failure = error
        ended.append(failure)
        ending.release()

    try:
        _thread.start_new_thread(run, ())
        ending.acquire()
    except BaseException:
        if not may_begin.acquire(blocking=False):  # else it never begins
            while not ended:
                with contextlib.suppress(BaseException):  # one more reason for what is under way
                    ending.acquire(timeout=_LOOK)
        raise
    if (failure := ended.pop()) is not None:
        raise failure
