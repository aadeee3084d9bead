"""`migaddr explain`: what an address means, for a person."""

from __future__ import annotations

import io
import itertools
import json
import sys
from typing import Final, TypeAlias

import attrs
import click

from migaddr import carets
from migaddr.cli.formats import (
    URI,
    Channels,
    Value,
    detect_text,
    is_json,
    read_text,
    without_detach,
    write_value,
)
from migaddr.cli.meanings import KINDS, MEANINGS
from migaddr.cli.options import complete_release, to_release
from migaddr.cli.streams import argument, read_input, write_error, write_line
from migaddr.commands import (
    Command,
    Migrate,
    command_notices,
    command_to_qmp,
)
from migaddr.errors import InexpressibleError, MigaddrError, ParseError
from migaddr.incoming import Defer
from migaddr.model import ChannelType, MigrateChannel, RdmaAddress
from migaddr.qmp import address_to_qmp, channels_to_qmp
from migaddr.qmp.draft_v1 import DRAFT_V1
from migaddr.releases import LATEST, RELEASES, Release
from migaddr.uri import parse_uri, uri_parts, uri_surprises
from migaddr.uri.trace import Part

Line: TypeAlias = tuple[str, str]  # text, rich style

_SHOWN: Final = 48  # characters of a part's text repeated beside its meaning


@click.command()
@click.option(
    "--release",
    callback=to_release,
    shell_complete=complete_release,
    default=str(LATEST),
    show_default=True,
    metavar="R",
    help="Explain what QEMU R makes of it.",
)
@click.argument("value")
def command(release: Release, value: str) -> int:
    """Show what an address means: its parts, its structured form, and what other releases make of it.

    VALUE is a URI, JSON (a command, channels, one channel, its addr, or those of a draft), a line of the
    human monitor, or a value of -incoming; - reads it from standard input.

    \b
    Examples:
      migaddr explain 'tcp:[::1]:4446,to=4450'
      migaddr explain --release 10.0 'tcp:fe80::1:4446,numeric'
      migaddr explain 'migrate -d exec:cat'
      migaddr explain '{"channeltype": "main", "addr": {"transport": "rdma", "rdma-str": "h:1"}}'

    Exit status: 0 explained, 1 that release cannot read it, 2 wrong usage.
    """  # noqa: D301 -- click wants the character
    text = read_input().removesuffix("\n").removesuffix("\r") if value == "-" else argument(value)
    lines: list[Line] = []
    if not release.known:
        lines.append(
            (f"QEMU {release} is not known: the nearest earlier release stands in for it.", "yellow")
        )
    status = 0
    try:
        read_as, value_read = read_text(text, None, release)
    except ParseError as error:
        is_uri = not is_json(text) and detect_text(text) == URI
        if not is_uri or (error.qemu_message is None and not error.crashes_qemu):  # no QEMU would ever see it
            write_error(f"migaddr: {error}")
            return 1
        lines += _refused(error, release) + _surprises(text, release) + _releases(text)
        status = 1
    except MigaddrError as error:
        write_error(f"migaddr: {error}")
        return 1
    else:
        channels = _channels(value_read)
        if read_as == URI:
            lines += _parts(text, uri_parts(text, release))
            lines += _structured(channels, release, ("channels",))
            lines += _command(value_read, release)
            lines += _surprises(text, release) + _releases(text)
        elif not channels:
            lines.append(("defer: the address comes later, with the command migrate-incoming", ""))
        else:
            lines += _members(channels)
            lines += _structured(channels, release, ("URI", "channels", "draft of 2022"))
            lines += _command(value_read, release)
            lines += _takers(channels)
    _print(lines)
    return status


def _print(lines: list[Line]) -> None:
    from rich.console import Console
    from rich.text import Text

    if lines[0] == ("", ""):
        del lines[0]
    # rich decides on colours (NO_COLOR, FORCE_COLOR, TERM); the bytes go out as everywhere else
    terminal = True if sys.stdout.isatty() else None
    console = Console(file=io.StringIO(), force_terminal=terminal, highlight=False, soft_wrap=True)
    with console.capture() as capture:
        for text, style in lines:
            console.print(Text(text, style=style))
    write_line(capture.get().removesuffix("\n"))


def _channels(value: Value) -> Channels:
    """Give the channels of a value, whatever else it says."""
    if isinstance(value, tuple):
        return value
    if isinstance(value, Defer):
        return ()
    target = value.target
    return target if isinstance(target, tuple) else (MigrateChannel(ChannelType.MAIN, target),)


def _command(value: Value, release: Release) -> list[Line]:
    """Show the whole command for QMP, in the form that the release takes."""
    command: Command = Migrate(_channels(value)) if isinstance(value, (tuple, Defer)) else value
    lines: list[Line] = [("", ""), (f"The command for QEMU {release}", "bold")]
    try:
        shown = json.dumps(
            command_to_qmp(without_detach(command, release), release=release), ensure_ascii=False
        )
        lines.append((f"  {carets.printable(shown)}", ""))
    except InexpressibleError as error:
        lines.append((f"  {carets.printable(str(error))}", "yellow"))
    lines += [(f"  {notice}", "yellow") for notice in command_notices(command, release)]
    return lines


def _members(channels: Channels) -> list[Line]:
    """Name the members of every channel and what each means, as the parts of a URI are named."""
    lines: list[Line] = []
    for channel in channels:
        addr = channel.addr
        kind = KINDS[type(addr)]
        lines.append((f"{channel.channel_type.value} channel: {MEANINGS[kind]}", "bold"))
        part = addr.inet if isinstance(addr, RdmaAddress) else addr
        for field in attrs.fields(type(part)):
            value = getattr(part, field.name)
            if value is not None:
                name = field.name.replace("_", "-")
                shown = carets.printable(carets.shortened(json.dumps(value, ensure_ascii=False)))
                lines.append((f"  {name}: {shown} ({MEANINGS[name]})", ""))
    return lines


