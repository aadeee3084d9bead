"""Lines for the human monitor: what the corpus does not say."""

from __future__ import annotations

from typing import Any

import pytest

from migaddr import (
    AddressError,
    ChannelType,
    ExecAddress,
    InetAddress,
    InexpressibleError,
    MigrateChannel,
    ParseError,
    UnixAddress,
    hmp,
)
from migaddr.commands import Migrate, MigrateIncoming, MigrateRecover

HOST = InetAddress("h", "1")


@pytest.mark.parametrize(
    ("command", "release", "line"),
    [
        (Migrate(HOST), "11.1", "migrate tcp:h:1"),
        (Migrate(HOST, detach=True, resume=True), "11.1", "migrate -d -r tcp:h:1"),
        (Migrate(HOST, blk=True, inc=True, detach=True), "9.0", "migrate -d -b -i tcp:h:1"),
        (MigrateIncoming(UnixAddress("/a b")), "7.2", 'migrate_incoming "unix:/a b"'),
        (MigrateRecover(HOST), "10.0", "migrate_recover tcp:h:1"),
        (Migrate(ExecAddress(("/bin/sh", "-c", 'a "b"\n\\'))), "11.1", 'migrate "exec:a \\"b\\"\\n\\\\"'),
        (Migrate(UnixAddress('a"b\\')), "11.1", 'migrate unix:a"b\\'),
    ],
)
def test_lines(command: Any, release: str, line: str) -> None:
    assert hmp.format(command, release) == line
    assert hmp.parse(line, release) == command


@pytest.mark.parametrize(
    ("command", "release", "reason"),
    [
        (Migrate(HOST, blk=True), "9.1", "-b was removed in QEMU 9.1"),
        (Migrate(HOST, resume=False), "11.1", "a line cannot say that resume is off: leave it out, absent means off"),
        (MigrateIncoming(HOST, exit_on_error=False), "11.1", "a line cannot say exit_on_error; since QEMU 9.1 it is off for the monitor, leave it out"),
        (Migrate(ExecAddress(("a",))), "11.1", "another argument vector"),
        (Migrate((MigrateChannel(ChannelType.CPR, HOST),)), "11.1", "a line takes a URI, which is one main channel"),
        (Migrate(UnixAddress("é" * 510)), "11.1", "the monitor reads 1023 bytes of a URI, this has 1025"),
    ],
)  # fmt: skip
def test_what_a_line_cannot_say(command: Any, release: str, reason: str) -> None:
    with pytest.raises(InexpressibleError) as caught:
        hmp.format(command, release)
    assert reason in caught.value.reason
    assert caught.value.target == f"a line for the monitor of QEMU {release}"
    assert caught.value.address == command.target


@pytest.mark.parametrize("length", range(1015, 1026))
def test_a_uri_that_is_cut_within_a_character_has_its_fault_inside_of_the_line(length: int) -> None:
    line = f"migrate {'x' * length}🙂"
    with pytest.raises(ParseError) as caught:
        hmp.parse(line)
    assert 0 <= caught.value.start <= caught.value.end <= len(line)


def test_a_long_uri_is_cut_as_qemu_cuts_it() -> None:
    assert hmp.format(Migrate(UnixAddress("x" * 1018))) == "migrate unix:" + "x" * 1018
    assert hmp.parse("migrate unix:" + "é" * 510) == Migrate(UnixAddress("é" * 509))
    with pytest.raises(ParseError) as caught:
        hmp.parse('migrate "foo:' + "é" * 510 + '"')
    assert caught.value.qemu_message == "unknown migration protocol: foo:" + "é" * 509 + "\udcc3"


@pytest.mark.parametrize(
    ("line", "start", "end"),
    [
        ('migrate "tcp:h\\"x"', 17, 17),
        ('migrate "tcp:\\"h"', 16, 16),
        ('  migrate  -d "exec:a" b', 23, 24),
        ('migrate "vsock:\\"2:1,x"', 20, 22),
    ],
)
def test_places_in_a_quoted_uri_are_those_of_the_line(line: str, start: int, end: int) -> None:
    with pytest.raises(ParseError) as caught:
        hmp.parse(line)
    assert (caught.value.start, caught.value.end) == (start, end)


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("migrate-incoming tcp:h:1", "write migrate_incoming: QMP has dashes, HMP has underscores"),
        ("(qemu) migrate tcp:h:1", "take the prompt away"),
        ('{"execute": "migrate"}', "this looks like QMP"),
        ("migrate exec:cat x", 'write migrate "exec:cat x"'),
        (
            'migrate "exec:cat" x',
            'a URI with blanks is put into double quotes, and a quote in it is written \\"',
        ),
        ("migrate -r -d tcp:h:1", "migrate alone has flags, -d before -r, and each only once"),
        ("migrate -d -d tcp:h:1", "write each once, in the order -d -r"),
        ("migrate -b tcp:h:1", "take it away"),
        ("migrate -x tcp:h:1", "it has -d, -r"),
    ],
)
def test_what_to_write_instead(line: str, hint: str) -> None:
    with pytest.raises(ParseError) as caught:
        hmp.parse(line)
    assert caught.value.hint == hint


@pytest.mark.parametrize("value", [None, 1, b"migrate tcp:h:1"])
def test_what_is_no_line(value: Any) -> None:
    with pytest.raises(ParseError):
        hmp.parse(value)


@pytest.mark.parametrize("value", [None, "migrate", HOST])
def test_what_is_no_command(value: Any) -> None:
    with pytest.raises(AddressError):
        hmp.format(value)
