"""A signal whose handler raises, at the moment when a process is started: nothing of it stays."""

from __future__ import annotations

import _thread
import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

from migaddr import LATEST, ExecAddress
from migaddr.fuzz.campaign import made
from migaddr.fuzz.program import Argv, Lines
from migaddr.generation import Form
from migaddr.jail import qemu as jail
from migaddr.jail.qemu import Jailed
from migaddr.proof.qemu import Qemu
from migaddr.transport import connect, listen
from migaddr.transport.uninterrupted import uninterrupted
from tests.transport.left import nothing_left

SLEEP = ("/bin/sleep", "1000")


class EndedError(Exception):
    """What the handler raises."""


@pytest.fixture
def ending() -> Generator[None]:
    """Let SIGUSR1 raise."""

    def end(*_: object) -> None:
        raise EndedError

    before = signal.signal(signal.SIGUSR1, end)
    yield
    signal.signal(signal.SIGUSR1, before)


def interrupt() -> None:
    """Send the signal, and give the main thread the time to run its handler."""
    os.kill(os.getpid(), signal.SIGUSR1)
    time.sleep(0.05)


class Interrupted(subprocess.Popen[Any]):
    """A process that has started when the signals come, before anybody holds it."""

    def __init__(self, *args: Any, **how: Any) -> None:
        super().__init__(*args, **how)
        interrupt()
        interrupt()


def ask(target: Lines | Argv) -> None:
    case = made(Form.URI, "tcp:h:80", LATEST, "other")
    assert case is not None
    with contextlib.closing(target):
        target.ask(case)


STARTERS: dict[str, Callable[[Path], object]] = {
    "connect": lambda _: connect(ExecAddress(SLEEP)),
    "listen": lambda _: listen(ExecAddress(SLEEP)),
    "lines": lambda _: ask(Lines(SLEEP)),
    "argv": lambda _: ask(Argv((*SLEEP, "1000"))),
    "proof": lambda folder: Qemu(sleeper(folder), folder / "ram", folder / "output"),
    "jail": lambda folder: Jailed(sleeper(folder), place=folder),
    "jailed qemu": lambda folder: jail.Qemu(sleeper(folder), place=folder),
}


def sleeper(folder: Path) -> Path:
    """Make a program that sleeps whatever its arguments are."""
    program = folder / "sleeper"
    program.write_text("#!/bin/sh\nexec sleep 1000\n")
    program.chmod(0o700)
    return program


@pytest.mark.usefixtures("ending")
@pytest.mark.parametrize("name", STARTERS)
def test_a_process_that_is_interrupted_as_it_starts_is_ended(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subprocess, "Popen", Interrupted)
    with nothing_left(tmp_path, but=("sleeper", "output")), pytest.raises(EndedError):
        STARTERS[name](tmp_path)


@pytest.mark.usefixtures("ending")
def test_work_ends_before_the_exception_comes() -> None:
    done: list[int] = []

    def work() -> None:
        for number in range(3):
            interrupt()
            done.append(number)

    with pytest.raises(EndedError):
        uninterrupted(work)
    assert done == [0, 1, 2]


@pytest.mark.usefixtures("ending")
def test_work_that_has_not_begun_never_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    begin: list[Callable[[], None]] = []

    def interrupted(run: Callable[[], None], _: object) -> None:
        begin.append(run)
        interrupt()

    monkeypatch.setattr(_thread, "start_new_thread", interrupted)
    done: list[int] = []
    with pytest.raises(EndedError):
        uninterrupted(lambda: done.append(1))
    begin[0]()
    assert not done


@pytest.mark.parametrize("main", [True, False])
def test_what_work_raises_comes_out(main: bool) -> None:
    caught: list[BaseException] = []

    def work() -> None:
        raise OSError(2, "as it is")

    def call() -> None:
        with pytest.raises(OSError, match="as it is") as told:
            uninterrupted(work)
        caught.append(told.value)

    if main:
        call()
    else:
        thread = threading.Thread(target=call)
        thread.start()
        thread.join()
    assert [type(error) for error in caught] == [FileNotFoundError]
