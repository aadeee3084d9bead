"""The release table against the facts, and how a release is named."""

from __future__ import annotations

import enum
from typing import Any

import pytest

from migaddr import (
    LATEST,
    RELEASES,
    ChannelType,
    InetAddress,
    Release,
    UnknownReleaseError,
    exec_address,
    format_uri,
    parse_uri,
)
from migaddr.releases import (
    Exclusivity,
    InetSyntax,
    JsonReader,
    ListRule,
    MissingCpr,
    PlainFileFd,
    UnknownScheme,
    WindowsShell,
    first_release,
)

SERIES = ["7.2", "8.0", "8.1", "8.2", "8.2.2", "9.0", "9.1", "9.2", "10.0", "10.1", "10.2", "11.0", "11.1"]


def _having(test: Any) -> list[str]:
    return [str(release) for release in RELEASES if test(release)]


def _from(first: str) -> list[str]:
    return SERIES[SERIES.index(first) :]


@pytest.mark.parametrize(
    "kind", [InetSyntax, UnknownScheme, ListRule, Exclusivity, JsonReader, MissingCpr, PlainFileFd]
)
def test_a_behaviour_shows_itself_by_its_name(kind: type[enum.Enum]) -> None:
    """`migaddr generate` prints them, as the differences between releases."""
    for one in kind:
        assert one.value == one.name.lower().replace("_", "-")


def test_the_shell_of_windows_shows_itself_by_its_words() -> None:
    assert WindowsShell.SH.value == " ".join(exec_address("x").args[:2])
    assert WindowsShell.CMD.value == "cmd.exe /c"


def test_the_table_holds_these_releases_in_order() -> None:
    assert [str(release) for release in RELEASES] == SERIES
    assert sorted(RELEASES, key=lambda release: release.version) == list(RELEASES)
    assert LATEST is RELEASES[-1]
    assert all(release.known for release in RELEASES)


def test_what_came_when() -> None:
    assert _having(lambda r: "file" in r.uri_schemes) == _from("8.2")
    assert _having(lambda r: r.transports == {"socket", "exec", "rdma", "file"}) == _from("8.2")
    assert _having(lambda r: not r.transports) == _having(lambda r: r.tcp_reads_schemes) == SERIES[:3]
    assert _having(lambda r: r.empty_fd_uri) == SERIES[:3]
    assert _having(lambda r: r.bad_rdma_uri_crashes) == _from("8.2")
    assert _having(lambda r: "uri" not in r.migrate.required) == _from("8.2.2")
    assert _having(lambda r: "channels" in r.migrate.optional) == _from("8.2")
    assert _having(lambda r: "channels" in r.migrate_incoming.optional) == _from("8.2")
    assert _having(lambda r: "exit-on-error" in r.migrate_incoming.optional) == _from("9.1")
    assert _having(lambda r: r.exclusivity is Exclusivity.SHORT) == _from("9.0")
    assert _having(lambda r: r.exclusivity is Exclusivity.LONG) == ["8.2", "8.2.2"]
    assert _having(lambda r: ChannelType.CPR in r.channel_types) == _from("10.0")
    assert _having(lambda r: r.list_rule is ListRule.ONE_OF_EACH_TYPE) == _from("10.0")
    assert _having(lambda r: r.incoming_takes_channels) == _from("10.0")
    assert _having(lambda r: r.inet_syntax is InetSyntax.OPTIONS) == _from("10.1")
    assert _having(lambda r: "keep-alive-count" in r.inet_members) == _from("10.1")
    assert _having(lambda r: r.mapped_ram) == _from("9.0")
    assert _having(lambda r: r.plain_file_fd is PlainFileFd.DEPRECATED) == [
        "9.1",
        "9.2",
        "10.0",
        "10.1",
        "10.2",
    ]
    assert _having(lambda r: r.plain_file_fd is PlainFileFd.REFUSED) == _from("11.0")
    assert _having(lambda r: r.windows_shell is WindowsShell.CMD) == _from("8.0")
    assert _having(lambda r: r.unknown_scheme is UnknownScheme.OTHER_ERROR) == ["7.2", "8.0"]
    assert _having(lambda r: r.unknown_scheme is UnknownScheme.NO_ERROR) == ["8.1"]


