"""`migaddr qmp`: the whole command, to paste into a QMP monitor."""

from __future__ import annotations

import json

import click

from migaddr.cli.formats import URI, Value, read_text, without_detach
from migaddr.cli.options import complete_release, note_surprises, to_release, warn_of_unknown
from migaddr.cli.streams import argument, read_input, write_error, write_line
from migaddr.commands import (
    Command,
    Migrate,
    MigrateIncoming,
    MigrateRecover,
    command_notices,
    command_to_qmp,
)
from migaddr.commands.command import Target, as_target, name_of
from migaddr.errors import CommandError, InexpressibleError, MigaddrError
from migaddr.incoming import Defer
from migaddr.releases import LATEST, Release


@click.command()
@click.option(
    "--release",
    callback=to_release,
    shell_complete=complete_release,
    default=str(LATEST),
    show_default=True,
    metavar="R",
    help="Write it for QEMU R.",
)
@click.option("--resume", is_flag=True, help="migrate: resume a paused postcopy migration.")
@click.option("--blk", is_flag=True, help="migrate: block devices too, in full (up to 9.0).")
@click.option("--inc", is_flag=True, help="migrate: block devices too, incrementally (up to 9.0).")
@click.option(
    "--exit-on-error/--no-exit-on-error",
    default=None,
    help="migrate-incoming: whether a failed migration ends QEMU (since 9.1).",
)
@click.argument(
    "name", metavar="COMMAND", type=click.Choice(("migrate", "migrate-incoming", "migrate-recover"))
)
@click.argument("value")
def command(
    release: Release,
    resume: bool,
    blk: bool,
    inc: bool,
    exit_on_error: bool | None,
    name: str,
    value: str,
) -> int:
    """Print the QMP command migrate, migrate-incoming or migrate-recover for an address.

    VALUE is an address in any spelling that "migaddr convert" recognises; - reads it from standard input.
    The command has "channels" or "uri", whichever this release takes and says exactly this.

    \b
    Examples:
      migaddr qmp migrate 'tcp:[::1]:4446' --release 7.2
      migaddr qmp migrate-incoming --no-exit-on-error unix:/run/migrate.sock

    Exit status: 0 printed, 1 that release cannot be told this, 2 wrong usage.
    """  # noqa: D301 -- click wants the character
    warn_of_unknown(release)
    text = read_input().removesuffix("\n").removesuffix("\r") if value == "-" else argument(value)
    try:
        read_as, read = read_text(text, None, release)
        made = _command(
            name, read, {"resume": resume or None, "blk": blk or None, "inc": inc or None}, exit_on_error
        )
        written = command_to_qmp(without_detach(made, release), release=release)
    except MigaddrError as error:
        write_error(f"migaddr: {error}")
        return 1
    if read_as == URI:
        note_surprises(text, release)
    for notice in command_notices(made, release):
        write_error(f"migaddr: {notice}")
    write_line(json.dumps(written, ensure_ascii=False))
    return 0


def _command(name: str, value: Value, flags: dict[str, bool | None], exit_on_error: bool | None) -> Command:
    """Make the command of a target, with what a command in `value` says already kept."""
    given = [flag for flag, on in flags.items() if on]
    if name != "migrate" and given:
        raise click.UsageError(f"--{given[0]} belongs to migrate")
    if name != "migrate-incoming" and exit_on_error is not None:
        raise click.UsageError("--exit-on-error belongs to migrate-incoming")
    target = as_target(_target(name, value))
    if name == "migrate":
        said = value if isinstance(value, Migrate) else Migrate(target)
        return Migrate(
            target,
            blk=flags["blk"] or said.blk,
            inc=flags["inc"] or said.inc,
            detach=said.detach,
            resume=flags["resume"] or said.resume,
        )
    if name == "migrate-incoming":
        if exit_on_error is None and isinstance(value, MigrateIncoming):
            exit_on_error = value.exit_on_error
        return MigrateIncoming(target, exit_on_error=exit_on_error)
    if isinstance(target, tuple):
        raise InexpressibleError(target, name, "migrate-recover takes one address, and no channels")
    return MigrateRecover(target)


def _target(name: str, value: Value) -> Target:
    """Give where a value goes to; a command of another name is for another side."""
    if isinstance(value, Defer):
        raise InexpressibleError((), name, "defer says that the address comes later, and none yet")
    if isinstance(value, tuple):
        return value
    kinds = {"migrate": Migrate, "migrate-incoming": MigrateIncoming, "migrate-recover": MigrateRecover}
    if not isinstance(value, kinds[name]):
        said = name_of(value)
        raise CommandError(f"this is the command {said}, and not {name}", hint="give its address alone")
    return value.target
