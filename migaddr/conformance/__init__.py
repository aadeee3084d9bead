"""The conformance vectors: the corpus as data that comes with the package, in a form that any language reads.

Each suite is one JSON file beside this module, as `schema.json` describes it; docs/vectors.md says how to use
them. `tools/make-vectors` makes the files of tests/corpus.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final, cast

from migaddr.qmp import JsonObject

SUITES: Final = (
    "uri",
    "channels",
    "commands",
    "hmp",
    "incoming",
    "drafts",
    "libvirt",
    "cloud-hypervisor",
    "stratovirt",
)
"""The names of the suites, and of their files."""

FOLDER: Final = Path(__file__).parent
"""Where the files are: `uri.json` and the others, and `schema.json`."""


def vectors(*suites: str) -> list[JsonObject]:
    """Give the rows of these suites, or of all, in their order: one object each, with `suite` and `id`.

    A row has what is given (`uri`, `channels`, `command`, ...), what is expected of each release, its
    `origin`, and in `seen` the versions of QEMU that were run and seen to behave so.

    :raises ValueError: there is no such suite.
    """
    return [
        {"suite": name, **row}
        for name in (suites or SUITES)
        for row in cast("list[JsonObject]", suite(name)["rows"])
    ]


def suite(name: str) -> JsonObject:
    """Give one file whole: `format`, `version`, `about`, `releases` and `rows`.

    :raises ValueError: there is no such suite.
    """
    if name not in SUITES:
        raise ValueError(f"there is no suite {name!r}: the suites are {', '.join(SUITES)}")
    return _read(name)


def schema() -> JsonObject:
    """Give the JSON Schema (2020-12) of the files."""
    return _read("schema")


def _read(name: str) -> JsonObject:
    return cast("JsonObject", json.loads((FOLDER / f"{name}.json").read_text("utf-8")))
