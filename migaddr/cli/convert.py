"""`migaddr convert`: from any spelling to any other."""

from __future__ import annotations

import json
from collections.abc import Iterator

import click

from migaddr.cli.formats import (
    FORMATS,
    QMP,
    URI,
    is_json,
    read_text,
    read_value,
    to_text,
    write_value,
)
from migaddr.cli.options import to_release
from migaddr.cli.streams import argument, flush_output, input_lines, write_error, write_line
from migaddr.errors import InexpressibleError, MigaddrError, ParseError, WireError
from migaddr.qmp import JsonObject, parse_json
from migaddr.releases import LATEST, Release


@click.command()
@click.option(
    "--from",
    "source",
    type=click.Choice(FORMATS),
    metavar="FORMAT",
    help="Read this format: uri, qmp or draft-v1.  [default: as it looks]",
)
@click.option(
    "--to",
    "target",
    type=click.Choice(FORMATS),
    metavar="FORMAT",
    help="Write this format.  [default: uri for what was qmp, else qmp]",
)
@click.option(
    "--release",
    callback=to_release,
    metavar="R",
    help=f"Read and write as QEMU R does.  [default: read as {LATEST}, write for all]",
)
@click.option("--jsonl", is_flag=True, help="Read a JSON value a line, write an object a line.")
@click.argument("values", nargs=-1, metavar="[VALUE]...")
def command(
    source: str | None,
    target: str | None,
    release: Release | None,
    jsonl: bool,
    values: tuple[str, ...],
) -> int:
    """Translate addresses between URI, QMP and draft.

    Each VALUE is one address; without any, or for -, standard input is read: one JSON value, or a URI on
    each line. The result goes to standard output, one line each; what cannot be converted goes to standard
    error, with the reason.

    A URI becomes the value of "channels" for QMP. Channels become a URI that every QEMU with its scheme
    reads alike, unless --release asks for one.

    With --jsonl a line is a JSON value (a string is a URI), and the answer in its place is
    {"ok": true, "result": ...} or {"ok": false, "error": ..., "qemu_message": ..., "crashes_qemu": ...}
    with the "path" in the value, or the "span" in characters of the URI (of the line, where it is no JSON).

    \b
    Examples:
      migaddr convert 'tcp:[::1]:4446'
      migaddr convert --release 10.0 'tcp:h:80,to=90,foo'
      migaddr convert --to draft-v1 exec:/tmp/exec
      migaddr convert '{"transport": "exec", "args": ["/bin/sh", "-c", "cat"]}'

    Exit status: 0 all converted, 1 some were not, 2 wrong usage.
    """  # noqa: D301 -- click wants the character
    reading = LATEST if release is None else release
    _warn_of_unknown(release)
    failed = False
    for text in _lines(values) if jsonl else _texts(values, source):
        try:
            if jsonl:
                read_as, channels = read_value(parse_json(text), source, reading)
            else:
                read_as, channels = read_text(text, source, reading)
            wanted = target if target is not None else URI if read_as == QMP else QMP
            result = write_value(channels, wanted, release)
            if not jsonl and isinstance(result, str) and "\n" in result:
                reason = "the command has a line break, and here a result is one line: use --jsonl"
                raise InexpressibleError(channels, "one line", reason)
        except MigaddrError as error:
            failed = True
            if jsonl:
                write_line(json.dumps(_failure(error)))
            else:
                write_error(f"migaddr: {error}")
        else:
            write_line(json.dumps({"ok": True, "result": result}) if jsonl else to_text(result))
        if jsonl:
            flush_output()
    return 1 if failed else 0


def _warn_of_unknown(release: Release | None) -> None:
    if release is not None and not release.known:
        write_error(f"migaddr: QEMU {release} is not known: the nearest earlier release stands in for it")


def _texts(values: tuple[str, ...], source: str | None) -> Iterator[str]:
    for value in values or ("-",):
        if value == "-":
            yield from _input_texts(source)
        else:
            yield argument(value)


def _input_texts(source: str | None) -> Iterator[str]:
    """Give standard input: a URI on each line as they come, or all of it as one JSON value."""
    lines = input_lines()
    for line in lines:
        if source not in (None, URI) or (source is None and is_json(line)):
            yield "\n".join((line, *lines))
        elif line.strip(" \t"):
            yield line


def _lines(values: tuple[str, ...]) -> Iterator[str]:
    for value in values or ("-",):
        if value == "-":
            yield from input_lines()
        else:
            yield argument(value)


def _failure(error: MigaddrError) -> JsonObject:
    """Give what a program wants to know of an error."""
    answer: JsonObject = {"ok": False, "error": str(error)}
    if isinstance(error, (ParseError, WireError)):
        answer["error"] = error.reason if error.hint is None else f"{error.reason} ({error.hint})"
        answer["qemu_message"] = error.qemu_message
        answer["crashes_qemu"] = error.crashes_qemu
    else:
        answer["qemu_message"] = None
        answer["crashes_qemu"] = False
    if isinstance(error, ParseError):
        answer["span"] = [error.start, error.end]
    elif isinstance(error, WireError):
        answer["path"] = error.path
    return answer
