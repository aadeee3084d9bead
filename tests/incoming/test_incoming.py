"""The option -incoming: what the corpus does not say."""

from __future__ import annotations

import contextlib
import os
import pickle
import shlex
import subprocess
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from migaddr import (
    AddressError,
    ChannelType,
    ExecAddress,
    FdAddress,
    FileAddress,
    InetAddress,
    InexpressibleError,
    MigrateAddress,
    MigrateChannel,
    ParseError,
    RdmaAddress,
    UnixAddress,
    VsockAddress,
    WireError,
    incoming,
)
from migaddr.incoming import DEFER, Form, qemu_json, shell
from migaddr.releases import JsonReader

MAIN = MigrateChannel(ChannelType.MAIN, InetAddress("h", "1"))
CPR = MigrateChannel(ChannelType.CPR, UnixAddress("/run/cpr"))
CPR_TEXT = "cpr,addr.transport=socket,addr.type=unix,addr.path=/run/cpr"


def test_defer_is_one_value_even_after_a_pickle() -> None:
    assert pickle.loads(pickle.dumps(DEFER)) is DEFER
    assert repr(DEFER) == "DEFER"
    assert incoming.format(DEFER) == "defer"


@pytest.mark.parametrize(
    ("text", "start", "end", "reason"),
    [
        ("main,addr.transport=tcp", 20, 23, "transport cannot be tcp"),
        ("main,addr.transport=", 20, 20, "transport is empty"),
        ("main,addr.transport=socket", 26, 26, "addr.type is missing"),
        ("main,addr.transport=file,addr.filename=x,addr.offset=1k", 53, 55, "offset takes a number"),
        ("main,x", 5, 6, "this key has no value"),
        ("main,,x", 5, 6, "an empty item"),
        ("main,a.b!=1", 5, 9, "this is no key"),
        ("main,=1", 5, 6, "an empty item"),
        ("main,help", 5, 9, "there is no help here"),
        ("main,addr=x", 10, 11, "addr must be an object"),
        ("main,addr.args.0=a,addr.args.2=b", 5, 16, "the list has no number 1"),
        ("rdma:h,x", 8, 8, "the ':' and the port are missing"),
    ],
)
def test_where_the_fault_is(text: str, start: int, end: int, reason: str) -> None:
    release = "10.0" if text.startswith("rdma") else "11.1"
    with pytest.raises(ParseError) as caught:
        incoming.parse(text, release)
    assert (caught.value.start, caught.value.end, caught.value.reason) == (start, end, reason)
    assert not caught.value.crashes_qemu


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("Defer", "write defer"),
        (" tcp:h:1", "a URI begins with tcp: and nothing in front of it"),
        ("main,addr.type=inet", "add addr.transport=socket"),
        ("main,addr.transport=socket,addr.type=inet,addr.host=h,addr.port=1,addr.keep-alive-count=5", "keep-alive-count came with QEMU 10.1"),
        ("main,a,b=1", "write a=VALUE; a comma inside of a value is written twice"),
    ],
)  # fmt: skip
def test_what_to_write_instead(text: str, hint: str) -> None:
    with pytest.raises(ParseError) as caught:
        incoming.parse(text, "10.0")
    assert caught.value.hint == hint


@pytest.mark.parametrize(
    ("text", "start", "end", "reason"),
    [
        ("{%d}", 1, 2, "QEMU fills in nothing here: '%' belongs into a string"),
        ("{'é' 1}", 5, 6, "here should be a ':'"),
        ('{"a":"x', 5, 7, "the string that begins here does not end"),
        ('{"a":"\x01"}', 5, 7, "a control character in a string must be escaped"),
        ('{"a":01}', 5, 7, "this is no JSON number"),
        ('{"a":é}', 5, 6, "this begins nothing in JSON"),
        ('{"a":"\\ud83f\\udffe"}', 5, 19, "this escape stands for no character"),
        ('{"a":' + "[" * 1024, 1028, 1029, "more than 1024 levels"),
    ],
)
def test_where_the_json_is_at_fault(text: str, start: int, end: int, reason: str) -> None:
    with pytest.raises(ParseError) as caught:
        incoming.parse(text)
    assert (caught.value.start, caught.value.end, caught.value.reason) == (start, end, reason)


