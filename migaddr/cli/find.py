"""`migaddr find`: list every migration address in a source tree, faulty or not."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

import click

from migaddr.carets import printable
from migaddr.cli.streams import argument, write_error, write_line
from migaddr.lint.addresses import Found
from migaddr.lint.find.vocabulary import Confidence
from migaddr.lint.source import Skipped, Source, read_source, source_of, walk

_DIALECTS = ("qemu", "libvirt", "cloud-hypervisor", "stratovirt")
_LEVELS = {"guess": Confidence.GUESS, "likely": Confidence.LIKELY, "certain": Confidence.CERTAIN}


@click.command("find")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--format",
    "output",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="One line, or one JSON object, for each.",
)
@click.option(
    "--dialect",
    "dialects",
    multiple=True,
    type=click.Choice(_DIALECTS),
    help="Only these; may be given again.",
)
@click.option(
    "--min-confidence",
    "least",
    type=click.Choice(list(_LEVELS)),
    default="likely",
    show_default=True,
    help="How sure it must be.",
)
@click.option("--no-gitignore", is_flag=True, help="Look into what .gitignore excludes, too.")
def command(
    paths: tuple[str, ...], output: str, dialects: tuple[str, ...], least: str, no_gitignore: bool
) -> int:
    """List every migration address in files and trees, faulty or not.

    A directory is searched, without what its .gitignore excludes; - is standard input.

    \b
    Examples:
      migaddr find .
      migaddr find --format json --min-confidence guess src

    Exit status: 0 done, 1 some file could not be read, 2 wrong usage.
    """  # noqa: D301 -- click wants the character
    status = 0
    for source in _sources(paths, gitignore=not no_gitignore):
        if isinstance(source, Skipped):
            if source.problem:
                write_error(f"migaddr: {printable(argument(source.path))}: {source.reason}")
                status = 1
            continue
        from migaddr.lint.find.finder import find_addresses  # where nothing can be found, it is not needed

        for found in find_addresses(source.data, source.language, source.path):
            if found.confidence < _LEVELS[least] or (dialects and found.dialect not in dialects):
                continue
            write_line(_json(source.path, found) if output == "json" else _text(source.path, found))
    return status


def _sources(paths: tuple[str, ...], *, gitignore: bool) -> Iterator[Source | Skipped]:
    for path in paths:
        if path == "-":
            found = source_of(sys.stdin.buffer.read(), "<stdin>")
            if found is not None:
                yield found
            continue
        for one in walk([path], gitignore=gitignore):
            source = one if isinstance(one, Skipped) else read_source(one)
            if source is not None:
                yield source


def _json(path: str, found: Found) -> str:
    row = {
        "path": argument(path),
        "line": found.line,
        "column": found.column,
        "end_line": found.end_line,
        "end_column": found.end_column,
        "dialect": found.dialect,
        "form": found.form.value,
        "confidence": found.confidence.name.lower(),
        "sink": found.sink,
        "text": found.text,
        "value": found.value,
    }
    return json.dumps(row)


def _text(path: str, found: Found) -> str:
    where = f"{printable(argument(path))}:{found.line}:{found.column}"
    what = f"{found.dialect} {found.form.value}, {found.confidence.name.lower()}"
    sink = f" [{printable(found.sink)}]" if found.sink else ""
    return f"{where}: {what}{sink}: {printable(found.text)}"
