"""Offsets: against exact arithmetic, and against QEMU's own list of oddities."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from migaddr.uri.size import INVALID, OUT_OF_RANGE, BadSize, read_size

SUFFIXES = {"": 0, "b": 0, "k": 10, "m": 20, "g": 30, "t": 40, "p": 50, "e": 60}
suffixes = st.sampled_from([*SUFFIXES, *(suffix.upper() for suffix in SUFFIXES)])
blanks = st.text(" \t\n\v\f\r", max_size=2)


@given(blanks, st.sampled_from(["", "+"]), st.integers(0, 2**65), suffixes)
def test_a_whole_number_is_scaled_exactly(blank: str, sign: str, number: int, suffix: str) -> None:
    value = number << SUFFIXES[suffix.lower()]
    found = read_size(f"{blank}{sign}{number}{suffix}")
    if number > 2**64 - 1 and suffix:
        assert found == BadSize(
            INVALID, "has something left over after the size", len(f"{blank}{sign}{number}")
        )
    elif value > 2**64 - 1:
        assert isinstance(found, BadSize)
        assert found.strerror == OUT_OF_RANGE
    else:
        assert found == (value, False)


@given(st.integers(0, 2**14), st.integers(0, 10**9), st.integers(1, 9), suffixes)
@example(0, 5, 4, "k")
def test_a_fraction_is_rounded_half_up(whole: int, digits: int, width: int, suffix: str) -> None:
    """Exact up to what a double of the fraction can hold: nine digits and 2**60 differ by less than 2**8."""
    fraction = f"{digits:09}"[:width]
    found = read_size(f"{whole}.{fraction}{suffix}")
    shift = SUFFIXES[suffix.lower()]
    if not shift and fraction.strip("0"):
        assert isinstance(found, BadSize)
        assert found.strerror == INVALID
        return
    exact = Fraction(f"{whole}.{fraction}") * 2**shift
    if exact > 2**64:
        assert isinstance(found, BadSize)
    elif not isinstance(found, BadSize):
        assert abs(found[0] - exact) <= Fraction(1, 2) + Fraction(2**shift, 2**53)


@given(st.integers(0, 2**66), st.sampled_from(["0x", "0X", " 0x", "+0x", "0x00"]))
def test_hexadecimal(number: int, prefix: str) -> None:
    found = read_size(f"{prefix}{number:x}")
    if number > 2**64 - 1:
        assert isinstance(found, BadSize)
        assert found.strerror == OUT_OF_RANGE
    else:
        assert found == (number, False)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("010", 10),
        ("08", 8),
        ("0x1b", 27),
        ("1.", 1),
        ("1.k", 1024),
        ("1.0", 1),
        ("0.0005k", 1),
        ("0.0001k", 0),
        (".9999k", 1024),
        ("1.5E", 1729382256910270464),
        ("+.5k", 512),
        (" .5k", 512),
        ("0." + "9" * 400 + "k", 1024),
        ("0." + "0" * 400 + "1k", 0),
        ("." + "9" * 30 + "m", 2**20),
    ],
)
def test_oddities_that_are_sizes(text: str, value: int) -> None:
    found = read_size(text)
    assert not isinstance(found, BadSize)
    assert found[0] == value


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "x", "0x", "0x-1", "0x1k", "0x1.0", "0x1 ", "00x1", "1.5", "1.5b", "0.5e2", "1e3", "1Ki", "1KB", "-1x",
        "-1k", "-0.5k", "16Ex", "18446744073709551616k", ".", ".k", "-", "+", "1 ", "1,offset=2", "inf", "nan.", "inf.k",
        "1.-5", "1._5", "١", "0x" + "f" * 17 + "z", "." + "0" * 400 + "1", "18446744073709551615.9999999999999999999k",
    ],
)  # fmt: skip
def test_oddities_that_are_invalid(text: str) -> None:
    found = read_size(text)
    assert isinstance(found, BadSize)
    assert found.strerror == INVALID
    assert 0 <= found.stop <= len(text)


@pytest.mark.parametrize(
    "text",
    [
        "-1", "-0", "-.5", "16E", "18446744073709551616", "18446744073709551615k", "15.99999999999999999999E",
        "0x10000000000000000", "9" * 5000, "0x" + "f" * 5000, "18446744073709551615.99999999999999999999",
    ],
)  # fmt: skip
def test_oddities_that_are_out_of_range(text: str) -> None:
    found = read_size(text)
    assert isinstance(found, BadSize)
    assert found.strerror == OUT_OF_RANGE
    assert found.stop == len(text)


def test_rounding_is_told() -> None:
    assert read_size("0.0001k") == (0, True)
    assert read_size("0.5k") == (512, False)
