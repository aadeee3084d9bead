"""A value of -incoming: any text is channels or our error, and what is written reads as the same."""

from __future__ import annotations

from fuzz.harness import fuzz, inner, load, text_after

load()

from migaddr import RELEASES  # noqa: E402 -- counted from here on
from tests.laws import test_spelling_laws as laws  # noqa: E402

_LAW = inner(laws.test_any_value_gives_channels_or_our_error)


def law(data: bytes) -> None:
    """Try a value with one release."""
    choice, text = text_after(data, len(RELEASES))
    _LAW(text, RELEASES[choice])


if __name__ == "__main__":
    fuzz(law)
