"""Makes the seeds of the targets that take text, from the rows of tests/corpus.

    python -m fuzz.make_seeds FOLDER

FOLDER/TARGET/ gets a file for each text and choice. The targets that Hypothesis draws for need none.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from migaddr import RELEASES, Release
from migaddr.lint.find.grammars import LANGUAGES
from tests.corpus_rows import rows

_TRIED: Final = ("7.2", "10.0", "11.1")
_SOURCES: Final = {
    "python": "vm.qmp('migrate', uri={})\n",
    "c": 'void f(QTestState *to) {{ migrate_qmp(to, {}, "{{}}"); }}\n',
    "go": 'package p\n\nfunc f() {{ run("migrate", {}) }}\n',
    "rust": "fn main() {{ let uri = {}; migrate(uri); }}\n",
    "json": '{{"execute": "migrate", "arguments": {{"uri": {}}}}}\n',
    "yaml": "migrate:\n  uri: {}\n",
    "shell": "qemu-system-x86_64 -incoming {}\n",
    "javascript": "await qmp('migrate', {{uri: {}}});\n",
    "toml": "[migrate]\nuri = {}\n",
    "markdown": "```sh\nqemu-system-x86_64 -incoming {}\n```\n",
    "text": "(qemu) migrate -d {}\n",
}


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
    """Put each URI into a program of one language, all languages in turn."""
    languages = ["text", *sorted(LANGUAGES)]
    for index, uri in enumerate(texts("uri", "uri")):
        name = sorted(_SOURCES)[index % len(_SOURCES)]
        quoted = json.dumps(uri, ensure_ascii=False)
        yield bytes([languages.index(name)]) + encoded(_SOURCES[name].format(quoted))


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
