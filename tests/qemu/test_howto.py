"""The programs of docs, run as they stand there between real QEMUs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from migaddr import InexpressibleError, Release, UnixAddress, arguments_for
from tests.docs.blocks import PAGES
from tests.docs.test_examples import python_programs
from tests.qemu.bench import DEADLINE, Jailed, binary
from tests.qemu.pairs import digest, fill, ram

DOCS = Path(__file__).parents[2] / "docs"
MONITOR, OLD, FIRST, SECOND = python_programs(DOCS / "howto" / "uri-to-channels.md")
(RELAY,) = python_programs(DOCS / "live-peer.md")

ABSTRACT = '{"transport": "socket", "type": "unix", "path": "guest", "abstract": true}'
PROGRAMS = {
    "old": MONITOR + OLD,
    "first step": MONITOR + FIRST,
    "second step": SECOND,
}


def test_no_other_page_has_a_program() -> None:
    """But those of the linter's rules, which it reads."""
    assert sum(len(python_programs(page)) for page in PAGES if page.parent.name != "rules") == 5


def move(series: str, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program with the sockets of two QEMUs; where it says completed, the RAM is there."""
    with Jailed(binary(series), *_options("source"), incoming=None) as source:
        assert source.socket.recv(1)  # it is ready
        content = fill(source.folder / "source")
        with Jailed(binary(series), *_options("destination"), beside=source) as destination:
            assert destination.socket.recv(1)
            sockets = [str(source.folder / f"qmp-{side}") for side in ("source", "destination")]
            done = subprocess.run(
                [sys.executable, "-c", program, *sockets, *arguments],
                capture_output=True,
                text=True,
                check=False,
                timeout=DEADLINE,
            )
            assert (done.stdout == "completed\n") == (done.returncode == 0), done
            if done.returncode == 0:
                assert done.stderr == ""
                assert digest(source.folder / "destination") == content
            return done


def _options(side: str) -> list[str]:
    return [*ram(f"/tmp/{side}"), "-qmp", f"unix:/tmp/qmp-{side},server=on,wait=off"]


@pytest.mark.parametrize("uri", ["unix:/tmp/migration", "tcp:127.0.0.1:4444"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_every_stage_works_with_every_release(series: str, name: str, uri: str) -> None:
    assert move(series, PROGRAMS[name], uri).returncode == 0


def test_the_last_finds_a_port(series: str) -> None:
    assert move(series, SECOND, "tcp:127.0.0.1:0").returncode == 0


def test_the_last_says_what_only_channels_say(series: str) -> None:
    """Or who cannot be told it, in the words on the page."""
    done = move(series, SECOND, ABSTRACT)
    with Jailed(binary(series), incoming=None) as qemu, qemu.socket.makefile("rb") as lines:
        numbers = json.loads(lines.readline())["QMP"]["version"]["qemu"]
    release = Release.parse("{major}.{minor}.{micro}".format(**numbers))
    try:
        arguments_for(UnixAddress("guest", abstract=True), release, "migrate-incoming")
    except InexpressibleError as error:
        assert (done.returncode, done.stderr) == (1, f"{error}\n")
        said = str(error).replace(str(release), "7.2.22")
        assert f"\n{said}\n" in (DOCS / "howto" / "uri-to-channels.md").read_text()
    else:
        assert done.returncode == 0


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_slip_ends_every_stage(series: str, name: str) -> None:
    done = move(series, PROGRAMS[name], "tcp:127.0.0.1:4444,to=x")
    assert done.returncode == 1
    assert ("  ^\n" in done.stderr) == (name != "old")


def test_through_a_socket_of_ones_own(series: str) -> None:
    assert move(series, RELAY).returncode == 0
