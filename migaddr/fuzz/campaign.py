"""A campaign: cases from a seed, one target, and what was found; it can be stopped and gone on with."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, final

import attrs

from migaddr.carets import printable
from migaddr.fuzz.differences import Difference, Kind, why
from migaddr.fuzz.shrink import shrink
from migaddr.fuzz.target import Target, TargetError
from migaddr.generation import Case, Form, cases, judge
from migaddr.qmp import JsonValue
from migaddr.releases import Release

_SHRINK_SECONDS: Final = 30.0
_SHRINK_TRIES: Final = 3000
_NO_ANSWER: Final = {Kind.CRASH: 50, Kind.GARBAGE: 50, Kind.HANG: 5}
"""So many cases at first without an answer, and it is no program that takes cases."""
_FLUSHED: Final = "; without --argv it must write a line for each, and flush it"


@final
@attrs.define
class Finding:
    """One kind of difference, and the smallest case that shows it."""

    difference: Difference
    """What the smallest case brings about."""
    case: Case
    """Shrunk."""
    original: Case
    """The first one that showed it."""
    count: int = 1
    """How many cases showed it."""
    tried: int = 0
    """How many cases had been tried when it was found."""
    after: float = 0.0
    """How many seconds of trying it took to find it."""
    shrunk: bool = False
    """Whether `case` is as small as it becomes."""


@final
@attrs.define
class Campaign:
    """Tries cases on a target, and keeps what differs."""

    target: Target
    """What the cases are tried on."""
    ignored: frozenset[Kind] = frozenset()
    """What is passed over."""
    tried: int = 0
    """Cases that it was given."""
    skipped: int = 0
    """Cases that cannot be given to this target."""
    seconds: float = 0.0
    """How long it has tried."""
    findings: dict[tuple[Kind, str], Finding] = attrs.field(factory=dict)
    """What differs: the first case of each kind and place."""

    def run(
        self,
        given: Iterable[Case],
        *,
        seconds: float | None = None,
        progress: Callable[[Campaign], None] = lambda _: None,
        patient: bool = False,
    ) -> None:
        """Try cases until there are none left, or the time is over.

        :raises TargetError: the target cannot be started, or, unless `patient`, answers nothing at all.
        """
        begin = time.monotonic() - self.seconds
        end = None if seconds is None else time.monotonic() + seconds
        found: Difference | None = None
        answered = patient or self.tried > 0
        silent: Counter[Kind] = Counter()
        if answered:
            self._shrink(end)
        for case in given:
            if end is not None and time.monotonic() >= end:
                break
            if not self.target.takes(case):
                self.skipped += 1
            else:
                found = self.target.difference(case)
                self.tried += 1
                self.seconds = time.monotonic() - begin
                if found is not None and found.kind not in self.ignored:
                    self._note(case, found)
                if found is None or found.kind not in _NO_ANSWER:
                    answered = True
                elif not answered:
                    silent[found.kind] += 1
                    if silent[found.kind] >= _NO_ANSWER[found.kind]:
                        raise _no_answer(silent.total(), found)
            progress(self)
            if answered:  # else it may be no program that takes cases, and all of them hang
                self._shrink(end)
        if found is not None and not answered and silent.total() > silent[Kind.CRASH]:
            raise _no_answer(silent.total(), found)
        self._shrink(end)

    def _note(self, case: Case, found: Difference) -> None:
        key = found.kind, found.detail
        known = self.findings.get(key)
        if known is not None:
            known.count += 1
        else:
            self.findings[key] = Finding(found, case, case, tried=self.tried, after=self.seconds)

    def _shrink(self, end: float | None) -> None:
        """Make the cases of findings smaller while they show the same kind of difference."""
        for finding in self.findings.values():
            if not finding.shrunk:
                self._shrink_one(finding, end)

    def _shrink_one(self, finding: Finding, end: float | None) -> None:
        late = time.monotonic() + _SHRINK_SECONDS
        tries = itertools.count()
        case, found = finding.case, finding.difference

        def interesting(value: JsonValue) -> bool:
            now = time.monotonic()
            if next(tries) >= _SHRINK_TRIES or now >= late or (end is not None and now >= end):
                return False
            smaller = made(case.form, value, case.release, case.kind)
            if smaller is None or not self.target.takes(smaller):
                return False
            other = self.target.difference(smaller)
            if other is None or (other.kind, other.detail) != (found.kind, found.detail):
                return False
            finding.case, finding.difference = smaller, other
            return True

        shrink(case.value, interesting)
        finding.shrunk = end is None or time.monotonic() < end


def _no_answer(count: int, found: Difference) -> TargetError:
    hint = _FLUSHED if found.kind is Kind.HANG else ""
    said = printable(found.said)
    return TargetError(f"there is no answer to any of the first {count} cases: it {said}{hint}")


def made(form: Form, value: JsonValue, release: Release, kind: str) -> Case | None:
    """Make a case of a value; None: what QEMU does with it is not known."""
    verdict = judge(form, value, release)
    return None if verdict is None else Case(form, value, release, verdict, kind)


def generated(
    seed: int,
    releases: Sequence[Release],
    forms: Sequence[Form],
    kinds: Sequence[str],
    *,
    pool: int = 1,
    start: int = 0,
    count: int | None = None,
) -> Iterator[Case]:
    """Generate the cases of a seed, from `start` on, and `count` of them in all.

    Each is the one of `pool` cases whose sort was taken least often so far: a slow target soon meets the
    rare ones.
    """
    found = cases(seed, releases=releases, forms=forms, kinds=kinds)
    return itertools.islice(found if pool == 1 else _rarest(found, pool), start, count)


def _rarest(found: Iterator[Case], pool: int) -> Iterator[Case]:
    taken: Counter[str] = Counter()
    while window := list(itertools.islice(found, pool)):
        sorts = [sort_of(case) for case in window]
        best = min(range(len(window)), key=lambda index: taken[sorts[index]])
        taken[sorts[best]] += 1
        yield window[best]


def sort_of(case: Case) -> str:
    """Name what sort of case it is: how it is read, with which members, or why it is refused."""
    fault = case.verdict.fault
    what = case.kind if fault is None else why(fault)
    return f"{case.form.value} {case.verdict.outcome.value} {what} {','.join(case.verdict.expect)}"
