"""The options `-incoming` of a whole command line, and what they add up to.

    argv     = *(program | option)
    option   = ("-" | "--") name [value]      ; a value where the option has one, whatever it looks like

Up to 9.2 the last value counts, and no other is looked at. Since 10.0 each is read, and the last of each
channel type counts; `defer` and a URI stand for the main channel.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

from migaddr.errors import AddressError, InexpressibleError, ParseError
from migaddr.incoming import text as values
from migaddr.incoming.text import DEFER, Defer, Form
from migaddr.model import ADDRESS_TYPES, ChannelType, MigrateAddress, MigrateChannel
from migaddr.releases import Release

Slots: TypeAlias = tuple[MigrateChannel | Defer, ...]
"""What several options add up to: one main channel, or DEFER in its place, and the channels beside it."""

_OPTION: Final = "incoming"
_FLAGS: Final = frozenset(
    [
        "S",
        "async-teardown",
        "audio-help",
        "daemonize",
        "enable-kvm",
        "enable-sync-profile",
        "full-screen",
        "h",
        "help",
        "jitdump",
        "mem-prealloc",
        "no-acpi",
        "no-fd-bootchk",
        "no-hpet",
        "no-reboot",
        "no-shutdown",
        "no-user-config",
        "nodefaults",
        "nographic",
        "old-param",
        "only-migratable",
        "perfmap",
        "portrait",
        "preconfig",
        "s",
        "semihosting",
        "singlestep",
        "snapshot",
        "usb",
        "version",
        "win2k-hack",
        "xen-attach",
        "xen-domid-restrict",
    ]
)
"""The options without a value, in any release from 7.2 to 11.1: none of them has one in another."""


def read_argv(items: Iterable[str], release: Release) -> Slots | Defer:
    """Read a command line: see `migaddr.incoming.parse_argv`."""
    found = _values(items)
    if not release.incoming_takes_channels:
        return values.read_value(found[-1], release) if found else ()
    slots: dict[ChannelType, MigrateChannel | Defer] = {}
    for text in found:
        value = values.read_value(text, release)
        if value is DEFER:
            slots[ChannelType.MAIN] = DEFER
        else:
            slots |= {channel.channel_type: channel for channel in value}
    if slots == {ChannelType.MAIN: DEFER}:
        return DEFER
    return tuple(slots[kind] for kind in ChannelType if kind in slots)


def _values(items: Iterable[str]) -> list[str]:
    if isinstance(items, str) or not isinstance(items, Iterable):
        hint = "parse_shell reads a shell command" if isinstance(items, str) else None
        raise ParseError(f"arguments are a list of str, not {type(items).__name__}", "", 0, 0, hint=hint)
    found: list[str] = []
    argv = iter(items)
    for item in argv:
        if not isinstance(item, str):
            raise ParseError(f"an argument is a str, not {type(item).__name__}", "", 0, 0)
        if not item.startswith("-"):
            continue
        name = item[2:] if item.startswith("--") else item[1:]
        if name.startswith(f"{_OPTION}="):
            hint = f"write -incoming {name[len(_OPTION) + 1 :]}, as two arguments"
            raise ParseError(
                "QEMU knows no '=' behind an option", item, 0, len(item), "invalid option", hint=hint
            )
        if name in _FLAGS:
            continue
        value = next(argv, None)
        if name == _OPTION:
            if value is None:
                raise ParseError("the value is missing", item, len(item), len(item), "requires an argument")
            found.append(value)
    return found


def write_argv(
    value: MigrateAddress | Sequence[MigrateChannel | Defer] | Defer, form: Form | None, release: Release
) -> list[str]:
    """Write the arguments: see `migaddr.incoming.format_argv`."""
    items = as_items(value)
    channels = tuple(item for item in items if isinstance(item, MigrateChannel))
    kinds = [item.channel_type if isinstance(item, MigrateChannel) else ChannelType.MAIN for item in items]
    if len(items) > 1 and not release.incoming_takes_channels:
        raise InexpressibleError(channels, values.target(release), "only the last -incoming counts")
    for kind in ChannelType:
        if kinds.count(kind) > 1:
            reason = f"of several {kind.value} channels only the last counts"
            raise InexpressibleError(channels, values.target(release), reason)
    written: list[str] = []
    for item in items:
        text = values.write_value(item, form, release) if isinstance(item, MigrateChannel) else item.value
        written += [f"-{_OPTION}", text]
    return written


def as_items(value: MigrateAddress | Sequence[MigrateChannel | Defer] | Defer) -> Slots:
    """Give what is to be written as a tuple; an address is one main channel.

    :raises AddressError: it is nothing of the kind.
    """
    if isinstance(value, Defer):
        return (value,)
    if isinstance(value, ADDRESS_TYPES):
        return (MigrateChannel(ChannelType.MAIN, value),)
    if isinstance(value, Sequence) and all(isinstance(item, (MigrateChannel, Defer)) for item in value):
        return tuple(value)
    raise AddressError("channels", "must be DEFER, an address, or a sequence of MigrateChannel")
