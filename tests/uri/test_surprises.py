"""What QEMU does without a word, with the span of the text it does it to."""

from __future__ import annotations

from typing import Any

import pytest

from migaddr import ParseError, UnknownReleaseError, parse_uri, uri_parts, uri_surprises

LONG = "1" * 40


@pytest.mark.parametrize(
    ("uri", "release", "found"),
    [
        ("tcp:h:80,foo=1,ipv4", "10.0", [("ignored-option", ",foo=1")]),
        ("tcp:h:80,", "10.0", [("ignored-option", ",")]),
        ("tcp:h:80,,,ipv4,", "10.0", [("ignored-option", ",,"), ("ignored-option", ",")]),
        ("tcp:h:80,numeric", "7.2", [("ignored-option", ",numeric")]),
        ("tcp:h:80,keep-alive,keep-alive-count=5", "10.0", [("ignored-option", ",keep-alive-count=5")]),
        ("tcp:h:80,noipv4", "9.0", [("ignored-option", ",noipv4")]),
        ("tcp:h:80,ipv4=on,ipv4=off", "10.0", [("duplicate-option", "ipv4=off")]),
        ("tcp:h:80,to=90,to=x", "10.0", [("duplicate-option", "to=x")]),
        (f"tcp:h:{LONG},ipv4", "10.0", [("port-cut", "1" * 8)]),
        ("tcp:h:" + "1" * 31 + "é", "10.0", [("port-cut", "é")]),
        ("tcp:h:80,to=70000", "10.0", [("to-wraps", "70000")]),
        ("tcp:h:80,to=-1", "10.0", [("to-wraps", "-1")]),
        ("tcp:h:80,to=65535", "10.0", []),
        ("tcp:fe80::1:4444", "10.0", [("first-colon-splits", "fe80::1:4444")]),
        ("tcp:fe80::1:4444", "11.1", [("first-colon-splits", "fe80::1:4444")]),
        ("tcp:[fe80::1]:4444", "11.1", []),
        ("tcp:h:99999", "11.1", [("port-wraps", "99999")]),
        ("tcp://h:80", "11.1", [("slashes-in-host", "//")]),
        ("tcp:unix:/x", "8.1", [("second-scheme", "unix:")]),
        ("tcp:tcp:h:1", "7.2", [("second-scheme", "tcp:")]),
        ("tcp:fd:7", "7.2", [("second-scheme", "fd:")]),
        ("tcp:unix:/x", "8.2", []),
        ("tcp:h:80,ipv4,ipv4=off", "11.1", [("duplicate-option", "ipv4")]),
        ("tcp:h:80,addr=i:81", "11.1", [("duplicate-option", "h:80"), ("address-key", "addr=i:81")]),
        ("tcp:addr=h:80", "11.1", [("address-key", "addr=h:80")]),
        ("tcp:h:80,noipv4", "11.1", [("negated-flag", "noipv4")]),
        ("tcp:h:80,numeric", "11.1", []),
        ("tcp:h:80,id=a", "11.1", [("id-registered", "id=a")]),
        ("tcp:h:80,to=0132", "11.1", [("octal-number", "0132")]),
        ("tcp:h:80,to=07", "11.1", []),
        ("tcp:h:80,to=0x10", "11.1", []),
        ("tcp:h:80,to=0b11", "11.1", [("binary-number", "0b11")]),
        ("tcp:h:80,to=65536", "11.1", [("to-wraps", "65536")]),
        ("tcp:h:80,keep-alive-idle=-1", "11.1", [("keep-alive-wraps", "-1")]),
        ("tcp:h:80,,x", "11.1", [("doubled-comma", "h:80,,x")]),
        ("tcp:h:80,ipv4,", "11.1", [("ignored-option", ",")]),
        ("tcp:h:80,", "11.1", [("ignored-option", ",")]),
        (f"tcp:h:{LONG}", "11.1", [("port-cut", LONG)]),
        ("unix:@x", "11.1", [("literal-path", "@")]),
        ("unix:/p,abstract=on", "11.1", [("literal-path", ",abstract=on")]),
        ("unix:/p?socket=x", "11.1", [("literal-path", "?socket=x")]),
        ("unix:/p,v", "11.1", []),
        ("fd:7", "11.1", [("fd-number", "7")]),
        ("fd:mig", "11.1", []),
        ("file:/m?offset=1", "11.1", [("literal-filename", "?offset=1")]),
        ("file:/m, offset=1", "11.1", [("literal-filename", ", offset=1")]),
        ("file:/m,OFFSET=1", "11.1", [("literal-filename", ",OFFSET=1")]),
        ("file:/m,xoffset=1", "11.1", [("literal-filename", ",xoffset=1")]),
        ("file:/offset", "11.1", []),
        ("file:/m,offset=0.0001k", "11.1", [("offset-rounded", "0.0001k")]),
        ("file:/m,offset=1k", "11.1", []),
        ("exec:a,b=c", "11.1", []),
        ("vsock:2:1", "11.1", []),
        ("rdma:h:1,ipv4=on,to=9", "11.1", [("unused-option", "ipv4=on"), ("unused-option", "to=9")]),
        ("rdma:h:1,foo", "10.0", [("ignored-option", ",foo")]),
        ("TCP:h:1", "7.2", [("migrate-answers-otherwise", "TCP:")]),
        ("nothing", "8.1", [("migrate-answers-otherwise", "nothing")]),
        ("nothing", "8.2", []),
    ],
)
def test_surprises(uri: str, release: str, found: list[tuple[str, str]]) -> None:
    surprises = uri_surprises(uri, release)
    assert [(surprise.code, uri[surprise.start : surprise.end]) for surprise in surprises] == found


