"""The numbers in the pages are those of the files that they count."""

from __future__ import annotations

import re

import pytest

import migaddr
from migaddr.transport import base, qemu_stream
from tests.corpus_rows import rows
from tests.docs.blocks import ROOT


def _said(page: str, pattern: str) -> tuple[int, ...]:
    found = re.search(pattern, " ".join((ROOT / page).read_text().split()))
    assert found is not None, pattern
    return tuple(map(int, found.groups()))


@pytest.mark.parametrize(
    ("page", "pattern", "names"),
    [
        ("README.md", r"(\d+) URIs and (\d+) channel lists are held against", ("uri", "channels")),
        ("docs/dialects/hmp.md", r"tests/corpus/hmp\.json has (\d+) lines", ("hmp",)),
        ("docs/dialects/incoming.md", r"tests/corpus/incoming\.json has (\d+) values", ("incoming",)),
        ("docs/dialects/libvirt.md", r"The corpus has (\d+) texts", ("libvirt",)),
        ("docs/dialects/cloud-hypervisor.md", r"The corpus has (\d+) texts", ("cloud-hypervisor",)),
        ("docs/dialects/stratovirt.md", r"The corpus has (\d+) texts", ("stratovirt",)),
    ],
)
def test_how_many_rows_a_corpus_has(page: str, pattern: str, names: tuple[str, ...]) -> None:
    assert _said(page, pattern) == tuple(len(rows(name)) for name in names)


@pytest.mark.parametrize("name", ["hmp", "incoming", "libvirt", "cloud-hypervisor", "stratovirt"])
def test_how_many_of_them_were_found(name: str) -> None:
    origins = [str(row["origin"]) for row in rows(name)]
    found = sum(origin.startswith("found") for origin in origins)
    said = _said(f"docs/dialects/{name}.md", r"(\d+) found[^.]*?(\d+) made")
    assert said == (found, len(origins) - found)


def test_how_long_the_runner_of_the_vectors_is_and_how_many_there_are() -> None:
    assert _said("docs/vectors.md", r"in (\d+) lines") == (
        len((ROOT / "docs" / "conformance.mjs").read_text().splitlines()),
    )
    suites = ("uri", "channels", "commands", "hmp", "incoming", "drafts", "libvirt", "cloud-hypervisor")
    assert "more than a thousand addresses" in (ROOT / "docs" / "vectors.md").read_text()
    assert sum(len(migaddr.vectors(suite)) for suite in (*suites, "stratovirt")) > 1000


def test_how_much_of_a_stream_is_kept() -> None:
    (most,) = _said("docs/security.md", r"keeps no more than (\d+) MiB of a stream")
    assert most << 20 == 2 * qemu_stream._TAIL + base.CHUNK
