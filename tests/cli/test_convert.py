"""`migaddr convert`, in process and as a program in a pipe."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from typing import Any

import pytest

from migaddr.cli import main

CHANNELS = (
    '[{"channel-type": "main", "addr": {"transport": "socket", "type": "inet", "host": "0", "port": "4446"}}]'
)
DRAFT = '{"channeltype":"main","addr":{"transport":"exec","exec-str":"/tmp/exec"}}'
COMMAND = [sys.executable, "-m", "migaddr"]


class _Standard:
    """Standard input and output as the command sees them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch

    def run(self, *argv: str, given: bytes = b"") -> tuple[int, str, str]:
        out, err = io.BytesIO(), io.BytesIO()
        for name, stream in (("stdin", io.BytesIO(given)), ("stdout", out), ("stderr", err)):
            self._monkeypatch.setattr(sys, name, io.TextIOWrapper(stream, "utf-8", write_through=True))
        status = main(argv)
        return status, out.getvalue().decode("utf-8", "surrogateescape"), err.getvalue().decode()


@pytest.fixture
def standard(monkeypatch: pytest.MonkeyPatch) -> _Standard:
    return _Standard(monkeypatch)


def test_a_uri_becomes_channels(standard: _Standard) -> None:
    assert standard.run("convert", "tcp:0:4446") == (0, CHANNELS + "\n", "")


def test_channels_become_a_uri(standard: _Standard) -> None:
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
    ],
)  # fmt: skip
def test_any_format_becomes_any_other(standard: _Standard, target: str, given: str, written: str) -> None:
    assert standard.run("convert", "--to", target, given) == (0, written + "\n", "")


def test_the_release_decides_what_is_read_and_written(standard: _Standard) -> None:
    assert standard.run("convert", "--to", "uri", "--release", "10.0", "tcp:h:1,foo") == (0, "tcp:h:1\n", "")
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


def test_what_cannot_be_converted_is_named_and_the_rest_done(standard: _Standard) -> None:
    status, out, err = standard.run("convert", "tcp:h:1", "tcp:h", "fd:x")
    assert status == 1
    assert len(out.splitlines()) == 2
    assert "migaddr: the ':' and the port are missing\n  tcp:h\n       ^\n" in err


def test_standard_input_is_uris_line_by_line_or_one_json_value(standard: _Standard) -> None:
    assert standard.run("convert", "--to", "uri", given=b"fd:a\r\n\nfd:b\n") == (0, "fd:a\nfd:b\n", "")
    assert standard.run("convert", "-", given=CHANNELS.replace(",", ",\n").encode()) == (
        0,
        "tcp:0:4446\n",
        "",
    )
    assert standard.run("convert", "--from", "qmp", given=b"\n" + CHANNELS.encode())[1] == "tcp:0:4446\n"
    assert standard.run("convert", "--from", "uri", "--to", "uri", given=b"fd:{\n")[1] == "fd:{\n"
    assert standard.run("convert", "--to", "uri", "fd:x", "-", given=b"fd:y")[1] == "fd:x\nfd:y\n"


def test_the_given_format_is_not_second_guessed(standard: _Standard) -> None:
    status, _, err = standard.run("convert", "--from", "qmp", "tcp:h:1")
    assert status == 1
    assert "a value must be a string" in err
    assert "looks like JSON" in standard.run("convert", "--from", "uri", CHANNELS)[2]
    assert (
        "channel-type: write channeltype" in standard.run("convert", "--from", "draft-v1", CHANNELS[1:-1])[2]
    )
    assert "must be an object" in standard.run("convert", "--from", "draft-v1", CHANNELS)[2]
    assert "must be an array" in standard.run("convert", "--from", "qmp", "5")[2]


def test_bytes_that_are_not_utf_8_pass_through(standard: _Standard) -> None:
    assert standard.run("convert", "--to", "uri", "unix:/\udcff") == (0, "unix:/\udcff\n", "")
    status, _, err = standard.run("convert", "unix:/\udcff")
    assert status == 1
    assert "path holds the raw byte 0xFF" in err