def test_what_migrate_answers_where_it_differs() -> None:
    said = {release: uri_surprises("x:y", release)[0].message for release in ("7.2", "8.0", "8.1")}
    assert "Parameter 'uri' expects a valid migration protocol" in said["7.2"]
    assert said["8.0"] == said["7.2"]
    assert "success" in said["8.1"]


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("foo", "since 10.1 it is an error"),
        ("noipv4", "since 10.1 it is the option ipv4"),
        ("numeric=on", "since 10.1 it is the option numeric"),
        ("id=a", "since 10.1 it is the option id"),
        ("addr=i:1", "since 10.1 it is the option addr"),
        ("", "QEMU up to 10.0 ignores an empty option"),
    ],
)
def test_what_becomes_of_an_ignored_option(option: str, said: str) -> None:
    assert uri_surprises(f"tcp:h:80,{option}", "10.0")[0].message.endswith(said)


def test_a_refused_uri_has_the_surprises_up_to_the_fault() -> None:
    assert [surprise.code for surprise in uri_surprises("tcp:h:80,id=a,ipv4=x")] == ["id-registered"]
    with pytest.raises(ParseError):
        parse_uri("tcp:h:80,id=a,ipv4=x")


@pytest.mark.parametrize(
    ("uri", "release", "parts"),
    [
        ("tcp:[::1]:80,to=90,foo", "10.0", [("scheme", "tcp"), ("host", "::1"), ("port", "80"), ("to", "to=90"), ("ignored", "foo")]),
        ("tcp:h,,x:8,,0,noipv4", "11.1", [("scheme", "tcp"), ("host", "h,,x"), ("port", "8,,0"), ("ipv4", "noipv4")]),
        (f"tcp::{LONG}", "10.0", [("scheme", "tcp"), ("host", ""), ("port", "1" * 32), ("dropped", "1" * 8)]),
        ("tcp:unix:/x", "7.2", [("scheme", "tcp"), ("scheme", "unix"), ("path", "/x")]),
        ("tcp:fd:x", "7.2", [("scheme", "tcp"), ("scheme", "fd"), ("name", "x")]),
        ("vsock:2:1", "7.2", [("scheme", "vsock"), ("cid", "2"), ("port", "1")]),
        ("exec:a b", "7.2", [("scheme", "exec"), ("command", "a b")]),
        ("file:a,offset=1k", "8.2", [("scheme", "file"), ("filename", "a"), ("offset", "1k")]),
        ("tcp:h:1,id=a", "11.1", [("scheme", "tcp"), ("host", "h"), ("port", "1"), ("ignored", "id=a")]),
    ],
)  # fmt: skip
def test_parts(uri: str, release: str, parts: list[tuple[str, str]]) -> None:
    assert [(part.name, uri[part.start : part.end]) for part in uri_parts(uri, release)] == parts


def test_only_the_release_can_be_wrong() -> None:
    for read in (uri_parts, uri_surprises):
        assert read("\0") == ()
        wrong: Any = None
        with pytest.raises(ParseError):
            read(wrong)
        with pytest.raises(UnknownReleaseError):
            read("tcp:h:1", "1.0")
