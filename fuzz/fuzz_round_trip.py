"""Round trips from the model outward, in every spelling: what is written reads as the same, by Hypothesis."""

from __future__ import annotations

from fuzz.harness import drawn, fuzz, load, one_of

load()

from tests.laws import test_foreign_laws, test_qmp_laws, test_spelling_laws, test_uri_laws  # noqa: E402 -- counted

law = one_of(
    drawn(test_uri_laws.test_what_is_written_for_a_release_it_reads_as_the_same_address),
    drawn(test_uri_laws.test_the_portable_spelling_reads_alike_in_every_release_with_its_scheme),
    drawn(test_qmp_laws.test_a_written_address_reads_as_the_same),
    drawn(test_qmp_laws.test_a_written_list_reads_as_the_same),
    drawn(test_spelling_laws.test_a_written_channel_reads_as_the_same),
    drawn(test_spelling_laws.test_a_written_line_reads_as_the_same),
    drawn(test_foreign_laws.test_a_written_address_reads_as_the_same),
)

if __name__ == "__main__":
    fuzz(law)
