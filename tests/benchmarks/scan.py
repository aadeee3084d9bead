"""What the finder costs on a source tree. Run by hand:

    pip install -e '.[lint]' && python -m tests.benchmarks.scan TREE...

Files without a hit are compared with `rg -j1 -n` for the same schemes, files with one with their bare tree-sitter parse. What
counts is processor time, user and system, the best of several interleaved rounds, so that a busy machine tells nearly what a
quiet one would; the time that passed stands beside it.
"""

from __future__ import annotations

import functools
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from migaddr.lint.find.finder import find_addresses
from migaddr.lint.find.grammars import LANGUAGES, parse
from migaddr.lint.source import Skipped, Source, read_source, walk

ROUNDS = 5
SCHEMES = "(tcp|unix|exec|fd|rdma|file|vsock):"
SCAN_LIMIT = 3.0
HIT_LIMIT = 2.0


class Spent(NamedTuple):
    """Seconds: of the processor, children included; and those that passed."""

    processor: float
    passed: float


def spent(work: Callable[[], object]) -> Spent:
    before = _clock()
    work()
    after = _clock()
    return Spent(after.processor - before.processor, after.passed - before.passed)


def _clock() -> Spent:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Spent(time.process_time() + children.ru_utime + children.ru_stime, time.perf_counter())


def scan(top: str) -> list[Source]:
    """All that the prefilter lets through."""
    found = []
    for path in walk([top], gitignore=False):
        source = path if isinstance(path, Skipped) else read_source(path)
        if isinstance(source, Source):
            found.append(source)
    return found


def without_hits(trees: Sequence[str], top: Path, hits: Sequence[Source]) -> int:
    """Link the files without a hit below a directory; how many bytes they hold."""
    hit = {source.path for source in hits}
    size = 0
    for number, tree in enumerate(trees):
        for path in walk([tree], gitignore=False):
            if isinstance(path, str) and path not in hit:
                place = top / str(number) / os.path.relpath(path, tree)
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(path, place)
                size += place.stat().st_size
    return size


def search(top: str) -> None:
    with tempfile.TemporaryFile() as out:
        subprocess.run(
            ["rg", "-j1", "-n", "--hidden", "--no-ignore", "-e", SCHEMES, top], stdout=out, check=False
        )


def best(*works: Callable[[], object]) -> list[Spent]:
    rounds = [[spent(work) for work in works] for _ in range(ROUNDS)]
    return [
        Spent(min(one.processor for one in column), min(one.passed for one in column))
        for column in zip(*rounds, strict=True)
    ]


def linear() -> list[tuple[int, float]]:
    """Nanoseconds a byte for one file of a growing number of addresses."""
    line = b'    vm.qmp("migrate", uri="tcp:%s:4444" % host)\n'
    rows = []
    for count in (1000, 4000, 16000):
        data = line * count
        seconds = spent(functools.partial(find_addresses, data, "python")).processor
        rows.append((len(data), seconds / len(data) * 1e9))
    return rows


def start(folder: Path) -> tuple[float, float]:
    """Milliseconds of `migaddr find` on three files without a hit, and of importing click."""
    files = []
    for name in ("a.py", "b.c", "c.yaml"):
        (folder / name).write_text("x = 1\n")
        files.append(str(folder / name))
    main = "from migaddr.cli import main; main(['find', *__import__('sys').argv[1:]])"
    ours, bare = best(
        lambda: subprocess.run([sys.executable, "-c", main, *files], check=True),
        lambda: subprocess.run([sys.executable, "-c", "import click, json"], check=True),
    )
    return ours.processor * 1000, bare.processor * 1000


def main(trees: list[str]) -> int:
    sources = [source for tree in trees for source in scan(tree)]
    with tempfile.TemporaryDirectory() as folder:
        size = without_hits(trees, Path(folder), sources)
        ours, rg = best(lambda: scan(folder), lambda: search(folder))
    ratio = ours.processor / rg.processor
    print(
        f"{size / 1e6:.0f} MB without a hit: {ours.processor:.2f} s, rg {rg.processor:.2f} s: {ratio:.2f} x"
        f" (passed: {ours.passed:.2f} s, {rg.passed:.2f} s: {ours.passed / rg.passed:.2f} x)"
    )
    parsed = [source for source in sources if source.language in LANGUAGES]
    for source in parsed:
        parse(source.data[:1], source.language)  # the grammars are loaded
    found, bare = best(
        lambda: [find_addresses(s.data, s.language, s.path) for s in parsed],
        lambda: [parse(s.data, s.language) for s in parsed],
    )
    on_top = (found.processor - bare.processor) / bare.processor
    size = sum(len(source.data) for source in parsed)
    print(
        f"{len(parsed)} files with hits, {size / 1e6:.1f} MB: {found.processor:.2f} s,"
        f" parse {bare.processor:.2f} s: {on_top:.2f} x on top"
    )
    for bytes_, each in linear():
        print(f"a file of {bytes_ / 1e6:.2f} MB, an address a line: {each:.0f} ns a byte")
    with tempfile.TemporaryDirectory() as folder:
        mine, click = start(Path(folder))
    print(f"migaddr find on three files without a hit: {mine:.0f} ms, import click and json {click:.0f} ms")
    return int(ratio > SCAN_LIMIT or on_top > HIT_LIMIT)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
