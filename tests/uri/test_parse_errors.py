"""Refused URIs: the span, the reason and the hint (QEMU's words are the corpus' business)."""

from __future__ import annotations

from typing import Any

import pytest

from migaddr import InetAddress, ParseError, parse_uri


@pytest.mark.parametrize(
    ("uri", "release", "at", "reason", "hint"),
    [
        ("tcp:h", "10.0", "", "the port are missing", "write tcp:h:4444"),
        ("tcp:h:", "10.0", "", "the port is missing", "write tcp:h:4444"),
        ("tcp::,ipv4", "10.0", "", "the port is missing", "write tcp::4444,ipv4"),
        ("tcp:[::1", "10.0", "[", "not closed", "[::1]"),
        ("tcp:[::1", "11.1", "", "the ']:' and the port", "write tcp:[::1]:4444"),
        ("tcp:[::1]4446,to=4450", "11.1", "", "the ']:' and the port", "write tcp:[::1]:4446,to=4450"),
        ("tcp:[", "11.1", "", "the ']:' and the port", "host:port"),
        ("tcp:[]", "11.1", "", "the ']:' and the port", "host:port"),
        (f"tcp:[{'1' * 300}", "11.1", "", "the ']:' and the port", "host:port"),
        ("tcp:h:1,to=08", "11.1", "08", "takes a number", "write to=8"),
        ("tcp:[]:1", "10.0", "[]", "no host between", "host:port"),
        ("tcp:[::1]x:1", "10.0", "x", "after ']'", "host:port"),
        ("tcp:[::1]", "10.0", "", "after ']'", "host:port"),
        (f"tcp:{'h' * 65}:1", "10.0", "h" * 65, "longer than 64 bytes", "host:port"),
        (f"tcp:[{'é' * 33}]:1", "10.0", "é" * 33, "longer than 64 bytes", "host:port"),
        ("tcp:h:1,to=x,ipv4", "10.0", "x", "decimal port number", "to=4450"),
        ("tcp:h:1,to=", "10.0", "", "decimal port number", "to=4450"),
        ("tcp:h:1,ipv4,,x", "10.0", ",,", "two commas", "ipv4=on"),
        ("tcp:h:1,ipv4x", "10.0", "x", "on or off", "ipv4=on"),
        ("tcp:h", "11.1", "", "the port are missing", "write tcp:h:4444"),
        ("tcp:h:", "11.1", "", "the port is missing", "write tcp:h:4444"),
        ("tcp:[::1]", "11.1", "", "']:' and the port", "write tcp:[::1]:4444"),
        ("tcp:[]:1", "11.1", "[]:1", "no host between", "between them"),
        ("tcp:[::1]:", "11.1", "", "the port is missing", "write tcp:[::1]:4444"),
        ("tcp:h:1,foo=2,ipv4", "11.1", "foo=2", "does not know", "keep-alive-idle"),
        ("tcp:h:1,ipv4,,x", "11.1", "", "an empty option", "know addr"),
        ("tcp:h:8=0", "11.1", "h:8=0", "does not know", "put addr= in front"),
        ("tcp:[::1]:8=0", "11.1", "[::1]:8=0", "does not know", "channels can say it"),
        ("tcp:h:1,keepalive", "11.1", "keepalive", "does not know", "write keep-alive"),
        ("tcp:h:1,Ipv4=on", "11.1", "Ipv4=on", "does not know", "write ipv4"),
        (f"tcp:{'h' * 300}", "11.1", "", "the port are missing", "write host:port"),
        ("192.168.1.5:4444", "11.1", "192.168.1.5", "no scheme", "write tcp:192.168.1.5:4444"),
        ('"tcp:h:1"', "11.1", '"tcp', "quotes", "write tcp:h:1"),
        ("\ufefftcp:h:1", "11.1", "\ufefftcp", "byte order mark", "take it away"),
        ("tcp:h,x:1", "11.1", "x:1", "does not know", "written twice"),
        ("tcp:h:1,ipv4=1", "11.1", "1", "on or off", "ipv4=on"),
        ("tcp:h:1,to=1x", "11.1", "1x", "takes a number", "to=1"),
        (
            "tcp:h:1,to=99999999999999999999",
            "11.1",
            "99999999999999999999",
            "more than 2**64",
            "65535 or less",
        ),
        ("tcp:h:1,id=9", "11.1", "9", "an id is a letter", "leave id out"),
        ("unix:", "11.1", "", "path is missing", "unix:/path"),
        ("fd:", "11.1", "", "name is missing", "getfd"),
        ("tcp:fd:", "7.2", "", "name is missing", "getfd"),
        ("vsock:", "11.1", "", "CID is missing", "vsock:2:1234"),
        ("vsock:2", "11.1", "", "port is missing", "vsock:2:1234"),
        ("vsock:2:,", "11.1", "", "port is missing", "vsock:2:1234"),
        (f"vsock:{'2' * 33}:1", "11.1", "2" * 33, "longer than 32", "vsock:2:1234"),
        (f"vsock:2:{'2' * 33}", "11.1", "2" * 33, "longer than 32", "vsock:2:1234"),
        ("vsock:2:1,x", "11.1", ",x", "no options", "vsock:2:1234"),
        ("file:a,offset=1x", "11.1", "x", "left over", ",offset=4096"),
        ("file:a,offset=-1", "11.1", "-1", "negative", ",offset=4096"),
        ("file:a,offset=", "11.1", "", "not a size", ",offset=4096"),
        ("file:a", "8.1", "file", "came with QEMU 8.2; this is 8.1", "begin with one of"),
        ("TCP:h:1", "11.1", "TCP", "written exactly", "write tcp:h:1"),
        (" unix:/x", "11.1", " unix", "written exactly", "write unix:/x"),
        ("x-rdma:h:1", "11.1", "x-rdma", "written exactly", "write rdma:h:1"),
        ("defer", "11.1", "defer", "defer is no URI", "-incoming"),
        ("{}", "11.1", "{}", "looks like JSON", "channels"),
        ("/tmp/x", "11.1", "/tmp/x", "no scheme", "begin with"),
        ("/tmp/x:y", "11.1", "/tmp/x", "path alone", "write unix:/tmp/x:y"),
        ("udp:h:1", "11.1", "udp", "no such scheme", "tcp:"),
        ("", "11.1", "", "no scheme", "begin with"),
        ("tcp:\0", "11.1", "\0", "NUL", ""),
        ("tcp:é\ud800", "11.1", "\ud800", "lone surrogate", ""),
    ],
)
def test_a_refused_uri(uri: str, release: str, at: str, reason: str, hint: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse_uri(uri, release)
    error = caught.value
    assert (error.text, uri[error.start : error.end]) == (uri, at)
    assert reason in error.reason
    assert hint in (error.hint or "")


@pytest.mark.parametrize("wrong", [None, b"tcp:h:1", 5])
def test_a_uri_is_a_str(wrong: Any) -> None:
    with pytest.raises(ParseError, match="a URI is a str"):
        parse_uri(wrong)


def test_a_port_is_cut_after_32_bytes_even_inside_a_character() -> None:
    assert parse_uri(f"tcp:h:a{'é' * 16}", "10.0") == InetAddress("h", f"a{'é' * 15}\udcc3")


def test_rdma_errors_are_those_of_the_era() -> None:
    for release, crashes in (("8.1", False), ("8.2", True), ("11.1", True)):
        with pytest.raises(ParseError) as caught:
            parse_uri("rdma:h", release)
        assert caught.value.crashes_qemu is crashes
        assert caught.value.qemu_message == (
            None if crashes else "RDMA ERROR: bad RDMA migration address 'h'"
        )
        assert caught.value.start == caught.value.end == 6


def test_repeated_options_are_read_like_the_first_of_them_and_the_last_counts() -> None:
    uri = "tcp:h:80,to=1,to=2,to=1,id=a,id=a,ipv4=off,ipv4,ipv4=off,ipv4=off"
    assert parse_uri(uri) == InetAddress("h", "80", to=1, ipv4=False)


def test_many_different_options_and_numbers_of_many_digits_are_read_one_by_one() -> None:
    """More than the parser remembers of items that it has read."""
    options = "".join(f",to={number}" for number in range(100))
    assert parse_uri(f"tcp:h:80{options}", "11.1") == InetAddress("h", "80", to=99)
    assert parse_uri(f"tcp:h:80,to=0x{'0' * 70}1f", "11.1") == InetAddress("h", "80", to=31)
    with pytest.raises(ParseError, match="more than 2"):
        parse_uri(f"tcp:h:80,to=0x{'1' * 70}", "11.1")
