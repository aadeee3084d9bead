"""The tables that are written by hand: what each row claims is tried, and no row is without a try."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import pytest

import migaddr
from migaddr import (
    ChannelType,
    ExecAddress,
    FdAddress,
    FileAddress,
    InetAddress,
    InexpressibleError,
    MigaddrError,
    MigrateAddress,
    MigrateChannel,
    ParseError,
    RdmaAddress,
    UnixAddress,
    VsockAddress,
    channels_from_qmp,
    channels_to_qmp,
    cloud_hypervisor,
    exec_address,
    format_uri,
    incoming,
    libvirt,
    parse_uri,
    strategies,
    stratovirt,
)
from tests.docs.blocks import ROOT

DOCS: Final = ROOT / "docs"
FAR = ("/bin/cat",)


def table(page: str, first: str) -> list[list[str]]:
    """The rows of the table whose first line begins so, without that line."""
    lines = (DOCS / page).read_text().splitlines()
    begin = next(at for at, line in enumerate(lines) if line.startswith(first))
    rows: list[list[str]] = []
    for line in lines[begin + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split(" | ")])
    return rows


def can(write: Callable[[], object]) -> bool:
    try:
        write()
    except InexpressibleError:
        return False
    return True


def inet(host: str = "h", port: str = "1", **options: bool | int | None) -> InetAddress:
    return InetAddress(host, port, **options)  # type: ignore[arg-type]  # the tests are right about them


AS_A_URI: Final[Mapping[str, list[MigrateAddress]]] = {
    "unix, abstract": [UnixAddress("m", abstract=True)],
    "unix, `abstract` or `tight` given without need": [
        UnixAddress("m", abstract=False), UnixAddress("m", tight=True),
    ],
    "unix, path empty": [UnixAddress("")],
    "inet, port empty": [inet(port="")],
    "inet, host has `:` or begins with `[`": [inet("::1"), inet("[x")],
    "inet, host longer than 64 bytes": [inet("h" * 65)],
    "inet, port longer than 32 bytes": [inet(port="1" * 33)],
    "inet, comma in the host": [inet("a,b")],
    "inet, comma in the port": [inet(port="1,2")],
    "inet, `=` in host or port": [inet("a=b"), inet(port="1=2")],
    "inet, `numeric`, `keep-alive-count`, `-idle`, `-interval`": [
        inet(numeric=True), inet(keep_alive_count=1), inet(keep_alive_idle=1), inet(keep_alive_interval=1),
    ],
    "inet, host exactly `unix`, `fd`, `vsock` or `tcp`": [inet(word) for word in ("unix", "fd", "vsock", "tcp")],
    "rdma": [RdmaAddress(inet())],
    "vsock, cid empty, with `:` or longer than 32 bytes": [
        VsockAddress(cid, "1") for cid in ("", "1:2", "1" * 33)
    ],
    "vsock, port empty, with `,` or longer than 32 bytes": [
        VsockAddress("1", port) for port in ("", "1,2", "1" * 33)
    ],
    "fd, name empty": [FdAddress("")],
    "exec, `/bin/sh -c COMMAND`": [exec_address("cat")],
    "exec, any other argument vector": [ExecAddress(FAR)],
    "file": [FileAddress("/f")],
    "file, name has `,offset=`": [FileAddress("/f,offset=1")],
}  # fmt: skip


def test_what_a_uri_can_say() -> None:
    rows = table("fidelity.md", "| address | up to 10.0 |")
    assert rows.pop()[0] == "a cpr channel, or several channels"
    assert [row[0] for row in rows] == list(AS_A_URI)
    for what, old, new in rows:
        for address in AS_A_URI[what]:
            for cell, releases in ((old, ("7.2", "8.1", "8.2", "10.0")), (new, ("10.1", "11.1"))):
                said = [release for release in releases if can(lambda a=address, r=release: format_uri(a, r))]  # type: ignore[misc]
                expected = {
                    "never": [],
                    "up to 8.1": ["7.2", "8.1"],
                    "since 8.2": ["8.2", "10.0"],
                }.get(cell.partition(":")[0], list(releases))
                assert said == expected, (what, address, cell)
                assert all(parse_uri(format_uri(address, release), release) == address for release in said)


def test_how_a_uri_says_it() -> None:
    written: dict[tuple[MigrateAddress, str], str] = {
        (inet("::1"), "10.0"): "tcp:[::1]:1", (inet("a,b"), "10.0"): "tcp:a,b:1", (inet("a,b"), "10.1"): "tcp:a,,b:1",
        (inet(port="1,2"), "10.1"): "tcp:h:1,,2", (inet("a=b"), "10.0"): "tcp:a=b:1", (inet("a=b"), "10.1"): "tcp:addr=a=b:1",
        (inet("unix"), "10.0"): "tcp:[unix]:1", (inet("unix"), "10.1"): "tcp:[unix]:1",
        (exec_address("cat"), "7.2"): "exec:cat",
    }  # fmt: skip
    assert {key: format_uri(*key) for key in written} == written
    for host in ("a]:b", "[a]:b"):
        assert not can(lambda host=host: format_uri(inet(host), "11.1"))  # type: ignore[misc]
    assert not can(lambda: format_uri(inet("a]b:"), "10.0"))


def main(address: MigrateAddress) -> tuple[MigrateChannel, ...]:
    return (MigrateChannel(ChannelType.MAIN, address),)


def test_what_channels_can_say() -> None:
    cpr = MigrateChannel(ChannelType.CPR, UnixAddress("/c"))
    two = (*main(inet()), cpr)
    tries: dict[str, list[tuple[tuple[MigrateChannel, ...], str, str]]] = {  # what, not by, but by
        "any, up to 8.1": [(main(inet()), "8.1", "8.2")],
        "inet with `keep-alive-count`, `-idle`, `-interval`, up to 10.0": [
            (main(address), "10.0", "10.1")
            for address in (inet(keep_alive_count=1), inet(keep_alive_idle=1), inet(keep_alive_interval=1))
        ],
        "a text that is not Unicode, or has a noncharacter (U+FFFE, U+FDD0, ...)": [
            (main(UnixAddress(path)), "11.1", "") for path in ("\udc80", "\ufffe", "\ufdd0")
        ],
        "a list without a main channel, or with two of a type": [
            ((cpr,), "11.1", ""), ((*two, cpr), "11.1", ""),
        ],
        "several channels up to 9.2, a cpr channel up to 9.2": [(two, "9.2", "10.0")],
    }  # fmt: skip
    assert [row[0] for row in table("fidelity.md", "| address | why not |")] == list(tries)
    for what, cases in tries.items():
        for channels, no, yes in cases:
            assert not can(lambda c=channels, r=no: channels_to_qmp(c, release=r)), what  # type: ignore[misc]
            assert (
                not yes or channels_from_qmp(channels_to_qmp(channels, release=yes), release=yes) == channels
            )


_SAID: Final[list[MigrateAddress]] = [
    UnixAddress("/m", abstract=True),
    UnixAddress("/m", abstract=False),
    UnixAddress("/m", tight=True),
]
ELSEWHERE: Final[Mapping[str, tuple[str, Callable[[MigrateAddress], str], Mapping[str, list[MigrateAddress]]]]] = {
    "cloud-hypervisor": (
        "dialects/cloud-hypervisor.md",
        cloud_hypervisor.format,
        {
            "rdma, vsock, fd, exec, file": [
                RdmaAddress(inet()), VsockAddress("1", "1"), FdAddress("m"), ExecAddress(FAR), FileAddress("/f"),
            ],
            "inet with `to`": [inet(to=2), inet(ipv4=True), inet(keep_alive=True), inet(mptcp=False)],
            "inet with a port": [inet(port="http"), inet(port="65536"), inet(port="01")],
            "inet with an empty host": [inet(""), inet(":]")],
            "unix, abstract": [*_SAID, UnixAddress("")],
            "what is not Unicode": [UnixAddress("/\udc80")],
            "a comma, quote": [],  # its own tests have `parameter`
        },
    ),
    "libvirt": (
        "dialects/libvirt.md",
        libvirt.format,
        {
            "exec, fd, vsock, file": [ExecAddress(FAR), FdAddress("m"), VsockAddress("1", "1"), FileAddress("/f")],
            "inet and rdma with `to`": [inet(to=2), inet(ipv4=True), RdmaAddress(inet(keep_alive=True))],
            "inet and rdma with a port": [inet(port="http"), inet(port="0"), inet(port="65536"), inet(port="01")],
            "inet and rdma with an empty host": [inet(""), RdmaAddress(inet(""))],
            "unix, abstract": [*_SAID, UnixAddress("")],
        },
    ),
    "StratoVirt": (
        "dialects/stratovirt.md",
        stratovirt.format,
        {
            "rdma, vsock, fd, exec": [RdmaAddress(inet()), VsockAddress("1", "1"), FdAddress("m"), ExecAddress(FAR)],
            "inet with a host": [inet("h"), inet("::1"), inet("")],
            "inet with an option": [
                inet("10.0.0.2", to=2), inet("10.0.0.2", "http"), inet("10.0.0.2", "65536"), inet("10.0.0.2", "01"),
            ],
            "a path with": [UnixAddress(path) for path in ("/a:b", "/a,b", "/a=b", "-a", "")],
            "unix, abstract": _SAID,
            "file with an offset": [FileAddress("/f", offset=1)],
            "what is not Unicode": [UnixAddress("/\udc80")],
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize("program", ELSEWHERE)
def test_what_other_programs_cannot_say(program: str) -> None:
    page, write, tries = ELSEWHERE[program]
    rows = table(page, "| address | |")
    assert len(rows) == len(tries)
    for (what, _), (begin, addresses) in zip(rows, tries.items(), strict=True):
        assert what.startswith(begin)
        assert [address for address in addresses if can(lambda a=address: write(a))] == [], what  # type: ignore[misc]


STRICTER: Final[Mapping[str, tuple[Callable[[str], object], list[list[str]]]]] = {
    "dialects/libvirt.md": (
        libvirt.parse,
        [
            ["tcp://user@h:1", "tcp://h:1/path", "tcp://h:1?query", "tcp://h:1#fragment"],
            ["unix://tmp/m"], ["tcp://h:65537"], ["tcp://[name]:1"], ["unix:///a%00b"],
        ],
    ),
    "dialects/stratovirt.md": (
        stratovirt.parse, [["file:/x,mapped=true,more"], ["unix:"], ["unix:/x=mapped=false"]],
    ),
}  # fmt: skip


@pytest.mark.parametrize("page", STRICTER)
def test_where_we_are_stricter_than_other_programs(page: str) -> None:
    read, tries = STRICTER[page]
    rows = table(page, "| text | ")
    assert len(rows) == len(tries)
    for row, texts in zip(rows, tries, strict=True):
        assert row[2].startswith("ParseError")
        for text in texts:
            with pytest.raises(ParseError):
                read(text)


def test_where_we_are_stricter_than_qemu() -> None:
    file = '{"transport": "file", "filename": "/f", "offset": %s}'
    tries: dict[str, list[str]] = {
        "`offset` of -1": [file % "-1"],
        "`args: []`": ['{"transport": "exec", "args": []}'],
        "a list with only a cpr": [
            '[{"channel-type": "cpr", "addr": {"transport": "exec", "args": ["/c"]}}]'
        ],
        "`exec-oob`": ['{"exec-oob": "migrate-recover", "arguments": {"uri": "tcp:h:1"}}'],
        "`\\u0000`": ['{"transport": "socket", "type": "unix", "path": "a\\u0000"}'],
        "JSON strings in single": ["{'transport': 'exec', 'args': ['/c']}", '{"transport": "\\\'"}'],
        "a NUL or a negative": [],  # which of two faults is named, the tests of channels have
        "JSON nested deeper": ["[" * 100_000 + "]" * 100_000],
    }
    rows = table("supported.md", "| input | QEMU |")
    for row, (begin, texts) in zip(rows, tries.items(), strict=True):
        assert row[0].startswith(begin)
        for text in texts:
            with pytest.raises(MigaddrError) as raised:
                _read(text)
            assert type(raised.value).__name__ in row[2], begin


def _read(text: str) -> object:
    value = migaddr.parse_json(text)
    if isinstance(value, list):
        return channels_from_qmp(value)
    assert isinstance(value, dict)
    return migaddr.address_from_qmp(value) if "transport" in value else migaddr.command_from_qmp(value)


def _names(cells: list[str]) -> set[str]:
    return {name for cell in cells for name in re.findall(r"`(\w[\w-]*)", cell)}


def test_every_code_of_a_surprise_is_in_the_grammar() -> None:
    uri = Path(migaddr.__file__).parent / "uri"
    sources = "".join(path.read_text() for path in uri.glob("*.py"))
    codes = _names([row[0] for row in table("uri-grammar.md", "| code | what |")])
    options = {"keep-alive", "keep-alive-count", "keep-alive-idle", "keep-alive-interval"}
    assert codes == set(re.findall(r'"([a-z]+(?:-[a-z]+)+)"', sources)) - options


def test_every_strategy_and_every_error_of_a_peer_is_on_its_page() -> None:
    types = {"Broken", "CommandName", "Form", "Kind", "NearMiss", "Template"}
    rows = table("strategies.md", "| `migaddr.strategies` |")
    assert _names([row[0] for row in rows]) == set(strategies.__all__) - types
    errors = {cls.__name__ for cls in migaddr.PeerError.__subclasses__()} | {"PeerError"}
    assert _names([row[0] for row in table("live-peer.md", "| error |")]) == errors


_COMMANDS: Final = {
    "migrate": ("uri", "channels", "channel", "blk", "inc", "detach", "resume"),
    "migrate-incoming": ("uri", "channels", "channel", "exit-on-error"),
    "migrate-recover": ("uri", "channels", "channel"),
}


def test_the_arguments_of_the_drafts() -> None:
    """Of each draft: a release with every flag, so that what is refused is not the draft's."""
    shown = {
        name: cells
        for names, *cells in table("dialects/drafts.md", "| | `migrate` |")
        for name in _range(names)
    }
    assert list(shown) == ["RFC", "DRAFT_V1", "DRAFT_V2", "DRAFT_V3", "DRAFT_V4"]
    for name, cells in shown.items():
        dialect = getattr(migaddr, name)
        for (command, arguments), cell in zip(_COMMANDS.items(), cells, strict=True):
            known = [argument for argument in arguments if not _unexpected(command, argument, dialect)]
            assert known == cell.replace("*", "").split(", "), (name, command)


