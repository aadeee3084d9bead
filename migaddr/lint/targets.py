"""The releases that code shall run with, as people write them: `10.0`, `8.2..11.1`, `8.2,10.0..`."""

from __future__ import annotations

from migaddr.errors import UnknownReleaseError
from migaddr.lint.rules.rule import Targets
from migaddr.releases import RELEASES, Release


def parse_targets(text: str | None) -> Targets:
    """Read a list of releases and ranges; None or an empty text: all that migaddr knows, and nobody chose.

    targets = item *("," item) ; item = release | [release] ".." [release]

    A range holds both its ends and every release of the table between them.

    :raises UnknownReleaseError: a part is no release, or a range is empty.
    """
    if text is None or not text.strip():
        return Targets()
    chosen: dict[tuple[int, int, int], Release] = {}
    for item in text.split(","):
        first, dots, last = item.strip().partition("..")
        low = Release.parse(first) if first or not dots else RELEASES[0]
        high = (Release.parse(last) if last else RELEASES[-1]) if dots else low
        if high.version < low.version:
            raise UnknownReleaseError(item.strip(), "is an empty range: write the older release first")
        between = [r for r in RELEASES if low.version <= r.version <= high.version] if dots else []
        for release in (low, *between, high):
            chosen.setdefault(release.version, release)
    return Targets(tuple(chosen[version] for version in sorted(chosen)), chosen=True)
