"""Which of several unexpected names QEMU reports: as 10.0.13 and 11.1.3 were seen to do."""

from __future__ import annotations

import pytest

from migaddr import WireError, address_from_qmp
from migaddr.qmp.hash_order import _PRIMES, as_met, first_left

INET = (
    "transport", "type", "host", "port", "numeric", "to", "ipv4", "ipv6", "keep-alive", "keep-alive-count", "keep-alive-idle",
    "keep-alive-interval", "mptcp",
)  # fmt: skip


@pytest.mark.parametrize(
    ("count", "first"),
    [(1, 0), (2, 1), (3, 1), (4, 1), (5, 4), (6, 5), (7, 6), (8, 6), (10, 6), (13, 10), (20, 15), (40, 2), (100, 14), (300, 208)],
)  # fmt: skip
def test_the_name_reported_beside_a_command(count: int, first: int) -> None:
    names = [f"x{index}" for index in range(count)]
    value = {"transport": "exec", "args": ["x"], **dict.fromkeys(names, 1)}
    with pytest.raises(WireError) as caught:
        address_from_qmp(value)
    assert caught.value.qemu_message == f"Parameter 'channels[0].addr.x{first}' is unexpected"


@pytest.mark.parametrize(
    ("prefix", "count", "first"),
    [
        ("x", 3, 1), ("x", 6, 5), ("x", 20, 2), ("x", 50, 14), ("name-", 3, 0), ("name-", 6, 0), ("name-", 20, 15), ("name-", 50, 24),
        ("é", 3, 1), ("é", 6, 5), ("é", 20, 19), ("é", 50, 23),
    ],
)  # fmt: skip
def test_the_name_reported_beside_every_member_of_an_inet_address(
    prefix: str, count: int, first: int
) -> None:
    names = [f"{prefix}{index}" for index in range(count)]
    assert first_left([*INET, *names], INET) == f"{prefix}{first}"


def test_names_that_are_asked_for_twice_or_are_not_there_change_nothing() -> None:
    names = [*INET, *(f"x{index}" for index in range(20))]
    assert first_left(names, INET) == first_left([*names, *names], (*INET, "y", "to"))
    assert first_left(INET, INET) is None
    assert first_left((), INET) is None


def test_more_names_than_a_command_line_holds_still_have_an_order() -> None:
    names = [f"x{index}" for index in range(3000)]
    assert first_left(names, names[:-1]) == names[-1]
    assert first_left(names, names) is None


def test_every_name_is_met_once() -> None:
    names = [f"x{index}" for index in range(2000)] + ["\udc80", "\ud800", "é"]
    assert sorted(as_met(names)) == sorted(names)
    assert first_left(["\ud800"], ()) == "\ud800"


def test_a_table_has_the_last_prime_below_its_size() -> None:
    """As GLib says of its own list: a size is a power of two, and a hash is taken modulo this."""
    assert list(_PRIMES) == list(range(3, 13))
    for shift, prime in _PRIMES.items():
        primes = [n for n in range(2, 2**shift) if all(n % divisor for divisor in range(2, int(n**0.5) + 1))]
        assert prime == primes[-1]