def test_arguments_come_and_go() -> None:
    assert _having(lambda r: "blk" in r.migrate.optional) == SERIES[:6]
    assert _having(lambda r: "inc" in r.migrate.deprecated) == ["8.2", "8.2.2", "9.0"]
    assert _having(lambda r: "detach" in r.migrate.optional) == SERIES[:-2]
    assert _having(lambda r: "detach" in r.migrate.deprecated) == ["10.1", "10.2"]
    assert _having(lambda r: "resume" in r.migrate.optional) == SERIES
    assert _having(lambda r: r.migrate_recover.required == {"uri"}) == SERIES
    assert all(
        r.migrate.deprecated <= r.migrate.optional and not r.migrate.required & r.migrate.optional
        for r in RELEASES
    )
    assert [sorted(r.modes) for r in (RELEASES[0], RELEASES[3], RELEASES[8], LATEST)] == [
        [],
        ["cpr-reboot", "normal"],
        ["cpr-reboot", "cpr-transfer", "normal"],
        ["cpr-exec", "cpr-reboot", "cpr-transfer", "normal"],
    ]


@pytest.mark.parametrize(
    ("text", "version", "facts"),
    [
        ("10.0", (10, 0, 0), "10.0"),
        ("10.0.13", (10, 0, 13), "10.0"),
        ("v9.2.0", (9, 2, 0), "9.2"),
        ("7.2.22 (Debian 1:7.2+dfsg-7+deb12u18+b3)", (7, 2, 22), "7.2"),
        ("QEMU emulator version 11.1.3 (Debian 1:11.1.3+ds-1~bpo13+1)", (11, 1, 3), "11.1"),
        ("9.2.4+ds-1~bpo12", (9, 2, 4), "9.2"),
        ("QEMU emulator version 10.0.13\nCopyright (c) 2003-2025 Fabrice Bellard\n", (10, 0, 13), "10.0"),
        ("8.2", (8, 2, 0), "8.2"),
        ("8.2.1", (8, 2, 1), "8.2"),
        ("8.2.2", (8, 2, 2), "8.2.2"),
        ("8.2.9", (8, 2, 9), "8.2.2"),
    ],
)
def test_a_release_is_found_by_its_text(text: str, version: tuple[int, int, int], facts: str) -> None:
    release = Release.parse(text)
    assert (release.version, release.known) == (version, True)
    like = Release.parse(facts)
    assert release.migrate == like.migrate
    assert release.inet_syntax is like.inet_syntax
    assert release.series == facts[: len(release.series)]


@pytest.mark.parametrize("text", ["11.2", "12.0.1", "99.0", "11.1.50", "10.2.0-rc1", "v9.2.50-12-gabcdef"])
def test_what_is_newer_than_the_table_has_the_nearest_facts_and_says_so(text: str) -> None:
    release = Release.parse(text)
    assert not release.known
    assert "not known" in repr(release)
    assert release.version >= (9, 2, 0)


def test_the_latest_facts_stand_in_for_what_is_newer() -> None:
    assert Release.parse("12.0").migrate == LATEST.migrate
    assert Release.parse("12.0").version == (12, 0, 0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("6.2", "older than 7.2"),
        ("0.15.1", "older"),
        ("8.3", "never had this series; the one before it is 8.2"),
        ("9.5.1", "never had"),
        ("10", "write it as '10.0'"),
        ("", "write it"),
        ("ten", "write it"),
        ("10.0.0.1", "write it"),
        ("١٠.٠", "write it"),
        ("10.0" * 1000, "write it"),
    ],
)
def test_what_is_no_release_is_refused(text: str, said: str) -> None:
    with pytest.raises(UnknownReleaseError, match=said) as caught:
        Release.parse(text)
    assert caught.value.text == text


@pytest.mark.parametrize("wrong", [None, 10.0, (10, 0), ["10.0"]])
def test_only_text_and_releases_name_a_release(wrong: Any) -> None:
    with pytest.raises(UnknownReleaseError, match="give a Release or a text"):
        parse_uri("tcp:h:1", wrong)
    if wrong is not None:
        with pytest.raises(UnknownReleaseError):
            format_uri(InetAddress("h", "1"), wrong)


def test_equal_text_gives_equal_releases_and_the_table_its_own() -> None:
    assert Release.parse("10.0.13") == Release.parse("v10.0.13")
    assert Release.parse("10.0") is RELEASES[8]
    assert Release.parse("10.0.13") != Release.parse("10.0")
    assert (repr(LATEST), str(Release.parse("10.0.13"))) == ("<Release 11.1>", "10.0.13")


def test_the_first_release_that_has_a_member() -> None:
    assert first_release("uri_schemes", "file") == Release.parse("8.2")
    assert first_release("inet_members", "keep-alive-idle") == Release.parse("10.1")
