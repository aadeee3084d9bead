"""`migaddr receive`, `send` and `relay` as programs: bytes, exit statuses, signals, what is left behind."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from migaddr.cli import main
from migaddr.cli.progress import amount, duration
from tests.transport.left import children, session
from tests.transport.qemu_bytes import device, stream

COMMAND = [sys.executable, "-m", "migaddr"]
DATA = bytes(range(256)) * (12 << 10)
PATIENCE = 60


@contextlib.contextmanager
def started(*argv: str, **how: Any) -> Generator[subprocess.Popen[bytes]]:
    """A migaddr that runs; it is ended with the block."""
    how = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | how
    running: Any = subprocess.Popen([*COMMAND, *argv], **how)
    with running as process:
        try:
            yield process
        finally:
            process.kill()


def run(*argv: str, given: bytes = b"") -> tuple[int, bytes, str]:
    done = subprocess.run([*COMMAND, *argv], input=given, capture_output=True, check=False, timeout=PATIENCE)
    return done.returncode, done.stdout, done.stderr.decode()


def until(condition: Any) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def first_line(process: subprocess.Popen[bytes]) -> Any:
    assert process.stderr is not None
    return json.loads(process.stderr.readline())


def connected(path: Path) -> socket.socket:
    until(path.exists)
    sock = socket.socket(socket.AF_UNIX)
    end = time.monotonic() + PATIENCE
    while True:
        try:
            sock.connect(str(path))
        except ConnectionRefusedError:  # bound, and not yet listening
            assert time.monotonic() < end
        else:
            return sock


@pytest.mark.parametrize("framed", [[], ["--framed"], ["--framed", "--digest", "sha256"]])
def test_a_file_is_sent_and_kept(framed: list[str], tmp_path: Path) -> None:
    given, kept, place = tmp_path / "given", tmp_path / "kept", tmp_path / "s"
    given.write_bytes(DATA)
    with started("receive", *framed[:1], "--stall", "9", "-o", str(kept), f"unix:{place}") as receiver:
        until(place.exists)
        assert run("send", *framed, "--deadline", "9", f"unix:{place}", str(given)) == (0, b"", "")
        assert receiver.communicate(timeout=PATIENCE) == (b"", b"")  # quiet in a pipe
        assert receiver.returncode == 0
    assert kept.read_bytes() == DATA
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["given", "kept"]


def test_where_it_listens_is_told_to_who_asks_and_any_spelling_goes(tmp_path: Path) -> None:
    with started(
        "receive", "--json", '{"transport": "socket", "type": "inet", "host": "127.0.0.1", "port": "0"}'
    ) as receiver:
        place = first_line(receiver)["listening"][0]
        status, out, said = run("send", "--json", "--digest", "crc32", json.dumps(place), given=DATA[:999])
        lines = [json.loads(line) for line in said.splitlines()]
        assert (status, out, lines[0]) == (0, b"", {"connected": place})
        assert lines[1]["bytes"] == 999 and lines[1]["digest"].startswith("crc32:")
        content, said_there = receiver.communicate(timeout=PATIENCE)
        assert receiver.returncode == 0
    assert content == DATA[:999]
    report = json.loads(said_there)
    assert report["bytes"] == 999 and report["digest"].startswith("xxh3-128:")


def test_verbose_says_in_a_pipe_what_a_terminal_is_told(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    status, _, said = run("send", "-v", f"file:{kept}", given=b"abc")
    lines = said.splitlines()
    assert status == 0
    assert lines[0] == f"migaddr: sending to file:{kept}"
    assert lines[1].startswith("migaddr: sent 3 bytes in 0.0")


def test_a_framed_stream_that_breaks_off_leaves_no_file(tmp_path: Path) -> None:
    kept, place = tmp_path / "kept", tmp_path / "s"
    with started("receive", "--framed", "-o", str(kept), f"unix:{place}") as receiver:
        with connected(place) as sock:
            sock.sendall(b"MIGADDR\1crc32\0\0\0" + (1 << 20).to_bytes(4, "big") + bytes(999))
            until(lambda: any(path.suffix == ".part" for path in tmp_path.iterdir()))
        _, said = receiver.communicate(timeout=PATIENCE)
        assert receiver.returncode == 1
    assert (
        said.decode()
        == f"migaddr: unix:{place}: truncated: data behind 0 bytes ends after 999 of 1048576 bytes\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_qemus_stream_is_checked_without_being_asked(tmp_path: Path) -> None:
    whole = stream({0: b"x" * 4096, 4096: b"\0"}, [device(4, "cpu", [b"abc"], {})])
    for content, expected in (
        (whole, 0),
        (whole[:-1], 1),
        (whole[:5], 1),
        (b"", 1),
        (b"QEVM", 1),
        (b"QEV", 0),
        (b"MIGADDR\1", 1),
    ):
        kept, place = tmp_path / "kept", tmp_path / "s"
        with started("receive", "--json", "-o", str(kept), f"unix:{place}") as receiver:
            first_line(receiver)
            with connected(place) as sock:
                for byte in content[:9]:
                    sock.sendall(bytes([byte]))
                sock.sendall(content[9:])
            _, said = receiver.communicate(timeout=PATIENCE)
            assert receiver.returncode == expected, said
        assert kept.exists() == (expected == 0)
        if content == whole:
            assert json.loads(said)["qemu"] == {
                "machine": "none",
                "ram": {"r": 1 << 20},
                "pages": 2,
                "devices": ["cpu"],
                "unchecked": None,
            }
        if content.startswith(b"MIGADDR"):
            assert said.decode().endswith("the stream is framed\nhint: give --framed here as well\n")
        kept.unlink(missing_ok=True)
    with started("receive", "--raw", "-o", str(tmp_path / "kept"), f"unix:{place}") as receiver:
        with connected(place) as sock:
            sock.sendall(whole[:-1])
        receiver.communicate(timeout=PATIENCE)
        assert receiver.returncode == 0


def test_a_file_that_is_there_stays_unless_forced(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_text("mine")
    source = tmp_path / "source"
    source.write_text("new")
    said = f"migaddr: {kept}: it is there already; --force replaces it\n"
    assert run("receive", "-o", str(kept), f"file:{source}") == (1, b"", said)
    assert kept.read_text() == "mine"
    assert run("receive", "--force", "-o", str(kept), f"file:{source}") == (0, b"", "")
    assert kept.read_text() == "new"
    link = tmp_path / "link"
    link.symlink_to("nowhere")
    assert run("receive", "-o", str(link), f"file:{source}")[0] == 1
    assert run("receive", "--force", "-o", str(link), f"file:{source}")[0] == 0
    assert not link.is_symlink() and link.read_text() == "new"
    assert (
        run("receive", "--force", "-o", str(tmp_path), f"file:{source}")[2]
        == f"migaddr: {tmp_path}: Is a directory\n"
    )
    assert run("receive", "-o", "/dev/null", f"file:{source}") == (0, b"", "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept", "link", "source"]


def test_a_file_that_came_in_the_meantime_stays_too(tmp_path: Path) -> None:
    kept, place = tmp_path / "kept", tmp_path / "s"
    with started("receive", "-o", str(kept), f"unix:{place}") as receiver:
        with connected(place) as sock:
            sock.sendall(b"abc")
            kept.write_text("mine")
        receiver.communicate(timeout=PATIENCE)
        assert receiver.returncode == 1
    assert kept.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [kept]


@pytest.mark.usefixtures("usual_signals")
@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
@pytest.mark.parametrize("moving", [False, True], ids=["waiting", "moving"])
def test_signals_end_it_cleanly(number: signal.Signals, status: int, moving: bool, tmp_path: Path) -> None:
    place = tmp_path / "s"
    with started("receive", "-o", str(tmp_path / "kept"), f"unix:{place}") as receiver:
        with contextlib.ExitStack() as peer:
            until(place.exists)
            if moving:
                peer.enter_context(connected(place)).sendall(DATA)
                until(
                    lambda: any(path.suffix == ".part" and path.stat().st_size for path in tmp_path.iterdir())
                )
            receiver.send_signal(number)
            _, said = receiver.communicate(timeout=PATIENCE)
        assert (receiver.returncode, said) == (status, b"")
    assert list(tmp_path.iterdir()) == []


def test_a_command_ends_with_the_relay_that_started_it(tmp_path: Path) -> None:
    leader = tmp_path / "leader"
    before = children()  # of another test: a pool's helper stays as long as this process
    with started(
        "relay", f"exec:echo $$ >{leader}; sleep 1000 & cat /dev/zero; sleep 1000", "exec:cat >/dev/null"
    ) as relay:
        until(lambda: leader.exists() and leader.read_text())
        group = int(leader.read_text())
        until(lambda: len(session(group)) >= 2)
        relay.terminate()
        assert relay.wait(PATIENCE) == 143
    until(lambda: session(group) == set())
    assert children() == before


def test_a_signal_more_does_not_cut_the_end_off(tmp_path: Path) -> None:
    leader = tmp_path / "leader"
    stubborn = f"exec:trap '' TERM; sleep 1000 & echo $$ >{leader}; cat /dev/zero; sleep 1000"
    with started("relay", stubborn, "exec:cat >/dev/null") as relay:
        until(lambda: leader.exists() and leader.read_text())
        group = int(leader.read_text())
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGTERM):
            relay.send_signal(number)
            time.sleep(0.1)  # of the half second that the command has to end by itself
        assert relay.wait(PATIENCE) == 143
    until(lambda: session(group) == set())


@pytest.mark.parametrize("target", ["unix", "file", "exec"])
def test_a_relay_translates_on_the_wire(target: str, tmp_path: Path) -> None:
    kept, place = tmp_path / "kept", tmp_path / "s"
    to = {"unix": f"unix:{place}", "file": f"file:{kept}", "exec": f"exec:cat >{kept}"}[target]
    with contextlib.ExitStack() as running:
        ends: list[subprocess.Popen[bytes]] = []
        if target == "unix":
            ends.append(running.enter_context(started("receive", "--framed", "-o", str(kept), to)))
            until(place.exists)
        ends.append(running.enter_context(started("relay", "--json", "tcp:127.0.0.1:0", to)))
        listening = first_line(ends[-1])["listening"][0]
        framed = ["--framed"] if target == "unix" else []
        assert run("send", *framed, json.dumps(listening), given=DATA)[0] == 0
        assert [end.wait(PATIENCE) for end in ends] == [0] * len(ends)
    assert kept.read_bytes() == DATA


def test_a_relay_from_a_command_to_a_file(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    assert run("relay", "exec:printf abc", f"file:{kept},offset=2") == (0, b"", "")
    assert kept.read_bytes() == b"\0\0abc"
    status, _, said = run("relay", "exec:printf abc; exit 3", "exec:cat >/dev/null")
    assert (status, said) == (1, "migaddr: exec:printf abc; exit 3: the command exited with status 3\n")
    status, _, said = run("relay", "exec:printf abc", "exec:exit 4")
    assert status == 1 and said.startswith("migaddr: exec:exit 4: the command exited with status 4")


def test_a_file_is_not_emptied_to_be_read(tmp_path: Path) -> None:
    file, link = tmp_path / "file", tmp_path / "link"
    file.write_bytes(b"mine")
    link.symlink_to(file)
    for argv in (
        ["relay", f"file:{file}", f"file:{link}"],
        ["relay", f"file:{file},offset=1", f"file:{file},offset=9"],
        ["send", f"file:{link}", str(file)],
    ):
        status, _, said = run(*argv)
        assert (status, file.read_bytes()) == (1, b"mine")
        assert said.endswith("this is the file that is read: it would be emptied\n")
    with file.open("rb") as given:
        done = subprocess.run(
            [*COMMAND, "send", f"file:{file}"], stdin=given, capture_output=True, check=False
        )
    assert (done.returncode, file.read_bytes()) == (1, b"mine")


def test_nobody_who_reads_the_output_is_an_error_and_cleans_up(tmp_path: Path) -> None:
    place = tmp_path / "s"
    with started("receive", f"unix:{place}") as receiver:
        with connected(place) as sock, contextlib.suppress(OSError):
            assert receiver.stdout is not None
            receiver.stdout.close()
            while True:
                sock.sendall(DATA)
        assert receiver.wait(PATIENCE) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_descriptor_is_named_or_numbered(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    ours, theirs = socket.socketpair()
    with (
        ours,
        theirs,
        started(
            "receive", "-o", str(kept), "--fd", f"mig={theirs.fileno()}", "fd:mig", pass_fds=[theirs.fileno()]
        ) as receiver,
    ):
        ours.sendall(b"abc")
        ours.shutdown(socket.SHUT_WR)
        assert receiver.wait(PATIENCE) == 0
    assert kept.read_bytes() == b"abc"
    kept.unlink()
    status, _, _ = run("receive", "-o", str(kept), "fd:0", given=b"through a pipe")
    assert status == 0 and kept.read_bytes() == b"through a pipe"


def test_deadlines(tmp_path: Path) -> None:
    place = tmp_path / "s"
    status, _, said = run("receive", "--deadline", "0.1", f"unix:{place}")
    assert (status, said) == (
        1,
        f"migaddr: unix:{place}: nobody connected within 0.1 s: the deadline passed\n",
    )
    with started("receive", "--stall", "0.3", f"unix:{place}") as receiver, connected(place) as sock:
        sock.sendall(b"abc")
        _, error = receiver.communicate(timeout=PATIENCE)
        assert receiver.returncode == 1
    assert error.decode().endswith("nothing came for 0.3 s: the stream stands still\n")
    with started("send", "--deadline", "0.3", "exec:cat >/dev/null", stdin=subprocess.PIPE) as sender:
        assert sender.wait(PATIENCE) == 1


@pytest.mark.parametrize(
    ("argv", "status", "said"),
    [
        (["receive"], 2, "Missing argument"),
        (["receive", "-o", "x", "nonsense:"], 1, "unknown"),
        (["send", '[{"channel-type":"cpr","addr":{"transport":"socket","type":"unix","path":"/x"}}]'], 1, "migaddr: "),
        (["relay", "--framed", "exec:true", "exec:true"], 2, "for the two ends"),
        (["send", "--framed", "--digest", "none", "exec:true"], 2, "has a digest"),
        (["send", "--fd", "x", "fd:x"], 2, "NAME=N"),
        (["send", "--deadline", "nan", "exec:true"], 2, "not a number of seconds"),
        (["receive", "-o", "x", "--stall", "-1", "exec:true"], 2, "not a number of seconds"),
        (["send", "--peer-uid", "7", "exec:true"], 2, "for who accepts a stream"),
        (["receive", "-o", "x", "--peer-uid", "7", "tcp:127.0.0.1:0"], 1, "only unix sockets tell which user"),
        (["receive", "-o", "x", "--framed", "--digest", "crc32", "exec:true"], 2, "the sender chooses the digest"),
        (["receive", "-o", "x", "--framed", "--raw", "exec:true"], 2, "not framed"),
        (["receive", "-o", "x/", "exec:true"], 2, "'x/' is not the name of a file"),
        (["receive", "-o", "", "exec:true"], 2, "'' is not the name of a file"),
        (["receive", "-o", "/nowhere/x", "exec:true"], 1, "migaddr: /nowhere/x: No such file"),
        (["receive", "-o", "x", "--fd", "a=99999999999999999999", "fd:a"], 1, "is not the number of a descriptor"),
        (["send", "--deadline", "1e308", "--stall", "1e308", "tcp:127.0.0.1:1"], 1, "Connection refused"),
        (["send", "tcp:127.0.0.1:1", "/nowhere/at/all"], 1, "/nowhere/at/all: No such file"),
        (["send", "tcp:127.0.0.1:99999"], 1, "hint: QEMU's C library would wrap it: write 34463"),
        (["send", "fd:nobody"], 1, "there is no descriptor named 'nobody'"),
    ],
)  # fmt: skip
def test_wrong_usage_and_what_cannot_be_done(argv: list[str], status: int, said: str) -> None:
    got, out, error = run(*argv)
    assert (got, out) == (status, b"")
    assert said in error and "Traceback" not in error


def test_a_terminal_sees_progress_and_a_stream_is_not_for_it(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    seen = bytearray()

    def watch() -> None:
        with contextlib.suppress(OSError):
            while data := os.read(ours, 1 << 16):
                seen.extend(data)

    watching = threading.Thread(target=watch)
    watching.start()
    source = tmp_path / "source"
    source.write_bytes(DATA)
    slow = ["exec:while head -c 100000 | grep -qa . ; do sleep 0.1; done"]
    with started("send", *slow, str(source), stderr=theirs) as sender:
        assert sender.wait(PATIENCE) in (0, 1)
    with started("receive", f"file:{source}", stdout=theirs, stderr=theirs) as receiver:
        assert receiver.wait(PATIENCE) == 2
    os.close(theirs)
    watching.join(PATIENCE)
    os.close(ours)
    text = seen.decode()
    assert "sending to exec:" in text
    assert "%, 0:0" in text and "/s" in text
    assert "a stream is not for a terminal" in text


def test_amounts_and_times_are_written_for_people() -> None:
    assert [amount(n) for n in (0, 999, 1500, 2_500_000, 3e9, 4e12, 5e15)] == [
        "0 B",
        "999 B",
        "1.5 kB",
        "2.5 MB",
        "3.0 GB",
        "4.0 TB",
        "5000.0 TB",
    ]
    assert [duration(n) for n in (0, 59.6, 61, 3723)] == ["0:00", "1:00", "1:01", "1:02:03"]


def test_in_process_signals_are_as_before(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE)]
    source = tmp_path / "source"
    source.write_bytes(b"abc")
    assert main(["send", f"file:{tmp_path}/kept", str(source)]) == 0
    assert main(["send", "file:/nowhere/at/all", str(source)]) == 1
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE)] == before
    statuses: list[int] = []
    thread = threading.Thread(
        target=lambda: statuses.append(main(["send", f"file:{tmp_path}/kept", str(source)]))
    )
    thread.start()
    thread.join()
    assert statuses == [0]
    assert capfd.readouterr().out == ""
