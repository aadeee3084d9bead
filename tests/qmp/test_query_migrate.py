"""Where an incoming migration listens, from what QEMU says."""

from __future__ import annotations

import pytest

from migaddr import FdAddress, InetAddress, UnixAddress, VsockAddress, WireError, addresses_from_query_migrate

INET = {"type": "inet", "host": "::1", "port": "39865", "ipv6": True}


def test_every_kind_is_read_in_qemus_order() -> None:
    entries = [
        INET,
        {"type": "inet", "host": "127.0.0.1", "port": "1", "ipv4": True},
        {"type": "unix", "path": "a", "abstract": True, "tight": False},
        {"type": "vsock", "cid": "1", "port": "2"},
        {"type": "fd", "str": "7"},
    ]
    found = (
        InetAddress("::1", "39865", ipv6=True),
        InetAddress("127.0.0.1", "1", ipv4=True),
        UnixAddress("a", abstract=True, tight=False),
        VsockAddress("1", "2"),
        FdAddress("7"),
    )
    for answer in (
        {"status": "setup", "socket-address": entries},
        {"return": {"socket-address": entries}, "id": 1},
    ):
        assert addresses_from_query_migrate(answer) == found
        assert addresses_from_query_migrate(answer, release="7.2") == found


@pytest.mark.parametrize("answer", [{}, {"status": "none"}, {"return": {}}, {"socket-address": []}])
def test_nothing_listens(answer: object) -> None:
    assert addresses_from_query_migrate(answer) == ()


@pytest.mark.parametrize(
    ("answer", "path", "reason"),
    [
        (
            "Migration status: setup\nsocket address: [\n\ttcp:::1:39865\n]\n",
            "query-migrate",
            "drops the brackets",
        ),
        ([], "query-migrate", "must be an object"),
        (None, "query-migrate", "must be an object"),
        ({"socket-address": {}}, "socket-address", "must be an array"),
        ({"socket-address": [INET, 5]}, "socket-address[1]", "must be an object"),
        ({"socket-address": [{**INET, "port": 1}]}, "socket-address[0].port", "must be a string"),
        ({"socket-address": [{**INET, "x": 1}]}, "socket-address[0].x", "unexpected"),
        ({"socket-address": [{"type": "tcp"}]}, "socket-address[0].type", "cannot be"),
    ],
)
def test_what_is_no_answer(answer: object, path: str, reason: str) -> None:
    with pytest.raises(WireError, match=reason) as caught:
        addresses_from_query_migrate(answer)
    assert (caught.value.path, caught.value.qemu_message) == (path, None)