def _range(cell: str) -> list[str]:
    names = re.findall(r"`(\w+)`", cell)
    return names if len(names) == 1 else ["DRAFT_V1", "DRAFT_V2", "DRAFT_V3"]


def _unexpected(command: str, argument: str, dialect: migaddr.Dialect[object]) -> bool:
    values: dict[str, migaddr.JsonValue] = {"uri": "fd:x", "channel": {}, "channels": []}
    arguments: migaddr.JsonObject = {"uri": "fd:x", argument: values.get(argument, True)}
    try:
        migaddr.command_from_qmp({"execute": command, "arguments": arguments}, dialect, release="8.2")
    except migaddr.WireError as error:
        return "is unexpected" in error.reason
    except MigaddrError:  # there is one of them already
        return False
    return False


def test_where_incoming_is_stricter_than_qemu() -> None:
    texts = [
        '{"channel-type": "main", "addr": {"transport": "file", "filename": "/f", "offset": -1}}',
        '{"channel-type": "main", "addr": {"transport": "socket", "type": "unix", "path": "a\\u0000"}}',
    ]
    rows = table("dialects/incoming.md", "| input | QEMU |")
    for row, text in zip(rows, texts, strict=True):
        assert row[2].startswith("WireError")
        with pytest.raises(migaddr.WireError):
            incoming.parse(text)


def test_every_error_has_an_example() -> None:
    """A heading of its own, or, where it is a kind of another, a word in that one's section; and each page of code runs."""
    page = (DOCS / "reference" / "errors.md").read_text()
    headings = set(re.findall(r"^## (\w+Error): ", page, re.MULTILINE))
    names = {name for name in migaddr.__all__ if name.endswith("Error")} - {"MigaddrError"}
    kinds = {cls.__name__ for cls in migaddr.PeerError.__subclasses__()}
    assert headings == names - kinds
    for section in re.split(r"^## ", page, flags=re.MULTILINE)[1:-1]:
        assert "```pycon" in section, section.partition(":")[0]
    assert all(f"`{name}`" in page for name in kinds | {"Refusal"})