def test_several_channels_have_no_uri(standard: _Standard) -> None:
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


def test_jsonl_answers_every_line_in_order(standard: _Standard) -> None:
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


def test_jsonl_answers_empty_lines_and_values_too(standard: _Standard) -> None:
    answers = _lines(standard.run("convert", "--jsonl", given=b'\n"fd:x"\n')[1])
    assert [answer["ok"] for answer in answers] == [False, True]
    assert _lines(standard.run("convert", "--jsonl", "")[1])[0]["span"] == [0, 0]
    assert _lines(standard.run("convert", "--jsonl", given=b'"unix:\xff"\n')[1])[0]["span"] == [6, 7]


def test_an_address_may_stand_alone_in_a_command(standard: _Standard) -> None:
    channels = f'{{"channels": {CHANNELS}}}'
    for given, uri in (
        (channels, "tcp:0:4446"),
        (f'{{"execute": "migrate", "arguments": {channels}}}', "tcp:0:4446"),
        (f'{{"channel": {DRAFT}}}', "exec:/tmp/exec"),
        ('{"uri": "fd:x"}', "fd:x"),
    ):
        assert standard.run("convert", "--to", "uri", given) == (0, uri + "\n", "")
    assert standard.run("convert", '{"uri": "fd:x", "detach": true}')[0] == 1


def test_channels_become_the_uri_of_a_release_without_channels(standard: _Standard) -> None:
    assert standard.run("convert", "--release", "7.2", "--to", "uri", CHANNELS) == (0, "tcp:0:4446\n", "")


def test_a_result_is_one_line_or_refused(standard: _Standard) -> None:
    two = '{"transport": "exec", "args": ["/bin/sh", "-c", "a\\nb"]}'
    status, out, err = standard.run("convert", two)
    assert (status, out) == (1, "")
    assert "use --jsonl" in err
    assert _lines(standard.run("convert", "--jsonl", two)[1]) == [{"ok": True, "result": "exec:a\nb"}]


def test_a_release_that_is_not_known_is_said_to_be_so(standard: _Standard) -> None:
    status, out, err = standard.run("convert", "--release", "12.0", "fd:x", "--to", "uri")
    assert (status, out) == (0, "fd:x\n")
    assert "QEMU 12.0 is not known" in err


def test_closed_streams_are_said_in_a_line() -> None:
    line = f"'{sys.executable}' -m migaddr"
    for command in ("convert fd:x >&-", "convert <&-", "explain fd:x >&-", "explain - <&-", "-h >&-"):
        done = subprocess.run(["/bin/sh", "-c", f"{line} {command}"], capture_output=True, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (1, b"", b"migaddr: Bad file descriptor\n"), (
            command
        )
    done = subprocess.run(
        ["/bin/sh", "-c", f"{line} convert bad fd:x 2>/dev/full"], capture_output=True, check=False
    )
    assert (done.returncode, done.stdout.count(b"\n")) == (1, 1)
    done = subprocess.run(
        ["/bin/sh", "-c", f"{line} convert --no 2>/dev/full"], capture_output=True, check=False
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


def test_jsonl_takes_values_and_formats(standard: _Standard) -> None:
    assert (
        _lines(standard.run("convert", "--jsonl", "--from", "uri", '"fd:x"', "5")[1])[1]["error"]
        == "a URI is a JSON string"
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
def test_wrong_usage_is_2(standard: _Standard, argv: list[str]) -> None:
    status, out, err = standard.run(*argv)
    assert (status, out) == (2, "")
    assert err


def test_help_and_version(standard: _Standard) -> None:
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
    standard: _Standard, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith("migaddr.cli.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "click", None)
    status, _, err = standard.run("convert", "fd:x")
    assert status == 2
    assert "pip install 'migaddr[cli]'" in err
