"""What each public strategy promises of what it draws."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import migaddr
from migaddr import (
    LATEST,
    RELEASES,
    ChannelType,
    Command,
    InexpressibleError,
    MigaddrError,
    MigrateAddress,
    MigrateChannel,
    ParseError,
    Release,
    UnknownReleaseError,
    WireError,
    address_from_qmp,
    channels_from_qmp,
    channels_to_qmp,
    command_from_qmp,
    command_to_qmp,
    format_uri,
    parse_uri,
    strategies,
)
from migaddr.generation.edits import edited
from migaddr.strategies.addresses import Form, Kind
from tests.lint.snippets import find

KINDS: tuple[Kind, ...] = get_args(Kind)
WITH_CHANNELS = [release for release in RELEASES if release.transports]
MORE = settings(max_examples=400)
FEWER = settings(max_examples=100)


def kind_of(address: MigrateAddress) -> str:
    return type(address).__name__.removesuffix("Address").lower()


@given(st.sampled_from(KINDS), st.data())
@FEWER
def test_an_address_is_of_the_kind_that_was_asked_for(kind: Kind, data: st.DataObject) -> None:
    assert kind_of(data.draw(strategies.addresses(kind))) == kind


@given(st.none() | strategies.releases(), st.sampled_from(get_args(Form)), st.booleans(), st.data())
@MORE
def test_an_address_is_expressible_or_not_as_was_asked(
    release: Release | None, form: Form, expressible: bool, data: st.DataObject
) -> None:
    strategy = strategies.addresses(release=release, expressible=expressible, form=form)
    if strategy.is_empty:
        assert expressible and form == "channels" and release is not None and not release.transports
        return
    address = data.draw(strategy)
    try:
        if form == "uri":
            format_uri(address, release)
        else:
            channels_to_qmp([MigrateChannel(ChannelType.MAIN, address)], release=release or LATEST)
        written = True
    except InexpressibleError:
        written = False
    assert written is expressible


@given(strategies.releases(), st.data())
@MORE
def test_a_spelling_reads_as_the_address(release: Release, data: st.DataObject) -> None:
    address = data.draw(strategies.addresses(release=release, expressible=True))
    assert parse_uri(data.draw(strategies.spellings(address, release)), release) == address


@given(st.sampled_from(KINDS), st.data())
@MORE
def test_a_uri_is_read_as_the_kind_that_was_asked_for(kind: Kind, data: st.DataObject) -> None:
    having = [release for release in RELEASES if kind != "file" or "file" in release.uri_schemes]
    release = data.draw(st.sampled_from(having))
    assert kind_of(parse_uri(data.draw(strategies.uris(kind, release=release)), release)) == kind


def test_what_no_release_can_spell_is_an_empty_strategy() -> None:
    assert strategies.spellings(migaddr.UnixAddress("/x", abstract=True)).is_empty
    assert strategies.channel_lists("8.1").is_empty
    assert strategies.addresses("fd", release="7.2", expressible=False).is_empty


@given(strategies.releases(), st.data())
@MORE
def test_a_near_miss_is_one_edit_away_and_has_its_error(release: Release, data: st.DataObject) -> None:
    miss = data.draw(strategies.near_misses(release=release))
    assert miss.release is release
    parse_uri(miss.valid, release)
    assert edited(miss.valid, miss.edit, miss.at, miss.piece) == miss.uri
    with pytest.raises(ParseError) as caught:
        parse_uri(miss.uri, release)
    assert caught.value == miss.error


@FEWER
@given(strategies.hostile_texts(3, raw_bytes=False), strategies.any_texts(5, raw_bytes=False))
def test_without_raw_bytes_a_text_is_unicode(hostile: str, text: str) -> None:
    assert "\0" not in hostile + text
    assert len(text) <= 5
    (hostile + text).encode()


@FEWER
@given(strategies.hostile_texts() | strategies.any_texts() | strategies.any_uris())
def test_any_text_is_bytes_without_nul(text: str) -> None:
    assert b"\0" not in text.encode("utf-8", "surrogateescape")


@given(st.sampled_from(WITH_CHANNELS), st.data())
@MORE
def test_valid_json_is_taken(release: Release, data: st.DataObject) -> None:
    value = data.draw(strategies.qmp_channels(release))
    assert channels_to_qmp(channels_from_qmp(value, release=release), release=release) == value
    address_from_qmp(data.draw(strategies.qmp_addresses(release=release)), release=release)


@given(st.sampled_from(WITH_CHANNELS), st.data())
@MORE
def test_broken_channels_are_refused_at_their_path(release: Release, data: st.DataObject) -> None:
    broken = data.draw(strategies.broken_qmp_channels(release))
    channels_from_qmp(broken.valid, release=release)
    with pytest.raises(WireError) as caught:
        channels_from_qmp(broken.value, release=release)
    assert caught.value.path == broken.path


@given(strategies.releases(), st.data())
@MORE
def test_broken_commands_are_refused_at_their_path(release: Release, data: st.DataObject) -> None:
    broken = data.draw(strategies.broken_qmp_commands(release=release))
    command_from_qmp(broken.valid, release=release)
    json.dumps(broken.value)
    with pytest.raises(WireError) as caught:
        command_from_qmp(broken.value, release=release)
    assert caught.value.path == broken.path


@given(strategies.releases(), st.data())
@MORE
def test_a_command_for_a_release_can_be_given_to_it(release: Release, data: st.DataObject) -> None:
    command = data.draw(strategies.commands(release=release))
    assert command_from_qmp(command_to_qmp(command, release=release), release=release) == command


@FEWER
@given(strategies.commands("migrate"))
def test_a_command_is_of_the_name_that_was_asked_for(command: Command) -> None:
    assert isinstance(command, migaddr.Migrate)


@FEWER
@given(strategies.channel_lists("10.0"), strategies.channel_lists())
def test_a_list_for_a_release_is_one_that_it_takes(
    fitting: tuple[MigrateChannel, ...], any_list: tuple[MigrateChannel, ...]
) -> None:
    assert channels_from_qmp(channels_to_qmp(fitting, release="10.0"), release="10.0") == fitting
    assert 1 <= len(any_list) <= 3


@FEWER
@given(strategies.templates())
def test_a_template_is_filled_with_its_values(template: strategies.Template) -> None:
    values = iter(template.values)
    assert template.written(lambda _: next(values)) == template.uri
    assert len(template.holes) == len(template.values) > 0
    assert all(template.values)


@given(strategies.templates("inet", "unix", "vsock", "fd", release="10.0"))
@MORE
def test_the_linter_finds_a_template_with_its_holes(template: strategies.Template) -> None:
    scheme = template.uri.partition(":")[0]
    plain = template.uri.isascii() and template.uri.isprintable()
    if not plain or set(template.uri) & set("{}\"'\\%$` ") or template.holes[0].start < len(scheme):
        return  # what the source would have to escape, or a hole that makes it another URI
    written = template.written(lambda part: "{" + part.name.replace("-", "_") + "}")
    found = find(f'vm.migrate(f"{written}")', "python")
    assert [one.value for one in found] == [template.written(lambda _: "{}")]


def test_hypothesis_knows_the_types_without_being_told() -> None:
    script = """
