"""How far what is drawn shrinks, and how much of what there is to hit a few thousand draws hit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from migaddr import (
    RELEASES,
    ExecAddress,
    FdAddress,
    FileAddress,
    InetAddress,
    Migrate,
    RdmaAddress,
    UnixAddress,
    VsockAddress,
    strategies,
)
from migaddr.generation import alphabets as words
from migaddr.generation.reasons import reason_of
from migaddr.model import UINT16_MAX, UINT32_MAX, UINT64_MAX

_T = TypeVar("_T")
SMALLEST = settings(max_examples=3_000, deadline=None, database=None, derandomize=True)


def smallest(strategy: st.SearchStrategy[_T], wanted: Callable[[_T], object]) -> _T:
    return find(strategy, lambda drawn: bool(wanted(drawn)), settings=SMALLEST)


def test_an_address_shrinks_to_the_least_of_its_kind() -> None:
    addresses = strategies.addresses
    assert smallest(addresses("inet"), lambda _: True) == InetAddress("0", "0")
    assert smallest(addresses("unix"), lambda _: True) == UnixAddress("0")
    assert smallest(addresses("vsock"), lambda _: True) == VsockAddress("0", "0")
    assert smallest(addresses("fd"), lambda _: True) == FdAddress("0")
    assert smallest(addresses("exec"), lambda _: True) == ExecAddress(("/bin/sh", "-c", "0"))
    assert smallest(addresses("rdma"), lambda _: True) == RdmaAddress(InetAddress("0", "0"))
    assert smallest(addresses("file"), lambda _: True) == FileAddress("0")


def test_what_does_not_matter_shrinks_away() -> None:
    inet = strategies.inet_addresses()
    assert smallest(inet, lambda a: (a.to or 0) >= 1000) == InetAddress("0", "0", to=1000)
    assert smallest(inet, lambda a: a.mptcp) == InetAddress("0", "0", mptcp=True)
    assert smallest(inet, lambda a: ":" in a.host and "," in a.host).host in (":,", ",:")
    assert smallest(strategies.file_addresses(), lambda a: a.offset > 4096) == FileAddress("0", offset=4097)
    found = smallest(strategies.commands(), lambda c: isinstance(c, Migrate) and c.resume)
    assert isinstance(found, Migrate)
    assert (found.blk, found.inc, found.detach, found.resume) == (None, None, None, True)


def test_a_uri_shrinks_to_its_plain_spelling() -> None:
    assert smallest(strategies.uris("inet"), lambda _: True) == "tcp:0:0"
    assert smallest(strategies.uris("inet", release="7.2"), lambda uri: "," in uri) in {
        f"tcp:0:0,{option}" for option in ("foo", "ipv4=off", "ipv6=off", "to=0", "numeric")
    }
    assert smallest(strategies.uris("file"), lambda uri: "K" in uri.partition("=")[2]) in {
        f"file:{name},offset={size}" for name in ("0", "/x") for size in ("0K", "1K", "0.5K")
    }
    assert smallest(strategies.spellings(InetAddress("h", "80", to=90, ipv4=True)), lambda _: True) == (
        "tcp:h:80,to=90,ipv4=on"
    )


def test_a_near_miss_shrinks_to_one_small_edit() -> None:
    miss = smallest(strategies.near_misses("inet"), lambda m: reason_of(m.error) == "port-missing")
    assert miss.uri == "tcp:0:"
    broken = smallest(strategies.broken_qmp_channels(), lambda b: b.path.endswith(".addr.port"))
    assert broken.valid == [
        {"channel-type": "main", "addr": {"transport": "socket", "type": "inet", "host": "0", "port": "0"}}
    ] or broken.valid == [
        {"channel-type": "main", "addr": {"transport": "socket", "type": "vsock", "cid": "0", "port": "0"}}
    ]


def drawn(strategy: st.SearchStrategy[_T], count: int) -> list[_T]:
    """Draw so many, without shrinking, the same every time."""
    found: list[_T] = []

    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )
    @given(strategy)
    def draw(value: _T) -> None:
        found.append(value)

    draw()
    return found


def test_thousands_of_addresses_hit_every_kind_option_and_limit() -> None:
    found = drawn(strategies.addresses(), 8000)
    kinds = Counter(type(address).__name__ for address in found)
    assert len(kinds) == 7 and min(kinds.values()) > 50, kinds
    inets = [address for address in found if isinstance(address, InetAddress)]
    for name, attribute in words.OPTIONS.items():
        values = {getattr(inet, attribute) for inet in inets}
        wanted: set[Any] = {None, True, False}
        if name in words.NUMBER_OPTIONS:
            wanted = {None, 0, UINT16_MAX if name == "to" else UINT32_MAX}
        assert wanted <= values, name
    lengths = {len(inet.host.encode("utf-8", "surrogateescape")) for inet in inets}
    assert {0, 1, 64, 65} <= lengths
    assert {32, 33} <= {len(inet.port.encode("utf-8", "surrogateescape")) for inet in inets}
    assert any(":" in inet.host for inet in inets) and any("," in inet.port for inet in inets)
    assert any("\udc80" <= char <= "\udcff" for inet in inets for char in inet.host + inet.port)
    files = [address for address in found if isinstance(address, FileAddress)]
    assert {0, UINT64_MAX} <= {file.offset for file in files}
    assert any(",offset=" in file.filename for file in files)
    sockets = [address for address in found if isinstance(address, UnixAddress)]
    assert {socket.abstract for socket in sockets} == {None, True, False}
    assert any(not socket.path for socket in sockets) and any(len(socket.path) >= 108 for socket in sockets)


def test_near_misses_have_most_reasons() -> None:
    reasons = Counter(
        reason_of(miss.error)
        for release in (RELEASES[0], RELEASES[-1])
        for miss in drawn(strategies.near_misses(release=release), 1500)
    )
    assert None not in reasons
    assert len(reasons) >= 18, reasons
    assert {"port-missing", "flag-value", "unknown-option", "cid-too-long", "path-missing"} <= reasons.keys()


def test_breaks_come_at_every_place() -> None:
    found = drawn(strategies.broken_qmp_channels("10.0"), 4000)
    paths = {broken.path for broken in found}
    assert {
        "channels", "channels[0]", "channels[0].addr", "channels[0].channel-type", "channels[0].addr.transport",
        "channels[0].addr.type", "channels[0].addr.host", "channels[0].addr.args", "channels[0].addr.offset",
        "channels[0].addr.to", "channels[0].addr.ipv4", "channels[0].addr.x", "channels[1].addr.path", "channels[0].x",
    } <= paths  # fmt: skip
