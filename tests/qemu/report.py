"""Differences between migaddr and a real QEMU: a failure for a series that migaddr knows, else a report."""

from __future__ import annotations

import argparse
import random
import time
import warnings
from collections.abc import Callable

from migaddr import Release
from tests.qemu.bench import SERIES

MOST_SHOWN = 20


class Differences:
    """Collects what one QEMU did otherwise than migaddr says."""

    def __init__(self, series: str) -> None:
        self.series = series
        self.tried = 0
        self.found: list[str] = []

    def note(self, what: str, difference: str | None) -> None:
        """Count one thing that was tried, with how it differed, if it did."""
        self.tried += 1
        if difference is not None:
            self.found.append(f"{what}: {difference}")

    def judge(self) -> None:
        """Fail for a known series; print and warn for one that is newer than the table."""
        assert self.tried, "nothing was tried"
        if not self.found:
            return
        shown = "\n".join(self.found[:MOST_SHOWN])
        summary = f"QEMU {self.series} differs in {len(self.found)} of {self.tried}:\n{shown}"
        if Release.parse(self.series).known:
            raise AssertionError(summary)
        print(summary)
        warnings.warn(
            f"QEMU {self.series} is new, and differs: see the report", NewReleaseWarning, stacklevel=2
        )


class NewReleaseWarning(UserWarning):
    """A QEMU that migaddr does not know yet behaves otherwise than the latest that it knows."""


def by_hand(about: str | None, run: Callable[[str, int, int], Differences], things: str, count: int) -> None:
    """Be the program that tries `count` generated things, or how many it is told, and prints what differs."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", choices=SERIES, required=True)
    parser.add_argument("--count", type=int, default=count)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().getrandbits(32))
    options = parser.parse_args()
    begin = time.monotonic()
    differences = run(options.series, options.count, options.seed)
    print(*differences.found, sep="\n")
    print(
        f"QEMU {options.series}, seed {options.seed}: {differences.tried} {things},"
        f" {len(differences.found)} differences, {time.monotonic() - begin:.0f} s"
    )
