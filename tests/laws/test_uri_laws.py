"""Laws of the URI: what is written is read again; reading never fails but with our error."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from migaddr import (
    RELEASES,
    InetAddress,
    InexpressibleError,
    MigrateAddress,
    ParseError,
    RdmaAddress,
    Release,
    format_uri,
    parse_uri,
    uri_parts,
    uri_surprises,
)
from migaddr.releases import InetSyntax
from tests.addresses import addresses, releases, uris


def _scheme(uri: str) -> str:
    return uri.partition(":")[0]


@given(addresses, releases)
@example(InetAddress("h,id=9x", "1"), RELEASES[-1])
@example(InetAddress("h", "1,id"), RELEASES[-1])
@example(InetAddress("[a=b", "1"), RELEASES[-1])
@example(InetAddress("a,b=c", "1=2,3"), RELEASES[-1])
def test_what_is_written_for_a_release_it_reads_as_the_same_address(
    address: MigrateAddress, release: Release
) -> None:
    try:
        uri = format_uri(address, release)
    except InexpressibleError as error:
        assert error.address is address
        assert error.reason
        return
    assert parse_uri(uri, release) == address


@given(addresses)
@example(InetAddress("a,b", "1"))
@example(InetAddress("a=b", "1"))
@example(InetAddress("unix", "/x"))
def test_the_portable_spelling_reads_alike_in_every_release_with_its_scheme(address: MigrateAddress) -> None:
    try:
        uri = format_uri(address)
    except InexpressibleError:
        return
    having = [release for release in RELEASES if _scheme(uri) in release.uri_schemes]
    assert [parse_uri(uri, release) for release in having] == [address] * len(having)
    assert having[-1] is RELEASES[-1]


@given(addresses)
def test_what_has_a_portable_spelling_has_one_for_every_release_with_its_scheme(
    address: MigrateAddress,
) -> None:
    try:
        uri = format_uri(address)
    except InexpressibleError:
        return
    for release in RELEASES:
        if _scheme(uri) in release.uri_schemes:
            assert format_uri(address, release) == uri


@given(uris, releases)
def test_writing_what_was_read_is_a_fixed_point(uri: str, release: Release) -> None:
    try:
        written = format_uri(parse_uri(uri, release), release)
    except (ParseError, InexpressibleError):
        return
    assert format_uri(parse_uri(written, release), release) == written


@given(uris, releases)
@example("tcp:[,addr=[a=b:c]:80", RELEASES[-1])
def test_every_address_that_a_uri_can_say_is_written_as_one(uri: str, release: Release) -> None:
    try:
        address = parse_uri(uri, release)
    except ParseError:
        return
    try:
        format_uri(address, release)
    except InexpressibleError:
        # docs/fidelity.md: these have a spelling, by a trick that is not used
        assert release.inet_syntax is InetSyntax.OPTIONS
        inet = address.inet if isinstance(address, RdmaAddress) else address
        assert isinstance(inet, InetAddress)
        assert ":" in inet.host
        assert (
            "=" in inet.host or "=" in inet.port or "," in inet.host or "," in inet.port or "]:" in inet.host
        )


@given(uris, releases)
@example("tcp:h:80,to=" + "9" * 5000, RELEASES[0])
@example("file:x,offset=" + "9" * 5000, RELEASES[-1])
@example("tcp:\0", RELEASES[0])
@example("tcp:\ud800", RELEASES[0])
def test_any_text_gives_an_address_or_an_error_whose_span_lies_inside(uri: str, release: Release) -> None:
    try:
        parse_uri(uri, release)
    except ParseError as error:
        assert error.text == uri
        assert 0 <= error.start <= error.end <= len(uri)
        assert error.reason
        assert (error.qemu_message is None) == (error.crashes_qemu or "\0" in uri or "\ud800" in uri)


@given(uris, releases)
def test_parts_and_surprises_lie_inside_the_text_and_parts_do_not_overlap(uri: str, release: Release) -> None:
    end = 0
    for part in uri_parts(uri, release):
        assert end <= part.start <= part.end <= len(uri)
        end = part.end
    for surprise in uri_surprises(uri, release):
        assert 0 <= surprise.start <= surprise.end <= len(uri)
        assert surprise.message


_PLAIN_HOSTS = st.sampled_from(["h", "127.0.0.1", "example.org", "[::1]"])
_PLAIN_OPTIONS = st.sampled_from(["", ",to=90", ",ipv4=on", ",ipv6=off,mptcp", ",keep-alive"])


@given(_PLAIN_HOSTS, st.integers(0, 65535), _PLAIN_OPTIONS, releases)
def test_a_plain_uri_has_no_surprise(host: str, port: int, options: str, release: Release) -> None:
    assert uri_surprises(f"tcp:{host}:{port}{options}", release) == ()


@given(uris)
@example("tcp:addr=h:80")
def test_where_two_releases_read_a_uri_differently_one_has_a_surprise(uri: str) -> None:
    """What one release refuses or reads otherwise, another must not take without a word."""
    first, last = RELEASES[0], RELEASES[-1]
    try:
        before, after = parse_uri(uri, first), parse_uri(uri, last)
    except ParseError:
        return
    if before != after:
        assert uri_surprises(uri, first) or uri_surprises(uri, last)
