"""`migaddr negotiate`: asks a QEMU what it takes, and prints the arguments to send."""

from __future__ import annotations

import json
from pathlib import Path

import click

from migaddr.cli.formats import URI, channels_of, read_text
from migaddr.cli.options import note_surprises
from migaddr.cli.streams import argument, read_input, write_error, write_line
from migaddr.commands import arguments_for
from migaddr.errors import MigaddrError
from migaddr.qmp import parse_json
from migaddr.releases import LATEST, Release

_SECONDS = 10.0  # for all that is asked of a QEMU


@click.command()
@click.option(
    "--schema", metavar="FILE", help="The answer to query-qmp-schema, in this file; - is standard input."
)
@click.option("--socket", metavar="PATH", help="The UNIX socket of a QMP monitor that nobody else uses now.")
@click.option(
    "--command",
    "name",
    type=click.Choice(("migrate", "migrate-incoming", "migrate-recover")),
    default="migrate",
    show_default=True,
    help="The command that will take them.",
)
@click.argument("value")
def command(schema: str | None, socket: str | None, name: str, value: str) -> int:
    """Ask a QEMU which form it takes, and print the arguments: {"uri": ...} or {"channels": ...}.

    VALUE is an address in any spelling that "migaddr convert" recognises, read as the latest release does.
    The QEMU is asked for its version and its schema, and nothing else: no state of it changes.

    \b
    Examples:
      migaddr negotiate 'tcp:[::1]:4446' --socket /run/qemu/qmp.sock
      migaddr negotiate '{"transport": "exec", "args": ["/bin/cat"]}' --schema schema.json

    Exit status: 0 printed, 1 that QEMU cannot be told this or cannot be asked, 2 wrong usage.
    """  # noqa: D301 -- click wants the character
    if (schema is None) == (socket is None):
        raise click.UsageError("give one of --schema FILE and --socket PATH")
    if schema == "-" and value == "-":
        raise click.UsageError("standard input cannot be both the address and the schema")
    text = read_input().removesuffix("\n").removesuffix("\r") if value == "-" else argument(value)
    where = ""
    try:
        read_as, read = read_text(text, None, LATEST)
        target = channels_of(read, name)
        if schema is not None:
            where = "standard input: " if schema == "-" else f"{schema}: "
        release = _from_schema(schema) if schema is not None else _from_socket(str(socket))
        where = ""
        written = arguments_for(target, release, name)
    except MigaddrError as error:
        write_error(f"migaddr: {where}{error}")
        return 1
    except OSError as error:
        write_error(f"migaddr: {schema or socket}: {error.strerror or error}")
        return 1
    if read_as == URI:
        note_surprises(text, LATEST)
    write_error(f"migaddr: this is QEMU {release}{'' if release.known else ', or like it'}")
    write_line(json.dumps(written, ensure_ascii=False))
    return 0


def _from_schema(name: str) -> Release:
    text = read_input() if name == "-" else Path(name).read_bytes().decode("utf-8", "surrogateescape")
    return Release.from_schema(parse_json(text))


def _from_socket(path: str) -> Release:
    try:
        from migaddr.qmp_client import negotiate_socket
    except ModuleNotFoundError as error:
        if error.name not in ("qemu", "qemu.qmp"):
            raise
        raise click.UsageError("--socket needs the extra 'qmp': pip install 'migaddr[qmp]'") from None
    return negotiate_socket(path, _SECONDS, schema=True)
