"""Laws of the spellings: what is written reads as the same; any text gives a value or our error inside of it."""

from __future__ import annotations

import pickle

from hypothesis import example, given
from hypothesis import strategies as st

from migaddr import (
    RELEASES,
    ChannelType,
    InexpressibleError,
    MigrateAddress,
    MigrateChannel,
    ParseError,
    Release,
    WireError,
    hmp,
    incoming,
    parse_json,
)
from migaddr.commands import Command, Migrate, MigrateIncoming, MigrateRecover
from migaddr.incoming import DEFER, Defer, Form, qemu_json, shell
from migaddr.releases import JsonReader
from tests.addresses import addresses, channels, flags, hostile_text, releases, uris
from tests.laws.test_qmp_laws import json_values

forms: st.SearchStrategy[Form | None] = st.sampled_from([None, "uri", "keyval", "json"])
slots = st.lists(channels | st.just(DEFER), max_size=3)
on = st.none() | st.just(True)
commands: st.SearchStrategy[Command] = st.one_of(
    st.builds(Migrate, addresses, blk=on, inc=on, detach=on, resume=on),
    st.builds(Migrate, addresses, blk=flags, inc=flags, detach=flags, resume=flags),
    st.builds(Migrate, channels.map(lambda channel: (channel,))),
    st.builds(MigrateIncoming, addresses),
    st.builds(MigrateIncoming, addresses, exit_on_error=flags),
    st.builds(MigrateRecover, addresses),
)
KEYS = [
    "channel-type", "addr", "addr.transport", "addr.type", "addr.host", "addr.port", "addr.to", "addr.ipv4", "addr.path", "addr.args", "addr.args.0",
    "addr.args.1", "addr.args.00", "addr.args.x", "addr.filename", "addr.offset", "addr.str", "addr.cid", "addr.0", "x", "0", "a.b", "a.b.c", "help", "",
    "addr.x", "addr.y", "x" * 128, "é",
]  # fmt: skip
keyvals = st.builds(
    lambda first, items: first + ",".join(key if value is None else f"{key}={value}" for key, value in items),
    st.sampled_from(["", "main,", "cpr,", "main,addr.transport=exec,", "main,addr.transport=file,addr.filename=x,", "channel-type=main,"]),
    st.lists(
        st.tuples(
            st.sampled_from(KEYS),
            st.none() | st.sampled_from(["main", "socket", "inet", "unix", "exec", "file", "1", "0x1f", "-1", "08", "on", "yes", "a,,b", "", "65536"]) | hostile_text,
        ),
        max_size=5,
    ),
)  # fmt: skip
jsons = st.lists(
    st.sampled_from([*"{}[]:,\"'\\ \n0é-.\udc80\uffff", '"a"', "'a'", "1.5e3", "0e1", "01", "true", "nul", "\\u0041", "\\ud83d\\ude00", "\\ud800", "\\q", "%d", '"addr":', '"channel-type":"main"']),
    max_size=12,
).map(lambda pieces: "{" + "".join(pieces))  # fmt: skip
values = st.sampled_from(["defer", ""]) | uris | keyvals | jsons | hostile_text
lines = st.builds(
    lambda blanks, command, words, end: blanks + command + "".join(words) + end,
    st.sampled_from(["", " ", "\t"]),
    st.sampled_from(["migrate", "migrate_incoming", "migrate_recover", "migrate ", "info", "", "migrat"]),
    st.lists(st.sampled_from([" -d", " -b", " -i", " -r", " -", " -x", "/", ' "', '"', "\\", "\\n", " ", "\x0b", "tcp:h:1", "rdma:", "x" * 1020]) | uris | uris.map(lambda uri: f' "{uri}"'), max_size=4),
    st.sampled_from(["", " ", " x"]),
)  # fmt: skip


def _in_order(given_slots: list[MigrateChannel | Defer]) -> list[MigrateChannel | Defer]:
    return sorted(given_slots, key=lambda one: one is not DEFER and one.channel_type is ChannelType.CPR)


@given(channels, releases, forms)
def test_a_written_channel_reads_as_the_same(
    channel: MigrateChannel, release: Release, form: Form | None
) -> None:
    try:
        text = incoming.format((channel,), release, form=form)
    except InexpressibleError as error:
        assert error.reason
        assert form is not None or not release.incoming_takes_channels or "came with" in error.reason
        return
    assert incoming.parse(text, release) == (channel,)
    assert shell.split(shell.quote(text)) == [text]
    assert (form == "json") == text.startswith("{")


