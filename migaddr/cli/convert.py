"""`migaddr convert`: from any spelling to any other."""

from __future__ import annotations

import json
from collections.abc import Iterator

import click

from migaddr.cli.formats import (
    FORMATS,
    TEXT_FORMATS,
    URI,
    default_target,
    is_json,
    read_text,
    read_value,
    to_text,
    write_value,
)
from migaddr.cli.options import complete_release, note_surprises, to_release, warn_of_unknown
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
    help="Read this format.  [default: as it looks]",
)
@click.option(
    "--to",
    "target",
    type=click.Choice(FORMATS),
    metavar="FORMAT",
    help="Write this format.  [default: uri for an address of QMP, else qmp]",
)
@click.option(
    "--release",
    callback=to_release,
    shell_complete=complete_release,
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
    """Translate addresses and commands between all their spellings.

    Each VALUE is one address or command; without any, or for -, standard input is read: one JSON value, or
    a text on each line. The result goes to standard output, one line each; what cannot be converted goes to
    standard error, with the reason, and so is what QEMU would silently do with a URI.

    A URI becomes the value of "channels" for QMP. Channels become a URI that every QEMU with its scheme
    reads alike, unless --release asks for one. A command stays one where the format has commands (qmp, hmp).

    \b
    Formats:
      uri              tcp:HOST:PORT, unix:PATH, exec:COMMAND, ...
      qmp              a command, its arguments, channels, one channel or its addr, as JSON
      draft-v1 .. v4   the drafts of December 2022 to May 2023; rfc: the proposal before them
      hmp              migrate [-d] [-r] URI, migrate_incoming URI, migrate_recover URI
      incoming         a value of the option -incoming, or the options as a shell command has them
      libvirt          tcp://HOST:PORT, rdma://HOST:PORT, unix:///PATH
      cloud-hypervisor, stratovirt
                       the migration URLs of these monitors
    What can only be one of qmp, a draft, hmp and incoming is recognised; other text is read as a URI.

    With --jsonl a line is a JSON value (a string is a text), and the answer in its place is
    {"ok": true, "result": ...} or {"ok": false, "error": ..., "qemu_message": ..., "crashes_qemu": ...}
    with the "path" in the value, or the "span" in characters of the URI (of the line, where it is no JSON).

    \b
    Examples:
      migaddr convert 'tcp:[::1]:4446'
      migaddr convert --release 10.0 'tcp:h:80,to=90,foo'
      migaddr convert --to draft-v1 exec:/tmp/exec
      migaddr convert 'migrate -d "exec:cat >/tmp/x"'
      migaddr convert --from libvirt 'tcp://[::1]:49152'
      migaddr convert '{"transport": "exec", "args": ["/bin/sh", "-c", "cat"]}'

    Exit status: 0 all converted, 1 some were not, 2 wrong usage.
    """  # noqa: D301 -- click wants the character
    reading = LATEST if release is None else release
    warn_of_unknown(release)
    failed = False
    for text in _lines(values) if jsonl else _texts(values, source):
        try:
            if jsonl:
                read_as, value = read_value(parse_json(text), source, reading)
            else:
                read_as, value = read_text(text, source, reading)
            result = write_value(value, target or default_target(read_as, value), release)
            if not jsonl and isinstance(result, str) and "\n" in result:
                reason = "the command has a line break, and here a result is one line: use --jsonl"
                raise InexpressibleError((), "one line", reason)
        except MigaddrError as error:
            failed = True
            if jsonl:
                write_line(json.dumps(_failure(error)))
            else:
                write_error(f"migaddr: {error}")
        else:
            if read_as == URI and not jsonl:
                note_surprises(text, reading)
            write_line(json.dumps({"ok": True, "result": result}) if jsonl else to_text(result))
        if jsonl:
            flush_output()
    return 1 if failed else 0


def _texts(values: tuple[str, ...], source: str | None) -> Iterator[str]:
    for value in values or ("-",):
        if value == "-":
            yield from _input_texts(source)
        else:
            yield argument(value)


def _input_texts(source: str | None) -> Iterator[str]:
    """Give standard input: a text on each line as they come, or all of it as one JSON value."""
    lines = input_lines()
    for line in lines:
        if source not in (None, *TEXT_FORMATS) or (source is None and is_json(line)):
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
