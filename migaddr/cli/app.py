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
    "convert": "translate addresses and commands between all their spellings",
    "explain": "show what an address means, part by part",
    "qmp": "print the QMP command for an address",
    "negotiate": "ask a QEMU which form it takes, and print it",
    "releases": "print what each QEMU release takes",
    "receive": "wait for a stream at an address, and keep it",
    "send": "send bytes to an address",
    "relay": "from one address to another, whatever their transports",
    "prove": "run the proof matrix: every transport, with real QEMU",
    "fuzz": "try generated addresses on another program, or on a real QEMU",
    "find": "list every migration address in a source tree",
    "lint": "say what is wrong with the addresses in a source tree, and fix it",
    "rule": "explain a rule of the linter",
    "rules": "list the rules of the linter",
    "generate": "make addresses for the tests of a parser, with the verdict of each QEMU release",
}


class _Commands(click.Group):
    """Loads a sub-command's module when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"migaddr.cli.{cmd_name}").command
        command.short_help = _COMMANDS[cmd_name]
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="migaddr")
def group() -> None:
    """QEMU migration addresses: translate them, and see what each release makes of them.

    An address is a legacy URI (tcp:[::1]:4446), a JSON value of QMP (a command, channels, one channel, or
    its addr) or of one of its drafts, a line of the human monitor, a value of -incoming, or a URI of libvirt,
    cloud-hypervisor or StratoVirt.
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
