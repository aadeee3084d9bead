"""What cases cover: every kind, release, reason, silent surprise and difference between releases, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from migaddr.generation import alphabets as words
from migaddr.generation.cases import Case, Form, Outcome
from migaddr.generation.differences import INET_DETAILS, differences, shown_by
from migaddr.generation.generate import OTHER
from migaddr.generation.reasons import REASONS, reason_of
from migaddr.releases import RELEASES
from migaddr.uri import uri_surprises

SURPRISES: Final = (
    "ignored-option", "duplicate-option", "port-cut", "to-wraps", "keep-alive-wraps", "port-wraps",
    "first-colon-splits", "second-scheme", "slashes-in-host", "negated-flag", "octal-number", "binary-number",
    "doubled-comma", "address-key", "id-registered", "unused-option", "literal-path", "literal-filename",
    "offset-rounded", "fd-number",
    "migrate-answers-otherwise",
)  # fmt: skip
"""The codes of what QEMU does silently."""

ENOUGH: Final = 20
"""How often a difference, or a surprise, is looked for: it costs more than the case."""


class Coverage:
    """Is shown cases, and tells what they cover."""

    def __init__(self) -> None:
        self._differences = list(differences())
        names = {
            "outcomes": [f"{form.value} {outcome.value}" for form in Form for outcome in Outcome],
            "kinds": [*words.KINDS, OTHER],
            "releases": [str(release) for release in RELEASES],
            "reasons": list(REASONS),
            "surprises": list(SURPRISES),
            "differences": [*(difference.name for difference in self._differences), *INET_DETAILS],
        }
        self.counts: Final[dict[str, Counter[str]]] = {
            part: Counter(dict.fromkeys(of_part, 0)) for part, of_part in names.items()
        }
        """How often each thing occurred; what there is to occur is there from the start."""
        self.cases: int = 0

    def add(self, case: Case) -> None:
        """Count a case."""
        self.cases += 1
        counts = self.counts
        counts["outcomes"][f"{case.form.value} {case.verdict.outcome.value}"] += 1
        counts["kinds"][case.kind] += 1
        counts["releases"][str(case.release)] += 1
        if case.verdict.fault is not None:
            counts["reasons"][reason_of(case.verdict.fault) or case.verdict.fault.reason] += 1
        if isinstance(case.value, str) and min(counts["surprises"].values()) < ENOUGH:
            counts["surprises"].update({found.code for found in uri_surprises(case.value, case.release)})
        shown = counts["differences"]
        grammar = any(shown[name] < ENOUGH for name in INET_DETAILS)
        wanted = [
            one
            for one in self._differences
            if shown[one.name] < ENOUGH or (grammar and one.without.inet_syntax is not one.after.inet_syntax)
        ]
        shown.update(shown_by(case, wanted))

    def missing(self) -> list[str]:
        """Name what has not occurred: `part: name`."""
        return [
            f"{part}: {name}"
            for part, counted in self.counts.items()
            for name, count in counted.items()
            if not count
        ]

    def lines(self) -> Iterator[str]:
        """Give the report, line by line."""
        yield f"{self.cases} cases"
        for part, counted in self.counts.items():
            capped = part in ("surprises", "differences")
            yield f"\n{part}: {sum(map(bool, counted.values()))} of {len(counted)}"
            for name, count in counted.items():
                yield f"{f'{ENOUGH}+' if capped and count >= ENOUGH else count:>10}  {name}"