@pytest.mark.parametrize(
    ("text", "batch", "push"),
    [
        ("{[1]:2}", "key is not a string in object", "1:2: expecting key"),
        ('{"a":"\udc80"}', "invalid UTF-8 sequence in string", "1:6: invalid UTF-8 sequence in string"),
        ('{"a":"\\ud800\\u0041"}', "\\ud800 is not a valid Unicode character", "1:6: \\ud800 is not a valid Unicode character"),
        ('{"a":"\\ud83f\\udffe"}', "\\ud83f\\udffe is not a valid Unicode character", "1:6: \\ud83f\\udffe is not a valid Unicode character"),
        ('{"a":1', "premature EOI", "1:8: premature end of input"),
        ('{"a" 1 @', "stray '@'", "1:6: expecting ':'"),
        ('{\n\n"a"}', "missing : in object pair", "3:4: expecting ':'"),
    ],
)  # fmt: skip
def test_both_readers_of_json_have_their_words(text: str, batch: str, push: str) -> None:
    where, _, words = push.partition(": ")
    for release, answer in (
        ("10.0", f"JSON parse error, {batch}"),
        ("11.1", f"{where}: JSON parse error, {words}"),
    ):
        with pytest.raises(ParseError) as caught:
            incoming.parse(text, release)
        assert caught.value.qemu_message == answer


def test_paths_of_json_begin_below_the_channel() -> None:
    with pytest.raises(WireError) as caught:
        incoming.parse('{"channel-type": "main", "addr": {"transport": "exec", "args": ["a", 1]}}')
    assert caught.value.path == "addr.args[1]"
    assert caught.value.qemu_message == "Invalid parameter type for 'addr.args[1]', expected: string"


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("on", True), ("yes", True), ("true", True), ("y", True),
        ("off", False), ("no", False), ("false", False), ("n", False),
    ],
)  # fmt: skip
def test_a_flag_of_keyval_has_these_words(word: str, value: bool) -> None:
    """As QEMU's qapi_bool_parse; others, and capitals, are none."""
    text = "main,addr.transport=socket,addr.type=inet,addr.host=h,addr.port=1,addr.ipv4="
    addr = InetAddress("h", "1", ipv4=value)
    assert incoming.parse(text + word) == (MigrateChannel(ChannelType.MAIN, addr),)
    with pytest.raises(ParseError, match="either on or off"):
        incoming.parse(text + word.upper())


def test_an_exponent_may_be_a_capital() -> None:
    for reader in JsonReader:
        assert qemu_json.read_object('{"a": 1E2, "b": 1e2}', reader) == {"a": 100.0, "b": 100.0}


def test_up_to_9_2_channels_are_no_uri() -> None:
    for text in ("{'channel-type':'main'}", CPR_TEXT):
        with pytest.raises(ParseError, match="channels came to -incoming with QEMU 10") as caught:
            incoming.parse(text, "9.2")
        assert caught.value.qemu_message == f"unknown migration protocol: {text}"
    with pytest.raises(ParseError, match="the ':' and the port are missing"):
        incoming.parse("tcp:addr.example.org", "9.2")


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (None, "rdma:h:1,ipv4=off"),
        ("uri", "rdma:h:1,ipv4=off"),
        ("keyval", "main,addr.transport=rdma,addr.host=h,addr.port=1,addr.ipv4=off"),
        ("json", '{"channel-type": "main", "addr": {"transport": "rdma", "host": "h", "port": "1", "ipv4": false}}'),
    ],
)  # fmt: skip
def test_the_forms_of_one_channel(form: Form | None, text: str) -> None:
    address = RdmaAddress(InetAddress("h", "1", ipv4=False))
    assert incoming.format(address, form=form) == text
    assert incoming.parse(text) == (MigrateChannel(ChannelType.MAIN, address),)


def test_a_file_as_keyval() -> None:
    assert incoming.format(FileAddress("a,b", offset=7), form="keyval") == (
        "main,addr.transport=file,addr.filename=a,,b,addr.offset=7"
    )


@pytest.mark.parametrize(
    ("value", "release", "form", "reason"),
    [
        ((CPR,), "9.2", None, "it takes URIs only; -incoming takes channels since QEMU 10.0"),
        ((CPR,), "11.1", "uri", "a URI is a main channel, not a cpr channel"),
        ((MAIN,), "9.2", "json", "it takes URIs only"),
        ((MAIN, CPR), "11.1", None, "one value is one channel; several are several options"),
        ((), "11.1", None, "one value is one channel; several are several options"),
        (ExecAddress(("a",)), "9.2", None, "since QEMU 10.0"),
        (InetAddress("h", "", keep_alive_count=1), "10.0", None, "keep-alive-count came with QEMU 10.1"),
        (InetAddress("h", "1", keep_alive_count=1), "10.0", "keyval", "keep-alive-count came with QEMU 10.1"),
        (UnixAddress("\udc80"), "11.1", "json", "which JSON cannot carry"),
    ],
)
def test_what_cannot_be_written(value: Any, release: str, form: Form | None, reason: str) -> None:
    with pytest.raises(InexpressibleError) as caught:
        incoming.format(value, release, form=form)
    assert reason in caught.value.reason
    assert caught.value.target == f"-incoming for QEMU {release}"


