"""The commands of README.md, tutorial.md and debug-a-migration.md that want a QEMU, run as they stand there.

What the pages call /tmp is the /tmp of the jailed QEMU, and their port is one that is free.
"""

from __future__ import annotations

import contextlib
import shlex
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT, blocks
from tests.qemu.bench import DEADLINE, Qemu, binary
from tests.qemu.pairs import digest, fill, ram

HERE = "tests/qemu/test_tutorial.py"
PAGES = [ROOT / "README.md", ROOT / "docs" / "tutorial.md", ROOT / "docs" / "howto" / "debug-a-migration.md"]
PORT = "127.0.0.1:4446"
PATIENCE = 5 * DEADLINE  # the guest is emulated, on a busy machine


def commands(page: Path) -> dict[str, str]:
    """The command lines of a page by what they do."""
    lines = [
        line
        for block in blocks(page)
        if block.mark == ("run by", HERE) and block.kind == "sh"
        for line in block.code.splitlines()
    ]
    return {shlex.split(line)[1]: line for line in lines}


@contextlib.contextmanager
def running(line: str, place: Path, folder: Path, port: int) -> Generator[subprocess.Popen[bytes]]:
    """A command of a page, which runs in `folder`; what it calls /tmp is `place`."""
    program, *arguments = shlex.split(line, comments=True)
    assert program == "migaddr"
    arguments = [text.replace("/tmp/", f"{place}/").replace(PORT, f"127.0.0.1:{port}") for text in arguments]
    process = subprocess.Popen(
        [sys.executable, "-m", "migaddr", *arguments], cwd=folder, stderr=subprocess.PIPE
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def appears(path: Path) -> None:
    end = time.monotonic() + PATIENCE
    while not path.exists():
        assert time.monotonic() < end, f"{path} did not appear"
        time.sleep(0.01)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_migration_is_kept_and_loaded_again(series: str, page: Path, tmp_path: Path) -> None:
    said = commands(page)
    with Qemu(binary(series), *ram("/tmp/source"), incoming=None) as source:
        content = fill(source.folder / "source")
        with running(said["receive"], source.folder, tmp_path, 0) as receiver:
            appears(source.folder / "m.sock")
            assert source.answer("migrate", uri="unix:/tmp/m.sock") is None
            assert receiver.wait(PATIENCE) == 0
            assert source.migration()["status"] == "completed"
    kept = tmp_path / "guest.migration"
    assert kept.read_bytes()[:4] == b"QEVM"
    options = ram("/tmp/destination")
    with Qemu(binary(series), *options, incoming="unix:/tmp/n.sock") as destination:
        with running(said["send"], destination.folder, tmp_path, 0) as sender:
            assert sender.wait(PATIENCE) == 0
        assert destination.migration()["status"] == "completed"
        assert digest(destination.folder / "destination") == content


@pytest.mark.parametrize("page", [PAGES[0], PAGES[2]], ids=lambda page: page.name)
def test_a_relay_stands_between_two_ends(series: str, page: Path, tmp_path: Path) -> None:
    said = commands(page)["relay"]
    port = free_port()
    with Qemu(binary(series), *ram("/tmp/source"), incoming=None) as source:
        fill(source.folder / "source")
        with (
            running(
                f"migaddr receive -v -o guest.migration tcp:{PORT}", source.folder, tmp_path, port
            ) as receiver,
            running(said, source.folder, tmp_path, port) as relay,
        ):
            assert receiver.stderr is not None
            assert b"waiting" in receiver.stderr.readline()
            appears(source.folder / "a.sock")
            assert source.answer("migrate", uri="unix:/tmp/a.sock") is None
            assert (relay.wait(PATIENCE), receiver.wait(PATIENCE)) == (0, 0)
            assert source.migration()["status"] == "completed"
    assert (tmp_path / "guest.migration").read_bytes()[:4] == b"QEVM"


def test_the_qemu_of_the_readme_is_captured_at_its_prompt(series: str, tmp_path: Path) -> None:
    (block,) = (
        block for block in blocks(PAGES[0]) if block.mark == ("run by", HERE) and block.kind == "text"
    )
    start, said = block.code.splitlines()
    program, *options = shlex.split(start.removeprefix("$ "))
    assert program == "qemu-system-x86_64"
    with tempfile.TemporaryDirectory(prefix="migaddr-") as name:
        place = Path(name)
        with running(commands(PAGES[0])["receive"], place, tmp_path, 0) as receiver:
            appears(place / "m.sock")
            typed = f"{said.removeprefix('(qemu) ').replace('/tmp', name)}\nquit\n"
            done = subprocess.run(
                [binary(series), *options],
                input=typed,
                capture_output=True,
                text=True,
                check=False,
                timeout=PATIENCE,
            )
            assert (done.returncode, receiver.wait(PATIENCE)) == (0, 0), done
    assert (tmp_path / "guest.migration").read_bytes()[:4] == b"QEVM"


def test_every_command_of_the_pages_is_run() -> None:
    for page in PAGES:
        assert set(commands(page)) <= {"receive", "send", "relay"}
