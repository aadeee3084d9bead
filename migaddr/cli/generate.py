"""`migaddr generate`: addresses with the verdict of a QEMU release, for whoever tests a parser."""

from __future__ import annotations

import hashlib
import itertools
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import click

from migaddr.cli.options import warn_of_unknown
from migaddr.cli.streams import argument, write_error, write_line
from migaddr.errors import UnknownReleaseError
from migaddr.generation import EVERY_KIND, KINDS, OTHER, Case, Form, Outcome, cases
from migaddr.releases import RELEASES, Release

_SEED_BITS: Final = 32
_CORPUS: Final = 1000
_COVERAGE: Final = 100_000


def _to_releases(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> tuple[Release, ...]:
    try:
        releases = tuple(Release.parse(value) for value in values)
    except UnknownReleaseError as error:
        raise click.BadParameter(str(error), ctx, param) from None
    for release in releases:
        warn_of_unknown(release)
    return releases or RELEASES


@click.command()
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    help="The same seed gives the same cases.  [default: any, and it is said]",
)
@click.option(
    "--count",
    type=click.IntRange(0, 10**12),
    help=f"How many.  [default: without end; {_CORPUS} for a corpus, {_COVERAGE} for --coverage]",
)
@click.option(
    "--release",
    "releases",
    multiple=True,
    callback=_to_releases,
    help="For this QEMU release; may be given again.  [default: all that are known]",
)
@click.option(
    "--form",
    "forms",
    multiple=True,
    type=click.Choice([form.value for form in Form]),
    callback=lambda _, __, values: tuple(map(Form, values or Form)),
    help="Only these; may be given again.",
)
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice([*KINDS, OTHER]),
    callback=lambda _, __, values: values or EVERY_KIND,
    help="Only addresses of this kind, or what was made from one; may be given again. Other: any text.",
)
@click.option(
    "--verdict",
    "outcomes",
    multiple=True,
    type=click.Choice([outcome.value for outcome in Outcome]),
    callback=lambda _, __, values: tuple(map(Outcome, values or Outcome)),
    help="Only what is read (expect), refused (error), or kills QEMU (crash); may be given again.",
)
@click.option(
    "--format",
    "output",
    type=click.Choice(("json", "libfuzzer-corpus", "dict")),
    default="json",
    show_default=True,
    help="JSON lines; a file a case in DIR; or a dictionary of words, for libFuzzer and AFL++.",
)
@click.option("--coverage", is_flag=True, help="Print what the cases cover, and not the cases.")
@click.argument("directory", metavar="[DIR]", required=False)
def command(
    seed: int | None,
    count: int | None,
    releases: tuple[Release, ...],
    forms: tuple[Form, ...],
    kinds: tuple[str, ...],
    outcomes: tuple[Outcome, ...],
    output: str,
    coverage: bool,
    directory: str | None,
) -> int:
    """Generate addresses that are valid, almost valid and hostile, each with the verdict of a QEMU release.

    A line is a JSON object: {"uri": ..., "release": ..., "expect": ...}, with "channels" or "command" instead
    of "uri". What is expected is the address as QMP has it, {"channels": [...]}, or {"command": name, "addr":
    {...}}; {"error": QEMU's words}; or {"crash": the signal}. The same seed gives the same bytes everywhere.

    \b
    Examples:
      migaddr generate --seed 1 --count 100000 > cases.jsonl
      migaddr generate --release 9.2 --form uri --kind inet --verdict error | head
      migaddr generate --seed 1 --format libfuzzer-corpus corpus
      migaddr generate --format dict > migaddr.dict
      migaddr generate --seed 1 --coverage

    Exit status: 0 done, 1 there are no more such cases or, with --coverage, something did not occur,
    2 wrong usage.
    """  # noqa: D301 -- click wants the character
    if (directory is not None) != (output == "libfuzzer-corpus"):
        raise click.UsageError("give DIR with --format libfuzzer-corpus, and only there")
    if coverage and output != "json":
        raise click.UsageError("--coverage prints what the cases cover: leave --format out")
    if kinds == (OTHER,) and Form.URI not in forms:
        raise click.UsageError("--kind other is any text: only --form uri has it")
    if output == "dict":
        from migaddr.generation.dictionary import dictionary

        for line in dictionary():
            write_line(line)
        return 0
    if seed is None:
        seed = random.SystemRandom().getrandbits(_SEED_BITS)
        write_error(f"migaddr: --seed {seed}")
    if count is None and (coverage or directory is not None):
        count = _COVERAGE if coverage else _CORPUS
    wanted = itertools.islice(
        cases(seed, releases=releases, forms=forms, kinds=kinds, outcomes=outcomes), count
    )
    if coverage:
        return _cover(wanted)
    if directory is None:
        encode = json.JSONEncoder().encode
        made = _each(wanted, lambda case: write_line(encode(case.row())))
    else:
        folder = Path(argument(directory))
        try:
            folder.mkdir(parents=True, exist_ok=True)
            made = _each(wanted, lambda case: _write_file(folder, case))
        except OSError as error:
            write_error(f"migaddr: {error.filename or folder}: {error.strerror}")
            return 1
    if count is None or made < count:
        write_error("migaddr: there are no more such cases: a million others came in between")
        return 1
    return 0


def _each(wanted: Iterator[Case], write: Callable[[Case], None]) -> int:
    """Write each case; tell how many there were."""
    made = 0
    for case in wanted:
        write(case)
        made += 1
    return made


def _write_file(folder: Path, case: Case) -> None:
    """Write what is to be read into a file, which has the name that libFuzzer would give it."""
    text = case.value if isinstance(case.value, str) else json.dumps(case.value)
    content = text.encode()
    name = hashlib.sha1(content, usedforsecurity=False).hexdigest()
    (folder / name).write_bytes(content)


def _cover(wanted: Iterator[Case]) -> int:
    from migaddr.generation.coverage import Coverage

    coverage = Coverage()
    for case in wanted:
        coverage.add(case)
    for line in coverage.lines():
        write_line(line)
    missing = coverage.missing()
    for name in missing:
        write_error(f"migaddr: did not occur: {name}")
    return 1 if missing else 0
