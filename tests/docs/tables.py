"""The tables of the pages that are made from data; `tools/make-tables` writes them where they belong.

A table stands between `<!-- made by tools/make-tables: NAME -->` and `<!-- end -->`.
"""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

from migaddr import (
    DRAFT_V1,
    DRAFT_V2,
    DRAFT_V3,
    DRAFT_V4,
    LATEST,
    QAPI,
    RELEASES,
    RFC,
    ChannelType,
    CommandError,
    Dialect,
    ExecAddress,
    FdAddress,
    FileAddress,
    InetAddress,
    InexpressibleError,
    Migrate,
    MigrateAddress,
    MigrateChannel,
    ParseError,
    RdmaAddress,
    TransportError,
    UnixAddress,
    VsockAddress,
    WireError,
    channels_from_qmp,
    channels_to_qmp,
    cloud_hypervisor,
    command_from_qmp,
    exec_address,
    format_uri,
    hmp,
    incoming,
    libvirt,
    parse_json,
    parse_uri,
    stratovirt,
    uri_surprises,
)
from migaddr.cli import releases as releases_command
from migaddr.transport import tcp

DOCS: Final = Path(__file__).parents[2] / "docs"
Round: TypeAlias = Callable[[MigrateAddress], object]
"""Writes an address, reads it again, and gives what was read: an address, or channels."""

MEMBERS: Final[Mapping[str, MigrateAddress]] = {
    "inet: host (an IPv4 address) and port": InetAddress("10.0.0.2", "80"),
    "inet: host (a name)": InetAddress("h", "80"),
    "inet: an IPv6 host": InetAddress("::1", "80"),
    "inet: no host": InetAddress("", "80"),
    "inet: to": InetAddress("h", "80", to=90),
    "inet: ipv4, ipv6": InetAddress("h", "80", ipv4=True, ipv6=False),
    "inet: keep-alive": InetAddress("h", "80", keep_alive=True),
    "inet: keep-alive-count, -idle, -interval": InetAddress("h", "80", keep_alive_count=3),
    "inet: mptcp": InetAddress("h", "80", mptcp=True),
    "inet: numeric": InetAddress("h", "80", numeric=True),
    "unix: path": UnixAddress("/run/m.sock"),
    "unix: a path that is not absolute": UnixAddress("m.sock"),
    "unix: abstract": UnixAddress("m", abstract=True),
    "vsock: cid, port": VsockAddress("3", "80"),
    "fd: name": FdAddress("mig"),
    "exec: a shell's command": exec_address("cat"),
    "exec: any arguments": ExecAddress(("/bin/cat",)),
    "file: filename": FileAddress("/snap"),
    "file: offset": FileAddress("/snap", offset=4096),
    "rdma: host and port": RdmaAddress(InetAddress("h", "80")),
}
"""What an address may have, each with an address that has it."""


def _uri(release: str) -> Round:
    return lambda address: parse_uri(format_uri(address, release), release)


def _json(dialect: Dialect[Any], release: str) -> Round:
    def again(address: MigrateAddress) -> object:
        channels = (MigrateChannel(ChannelType.MAIN, address),)
        read = channels_from_qmp(
            channels_to_qmp(channels, dialect, release=release), dialect, release=release
        )
        (channel,) = read
        return channel.addr

    return again


def _hmp(address: MigrateAddress) -> object:
    return hmp.parse(hmp.format(Migrate(address))).target


def _incoming(address: MigrateAddress) -> object:
    read = incoming.parse(incoming.format(address))
    assert isinstance(read, tuple)
    return read[0].addr


SPELLINGS: Final[Mapping[str, Round]] = {
    "uri, 7.2": _uri("7.2"),
    "uri, 10.0": _uri("10.0"),
    "uri, 11.1": _uri("11.1"),
    "channels, 8.2": _json(QAPI, "8.2"),
    "channels, 11.1": _json(QAPI, "11.1"),
    "hmp": _hmp,
    "-incoming": _incoming,
    "rfc": _json(RFC, "8.2"),
    "draft-v1": _json(DRAFT_V1, "8.2"),
    "draft-v2": _json(DRAFT_V2, "8.2"),
    "draft-v3": _json(DRAFT_V3, "8.2"),
    "draft-v4": _json(DRAFT_V4, "8.2"),
    "libvirt": lambda address: libvirt.parse(libvirt.format(address)),
    "cloud-hypervisor": lambda address: cloud_hypervisor.parse(cloud_hypervisor.format(address)),
    "StratoVirt": lambda address: stratovirt.parse(stratovirt.format(address)),
}


def says(spelling: str, member: str) -> bool:
    """Tell whether this spelling can say this: it is written, and what is read again is the same address."""
    address = MEMBERS[member]
    try:
        read = SPELLINGS[spelling](address)
    except InexpressibleError:
        return False
    assert read == address, (spelling, address, read)
    return True


