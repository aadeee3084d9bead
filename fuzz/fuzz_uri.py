"""A URI: any text is an address or our error, its parts lie inside, and what is written reads as the same."""

from __future__ import annotations

from fuzz.harness import fuzz, inner, load, text_after

load()

from migaddr import RELEASES  # noqa: E402 -- counted from here on
from tests.laws import test_uri_laws as laws  # noqa: E402

_LAWS = [
    inner(laws.test_any_text_gives_an_address_or_an_error_whose_span_lies_inside),
    inner(laws.test_parts_and_surprises_lie_inside_the_text_and_parts_do_not_overlap),
    inner(laws.test_writing_what_was_read_is_a_fixed_point),
    inner(laws.test_every_address_that_a_uri_can_say_is_written_as_one),
]


def law(data: bytes) -> None:
    """Try a text with one release, and the last law with the oldest and the newest."""
    choice, text = text_after(data, len(RELEASES))
    for one in _LAWS:
        one(text, RELEASES[choice])
    inner(laws.test_where_two_releases_read_a_uri_differently_one_has_a_surprise)(text)


if __name__ == "__main__":
    fuzz(law)
