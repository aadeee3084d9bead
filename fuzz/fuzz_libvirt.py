"""What libvirt, cloud-hypervisor and StratoVirt take: any text is an address or our error."""

from __future__ import annotations

from fuzz.harness import fuzz, inner, load, text_after

load()

from tests.laws import test_foreign_laws as laws  # noqa: E402 -- counted from here on

_LAW = inner(laws.test_any_text_gives_an_address_or_our_error)


def law(data: bytes) -> None:
    """Try a text with one spelling."""
    choice, text = text_after(data, len(laws.SPELLINGS))
    _LAW(text, laws.SPELLINGS[choice])


if __name__ == "__main__":
    fuzz(law)
