"""`migaddr convert`, in process and as a program in a pipe."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import Any

import pytest

from tests.cli.standard import Standard

CHANNELS = (
    '[{"channel-type": "main", "addr": {"transport": "socket", "type": "inet", "host": "0", "port": "4446"}}]'
)
DRAFT = '{"channeltype":"main","addr":{"transport":"exec","exec-str":"/tmp/exec"}}'
COMMAND = [sys.executable, "-m", "migaddr"]


def test_a_uri_becomes_channels(standard: Standard) -> None:
    assert standard.run("convert", "tcp:0:4446") == (0, CHANNELS + "\n", "")


def test_channels_become_a_uri(standard: Standard) -> None:
    assert standard.run("convert", CHANNELS) == (0, "tcp:0:4446\n", "")


@pytest.mark.parametrize(
    ("target", "given", "written"),
    [
        ("qmp", DRAFT, '[{"channel-type": "main", "addr": {"transport": "exec", "args": ["/bin/sh", "-c", "/tmp/exec"]}}]'),
        ("uri", DRAFT, "exec:/tmp/exec"),
        ("draft-v1", DRAFT, '{"channeltype": "main", "addr": {"transport": "exec", "exec-str": "/tmp/exec"}}'),
        ("draft-v1", "exec:/tmp/exec", '{"channeltype": "main", "addr": {"transport": "exec", "exec-str": "/tmp/exec"}}'),
        ("draft-v1", '{"transport": "rdma", "host": "h", "port": "1"}', '{"channeltype": "main", "addr": {"transport": "rdma", "rdma-str": "h:1"}}'),
        ("uri", '{"transport": "rdma", "rdma-str": "h:1"}', "rdma:h:1"),
        ("uri", '{"channel-type": "main", "addr": {"transport": "socket", "type": "unix", "path": "é"}}', "unix:é"),
        ("uri", "tcp:[::1]:1,ipv6", "tcp:[::1]:1,ipv6=on"),
        ("uri", "migrate -d tcp:h:1", "tcp:h:1"),
        ("qmp", "migrate -d tcp:h:1", '{"execute": "migrate", "arguments": {"channels": [{"channel-type": "main", "addr": {"transport": "socket", "type": "inet", "host": "h", "port": "1"}}]}}'),
        ("qmp", "migrate_recover tcp:h:1", '{"execute": "migrate-recover", "arguments": {"uri": "tcp:h:1"}}'),
        ("hmp", '{"execute": "migrate", "arguments": {"uri": "exec:cat >/x y", "resume": true}}', 'migrate -r "exec:cat >/x y"'),
        ("hmp", "unix:/x", "migrate unix:/x"),
        ("incoming", "migrate_incoming unix:/x", "unix:/x"),
        ("incoming", "defer", "defer"),
        ("incoming", '{"transport": "socket", "type": "unix", "path": "x", "abstract": true}', "main,addr.transport=socket,addr.type=unix,addr.path=x,addr.abstract=on"),
        ("uri", "main,addr.transport=file,addr.filename=/x,addr.offset=0x10", "file:/x,offset=16"),
        ("uri", "qemu-system-x86_64 -S -incoming 'exec:cat /x'", "exec:cat /x"),
        ("draft-v2", "exec:/x", '{"channeltype": "main", "addr": {"transport": "exec", "data": ["/bin/sh", "-c", "/x"]}}'),
        ("draft-v3", "unix:/x", '{"channeltype": "main", "addr": {"transport": "socket", "data": {"type": "unix", "path": "/x"}}}'),
        ("draft-v4", "unix:/x", '[{"channeltype": "main", "addr": {"transport": "socket", "type": "unix", "path": "/x"}}]'),
        ("uri", '{"channeltype": "main", "addr": {"transport": "exec", "data": ["/bin/sh", "-c", "/x"]}}', "exec:/x"),
        ("uri", '{"channeltype": "main", "addr": {"transport": "socket", "data": {"type": "unix", "path": "/x"}}}', "unix:/x"),
        ("uri", '[{"channeltype": "main", "addr": {"transport": "socket", "type": "unix", "path": "/x"}}]', "unix:/x"),
        ("draft-v4", "migrate -d fd:x", '{"execute": "migrate", "arguments": {"channels": [{"channeltype": "main", "addr": {"transport": "socket", "type": "fd", "str": "x"}}], "detach": true}}'),
        ("draft-v1", "migrate_incoming exec:x", '{"execute": "migrate-incoming", "arguments": {"channel": {"channeltype": "main", "addr": {"transport": "exec", "exec-str": "x"}}}}'),
        ("libvirt", "tcp:[::1]:1", "tcp://[::1]:1"),
        ("cloud-hypervisor", "unix:/x", "unix:/x"),
        ("stratovirt", "tcp:127.0.0.1:1", "tcp:127.0.0.1:1"),
    ],
)  # fmt: skip
def test_any_format_becomes_any_other(standard: Standard, target: str, given: str, written: str) -> None:
    assert standard.run("convert", "--to", target, given) == (0, written + "\n", "")


def test_the_release_decides_what_is_read_and_written(standard: Standard) -> None:
    status, out, err = standard.run("convert", "--to", "uri", "--release", "10.0", "tcp:h:1,foo")
    assert (status, out) == (0, "tcp:h:1\n")
    assert err == (
        "migaddr: note: QEMU up to 10.0 ignores it; since 10.1 it is an error\n  tcp:h:1,foo\n         ^^^^\n"
    )
    status, out, err = standard.run("convert", "--release", "10.1", "tcp:h:1,foo")
    assert (status, out) == (1, "")
    assert "QEMU answers: Invalid parameter 'foo'" in err
    status, _, err = standard.run("convert", "--release", "7.2", "tcp:h:1")
    assert status == 1
    assert "has no channels, they came with 8.2" in err
    keep_alive = CHANNELS.replace('"port"', '"keep-alive-count": 3, "port"')
    assert standard.run("convert", "--release", "11.1", keep_alive) == (
        0,
        "tcp:0:4446,keep-alive-count=3\n",
        "",
    )
    status, _, err = standard.run("convert", keep_alive)
    assert status == 1
    assert "since QEMU 10.1 only" in err


def test_what_cannot_be_converted_is_named_and_the_rest_done(standard: Standard) -> None:
    status, out, err = standard.run("convert", "tcp:h:1", "tcp:h", "fd:x")
    assert status == 1
    assert len(out.splitlines()) == 2
    assert "migaddr: the ':' and the port are missing\n  tcp:h\n       ^\n" in err


def test_standard_input_is_uris_line_by_line_or_one_json_value(standard: Standard) -> None:
    assert standard.run("convert", "--to", "uri", given=b"fd:a\r\n\nfd:b\n") == (0, "fd:a\nfd:b\n", "")
    assert standard.run("convert", "-", given=CHANNELS.replace(",", ",\n").encode()) == (
        0,
        "tcp:0:4446\n",
        "",
    )
    assert standard.run("convert", "--from", "qmp", given=b"\n" + CHANNELS.encode())[1] == "tcp:0:4446\n"
    assert standard.run("convert", "--from", "uri", "--to", "uri", given=b"fd:{\n")[1] == "fd:{\n"
    assert standard.run("convert", "--to", "uri", "fd:x", "-", given=b"fd:y")[1] == "fd:x\nfd:y\n"


def test_the_given_format_is_not_second_guessed(standard: Standard) -> None:
    status, _, err = standard.run("convert", "--from", "qmp", "tcp:h:1")
    assert status == 1
    assert "a value must be a string" in err
    assert "looks like JSON" in standard.run("convert", "--from", "uri", CHANNELS)[2]
    assert (
        "channel-type: write channeltype" in standard.run("convert", "--from", "draft-v1", CHANNELS[1:-1])[2]
    )
    assert "must be an object" in standard.run("convert", "--from", "draft-v1", CHANNELS)[2]
    assert "must be an array" in standard.run("convert", "--from", "qmp", "5")[2]


def test_bytes_that_are_not_utf_8_pass_through(standard: Standard) -> None:
    assert standard.run("convert", "--to", "uri", "unix:/\udcff") == (0, "unix:/\udcff\n", "")
    status, _, err = standard.run("convert", "unix:/\udcff")
    assert status == 1
    assert "path holds the raw byte 0xFF" in err


def test_several_channels_have_no_uri(standard: Standard) -> None:
    both = (
        CHANNELS[:-1]
        + ', {"channel-type": "cpr", "addr": {"transport": "socket", "type": "fd", "str": "c"}}]'
    )
    status, _, err = standard.run("convert", both)
    assert status == 1
    assert "a URI is always exactly one main channel" in err
    assert standard.run("convert", "--to", "qmp", both) == (0, both + "\n", "")


def _lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_jsonl_answers_every_line_in_order(standard: Standard) -> None:
    given = [
        '"tcp:0:4446"',
        '"tcp:h"',
        DRAFT,
        '[{"channel-type": "main"}]',
        "{",
        '"rdma:h"',
        CHANNELS,
        "5",
        '"unix:\\udc80"',
        "",
    ]
    status, out, err = standard.run("convert", "--jsonl", "--to", "qmp", given="\n".join(given).encode())
    assert (status, err) == (1, "")
    answers = _lines(out)
    assert [answer["ok"] for answer in answers] == [
        True,
        False,
        True,
        False,
        False,
        False,
        True,
        False,
        False,
    ]
    assert answers[0] == {"ok": True, "result": json.loads(CHANNELS)}
    assert answers[1]["qemu_message"] == "error parsing address 'h'"
    assert (answers[1]["span"], answers[1]["crashes_qemu"]) == ([5, 5], False)
    assert answers[3]["path"] == "channels[0].addr"
    assert answers[3]["qemu_message"] == "Parameter 'channels[0].addr' is missing"
    assert answers[4]["span"] == [1, 1]
    assert (answers[5]["crashes_qemu"], answers[5]["qemu_message"]) == (True, None)
    assert answers[7]["path"] == "channels"
    assert "half of a surrogate pair" in answers[8]["error"]
    assert all(isinstance(answer["error"], str) for answer in answers if not answer["ok"])


def test_jsonl_answers_empty_lines_and_values_too(standard: Standard) -> None:
    answers = _lines(standard.run("convert", "--jsonl", given=b'\n"fd:x"\n')[1])
    assert [answer["ok"] for answer in answers] == [False, True]
    assert _lines(standard.run("convert", "--jsonl", "")[1])[0]["span"] == [0, 0]
    assert _lines(standard.run("convert", "--jsonl", given=b'"unix:\xff"\n')[1])[0]["span"] == [6, 7]


def test_an_address_may_stand_alone_in_a_command(standard: Standard) -> None:
    channels = f'{{"channels": {CHANNELS}}}'
    for given, uri in (
        (channels, "tcp:0:4446"),
        (f'{{"execute": "migrate", "arguments": {channels}}}', "tcp:0:4446"),
        (f'{{"channel": {DRAFT}}}', "exec:/tmp/exec"),
        ('{"uri": "fd:x"}', "fd:x"),
    ):
        assert standard.run("convert", "--to", "uri", given) == (0, uri + "\n", "")
    assert standard.run("convert", '{"uri": "fd:x", "detach": true}')[0] == 1


def test_channels_become_the_uri_of_a_release_without_channels(standard: Standard) -> None:
    assert standard.run("convert", "--release", "7.2", "--to", "uri", CHANNELS) == (0, "tcp:0:4446\n", "")


def test_a_result_is_one_line_or_refused(standard: Standard) -> None:
    two = '{"transport": "exec", "args": ["/bin/sh", "-c", "a\\nb"]}'
    status, out, err = standard.run("convert", two)
    assert (status, out) == (1, "")
    assert "use --jsonl" in err
    assert _lines(standard.run("convert", "--jsonl", two)[1]) == [{"ok": True, "result": "exec:a\nb"}]


def test_a_release_that_is_not_known_is_said_to_be_so(standard: Standard) -> None:
    status, out, err = standard.run("convert", "--release", "12.0", "fd:x", "--to", "uri")
    assert (status, out) == (0, "fd:x\n")
    assert "QEMU 12.0 is not known" in err


def test_closed_streams_are_said_in_a_line() -> None:
    line = f"'{sys.executable}' -m migaddr"
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    for command in ("convert fd:x >&-", "convert <&-", "explain fd:x >&-", "explain - <&-", "-h >&-"):
        done = subprocess.run(["/bin/sh", "-c", f"{line} {command}"], capture_output=True, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (1, b"", b"migaddr: Bad file descriptor\n"), (
            command
        )
    done = subprocess.run(
        ["/bin/sh", "-c", f"{line} convert bad fd:x 2>/dev/full"],
        capture_output=True,
        check=False,
        env=buffered,
    )
    assert (done.returncode, done.stdout.count(b"\n")) == (1, 1)
    done = subprocess.run(
        ["/bin/sh", "-c", f"{line} convert --no 2>/dev/full"],
        capture_output=True,
        check=False,
        env=buffered,
    )
    assert done.returncode == 2


def test_uris_are_converted_as_they_come() -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", f"yes tcp:h:1 | '{sys.executable}' -m migaddr convert | head -n 1"],
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.count(b"\n") == 1


def test_jsonl_takes_values_and_formats(standard: Standard) -> None:
    assert (
        _lines(standard.run("convert", "--jsonl", "--from", "uri", '"fd:x"', "5")[1])[1]["error"]
        == "uri is text: a JSON string"
    )
    assert _lines(standard.run("convert", "--jsonl", CHANNELS)[1]) == [{"ok": True, "result": "tcp:0:4446"}]
    assert standard.run("convert", "--jsonl", given=b"")[:2] == (0, "")


def test_jsonl_streams() -> None:
    with subprocess.Popen(
        [*COMMAND, "convert", "--jsonl"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for host in ("a", "b"):
            process.stdin.write(f'"tcp:{host}:1"\n'.encode())
            process.stdin.flush()
            answer = json.loads(process.stdout.readline())
            assert answer["result"][0]["addr"]["host"] == host
        process.stdin.close()
        assert process.wait(30) == 0


@pytest.mark.parametrize(
    "argv",
    [["convert", "--to", "x"], ["convert", "--release", "1.0", "fd:x"], ["nothing"], ["convert", "--no"]],
)
def test_wrong_usage_is_2(standard: Standard, argv: list[str]) -> None:
    status, out, err = standard.run(*argv)
    assert (status, out) == (2, "")
    assert err


def test_help_and_version(standard: Standard) -> None:
    for argv in (["--help"], ["convert", "-h"], ["explain", "--help"]):
        status, out, _ = standard.run(*argv)
        assert status == 0
        assert "Usage: migaddr" in out
    assert standard.run("--version")[1].startswith("migaddr, version ")
    assert standard.run()[0] == 2


def test_a_reader_that_goes_away_is_no_error() -> None:
    uris = "\n".join(["tcp:h:1"] * 50_000).encode()
    with subprocess.Popen(
        [*COMMAND, "convert"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as one:
        assert one.stdout is not None
        one.stdout.close()
        _, complaint = one.communicate(uris, timeout=60)
    assert (-one.returncode, complaint) == (signal.SIGPIPE, b"")


def test_a_full_disk_is_said() -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run([*COMMAND, "convert", "fd:x"], stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 1
    assert done.stderr == b"migaddr: No space left on device\n"


def test_arguments_and_locale_may_be_anything() -> None:
    for locale in ("C", "C.UTF-8", "POSIX"):
        done = subprocess.run(
            [*[os.fsencode(word) for word in COMMAND], b"convert", b"--to", b"uri", b"unix:/\xff\xc3\xa9"],
            capture_output=True,
            env={**os.environ, "LC_ALL": locale},
            check=True,
        )
        assert done.stdout == b"unix:/\xff\xc3\xa9\n"


def test_without_the_extra_the_command_says_what_to_install(
    standard: Standard, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith("migaddr.cli.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "click", None)
    status, _, err = standard.run("convert", "fd:x")
    assert status == 2
    assert "pip install 'migaddr[cli]'" in err


@pytest.mark.parametrize(
    ("source", "given", "written"),
    [
        ("libvirt", "tcp://[::1]:49152", "tcp:[::1]:49152"),
        ("libvirt", "unix:///run/x", "unix:/run/x"),
        ("cloud-hypervisor", "tcp:127.0.0.1:1", "tcp:127.0.0.1:1"),
        ("stratovirt", "TCP:127.0.0.1:1", "tcp:127.0.0.1:1"),
        ("hmp", "migrate tcp:h:1", "tcp:h:1"),
        ("incoming", "tcp:h:1", "tcp:h:1"),
        (
            "draft-v4",
            '[{"channeltype": "main", "addr": {"transport": "exec", "args": ["/bin/sh", "-c", "x"]}}]',
            "exec:x",
        ),
    ],
)
def test_a_format_can_be_named(standard: Standard, source: str, given: str, written: str) -> None:
    assert standard.run("convert", "--from", source, "--to", "uri", given) == (0, written + "\n", "")
    answer = _lines(
        standard.run("convert", "--jsonl", "--from", source, "--to", "uri", given=_as_json(source, given))[1]
    )
    assert answer == [{"ok": True, "result": written}]


def _as_json(source: str, given: str) -> bytes:
    return f"{given if source.startswith('draft') else json.dumps(given)}\n".encode()


@pytest.mark.parametrize(
    ("argv", "reason"),
    [
        (("--to", "uri", "migrate -r tcp:h:1"), "the command also says resume, which an address has no place for"),
        (("defer",), "defer says that the address comes later"),
        (("--to", "libvirt", "exec:x"), "not expressible as"),
        (("--from", "libvirt", "tcp://h"), "port"),
        (("--from", "libvirt", "qemu+ssh://h/system"), "qemu+ssh://h/system"),
        (("--from", "hmp", "info migrate"), "info migrate"),
        (("--from", "uri", "{"), "looks like JSON, not like a URI"),
        (("--from", "hmp", '{"execute": "x"}'), "x"),
        (("--jsonl", "--from", "hmp", '{"execute": "migrate"}'), "hmp is text"),
        (("--jsonl", "--from", "libvirt", "5"), "libvirt is text"),
    ],
)  # fmt: skip
def test_what_a_format_cannot_say_is_refused_with_the_reason(
    standard: Standard, argv: tuple[str, ...], reason: str
) -> None:
    status, out, err = standard.run("convert", *argv)
    assert status == 1
    assert reason in (out if "--jsonl" in argv else err)
