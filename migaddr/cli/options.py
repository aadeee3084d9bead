"""What several sub-commands do with an option."""

from __future__ import annotations

import click

from migaddr.errors import UnknownReleaseError
from migaddr.releases import Release


def to_release(ctx: click.Context, param: click.Parameter, value: str | None) -> Release | None:
    """Turn the text of `--release` into a Release."""
    if value is None:
        return None
    try:
        return Release.parse(value)
    except UnknownReleaseError as error:
        raise click.BadParameter(str(error), ctx, param) from None