def test_a_release_without_a_member_or_a_channel_type() -> None:
    """As the schema of a reduced build may say."""
    import attrs

    from migaddr import LATEST

    reduced = attrs.evolve(
        LATEST, unix_members=frozenset({"path"}), channel_types=frozenset({ChannelType.MAIN})
    )
    with pytest.raises(InexpressibleError, match="this QEMU has no member tight"):
        incoming.format(UnixAddress("x", tight=True), reduced)
    with pytest.raises(InexpressibleError, match="it has no cpr channels"):
        incoming.format((CPR,), reduced)


@pytest.mark.parametrize("value", [None, "defer", [1], (MAIN, "x")])
def test_what_is_no_channel(value: Any) -> None:
    with pytest.raises(AddressError):
        incoming.format(value)


def test_an_unknown_form() -> None:
    with pytest.raises(AddressError, match="must be one of uri, keyval, json"):
        incoming.format(MAIN.addr, form="xml")  # type: ignore[arg-type]  # what an untyped caller may do
    with pytest.raises(AddressError):
        incoming.format_argv((MAIN,), form="xml")  # type: ignore[arg-type]  # likewise


@pytest.mark.parametrize("value", [None, 1, b"defer"])
def test_what_is_no_text(value: Any) -> None:
    with pytest.raises(ParseError):
        incoming.parse(value)
    with pytest.raises(ParseError):
        incoming.parse_argv([value])


@pytest.mark.parametrize(
    ("argv", "release", "expected"),
    [
        ([], "11.1", ()),
        (["qemu", "-S"], "7.2", ()),
        (["-incoming", "foo", "--incoming", "tcp:h:1"], "9.2", (MAIN,)),
        (["-incoming", "tcp:i:1", "-incoming", CPR_TEXT, "-incoming", "tcp:h:1"], "10.0", (MAIN, CPR)),
        (["-incoming", CPR_TEXT, "-incoming", "tcp:h:1", "-incoming", "defer"], "10.0", (DEFER, CPR)),
        (["-incoming", "defer", "-incoming", "tcp:h:1"], "10.0", (MAIN,)),
        (["-incoming", "tcp:h:1", "-incoming", "defer"], "10.0", DEFER),
        (["-name", "-incoming", "-nodefaults", "disk", "-incoming", "tcp:h:1"], "11.1", (MAIN,)),
        (["-name", "-incoming", "tcp:h:1"], "11.1", ()),
    ],
)
def test_command_lines(argv: list[str], release: str, expected: object) -> None:
    assert incoming.parse_argv(argv, release) == expected


@pytest.mark.parametrize(
    ("argv", "release", "text", "answer"),
    [
        (["-incoming", "foo", "-incoming"], "11.1", "-incoming", "requires an argument"),
        (["-incoming=tcp:h:1"], "11.1", "-incoming=tcp:h:1", "invalid option"),
        (["-incoming", "foo", "-incoming", "tcp:h:1"], "10.0", "foo", "Parameter 'channel-type' does not accept value 'foo'"),
        (["-incoming", "tcp:h:1", "-incoming", "foo"], "9.2", "foo", "unknown migration protocol: foo"),
    ],
)  # fmt: skip
def test_command_lines_that_qemu_refuses(argv: list[str], release: str, text: str, answer: str) -> None:
    with pytest.raises(ParseError) as caught:
        incoming.parse_argv(argv, release)
    assert (caught.value.text, caught.value.qemu_message) == (text, answer)


def test_several_options() -> None:
    assert incoming.format_argv((DEFER, CPR)) == ["-incoming", "defer", "-incoming", CPR_TEXT]
    assert incoming.format_argv(()) == []
    with pytest.raises(InexpressibleError, match="only the last -incoming counts"):
        incoming.format_argv((DEFER, CPR), "9.2")
    with pytest.raises(InexpressibleError, match="of several main channels only the last counts"):
        incoming.format_argv((DEFER, MAIN))