def _takers(channels: Channels) -> list[Line]:
    """Tell which releases take these channels, and why the others do not."""
    groups: list[tuple[Release, Release, str]] = []
    for release in RELEASES:
        try:
            channels_to_qmp(channels, release=release)
            said = "take it" if "uri" not in release.migrate.required else "take it in migrate-incoming alone"
        except InexpressibleError as error:
            said = error.reason.removeprefix(f"QEMU {release} ").removesuffix(";")
        if groups and groups[-1][2] == said:
            groups[-1] = (groups[-1][0], release, said)
        else:
            groups.append((release, release, said))
    return [("", ""), ("Which releases take the channels", "bold"), *_spans(groups)]


def _spans(groups: list[tuple[Release, Release, str]]) -> list[Line]:
    lines: list[Line] = []
    for first, last, said in groups:
        span = str(first) if first is last else f"{first} to {last}"
        lines.append((f"  {span:<12} {carets.printable(said)}", ""))
    return lines


def _parts(text: str, parts: tuple[Part, ...]) -> list[Line]:
    """Show the text, its parts underlined, and from each a line down to its meaning."""
    shown, places = "", []
    for start, end in _pieces(text, parts):
        places.append(carets.columns(shown))
        shown += carets.printable(carets.shortened(text[start:end]))
    places.append(carets.columns(shown))
    named = {part.start: part for part in parts if part.start < part.end}
    rows: list[tuple[int, Part]] = []
    rule = [" "] * places[-1]
    for (place, following), (start, _) in zip(itertools.pairwise(places), _pieces(text, parts), strict=True):
        part = named.get(start)
        if part is not None:
            rule[place:following] = "-" * (following - place)
            rows.append((place, part))
    lines: list[Line] = [(f"  {shown}", "bold"), (f"  {''.join(rule).rstrip()}", "cyan")]
    for index in range(len(rows) - 1, -1, -1):
        place, part = rows[index]
        bars = [" "] * place
        for earlier, _ in rows[:index]:
            bars[earlier] = "|"
        lines.append((f"  {''.join(bars)}{_meaning(text, part)}", ""))
    return lines


def _pieces(text: str, parts: tuple[Part, ...]) -> list[tuple[int, int]]:
    """Cut the text at the bounds of its parts."""
    bounds = sorted({0, len(text), *(p.start for p in parts), *(p.end for p in parts)})
    return list(itertools.pairwise(bounds))


def _meaning(text: str, part: Part) -> str:
    value = text[part.start : part.end]
    if part.name == "scheme":
        return f"{value}: {MEANINGS[value]}"
    shown = carets.printable(value if len(value) <= _SHOWN else f"{value[:_SHOWN]}...")
    return f"{part.name}: {shown} ({MEANINGS[part.name]})"


def _refused(error: ParseError, release: Release) -> list[Line]:
    first, *rest = str(error).split("\n")
    return [(f"QEMU {release} cannot read this: {first}", "bold red"), *((line, "") for line in rest)]


def _structured(channels: Channels, release: Release, forms: tuple[str, ...]) -> list[Line]:
    lines: list[Line] = []
    for form in forms:
        lines += [("", ""), (_HEADINGS[form].format(release=release), "bold")]
        try:
            lines += [(f"  {line}", "") for line in _written(channels, release, form)]
        except InexpressibleError as error:
            lines.append((f"  {carets.printable(str(error))}", "yellow"))
    return lines


_HEADINGS: Final = {
    "URI": "As a URI for every release that has its scheme",
    "channels": "As channels for QEMU {release}",
    "draft of 2022": "In the draft of December 2022",
}


def _written(channels: Channels, release: Release, form: str) -> list[str]:
    if form == "URI":
        return [carets.printable(str(write_value(channels, URI, None)))]
    value: object = (
        channels_to_qmp(channels, release=release)
        if form == "channels"
        else channels_to_qmp(channels, DRAFT_V1, release=release)
    )
    text = json.dumps(value, indent=2, ensure_ascii=False)
    if not text.replace("\n", "").isprintable():
        text = json.dumps(value, indent=2)
    return text.split("\n")


def _surprises(text: str, release: Release) -> list[Line]:
    surprises = uri_surprises(text, release)
    if not surprises:
        return []
    lines: list[Line] = [("", ""), (f"What QEMU {release} does without a word", "bold")]
    for surprise in surprises:
        lines += [(line, "") for line in carets.under(text, surprise.start, surprise.end).split("\n")]
        lines.append((f"    {surprise.message}", "yellow"))
    return lines


def _releases(text: str) -> list[Line]:
    """Group the releases by what they make of the URI."""
    groups: list[tuple[Release, Release, str]] = []
    for release in RELEASES:
        outcome = _outcome(text, release)
        if groups and groups[-1][2] == outcome:
            groups[-1] = (groups[-1][0], release, outcome)
        else:
            groups.append((release, release, outcome))
    if len(groups) == 1:
        return [("", ""), (f"Every release from {RELEASES[0]} to {LATEST} does the same.", "")]
    return [("", ""), ("What each release makes of it", "bold"), *_spans(groups)]


def _outcome(text: str, release: Release) -> str:
    try:
        address = parse_uri(text, release)
    except ParseError as error:
        if error.crashes_qemu:
            return "crashes"
        said = f"refuses: {carets.shortened(error.qemu_message or error.reason)}"
        return "; ".join([said, *(surprise.message for surprise in uri_surprises(text, release))])
    try:
        return json.dumps(address_to_qmp(address), ensure_ascii=False)
    except InexpressibleError:
        return str(address)
