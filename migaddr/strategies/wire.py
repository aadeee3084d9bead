"""JSON as QMP carries it: valid, and broken at one place."""

from __future__ import annotations

from typing import NamedTuple, final

from hypothesis import strategies as st

from migaddr.commands import command_to_qmp
from migaddr.generation.breaks import break_channels, break_command
from migaddr.qmp import JsonObject, JsonValue, address_to_qmp, channels_to_qmp
from migaddr.releases import LATEST, ReleaseLike, as_release
from migaddr.strategies.addresses import CommandName, Kind, addresses, channel_lists, commands
from migaddr.strategies.texts import Drawn


def qmp_addresses(*kinds: Kind, release: ReleaseLike = LATEST) -> st.SearchStrategy[JsonObject]:
    """Draw `addr` objects of these kinds, or of all, that the release takes.

    :raises MigaddrError: there is no such kind of address.
    :raises UnknownReleaseError: as `Release.parse`.
    """
    known = as_release(release)
    carried = addresses(*kinds, release=known, expressible=True, form="channels")
    return carried.map(lambda address: address_to_qmp(address, release=known))


def qmp_channels(release: ReleaseLike = LATEST) -> st.SearchStrategy[list[JsonValue]]:
    """Draw values of `channels` that `migrate` of this release takes; up to 8.1 there is nothing to draw.

    :raises UnknownReleaseError: as `Release.parse`.
    """
    known = as_release(release)
    return channel_lists(known).map(lambda channels: channels_to_qmp(channels, release=known))


def qmp_commands(*names: CommandName, release: ReleaseLike = LATEST) -> st.SearchStrategy[JsonObject]:
    """Draw whole commands of these names, or of all, that this release takes.

    :raises MigaddrError: there is no such command.
    :raises UnknownReleaseError: as `Release.parse`.
    """
    known = as_release(release)
    return commands(*names, release=known).map(lambda command: command_to_qmp(command, release=known))


@final
class Broken(NamedTuple):
    """JSON that a release refuses, because it is wrong at one place."""

    value: JsonValue
    path: str
    """Where, in QEMU's notation: `channels[0].addr.port`. It is known without reading the value."""
    valid: JsonValue
    """What it was before."""


def broken_qmp_channels(release: ReleaseLike = LATEST) -> st.SearchStrategy[Broken]:
    """Draw values of `channels` that are wrong at one place; up to 8.1 there is nothing to draw.

    :raises UnknownReleaseError: as `Release.parse`.
    """
    return _broken_channels(qmp_channels(release))


@st.composite
def _broken_channels(draw: st.DrawFn, valid_ones: st.SearchStrategy[list[JsonValue]]) -> Broken:
    valid = draw(valid_ones)
    value, path = break_channels(Drawn(draw), valid)
    return Broken(value, path, valid)


def broken_qmp_commands(*names: CommandName, release: ReleaseLike = LATEST) -> st.SearchStrategy[Broken]:
    """Draw whole commands that are wrong at one place, which is no fault inside of a `uri`.

    :raises MigaddrError: there is no such command.
    :raises UnknownReleaseError: as `Release.parse`.
    """
    return _broken_commands(qmp_commands(*names, release=release))


@st.composite
def _broken_commands(draw: st.DrawFn, valid_ones: st.SearchStrategy[JsonObject]) -> Broken:
    valid = draw(valid_ones)
    value, path = break_command(Drawn(draw), valid)
    return Broken(value, path, valid)
