"""Laws of the spellings of other programs: round trips, our errors alone, and libxml2 as libvirt's judge."""

from __future__ import annotations

import ctypes
import ctypes.util
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from migaddr import (
    InetAddress,
    InexpressibleError,
    MigrateAddress,
    ParseError,
    RdmaAddress,
    UnixAddress,
    cloud_hypervisor,
    libvirt,
    stratovirt,
)
from tests.addresses import addresses, any_text, hostile_text

Parse = Callable[[str], MigrateAddress]
Format = Callable[[MigrateAddress], str]
SPELLINGS: list[tuple[Parse, Format]] = [
    (libvirt.parse, libvirt.format),
    (cloud_hypervisor.parse, cloud_hypervisor.format),
    (cloud_hypervisor.parse, lambda address: cloud_hypervisor.format(address, parameter="destination_url")),
    (stratovirt.parse, stratovirt.format),
]

BITS = [
    *"/:@?#[]%,=.+- \"'\n!{\\^<é\udcff\ufffe0", "//", "::1", "h", "1", "65535", "65536", "2147483648", "99999999999",
    "%41", "%2f", "%00", "%5b", "%5D", "%3A", "%zz", "%ff", "%C3%A9", "]:", ":4444", "1.2.3.4", "fe80::1",
    "x=y", ",local=on", ",mapped=true", "TCP", "qemu+ssh", "exec", "fd", "defer", "tcp:", "unix:",
]  # fmt: skip
STARTS = [
    "", "tcp://", "rdma://", "unix://", "unix:", "tcp:", "unix:///", "tcp://[", "tcp://h", "tcp://h:1", "rdma:",
    "destination_url=", "receiver_url=", "destination_url=tcp:h:1", "file:", "tcp:1.2.3.4:", "TCP://",
]  # fmt: skip
near_texts = st.builds(
    lambda start, bits: start + "".join(bits),
    st.sampled_from(STARTS),
    st.lists(st.sampled_from(BITS), max_size=6),
)
texts = near_texts | hostile_text | any_text
speakable = (
    addresses
    | st.builds(InetAddress, st.text('ab:[]%é,"/ ', min_size=1, max_size=6), st.integers(0, 70000).map(str))
    | st.builds(UnixAddress, st.text('/ab:[]%é,="-? ', min_size=1, max_size=8))
    | st.builds(InetAddress, st.ip_addresses(v=4).map(str), st.integers(1, 65535).map(str))
)


@given(speakable, st.sampled_from(SPELLINGS))
def test_a_written_address_reads_as_the_same(address: MigrateAddress, spelling: tuple[Parse, Format]) -> None:
    parse, write = spelling
    try:
        written = write(address)
    except InexpressibleError as error:
        assert error.address is address
        assert str(error)
        return
    assert parse(written) == address


@given(texts, st.sampled_from(SPELLINGS))
@example("unix:///a%", SPELLINGS[0])
@example("x" * 100_000, SPELLINGS[0])
@example("unix:[" + "\U000fffff" * 262, SPELLINGS[0])
@example("tcp://[" + ":" * 100_000, SPELLINGS[0])
@example('"' * 100_001, SPELLINGS[1])
def test_any_text_gives_an_address_or_our_error(text: str, spelling: tuple[Parse, Format]) -> None:
    parse, write = spelling
    try:
        address = parse(text)
    except ParseError as error:
        assert error.text == text
        assert 0 <= error.start <= error.end <= len(text)
        assert error.reason
        assert error.qemu_message is None
        assert len(str(error)) < 1000 + 24 * len(text)  # escaped and percent-encoded, a character has 22
        return
    try:
        written = write(address)
    except InexpressibleError:
        return
    assert parse(written) == address


