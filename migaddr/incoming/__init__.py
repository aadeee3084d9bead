"""The command-line option `-incoming`: its values, and the command lines that hold it.

A value is `defer`, a URI or, since QEMU 10.0, one channel as JSON or as `key=value,...`; the grammar is in
docs/dialects/incoming.md. Like every spelling beside URI and QMP, the module is imported by name.

>>> from migaddr import incoming
>>> incoming.format(incoming.parse("cpr,addr.transport=socket,addr.type=unix,addr.path=/run/cpr"))
'cpr,addr.transport=socket,addr.type=unix,addr.path=/run/cpr'
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from migaddr.errors import InexpressibleError
from migaddr.incoming import argv, shell
from migaddr.incoming import text as values
from migaddr.incoming.argv import Slots
from migaddr.incoming.text import DEFER, Defer, Form
from migaddr.model import MigrateAddress, MigrateChannel
from migaddr.releases import LATEST, ReleaseLike, as_release

__all__ = [
    "DEFER",
    "Defer",
    "Form",
    "Slots",
    "format",
    "format_argv",
    "format_shell",
    "parse",
    "parse_argv",
    "parse_shell",
]


def parse(text: str, release: ReleaseLike = LATEST) -> tuple[MigrateChannel, ...] | Defer:
    """Read one value of `-incoming`, as the program gets it: one channel, or DEFER.

    `qemu_message` is what QEMU prints behind `PROGRAM: -incoming VALUE: `, before it exits with status 1.
    What it checks only when it listens (a cpr channel must be a UNIX socket) is not looked at.

    :raises ParseError: the release refuses the text, or dies of it; JSON that is no JSON to QEMU as well.
    :raises WireError: JSON of the wrong shape; the path begins below the channel (`addr.port`).
    :raises UnknownReleaseError: as `Release.parse`.
    """
    return values.read_value(text, as_release(release))


def format(  # noqa: A001 -- every dialect has parse and format
    value: MigrateAddress | Sequence[MigrateChannel] | Defer,
    release: ReleaseLike = LATEST,
    *,
    form: Form | None = None,
) -> str:
    """Write one value of `-incoming`; reading it gives the same again.

    Without a form it is a URI where one says exactly this, else `key=value,...`, which can say whatever a
    channel can be.

    :raises InexpressibleError: no form, or not this one, says exactly this to this release; or there is not
        one channel (`format_argv` writes several).
    :raises AddressError: the value is nothing of the kind, or there is no such form.
    :raises UnknownReleaseError: as `Release.parse`.
    """
    known = as_release(release)
    values.check_form(form)
    items = argv.as_items(value)
    if len(items) != 1:
        channels = tuple(item for item in items if isinstance(item, MigrateChannel))
        reason = "one value is one channel; several are several options"
        raise InexpressibleError(channels, values.target(known), reason)
    return argv.write_argv(items, form, known)[1]


def parse_argv(items: Iterable[str], release: ReleaseLike = LATEST) -> Slots | Defer:
    """Read the options `-incoming` of a command line: its arguments, with or without the program.

    The main channel comes first. `defer` beside a cpr channel gives DEFER in its place; without any such
    option the result is empty.

    :raises ParseError: the release refuses a value (`text` is that value), or an option has none.
    :raises WireError: as `parse`.
    :raises UnknownReleaseError: as `Release.parse`.
    """
    return argv.read_argv(items, as_release(release))


def format_argv(
    value: MigrateAddress | Sequence[MigrateChannel | Defer] | Defer,
    release: ReleaseLike = LATEST,
    *,
    form: Form | None = None,
) -> list[str]:
    """Write the arguments, `-incoming` and a value for each channel.

    :raises InexpressibleError: as `format`; two of a type; several up to QEMU 9.2.
    :raises AddressError: as `format`.
    :raises UnknownReleaseError: as `Release.parse`.
    """
    known = as_release(release)
    values.check_form(form)
    return argv.write_argv(value, form, known)


def parse_shell(line: str, release: ReleaseLike = LATEST) -> Slots | Defer:
    """Read the options `-incoming` of a shell command, with the shell's quotes.

    :raises ParseError: as `parse_argv`; or a quote does not end, or a shell would replace or act on
        something.
    :raises WireError: as `parse`.
    :raises UnknownReleaseError: as `Release.parse`.
    """
    known = as_release(release)
    return argv.read_argv(shell.split(line), known)


def format_shell(
    value: MigrateAddress | Sequence[MigrateChannel | Defer] | Defer,
    release: ReleaseLike = LATEST,
    *,
    form: Form | None = None,
) -> str:
    """Write the options as they stand in a shell command, quoted where they must be.

    :raises InexpressibleError: as `format_argv`.
    :raises AddressError: as `format`.
    :raises UnknownReleaseError: as `Release.parse`.
    """
    return " ".join(map(shell.quote, format_argv(value, release, form=form)))
