"""`migaddr explain`: what an address means, for a person."""

from __future__ import annotations

import itertools
import json
from typing import Final, TypeAlias

import click

from migaddr import carets
from migaddr.cli.formats import URI, Channels, read_text, write_value
from migaddr.cli.options import to_release
from migaddr.cli.streams import read_input, write_error
from migaddr.errors import InexpressibleError, MigaddrError, ParseError
from migaddr.model import MigrateAddress
from migaddr.qmp import DRAFT_V1, address_to_qmp, channels_to_qmp
from migaddr.releases import LATEST, RELEASES, Release
from migaddr.uri import Part, parse_uri, uri_parts, uri_surprises

Line: TypeAlias = tuple[str, str]  # text, rich style

_MEANINGS: Final = {
    "tcp": "a TCP socket",
    "rdma": "RDMA; QEMU uses host and port alone",
    "unix": "a UNIX domain socket",
    "vsock": "a virtio socket between host and guest",
    "fd": "a file descriptor that QEMU has open",
    "exec": "a command whose standard input or output is the stream",
    "file": "a file",
    "host": "name or address; empty: every address when listening, this machine when connecting",
    "port": "number or service name",
    "path": "all that follows the prefix, literally",
    "cid": "context id: 2 is the host, 1 this machine",
    "name": "name given to getfd, or incoming a number",
    "command": "run as /bin/sh -c COMMAND",
    "filename": "up to the first ',offset=', literally",
    "offset": "where the stream begins in the file, in bytes",
    "to": "last port that a listener tries",
    "ipv4": "whether to use IPv4",
    "ipv6": "whether to use IPv6",
    "numeric": "whether the host must be a numeric address",
    "keep-alive": "whether TCP probes a silent connection",
    "keep-alive-count": "probes before the connection counts as dead",
    "keep-alive-idle": "seconds of silence before the first probe",
    "keep-alive-interval": "seconds between probes",
    "mptcp": "whether to use multipath TCP",
    "ignored": "ignored",
    "dropped": "cut off",
}
_SHOWN: Final = 48  # characters of a part's text repeated beside its meaning


@click.command()
@click.option(
    "--release",
    callback=to_release,
    default=str(LATEST),
    show_default=True,
    metavar="R",
    help="Explain what QEMU R makes of it.",
)
@click.argument("value")
def command(release: Release, value: str) -> int:
    r"""Show what an address means: its parts, its structured form, and what other releases make of it.

    VALUE is a URI, or JSON: channels, one channel, its addr, or a channel of the December 2022 draft;
    - reads it from standard input.

    \b
    Examples:
      migaddr explain 'tcp:[::1]:4446,to=4450'
      migaddr explain --release 10.0 'tcp:fe80::1:4446,numeric'
      migaddr explain '{"channeltype": "main", "addr": {"transport": "rdma", "rdma-str": "h:1"}}'

    Exit status: 0 explained, 1 that release cannot read it, 2 wrong usage.
    """
    text = read_input().removesuffix("\n").removesuffix("\r") if value == "-" else value
    lines: list[Line] = []
    status = 0
    try:
        read_as, channels = read_text(text, None, release)
    except ParseError as error:
        if error.qemu_message is None and not error.crashes_qemu:  # no QEMU would ever see it
            write_error(f"migaddr: {error}")
            return 1
        lines += _refused(error, release) + _surprises(text, release) + _releases(text)
        status = 1
    except MigaddrError as error:
        write_error(f"migaddr: {error}")
        return 1
    else:
        if read_as == URI:
            lines += _parts(text, uri_parts(text, release))
            lines += _structured(channels, release, ("channels",))
            lines += _surprises(text, release) + _releases(text)
        else:
            lines += _structured(channels, release, ("URI", "channels", "draft of 2022"))
    _print(lines)
    return status


def _print(lines: list[Line]) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, soft_wrap=True)
    if lines[0] == ("", ""):
        del lines[0]
    for text, style in lines:
        console.print(Text(text, style=style))


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
        return f"{value}: {_MEANINGS[value]}"
    shown = carets.printable(value if len(value) <= _SHOWN else f"{value[:_SHOWN]}...")
    return f"{part.name}: {shown} ({_MEANINGS[part.name]})"


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
    return json.dumps(value, indent=2, ensure_ascii=False).split("\n")


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
    groups: list[tuple[Release, Release, MigrateAddress | ParseError]] = []
    for release in RELEASES:
        outcome: MigrateAddress | ParseError
        try:
            outcome = parse_uri(text, release)
        except ParseError as error:
            outcome = error
        if groups and _same(groups[-1][2], outcome):
            groups[-1] = (groups[-1][0], release, groups[-1][2])
        else:
            groups.append((release, release, outcome))
    if len(groups) == 1:
        return [("", ""), (f"Every release from {RELEASES[0]} to {LATEST} does the same.", "")]
    lines: list[Line] = [("", ""), ("What each release makes of it", "bold")]
    for first, last, outcome in groups:
        span = str(first) if first is last else f"{first} to {last}"
        lines.append((f"  {span:<12} {carets.printable(_outcome(outcome))}", ""))
    return lines


def _same(one: MigrateAddress | ParseError, other: MigrateAddress | ParseError) -> bool:
    if isinstance(one, ParseError) and isinstance(other, ParseError):
        return (one.qemu_message, one.crashes_qemu) == (other.qemu_message, other.crashes_qemu)
    return one == other


def _outcome(outcome: MigrateAddress | ParseError) -> str:
    if isinstance(outcome, ParseError):
        if outcome.crashes_qemu:
            return "crashes"
        return f"refuses: {carets.shortened(outcome.qemu_message or outcome.reason)}"
    try:
        return json.dumps(address_to_qmp(outcome), ensure_ascii=False)
    except InexpressibleError:
        return str(outcome)
