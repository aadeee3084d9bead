"""Differences between migaddr and a real QEMU: a failure for a series that migaddr knows, else a report."""

from __future__ import annotations

import warnings

from migaddr import Release

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