@given(addresses, releases)
def test_an_address_is_one_main_channel(address: MigrateAddress, release: Release) -> None:
    try:
        text = incoming.format(address, release)
    except InexpressibleError:
        return
    assert incoming.parse(text, release) == (MigrateChannel(ChannelType.MAIN, address),)


@given(slots, releases, forms)
def test_written_options_add_up_to_the_same(
    given_slots: list[MigrateChannel | Defer], release: Release, form: Form | None
) -> None:
    try:
        argv = incoming.format_argv(given_slots, release, form=form)
    except InexpressibleError:
        return
    found = incoming.parse_argv(["qemu", *argv, "-S"], release)
    assert found == (DEFER if given_slots == [DEFER] else tuple(_in_order(given_slots)))
    assert incoming.parse_shell(incoming.format_shell(given_slots, release, form=form), release) == found
    assert pickle.loads(pickle.dumps(found)) == found


@given(values, releases)
@example("main," + "a." * 50_000 + "=1", RELEASES[-1])
@example("main" + ",addr.args.0=x" * 20_000, RELEASES[-1])
@example("{" + '"a":[' * 2000, RELEASES[-1])
@example("{" + '"a":[' * 2000, RELEASES[-5])
@example('{"a":' + "1" * 5000 + "}", RELEASES[-1])
@example("help", RELEASES[-1])
@example("\ud800", RELEASES[0])
@example("defer\0", RELEASES[0])
def test_any_value_gives_channels_or_our_error(text: str, release: Release) -> None:
    try:
        found = incoming.parse(text, release)
    except ParseError as error:
        assert error.text == text
        assert 0 <= error.start <= error.end <= len(text)
        assert str(error)
    except WireError as error:
        assert error.path
        assert not error.path.startswith(("channels", "."))
        assert str(error)
    else:
        assert incoming.parse(incoming.format(found, release), release) == found


@given(st.dictionaries(st.text(max_size=4), json_values, max_size=4), st.sampled_from(JsonReader))
@example({"": 6 * 10**118 + 1}, JsonReader.PUSH)
def test_what_is_json_is_json_to_qemu_as_well(value: dict[str, object], reader: JsonReader) -> None:
    import json

    text = json.dumps(value)
    try:
        found = qemu_json.read_object(text, reader)
    except ParseError as error:
        assert "not a valid Unicode character" in str(error.qemu_message)  # a noncharacter
    else:
        assert found == parse_json(text)


@given(commands, releases)
def test_a_written_line_reads_as_the_same(command: Command, release: Release) -> None:
    try:
        line = hmp.format(command, release)
    except InexpressibleError as error:
        assert error.address is command.target
        assert error.reason
        return
    assert "\n" not in line
    assert "\r" not in line
    assert hmp.parse(line, release) == command
    assert hmp.parse(f" \t{line}\n", release) == command


@given(lines | hostile_text | uris, releases)
@example('migrate "' + "\\" * 4000, RELEASES[-1])
@example('migrate "tcp:' + "é" * 600, RELEASES[-1])
@example('migrate "foo:' + "é" * 600 + '"', RELEASES[-1])
@example("migrate\ud800", RELEASES[0])
@example("migrate -\0", RELEASES[0])
def test_any_line_gives_a_command_or_our_error(line: str, release: Release) -> None:
    try:
        command = hmp.parse(line, release)
    except ParseError as error:
        assert error.text == line
        assert 0 <= error.start <= error.end <= len(line)
        assert str(error)
    else:
        try:
            written = hmp.format(command, release)
        except InexpressibleError:
            return  # a surprise of the URI's own, such as a port that was cut
        assert hmp.parse(written, release) == command


@given(st.lists(hostile_text, max_size=4))
def test_quoted_words_are_split_as_they_were(words: list[str]) -> None:
    assert shell.split("  ".join(map(shell.quote, words))) == words


@given(st.text("a '\"\\$`;\n\t~#[]{}*=", max_size=12))
def test_words_are_those_of_a_shell(line: str) -> None:
    import shlex

    try:
        words = shell.split(line)
    except ParseError as error:
        assert 0 <= error.start < error.end <= len(line)
        return
    assert (
        words == shlex.split(line.replace("\\\n", "") if "'" not in line and '"' not in line else line)
        or "\\\n" in line
    )
