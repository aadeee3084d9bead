"""Judges and mends many sources, in this process or in several. No file is touched here but for reading."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Final, TypeAlias, final

import attrs

from migaddr.lint.baseline import Baseline
from migaddr.lint.config import Codes
from migaddr.lint.engine import judge
from migaddr.lint.find.vocabulary import Confidence
from migaddr.lint.findings import Finding
from migaddr.lint.fixing import apply_fixes
from migaddr.lint.ignores import apply_ignores
from migaddr.lint.report import Result
from migaddr.lint.rules.rule import Targets
from migaddr.lint.source import Skipped, Source

_MOST_ROUNDS: Final = 16  # fixes that overlap are applied one after the other
_ALONE: Final = 1.0  # seconds of work, from which on the start of other processes is worth it
_AT_ONCE: Final = 8  # sources that are handed over together
_AHEAD: Final = 4  # such pieces for each process that wait to be done


@final
@attrs.frozen
class Asked:
    """What is asked about a source."""

    targets: Targets
    codes: Codes
    least: Confidence
    fix: bool = False
    unsafe: bool = False
    baseline: Baseline | None = None


@final
@attrs.frozen
class Outcome:
    """What became of a source."""

    result: Result
    """What is wrong with it, and not known of."""
    known: Result
    """All that is wrong with it."""
    left: Result | None = None
    """What is wrong still once it is mended, with the mended text; None: nothing was to be mended."""


Task: TypeAlias = tuple[Source, Asked]


def work(task: Task) -> Outcome:
    """Judge a source, and mend its text until nothing is left to mend."""
    source, asked = task
    known = _judged(source, source.data, asked)
    result = left = _new(known, asked)
    if not asked.fix:
        return Outcome(result, known)
    for _ in range(_MOST_ROUNDS):
        data = apply_fixes(left.data, left.findings, unsafe=asked.unsafe)
        if data == left.data:
            return Outcome(result, known, left)
        left = _new(_judged(source, data, asked), asked)
    return Outcome(result, known, result)  # what never ends is no mend


def _judged(source: Source, data: bytes, asked: Asked) -> Result:
    findings = judge(data, source.language, source.path, asked.targets, asked.codes, asked.least)
    return Result(source.path, data, apply_ignores(findings, data, asked.codes).kept)


def _new(result: Result, asked: Asked) -> Result:
    if asked.baseline is None:
        return result
    new: tuple[Finding, ...] = asked.baseline.new(result.path, result.data, result.findings)
    return attrs.evolve(result, findings=new)


def run(tasks: Iterable[Task | Skipped], jobs: int) -> Iterator[Outcome | Skipped]:
    """Do all tasks, in their order; `jobs` is how many processes may, 0: one for each processor.

    What is skipped comes out at its place. A process that dies takes the sources with it that it had.
    """
    rest = iter(tasks)
    jobs = jobs or len(os.sched_getaffinity(0))
    worked = 0.0
    while jobs == 1 or worked < _ALONE:
        one = next(rest, None)
        if one is None:
            return
        began = time.perf_counter()
        done = one if isinstance(one, Skipped) else work(one)
        worked += time.perf_counter() - began
        yield done
    pieces = iter(lambda: list(itertools.islice(rest, _AT_ONCE)), [])
    for first in pieces:  # each piece that stays here begins a pool, which lasts to the end if nothing dies
        yield from _in_pool(itertools.chain([first], pieces), jobs)


def _in_pool(pieces: Iterator[list[Task | Skipped]], jobs: int) -> Iterator[Outcome | Skipped]:
    """Do pieces until none is left or a process dies; what waits then is lost, and said to be."""
    waiting: deque[tuple[list[Task | Skipped], Future[list[Outcome]]]] = deque()
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("forkserver"), _follow) as pool:
        try:
            for piece in pieces:
                try:
                    future = pool.submit(_work_all, [one for one in piece if not isinstance(one, Skipped)])
                except BrokenProcessPool:
                    future = Future()
                    future.set_exception(BrokenProcessPool())
                waiting.append((piece, future))
                if len(waiting) >= jobs * _AHEAD:
                    yield from _done(*waiting.popleft())
                if future.done() and future.exception() is not None:
                    break
            while waiting:
                yield from _done(*waiting.popleft())
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _done(piece: list[Task | Skipped], future: Future[list[Outcome]]) -> Iterator[Outcome | Skipped]:
    try:
        outcomes = iter(future.result())
    except BrokenProcessPool:
        for one in piece:
            reason = "was with a process that died; --jobs 1 shows why"
            yield one if isinstance(one, Skipped) else Skipped(one[0].path, reason, problem=True)
        return
    for one in piece:
        yield one if isinstance(one, Skipped) else next(outcomes)


def _follow() -> None:
    """Leave Ctrl-C to the process that the others work for, and end when it has: nobody else ends them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def end() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=end, daemon=True).start()


def _work_all(tasks: list[Task]) -> list[Outcome]:
    return [work(task) for task in tasks]
