"""Commands: any value is a command or our error, and what is written reads as the same."""

from __future__ import annotations

from fuzz.harness import drawn, fuzz, load, of_json, one_of

load()

from migaddr import RELEASES  # noqa: E402 -- counted from here on
from tests.laws import test_command_laws as laws  # noqa: E402

law = one_of(
    drawn(laws.test_any_value_gives_a_command_or_our_error),
    drawn(laws.test_a_written_command_reads_as_the_same),
    drawn(laws.test_the_form_chosen_says_the_target),
    drawn(laws.test_preflight_foretells_or_says_why_it_cannot),
    of_json(laws.test_any_value_gives_a_command_or_our_error, RELEASES, laws.DIALECTS),
)

if __name__ == "__main__":
    fuzz(law)
