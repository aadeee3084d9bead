"""What a person reads: the reason, the text with carets under the fault, a hint, QEMU's own words."""

from __future__ import annotations

import copy
import errno
import pickle
import string
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

import migaddr
from migaddr import (
    AddressError,
    CommandError,
    InetAddress,
    InexpressibleError,
    MigaddrError,
    ParseError,
    Refusal,
    TransportError,
    UnixAddress,
    UnknownReleaseError,
    WireError,
    carets,
    parse_uri,
)


@pytest.mark.parametrize(
    "kind",
    [
        AddressError,
        CommandError,
        InexpressibleError,
        ParseError,
        Refusal,
        TransportError,
        UnknownReleaseError,
        WireError,
    ],
)
def test_every_error_is_a_migaddr_error_and_a_value_error(kind: type[MigaddrError]) -> None:
    assert issubclass(kind, MigaddrError)
    assert issubclass(kind, ValueError)


def test_a_parse_error_shows_where_and_what_to_write_instead() -> None:
    with pytest.raises(ParseError) as caught:
        parse_uri("tcp:h:80,ipv4=yes", "10.0")
    assert str(caught.value) == (
        "ipv4 is either on or off\n"
        "  tcp:h:80,ipv4=yes\n"
        "               ^^^^\n"
        "hint: write ipv4=on or ipv4=off\n"
        "QEMU answers: error parsing 'ipv4' flag '=yes'"
    )


def test_a_crash_is_said() -> None:
    with pytest.raises(ParseError) as caught:
        parse_uri("rdma:h")
    assert caught.value.crashes_qemu
    assert str(caught.value).endswith("\nQEMU does not answer this: it crashes")


def test_the_other_errors_in_words() -> None:
    assert str(AddressError("to", "too big")) == "to: too big"
    assert str(WireError("is missing", "a.b", "Parameter 'a.b' is missing", hint="add b")) == (
        "a.b: is missing\nhint: add b\nQEMU answers: Parameter 'a.b' is missing"
    )
    address = InetAddress("h", "1")
    assert str(InexpressibleError(address, "a URI", "so")) == "not expressible as a URI: so"
    assert str(CommandError("no", "No")) == "no\nQEMU answers: No"
    assert str(WireError("must be an object", "")) == "must be an object"
    assert str(CommandError("no", "No", hint="yes")) == "no\nhint: yes\nQEMU answers: No"
    assert str(CommandError("no", None, True)) == "no\nQEMU does not answer this: it crashes"
    assert str(UnknownReleaseError("x\n", "is none")) == "x\\n: is none"
    assert str(ParseError("no text", "", 0, 0)) == "no text"


LETTERS = (string.ascii_lowercase * 4)[:100]
ONE = "\\x01"  # as it is shown, four columns
ACCENT = "e\u0301"  # two characters, one column


@pytest.mark.parametrize(
    ("text", "start", "end", "shown"),
    [
        ("abc", 1, 2, "  abc\n   ^"),
        ("abc", 3, 3, "  abc\n     ^"),
        ("a\nb", 1, 2, "  a\\nb\n   ^^"),
        ("a\tb\rc", 4, 5, "  a\\tb\\rc\n        ^"),
        ("日本語", 1, 2, "  日本語\n    ^^"),
        ("e\u0301x", 2, 3, "  e\u0301x\n   ^"),
        ("\udc80x", 0, 1, "  \\x80x\n  ^^^^"),
        ("\x1b\x9b", 1, 2, "  \\x1b\\x9b\n      ^^^^"),
        ("\u2028\U000e0001", 0, 2, "  \\u2028\\U000e0001\n  ^^^^^^^^^^^^^^^^"),
        ("x" * 100, 60, 61, f"  ...{'x' * 69}...\n{' ' * 39}^"),
        ("x" * 100, 0, 0, f"  {'x' * 68}...\n  ^"),
        ("x" * 100, 100, 100, f"  ...{'x' * 68}\n{' ' * 73}^"),
        (LETTERS, 10, 90, f"  {LETTERS[:42]}...{LETTERS[78:]}\n{' ' * 12}{'^' * 47}"),
        ("\x01" * 12, 0, 12, f"  {ONE * 12}\n  {'^' * 48}"),
        ("\x01" * 20, 0, 20, f"  {ONE * 8}...{ONE * 3}\n  {'^' * 47}"),
        (f"{ACCENT * 30}!", 0, 60, f"  {ACCENT * 16}...{ACCENT * 6}!\n  {'^' * 25}"),
        (f"{ACCENT * 90}X{ACCENT * 90}", 180, 181, f"  ...{ACCENT * 34}X{ACCENT * 34}...\n{' ' * 39}^"),
        (f"X{ACCENT * 90}", 0, 1, f"  X{ACCENT * 34}...\n  ^"),
        ("\x01" * 20 + "a" * 40 + "X", 60, 61, f"  ...{ONE * 7}{'a' * 40}X\n{' ' * 73}^"),
        ("X" + "a" * 40 + "\x01" * 20, 0, 1, f"  X{'a' * 40}{ONE * 7}...\n  ^"),
        ("x" * 30, 10, 20, f"  {'x' * 30}\n{' ' * 12}{'^' * 10}"),
    ],
)
def test_carets_stand_under_the_part(text: str, start: int, end: int, shown: str) -> None:
    assert carets.under(text, start, end) == shown


