"""The group of all sub-commands, and how the process ends."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from typing import Final

import click

from migaddr import __version__
from migaddr.cli.streams import flush_output

_COMMANDS: Final = {
    "convert": "translate addresses between URI, QMP and draft",
    "explain": "show what an address means, part by part",
}


class _Commands(click.Group):
    """Loads a sub-command's module when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"migaddr.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="migaddr")
def group() -> None:
    """QEMU migration addresses: translate them, and see what each release makes of them.

    An address is a legacy URI (tcp:[::1]:4446), a JSON value of QMP (channels, one channel, or its addr),
    or the channel of the December 2022 draft.
    """


def invoke(argv: list[str]) -> int:
    """Run the group without ending the process; give the exit status."""
    try:
        flush_output()  # fails where the shell closed it, which click would not notice
        status = group.main(argv, prog_name="migaddr", standalone_mode=False)
        flush_output()
    except click.ClickException as error:
        with contextlib.suppress(OSError):  # its status still says it
            error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return 130
    except OSError as error:
        if sys.stdout is not None:
            # Python would try again to write at its end, and complain
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        with contextlib.suppress(OSError, AttributeError):
            sys.stderr.write(f"migaddr: {error.strerror}\n")
        return 1
    return status if isinstance(status, int) else 0
