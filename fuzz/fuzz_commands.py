"""Commands: any value is a command or our error, and what is written reads as the same, by Hypothesis."""

from __future__ import annotations

from fuzz.harness import drawn, fuzz, load

load()

from tests.laws import test_command_laws as laws  # noqa: E402 -- counted from here on

law = drawn(
    laws.test_any_value_gives_a_command_or_our_error,
    laws.test_a_written_command_reads_as_the_same,
    laws.test_the_form_chosen_says_the_target,
    laws.test_preflight_foretells_or_says_why_it_cannot,
)

if __name__ == "__main__":
    fuzz(law)
