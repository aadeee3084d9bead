"""All that knows the JSON of QMP: reading it strictly, writing it, and the dialects it comes in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar, overload

from migaddr.errors import AddressError
from migaddr.model import MigrateAddress, MigrateChannel, SocketAddress
from migaddr.qmp.dialect import Dialect, as_dialect
from migaddr.qmp.qapi import QAPI
from migaddr.qmp.wire import JsonObject, JsonValue
from migaddr.releases import LATEST, ReleaseLike, as_release

__all__ = [
    "QAPI",
    "Dialect",
    "JsonObject",
    "JsonValue",
    "address_from_qmp",
    "address_to_qmp",
    "addresses_from_query_migrate",
    "channels_from_qmp",
    "channels_to_qmp",
    "parse_json",
]

_Channels = TypeVar("_Channels")


def parse_json(text: str) -> JsonValue:
    """Read one JSON value, strictly, for the functions here.

    :raises ParseError: the text is no JSON value as RFC 8259 has it, names a member twice (as QEMU's reader
        refuses), holds NaN or Infinity, or is nested deeper than 1024, which QEMU does not read (Python's
        own limit may be a little lower). Where only quotes are wrong, the first wrong one is at fault and
        the hint is the repaired text.
    """
    from migaddr.qmp.json_text import read_json  # importing migaddr imports no json

    return read_json(text)


def address_from_qmp(
    value: object,
    dialect: Dialect[object] = QAPI,
    *,
    release: ReleaseLike = LATEST,
) -> MigrateAddress:
    """Read one `addr` object, as `json.loads` or `parse_json` gives it, strictly.

    Paths in errors are those of QEMU, where the address stands in the first channel
    (`channels[0].addr.port`).

    :raises WireError: the release refuses the object, or migaddr does where docs/supported.md says so.
    :raises UnknownReleaseError: as `Release.parse`.
    """
    return as_dialect(dialect).read_address(value, as_release(release))


def address_to_qmp(
    address: MigrateAddress,
    dialect: Dialect[object] = QAPI,
    *,
    release: ReleaseLike = LATEST,
) -> JsonObject:
    """Write one `addr` object; reading it gives the same address again.

    :raises InexpressibleError: the release or the dialect has no such transport or member, or a text in
        it is not Unicode, which JSON cannot carry.
    :raises UnknownReleaseError: as `Release.parse`.
    """
    return as_dialect(dialect).write_address(address, as_release(release))


def addresses_from_query_migrate(
    answer: object, *, release: ReleaseLike = LATEST
) -> tuple[SocketAddress, ...]:
    """Read where an incoming migration listens, from the answer to `query-migrate` or the whole reply.

    The order is QEMU's, newest first; without `socket-address` the result is empty. To listen on port 0
    and learn where the source must connect, take the port from here.

    :raises WireError: this is no such answer. The text of HMP's `info migrate` is refused as well: it drops
        the brackets of an IPv6 address.
    :raises UnknownReleaseError: as `Release.parse`.
    """
    from migaddr.qmp.query_migrate import read_query_migrate  # few programs ask

    return read_query_migrate(answer, as_release(release))


def channels_from_qmp(
    value: object,
    dialect: Dialect[object] = QAPI,
    *,
    release: ReleaseLike = LATEST,
) -> tuple[MigrateChannel, ...]:
    """Read the value of `channels`, a list; in DRAFT_V1 to DRAFT_V3 that of `channel`, one object.

    `qemu_message` is the answer to `migrate` (which alone takes several channels), or to
    `migrate-incoming` where `migrate` cannot take channels yet (8.2.0 and 8.2.1).

    :raises WireError: the release refuses the value, dies of it, or migaddr refuses it where
        docs/supported.md says so.
    :raises UnknownReleaseError: as `Release.parse`.
    """
    return as_dialect(dialect).read_channels(value, as_release(release))


@overload
def channels_to_qmp(
    channels: Sequence[MigrateChannel], *, release: ReleaseLike = LATEST
) -> list[JsonValue]: ...
@overload
def channels_to_qmp(
    channels: Sequence[MigrateChannel],
    dialect: Dialect[_Channels],
    *,
    release: ReleaseLike = LATEST,
) -> _Channels: ...
def channels_to_qmp(
    channels: Sequence[MigrateChannel],
    dialect: Dialect[object] = QAPI,
    *,
    release: ReleaseLike = LATEST,
) -> object:
    """Write the value of `channels`, a list; in DRAFT_V1 to DRAFT_V3 that of `channel`, one object.

    :raises InexpressibleError: the release or the dialect does not take this list or an address in it.
    :raises AddressError: this is no sequence of MigrateChannel.
    :raises UnknownReleaseError: as `Release.parse`.
    """
    if not isinstance(channels, Sequence) or not all(
        isinstance(channel, MigrateChannel) for channel in channels
    ):
        raise AddressError("channels", "must be a sequence of MigrateChannel")
    return as_dialect(dialect).write_channels(tuple(channels), as_release(release))