def _markdown(rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    lines.insert(1, "| " + " | ".join(["---"] * len(rows[0])) + " |")
    return "\n".join(lines) + "\n"


def releases() -> str:
    """What each release takes: `migaddr releases`, with the releases in which something changes."""
    rows = [["", "since which release"]]
    for name in releases_command._facts(LATEST):
        cells = zip(RELEASES, releases_command._row(name), strict=True)
        changes = [
            f"**{release}** {text.replace('*', chr(92) + '*')}" for release, text in cells if text != "."
        ]
        rows.append([name, "; ".join(changes)])
    return _markdown(rows)


def members() -> str:
    """What each spelling can say."""
    rows = [
        [member, *("yes" if says(spelling, member) else "–" for spelling in SPELLINGS)] for member in MEMBERS
    ]
    names = (f"`{name}`" if name.startswith("-") else name for name in SPELLINGS)
    return _markdown([["", *names], *rows])


def reading() -> str:
    """What `python -m tests.benchmarks.compare --json` wrote, as a table."""
    data = json.loads((DOCS / "data" / "reading.json").read_text())
    rows = [["", f"Python {data['python']}", "ratio"]]
    lengths = False
    for table in data["tables"]:
        if table["title"] == "length":
            if not lengths:
                rows.append(["**the length of the text**", "", "for each kilobyte"])
                lengths = True
            kilobyte = table["seconds"] / table["bytes"] * 1e9
            what = f"{table['shape']}, {table['bytes']} bytes"
            rows.append([what, f"{table['seconds'] * 1e6:.2f} µs", f"{kilobyte:.2f} µs"])
            continue
        rows.append([f"**{table['title']}**", "", f"to {table['of']}"])
        scale, unit = (1e3, "ms") if table["title"] == "import" else (1e6, "µs")
        for name, seconds in table["seconds"].items():
            rows.append(
                [name, f"{seconds * scale:.2f} {unit}", f"{seconds / table['seconds'][table['of']]:.2f}"]
            )
    return _markdown(rows)


_FAMILIES: Final[Mapping[int, str]] = {
    socket.AF_UNSPEC: "any",
    socket.AF_INET: "IPv4",
    socket.AF_INET6: "IPv6",
}


def families() -> str:
    """Which family `ipv4` and `ipv6` choose for a host that has a name, by the transport itself."""
    values = {"absent": None, "on": True, "off": False}
    rows = [["", *(f"ipv6 {name}" for name in values)]]
    for name, ipv4 in values.items():
        row = [f"**ipv4 {name}**"]
        for ipv6 in values.values():
            try:
                row.append(_FAMILIES[tcp._family(InetAddress("h", "80", ipv4=ipv4, ipv6=ipv6))])
            except TransportError:
                row.append("an error")
        rows.append(row)
    return _markdown(rows)


_BLK: Final = '{"execute": "migrate", "arguments": {"uri": "tcp:h:4446", "blk": true}}'
_DETACH: Final = '{"execute": "migrate", "arguments": {"uri": "tcp:h:4446", "detach": true}}'
SYMPTOMS: Final[Mapping[str, str]] = {
    "tcp:h:4446,keepalive": "It is `keep-alive`; [options have a grammar now](uri-grammar.md).",
    "tcp:[::1]:4446,ipv6": "Nothing to do; it is [`ipv6=on`](howto/ipv6.md).",
    "tcp:fe80::1:4446": "[Put it in brackets](howto/ipv6.md).",
    _BLK: "Gone in 9.1, like `inc`; [mirror the disks](rules/MIG105.md).",
    "migrate -d -b tcp:h:4446": "The same at the human monitor; `-d` stays.",
    _DETACH: "Gone in 11.0: leave it out. [Arguments by release](commands.md).",
    "x-rdma:h:4446": "[It is `rdma:`](rules/MIG117.md), in every release.",
    "rdma:h": "[Give it a port](rules/MIG110.md).",
    "exec:gzip -c >/tmp/x.gz": "Nothing to do; [without a shell](howto/exec-without-a-shell.md) it is safer.",
}
"""What people come with, and what they should know of it; the front page shows it."""


def _answer(text: str) -> str:
    """What the latest release makes of it, in its own words if it has some."""
    try:
        if text.startswith("{"):
            command_from_qmp(parse_json(text))
        elif text.startswith("migrate "):
            hmp.parse(text)
        else:
            parse_uri(text)
    except (CommandError, ParseError, WireError) as error:
        return "it dies" if error.crashes_qemu else f"`{error.qemu_message}`"
    return "; ".join(surprise.message for surprise in uri_surprises(text)) or "it is read as ever"


def symptoms() -> str:
    """What people come with, and what becomes of it."""
    rows = [["you have", f"QEMU {LATEST}", "what to do"]]
    return _markdown([*rows, *([f"`{text}`", _answer(text), what] for text, what in SYMPTOMS.items())])


TABLES: Final[Mapping[str, Callable[[], str]]] = {
    "releases": releases,
    "members": members,
    "reading": reading,
    "families": families,
    "symptoms": symptoms,
}
_PLACE: Final = re.compile(r"(<!-- made by tools/make-tables: (\w+) -->\n)(.*?)(<!-- end -->\n)", re.DOTALL)


def with_tables(page: str) -> str:
    """Give the text of a page with its tables made anew."""
    return _PLACE.sub(lambda found: f"{found[1]}\n{TABLES[found[2]]()}\n{found[4]}", page)


def names(page: str) -> list[str]:
    """The names of the tables of a page."""
    return [found[2] for found in _PLACE.finditer(page)]