import sys
from hypothesis import strategies as st
assert "migaddr.strategies" not in sys.modules
from migaddr import Command, MigrateAddress, MigrateChannel, MigrateIncoming, Release, SocketAddress
from hypothesis import find
for wanted in (MigrateAddress, SocketAddress, MigrateChannel, MigrateIncoming, Command, Release, tuple[MigrateChannel, ...]):
    print(find(st.from_type(wanted), lambda _: True))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[0].startswith(
        ("ExecAddress(", "InetAddress(", "UnixAddress(", "FdAddress(")
    )
    assert len(done.stdout.splitlines()) == 7


def test_an_unknown_release_is_refused_at_once() -> None:
    for strategy in (strategies.addresses, strategies.uris, strategies.near_misses, strategies.commands):
        with pytest.raises(UnknownReleaseError):
            strategy(release="6.0")


HEALTHY: dict[str, st.SearchStrategy[object]] = {
    "addresses": strategies.addresses(),
    "expressible": strategies.addresses(expressible=True),
    "inexpressible": strategies.addresses(expressible=False),
    "inexpressible in channels": strategies.addresses(expressible=False, form="channels"),
    "channels": strategies.channels("10.0"),
    "channel lists": strategies.channel_lists("11.1"),
    "commands for 7.2": strategies.commands(release="7.2"),
    "commands for 9.0": strategies.commands(release="9.0"),
    "uris for 7.2": strategies.uris(release="7.2"),
    "uris": strategies.uris(),
    "near misses": strategies.near_misses(),
    "any uris": strategies.any_uris(),
    "broken channels": strategies.broken_qmp_channels(),
    "broken commands": strategies.broken_qmp_commands(release="8.2"),
    "templates": strategies.templates(),
}


@pytest.mark.parametrize("name", HEALTHY)
def test_no_strategy_is_unhealthy(name: str) -> None:
    """With every health check on, as in the tests of others."""

    @settings(max_examples=100, suppress_health_check=(), deadline=None, database=None, derandomize=True)
    @given(HEALTHY[name])
    def draw(_: object) -> None:
        pass

    draw()


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda: strategies.addresses("nope"), "no kind of address: there are inet"),  # type: ignore[arg-type]  # wrong
        (lambda: strategies.uris("10.0"), "release="),  # type: ignore[arg-type]  # wrong
        (lambda: strategies.qmp_addresses(["inet"]), "no kind of address"),  # type: ignore[arg-type]  # wrong
        (lambda: strategies.commands("migrate", "nope"), "no command: there are migrate"),  # type: ignore[arg-type]  # wrong
        (lambda: strategies.broken_qmp_commands("nope"), "no command"),  # type: ignore[arg-type]  # wrong
        (lambda: strategies.addresses(form="xyz"), "no form"),  # type: ignore[arg-type]  # wrong
        (lambda: strategies.addresses(expressible=1), "True, False or None"),  # type: ignore[arg-type]  # wrong
    ],
)
def test_what_there_is_not_cannot_be_asked_for(ask: Callable[[], object], words: str) -> None:
    with pytest.raises(MigaddrError, match=words):
        ask()
