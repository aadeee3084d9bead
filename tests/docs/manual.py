"""What is made of the command line's own help: the reference on the site, the manual page, the completions."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import click
from click.shell_completion import get_completion_class

from migaddr import __version__
from migaddr.cli.app import group

SHARE: Final = Path(__file__).parents[2] / "share"
COMPLETIONS: Final = {
    "bash": "bash-completion/completions/migaddr",
    "zsh": "zsh/site-functions/_migaddr",
    "fish": "fish/vendor_completions.d/migaddr.fish",
}
WIDTH: Final = 86


def commands() -> Mapping[str, click.Command]:
    """Every sub-command, in the order of the help."""
    context = click.Context(group, info_name="migaddr")
    found = {name: group.get_command(context, name) for name in group.list_commands(context)}
    return {name: command for name, command in found.items() if command is not None}


def _context(name: str | None) -> click.Context:
    whole = click.Context(
        group,
        info_name="migaddr",
        max_content_width=WIDTH,
        terminal_width=WIDTH,
        help_option_names=list(group.context_settings["help_option_names"]),
    )
    if name is None:
        return whole
    return click.Context(commands()[name], info_name=name, parent=whole)


def help_text(name: str | None = None) -> str:
    """What `migaddr NAME --help` prints where a line has 86 columns; without a name, `migaddr --help`."""
    context = _context(name)
    return f"{context.command.get_help(context)}\n"


def _escaped(text: str) -> str:
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga")
    return re.sub(r"^\.", r"\\&.", text, flags=re.MULTILINE)


def _prose(text: str) -> Iterator[str]:
    """The paragraphs of a help text; what stands after a \\b is kept line by line, as click does."""
    for paragraph in re.split(r"\n\s*\n", text):
        if paragraph.startswith("\b\n"):
            heading, _, body = paragraph[2:].partition("\n")
            yield f".PP\n{_escaped(heading.strip())}\n.nf\n{_escaped(body)}\n.fi\n"
        elif paragraph.strip():
            yield f".PP\n{_escaped(' '.join(paragraph.split()))}\n"


def _options(context: click.Context) -> Iterator[str]:
    for parameter in context.command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None and record[1]:
            yield f".TP\n.B {_escaped(record[0])}\n{_escaped(' '.join(record[1].split()))}\n"


def _section(name: str) -> Iterator[str]:
    context = _context(name)
    command = context.command
    yield f".SH {_escaped(f'migaddr {name}'.upper())}\n"
    yield f".B migaddr {_escaped(name)}\n{_escaped(' '.join(command.collect_usage_pieces(context)))}\n"
    yield from _prose(_help_of(command))
    yield from _options(context)


def _help_of(command: click.Command) -> str:
    return inspect.cleandoc(command.help or "")


def manual() -> str:
    """The manual page migaddr(1), in the macros of man(7)."""
    context = _context(None)
    parts = [
        f'.TH MIGADDR 1 "" "migaddr {__version__}" "User Commands"\n',
        ".SH NAME\nmigaddr \\- QEMU migration addresses, exactly as each QEMU release reads them\n",
        ".SH SYNOPSIS\n.B migaddr\n[OPTIONS] COMMAND [ARGS]...\n",
        ".SH DESCRIPTION\n",
        *_prose(_help_of(context.command)),
        ".SH OPTIONS\n",
        *_options(context),
        ".SH COMMANDS\n",
    ]
    for name, command in commands().items():
        parts.append(f".TP\n.B {_escaped(name)}\n{_escaped(command.get_short_help_str(limit=200))}\n")
    for name in commands():
        parts += _section(name)
    parts.append(".SH SEE ALSO\n.BR qemu (1)\n")
    return "".join(parts)


def completion(shell: str) -> str:
    """What a shell reads to complete `migaddr`: it asks the program itself."""
    kind = get_completion_class(shell)
    assert kind is not None
    script = kind(group, {}, "migaddr", "_MIGADDR_COMPLETE")
    return (script.source_template % script.source_vars()).strip() + "\n"


def files() -> dict[Path, str]:
    """Every file below share/, and what belongs into it."""
    made = {SHARE / "man/man1/migaddr.1": manual()}
    return made | {SHARE / place: completion(shell) for shell, place in COMPLETIONS.items()}
