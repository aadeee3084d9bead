"""Listening as real QEMU does: the same families, sockets and refusals for every host and pair of flags."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

from migaddr import (
    InetAddress,
    Release,
    TransportError,
    address_to_qmp,
    addresses_from_query_migrate,
    format_uri,
)
from migaddr.jail.enter import loopback_up
from migaddr.transport import connect, listen
from tests.qemu.bench import Qemu, binary
from tests.transport.place_faults import CLONE_NEWNET, apart

HOSTS = ("", "127.0.0.1", "::1", "0.0.0.0", "::", "::ffff:127.0.0.1")
FLAGS = (None, True, False)
PORT = "4446"
ADDRESSES = [
    *(InetAddress(host, PORT, ipv4=v4, ipv6=v6) for host, v4, v6 in itertools.product(HOSTS, FLAGS, FLAGS)),
    InetAddress("", "0"),
    InetAddress("", "0", ipv4=True, ipv6=True),
    InetAddress("127.0.0.1", "4450", to=4449),
    InetAddress("127.0.0.1", "4450", to=4450),
    InetAddress("127.0.0.1", "nonsense"),
    InetAddress("no.such.name", "4450"),
]

Bound = list[list[str]] | None
"""Host, family and (where it was asked for) port of each socket; None: refused."""


def _described(address: InetAddress, asked: str) -> list[str]:
    return [address.host, "ipv4" if address.ipv4 else "ipv6", address.port if asked != "0" else "any"]


def _by_migaddr(folder: Path) -> list[Bound]:
    """In a network of its own: wildcards are among the hosts."""
    answers = folder / "answers"

    def work() -> None:
        loopback_up()
        found: list[Bound] = []
        for address in ADDRESSES:
            try:
                with listen(address, deadline=5) as listener:
                    found.append(
                        [
                            _described(bound, address.port)
                            for bound in listener.addresses
                            if isinstance(bound, InetAddress)
                        ]
                    )
            except TransportError:
                found.append(None)
        answers.write_text(json.dumps(found))

    apart(work, flags=CLONE_NEWNET)
    value: list[Bound] = json.loads(answers.read_text())
    return value


def _by_qemu(series: str, address: InetAddress) -> Bound:
    release = Release.parse(series)
    with Qemu(binary(series)) as qemu:
        if release.transports:
            addr = address_to_qmp(address, release=release)
            said = qemu.answer("migrate-incoming", channels=[{"channel-type": "main", "addr": addr}])
        else:
            said = qemu.answer("migrate-incoming", uri=format_uri(address, release))
        if said is not None:
            return None
        bound = addresses_from_query_migrate(qemu.execute("query-migrate")["return"])
    described = [_described(place, address.port) for place in bound if isinstance(place, InetAddress)]
    return described[::-1]  # QEMU lists the newest first


def test_the_same_addresses_are_bound(series: str, tmp_path: Path) -> None:
    ours = _by_migaddr(tmp_path)
    assert len(ours) == len(ADDRESSES)
    assert (
        sum(bound is None for bound in ours) > 10
        and sum(bound is not None and len(bound) > 1 for bound in ours) >= 2
    )
    for address, bound in zip(ADDRESSES, ours, strict=True):
        assert bound == _by_qemu(series, address), address


def test_no_host_is_no_name_to_connect_to(series: str) -> None:
    with Qemu(binary(series), incoming=None) as qemu:
        qemu.execute("migrate", uri="tcp::4446")
        assert qemu.migration()["status"] == "failed"
    with pytest.raises(TransportError, match="address resolution failed"):
        connect(InetAddress("", "4446"), deadline=5)
