"""Channels and addresses of QMP and its drafts: any value is read or refused with a path."""

from __future__ import annotations

from fuzz.harness import drawn, fuzz, load, of_json, one_of

load()

from migaddr import RELEASES  # noqa: E402 -- counted from here on
from tests.laws import test_qmp_laws as laws  # noqa: E402

law = one_of(
    drawn(laws.test_any_value_gives_an_address_or_our_error),
    drawn(laws.test_any_value_gives_channels_of_a_draft_or_our_error),
    drawn(laws.test_any_list_gives_channels_or_our_error),
    drawn(laws.test_any_text_gives_json_or_an_error_whose_span_lies_inside),
    of_json(laws.test_any_value_gives_an_address_or_our_error, RELEASES),
    of_json(laws.test_any_value_gives_channels_of_a_draft_or_our_error, RELEASES, laws.DRAFTS),
    of_json(laws.test_any_list_gives_channels_or_our_error, RELEASES),
)

if __name__ == "__main__":
    fuzz(law)
