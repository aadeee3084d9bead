"""Makes the seeds of the targets: rows of tests/corpus, the linter's tests, what earlier runs met.

    python -m fuzz.make_seeds FOLDER

FOLDER/TARGET/ gets a file for each text and choice. Where Hypothesis draws there are random bytes as well,
the same each time.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import json
import random
import shlex
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from migaddr import QAPI, RELEASES, Dialect, Release
from migaddr.lint.find.grammars import LANGUAGES
from migaddr.lint.rules import RULES
from tests.corpus_rows import rows
from tests.laws.test_command_laws import DIALECTS
from tests.laws.test_qmp_laws import DRAFTS
from tests.lint.snippets import SNIPPETS
from tests.lint.test_find_lookalikes import LOOKALIKES
from tests.lint.test_find_templates import TEMPLATES, VARIABLES

_TRIED: Final = ("7.2", "10.0", "11.1")
_RANDOM: Final = 200  # of these seeds, for each target that draws
_LONGEST: Final = 512  # bytes
KEPT: Final = Path(__file__).with_name("kept")
_TESTS: Final = Path(__file__).parents[1] / "tests" / "lint"
# the places of laws in fuzz_qmp and fuzz_commands
_ADDRESS: Final = 4
_DRAFT: Final = 5
_LIST: Final = 6
_COMMAND: Final = 4


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
    """Give the sources of the linter's rules and tests, and the corpus as sources."""
    languages = ["text", *sorted(LANGUAGES)]
    examples = [(one.language, one.source) for rule in RULES.values() for one in (*rule.bad, *rule.good)]
    known = [(str(row[0]), str(row[1])) for table in (TEMPLATES, VARIABLES, LOOKALIKES) for row in table]
    for index, uri in enumerate(texts("uri", "uri")):
        snippet = SNIPPETS[index % len(SNIPPETS)]
        known.append((snippet.language, f"{snippet.before}{snippet.write(uri)}{snippet.after}"))
    asked = [(0, examples), (0, known), (0, literals())]
    asked += [(targets, several) for targets in (1, 2) for several in (examples, messages())]
    for targets, several in asked:
        for language, source in several:
            with contextlib.suppress(UnicodeEncodeError):  # half a pair
                yield bytes([targets * len(languages) + languages.index(language)]) + encoded(source)


def messages() -> Iterator[tuple[str, str]]:
    """Give each command of the corpus as JSON, each line of the monitor, and each `-incoming` in a shell."""
    commands = [row["command"] for row in rows("commands")]
    commands += [migrate("channels", row["channels"]) for row in rows("channels")]
    commands += [migrate("uri", uri) for uri in texts("uri", "uri")]
    commands += [command for _, command in posted()]
    yield from (("json", compact(command)) for command in commands)
    yield from (("text", f"(qemu) {line}\n") for line in texts("hmp", "line"))
    for value in texts("incoming", "value"):
        yield "shell", f"qemu-system-x86_64 -incoming {shlex.quote(value)}\n"


def literals() -> Iterator[tuple[str, str]]:
    """Give each language and source that stand together in a tuple or a call of the linter's tests."""
    for path in sorted(_TESTS.glob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            beside: list[ast.expr] = []
            if isinstance(node, ast.Tuple):
                beside = node.elts
            elif isinstance(node, ast.Call):
                beside = [*node.args, *(keyword.value for keyword in node.keywords)]
            words = [one.value for one in beside if isinstance(one, ast.Constant)]
            texts = [word for word in words if isinstance(word, str)]
            named = [text for text in texts if text in LANGUAGES] or ["text"]
            yield from ((named[0], text) for text in texts if text not in LANGUAGES and " " in text)


def compact(value: object) -> str:
    """Write JSON, in ASCII."""
    return json.dumps(value, separators=(",", ":"))


def migrate(argument: str, value: object) -> dict[str, object]:
    """Make the command that is given this."""
    return {"execute": "migrate", "arguments": {argument: value}}


def posted() -> Iterator[tuple[Dialect[object], dict[str, object]]]:
    """Give the commands with the channels of a draft."""
    for dialect in DRAFTS:
        for row in rows("drafts"):
            if dialect.name in row:
                yield dialect, migrate(dialect.argument, row[dialect.name])


def of_json(law: int, of: Iterable[object], *chosen: int) -> Iterator[bytes]:
    """Put the choice of a law, of a release, for the three that were run, and further ones before JSON."""
    for value in of:
        text = encoded(compact(value))
        for series in _TRIED:
            yield bytes([law, RELEASES.index(Release.parse(series)), *chosen]) + text


def channels() -> Iterator[bytes]:
    """Give the channels of the corpus, each address of them by itself, and the channels of the drafts."""
    lists = [row["channels"] for row in rows("channels") + rows("drafts")]
    yield from of_json(_LIST, lists)
    within = [one for many in lists if isinstance(many, list) for one in many if isinstance(one, dict)]
    yield from of_json(_ADDRESS, [one["addr"] for one in within if "addr" in one])
    remainders = [uri.partition(":")[2] for uri in texts("uri", "uri") if uri.startswith(("rdma:", "tcp:"))]
    yield from of_json(_ADDRESS, [{"transport": "rdma", "rdma-str": text} for text in remainders])
    for at, dialect in enumerate(DRAFTS):
        yield from of_json(_DRAFT, [row[dialect.name] for row in rows("drafts") if dialect.name in row], at)


def commands() -> Iterator[bytes]:
    """Give the commands of the corpus, and those with the channels of a draft."""
    given = [migrate("uri", uri) for uri in texts("uri", "uri")]
    yield from of_json(_COMMAND, [row["command"] for row in rows("commands")] + given, DIALECTS.index(QAPI))
    for dialect, command in posted():
        yield from of_json(_COMMAND, [command], DIALECTS.index(dialect))


def random_bytes(name: str) -> list[bytes]:
    """Give bytes to draw from: long ones, which a fuzzer that begins with nothing has late."""
    source = random.Random(name)  # noqa: S311 -- no secret
    return [source.randbytes(source.randint(1, _LONGEST)) for _ in range(_RANDOM)]


def kept(target: str) -> list[bytes]:
    """Give what fuzz.keep has kept of earlier runs."""
    file = KEPT / f"{target}.jsonl"
    return (
        [json.loads(line).encode("latin-1") for line in file.read_text().splitlines()]
        if file.exists()
        else []
    )


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
        "qmp": [*random_bytes("qmp"), *channels()],
        "commands": [*random_bytes("commands"), *commands()],
        "round_trip": random_bytes("round_trip"),
    }


def main(folder: Path) -> None:
    """Write the seeds; a file is named after what it holds, as libFuzzer does."""
    for target, made in seeds().items():
        place = folder / target
        place.mkdir(parents=True, exist_ok=True)
        for seed in [*made, *kept(target)]:
            (place / hashlib.sha1(seed, usedforsecurity=False).hexdigest()).write_bytes(seed)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
