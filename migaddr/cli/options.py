"""What several sub-commands do with an option, or with a URI."""

from __future__ import annotations

import click

from migaddr import carets
from migaddr.cli.streams import write_error
from migaddr.errors import UnknownReleaseError
from migaddr.releases import RELEASES, Release
from migaddr.uri import uri_surprises


def to_release(ctx: click.Context, param: click.Parameter, value: str | None) -> Release | None:
    """Turn the text of `--release` into a Release."""
    if value is None:
        return None
    try:
        return Release.parse(value)
    except UnknownReleaseError as error:
        raise click.BadParameter(str(error), ctx, param) from None


def complete_release(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:  # noqa: ARG001
    """Give the releases that a shell may offer for `--release`."""
    return [str(release) for release in RELEASES if str(release).startswith(incomplete)]


def warn_of_unknown(release: Release | None) -> None:
    """Say on standard error that a release is newer than the table, if it is."""
    if release is not None and not release.known:
        write_error(f"migaddr: QEMU {release} is not known: the nearest earlier release stands in for it")


def note_surprises(uri: str, release: Release) -> None:
    """Say on standard error what the URI means that its writer may not expect."""
    for surprise in uri_surprises(uri, release):
        place = carets.under(uri, surprise.start, surprise.end)
        write_error(f"migaddr: note: {carets.printable(surprise.message)}\n{place}")