@pytest.mark.parametrize(
    ("line", "start", "reason"),
    [
        ("qemu -incoming tcp:$HOST:1", 19, "a shell replaces this"),
        ('qemu -incoming "tcp:$HOST:1"', 20, "a shell replaces this"),
        ("qemu -incoming tcp:h:1 | x", 23, "here the command ends"),
        ("qemu -incoming 'tcp", 15, "the quote that begins here does not end"),
        ('qemu -incoming "tcp', 15, "the quote that begins here does not end"),
        ("qemu \\", 5, "nothing follows the backslash"),
        ('qemu -incoming {"a":1}', 15, "a shell may replace this"),
        ("qemu # x", 5, "here the command ends"),
        ("# qemu -incoming defer", 0, "here the command ends"),
        ("~/qemu -incoming defer", 0, "a shell may replace this"),
        ("x=~/qemu -incoming defer", 2, "a shell may replace this"),
        ("x=/a:~/b qemu -incoming defer", 5, "a shell may replace this"),
        ("x='a\n':~/b qemu -incoming defer", 7, "a shell may replace this"),
        ("qemu -incoming defer\nqemu", 20, "here the command ends"),
    ],
)
def test_what_only_a_shell_can_read(line: str, start: int, reason: str) -> None:
    with pytest.raises(ParseError) as caught:
        incoming.parse_shell(line)
    assert (caught.value.start, caught.value.reason) == (start, reason)


LINES = st.lists(
    st.sampled_from(
        [
            *" \t'\"\\$`~#=:,{}();&|<>*?!^%ab0\r\v\x01é\udc80",
            "\\\n", '\\"', "\\'", "\\\\", "\\ ", "tcp:", "[::1]", "=~/", ":~", "x=", "-incoming", '{"a": 1}', "$'", "@(", "\n",
        ]
    ),
    max_size=8,
).map("".join)  # fmt: skip


@settings(max_examples=20)
@given(st.lists(LINES, min_size=40, max_size=80))
@example(["# a", "~", "a \\\n~", "x=~", "a=b:~", 'x"="~', "unix:~/x", "a\n \n", "a#b"])
def test_words_are_those_of_real_shells(lines: list[str]) -> None:
    taken: dict[str, list[str]] = {}
    for line in lines:
        with contextlib.suppress(ParseError):
            taken[line] = shell.split(line)
    script = "".join(f"( eval {shlex.quote(f'p {line}')} )\nprintf '\\0\\n'\n" for line in taken)
    script = f"""p() {{ printf '%s\\0' "$@"; }}\n{script}"""
    wanted = "".join(f"{chr(0).join([*words, ''])}\0\n" if words else "\0\0\n" for words in taken.values())
    for program in ("sh", "bash"):
        done = subprocess.run([program], input=os.fsencode(script), capture_output=True, check=False)
        assert (os.fsdecode(done.stdout), done.stderr) == (wanted, b""), program


def test_shell_words() -> None:
    line = 'qemu -incoming tcp:h:1 \\\n  -incoming \'{"channel-type": "cpr", "addr": {"transport": "socket", "type": "unix", "path": "/run/cpr"}}\''
    assert incoming.parse_shell(line) == (MAIN, CPR)
    assert incoming.parse_shell('-incoming "exec:a \\"b\\" \\$c \\d" ') == (
        MigrateChannel(ChannelType.MAIN, ExecAddress(("/bin/sh", "-c", 'a "b" $c \\d'))),
    )
    assert incoming.format_shell((MAIN, CPR)) == f"-incoming tcp:h:1 -incoming {CPR_TEXT}"
    assert incoming.format_shell(ExecAddress(("/bin/sh", "-c", "echo 'a'"))) == (
        "-incoming 'exec:echo '\"'\"'a'\"'\"''"
    )


@pytest.mark.parametrize(
    "address",
    [
        InetAddress("::1", "4444", ipv6=True),
        UnixAddress("/run/s", abstract=True),
        VsockAddress("3", "4444"),
        FdAddress("name"),
        ExecAddress(("/bin/cat", "a,b")),
        RdmaAddress(InetAddress("h", "1")),
        FileAddress("/x", offset=1),
    ],
    ids=lambda address: type(address).__name__,
)
def test_every_kind_has_a_keyval_form(address: MigrateAddress) -> None:
    written = incoming.format(address, form="keyval")
    assert written.startswith("main,addr.transport=")
    assert incoming.parse(written) == (MigrateChannel(ChannelType.MAIN, address),)
