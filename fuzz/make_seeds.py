"""Makes the seeds of the targets, from the rows of tests/corpus and the linter's tests.

    python -m fuzz.make_seeds FOLDER

FOLDER/TARGET/ gets a file for each text and choice. The targets that Hypothesis draws for get random bytes,
the same each time.
"""

from __future__ import annotations

import hashlib
import json
import random
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from migaddr import RELEASES, Release
from migaddr.lint.find.grammars import LANGUAGES
from migaddr.lint.rules import RULES
from tests.corpus_rows import rows
from tests.lint.snippets import SNIPPETS
from tests.lint.test_find_lookalikes import LOOKALIKES
from tests.lint.test_find_templates import TEMPLATES, VARIABLES

_TRIED: Final = ("7.2", "10.0", "11.1")
_DRAWN: Final = ("commands", "qmp", "round_trip")
_RANDOM: Final = 200  # of these seeds, for each target that draws
_LONGEST: Final = 512  # bytes


def texts(name: str, member: str) -> list[str]:
    """Give the texts of one file of the corpus."""
    return [row[member] for row in rows(name) if isinstance(row.get(member), str)]


def for_releases(given: Iterable[str]) -> Iterator[bytes]:
    """Put the choice of a release before each text, for the three that were run."""
    for text in given:
        for series in _TRIED:
            yield bytes([RELEASES.index(Release.parse(series))]) + encoded(text)


def encoded(text: str) -> bytes:
    """Give the bytes that a target decodes to this text."""
    return text.encode("utf-8", "surrogateescape")


def sources() -> Iterator[bytes]:
    """Give the sources of the linter's tests and rules, and each URI of the corpus in one of them in turn."""
    languages = ["text", *sorted(LANGUAGES)]
    known = [(one.language, one.source) for rule in RULES.values() for one in (*rule.bad, *rule.good)]
    for rows_of in (TEMPLATES, VARIABLES, LOOKALIKES):
        known += [(str(row[0]), str(row[1])) for row in rows_of]
    for index, uri in enumerate(texts("uri", "uri")):
        snippet = SNIPPETS[index % len(SNIPPETS)]
        known.append((snippet.language, f"{snippet.before}{snippet.write(uri)}{snippet.after}"))
    for language, source in known:
        yield bytes([languages.index(language)]) + encoded(source)


def random_bytes(name: str) -> list[bytes]:
    """Give bytes to draw from: long ones, which a fuzzer that begins with nothing has late."""
    source = random.Random(name)  # noqa: S311 -- no secret
    return [source.randbytes(source.randint(1, _LONGEST)) for _ in range(_RANDOM)]


def seeds() -> dict[str, list[bytes]]:
    """Give all seeds by target."""
    offsets = [text.partition(",offset=")[2] for text in texts("uri", "uri") if ",offset=" in text]
    foreign = [("libvirt", 0), ("cloud-hypervisor", 1), ("cloud-hypervisor", 2), ("stratovirt", 3)]
    objects = [row["command"] for row in rows("commands")] + [row["channels"] for row in rows("channels")]
    return {
        "uri": list(for_releases(texts("uri", "uri"))),
        "size": [encoded(text) for text in offsets],
        "hmp": list(for_releases(texts("hmp", "line"))),
        "incoming": list(for_releases(texts("incoming", "value"))),
        "libvirt": [bytes([at]) + encoded(text) for name, at in foreign for text in texts(name, "text")],
        "json": [encoded(json.dumps(value)) for value in objects]
        + [encoded(value) for value in texts("incoming", "value") if value.startswith("{")],
        "lint": list(sources()),
        **{name: random_bytes(name) for name in _DRAWN},
    }


def main(folder: Path) -> None:
    """Write the seeds; a file is named after what it holds, as libFuzzer does."""
    for target, made in seeds().items():
        place = folder / target
        place.mkdir(parents=True, exist_ok=True)
        for seed in made:
            (place / hashlib.sha1(seed, usedforsecurity=False).hexdigest()).write_bytes(seed)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