def test_a_text_in_a_sentence_is_shortened_when_it_is_too_long() -> None:
    assert carets.shortened("a" * 256) == "a" * 256
    assert carets.shortened("a" * 170 + "b" * 23 + "c" * 64) == "a" * 170 + "..." + "c" * 64


def test_only_half_a_pair_that_stands_for_a_byte_is_shown_as_one() -> None:
    assert carets.printable("\udc7f\udc80\udcff\udd00") == "\\udc7f\\x80\\xff\\udd00"


def test_a_long_text_is_cut_on_both_sides_and_in_the_part() -> None:
    shown, marks = carets.under("a" * 1000, 100, 900).split("\n")
    assert shown.startswith("  ...") and shown.endswith("...")
    assert len(shown) <= 78
    assert marks.strip() == "^" * (32 + 3 + 12)


@given(st.text("a\n\x01\u65e5\u0301\udc80\U000fffff", max_size=300) | st.text(max_size=200), st.data())
def test_the_line_and_the_carets_fit_whatever_is_shown(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    shown, marks = carets.under(text, start, end).split("\n")
    assert carets.columns(shown) <= 78
    part = carets.printable(text[start:end])
    if len(text[start:end]) <= 48 and carets.columns(part) <= 48:
        assert part in shown
        assert marks.count("^") == max(1, carets.columns(part))
    else:
        assert 1 <= marks.count("^") <= 32 + 3 + 12


def test_errors_differ_from_other_types() -> None:
    assert AddressError("a", "b") != UnknownReleaseError("a", "b")
    assert AddressError("a", "b") != ("a", "b")


def test_a_transport_error_is_an_oserror_too_and_names_the_address_and_the_cause() -> None:
    error = TransportError(InetAddress("h", "1", to=2), "connecting: Connection refused", errno.ECONNREFUSED)
    assert isinstance(error, OSError) and isinstance(error, ValueError)
    assert (error.errno, error.strerror) == (errno.ECONNREFUSED, "connecting: Connection refused")
    assert str(error) == "InetAddress(host='h', port='1', to=2): connecting: Connection refused"
    assert str(TransportError(UnixAddress("/\x1b"), "no\n", hint="do\nthis")) == (
        "UnixAddress(path='/\\x1b'): no\\n\nhint: do\nthis"
    )
    for copied in (pickle.loads(pickle.dumps(error)), copy.deepcopy(error)):
        assert copied == error
        assert (copied.address, copied.cause, copied.errno, copied.hint) == (
            error.address,
            error.cause,
            error.errno,
            None,
        )
    assert error != TransportError(InetAddress("h", "1"), error.cause, error.errno)


def test_names_that_are_loaded_late_are_there() -> None:
    script = "import migaddr; print({'preflight', 'DRAFT_V1', 'parse_uri'} <= set(dir(migaddr)), migaddr.preflight.__name__)"
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout == "True preflight\n"
    assert {"preflight", "parse_uri"} <= set(dir(migaddr))
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = migaddr.nothing  # type: ignore[attr-defined]  # that is the point