class _Uri(ctypes.Structure):
    """The xmlURI of libxml2/uri.h."""

    _fields_ = [
        ("scheme", ctypes.c_char_p),
        ("opaque", ctypes.c_char_p),
        ("authority", ctypes.c_char_p),
        ("server", ctypes.c_char_p),
        ("user", ctypes.c_char_p),
        ("port", ctypes.c_int),
        ("path", ctypes.c_char_p),
        ("query", ctypes.c_char_p),
        ("fragment", ctypes.c_char_p),
        ("cleanup", ctypes.c_int),
        ("query_raw", ctypes.c_char_p),
    ]


def _libxml2() -> Any:
    name = ctypes.util.find_library("xml2")
    if name is None:
        return None
    library = ctypes.CDLL(name)
    library.xmlParseURI.restype = ctypes.POINTER(_Uri)
    library.xmlParseURI.argtypes = [ctypes.c_char_p]
    library.xmlFreeURI.argtypes = [ctypes.POINTER(_Uri)]
    return library


LIBXML2 = _libxml2()


def _parsed(text: str) -> dict[str, str | int] | None:
    """What libxml2 makes of it; None: nothing."""
    found = LIBXML2.xmlParseURI(text.encode("utf-8", "surrogateescape"))
    if not found:
        return None
    uri: dict[str, str | int] = {}
    for name in ("scheme", "server", "user", "path", "fragment", "query_raw"):
        value = getattr(found.contents, name)
        if value is not None:
            uri[name] = value.decode("utf-8", "surrogateescape")
    uri["port"] = found.contents.port if "server" in uri else 0
    LIBXML2.xmlFreeURI(found)
    return uri


def _as_libvirt(text: str) -> tuple[MigrateAddress | None, dict[str, str | int] | None]:
    """The address that libvirt's QEMU driver gets, if it gets one and throws nothing away."""
    if text.startswith("tcp:") and not text.startswith("tcp://"):
        text = f"tcp://{text[4:]}"
    uri = _parsed(text)
    if uri is None or uri.keys() & {"user", "fragment", "query_raw"}:
        return None, uri
    server, port, path = uri.get("server"), int(uri["port"]), uri.get("path")
    if uri.get("scheme") == "unix":
        return (UnixAddress(str(path)) if path and server is None else None), uri
    if not server or uri.get("scheme") not in ("tcp", "rdma") or path not in (None, "/"):
        return None, uri
    host = str(server)
    if host[0] == "[" and host[-1] == "]" and ":" in host:
        host = host[1:-1]
    if not 0 <= port <= 65535:
        return None, uri
    inet = InetAddress(host, str(port) if port else "chosen")
    return (inet if uri["scheme"] == "tcp" else RdmaAddress(inet)), uri


@pytest.mark.skipif(LIBXML2 is None, reason="no libxml2 here")
@given(near_texts | hostile_text)
def test_libvirt_is_read_as_libxml2_and_libvirt_read_it(text: str) -> None:
    bare = not text.startswith(("tcp:", "rdma:", "unix:"))
    try:
        address = libvirt.parse(text, default_port="chosen")
    except ParseError as error:
        if bare:
            return
        theirs, uri = _as_libvirt(text)
        assert ("Unable to parse URI" in error.reason) <= (uri is None), error
        assert ("missing host" in error.reason) <= (uri is not None and "server" not in uri), error
        if "%00" in text or "brackets are for" in error.reason:
            return  # libvirt would cut the text, or keep the brackets
        if text.startswith("unix://") and not text.startswith("unix:///"):
            return  # libxml2 forgets the port of a host that is not there
        assert theirs is None, error
        return
    assert _as_libvirt(f"tcp://{text}" if bare else text)[0] == address


@pytest.mark.skipif(LIBXML2 is None, reason="no libxml2 here")
@given(speakable)
def test_what_is_written_for_libvirt_libxml2_reads(address: MigrateAddress) -> None:
    try:
        written = libvirt.format(address)
    except InexpressibleError:
        return
    assert _as_libvirt(written)[0] == address
