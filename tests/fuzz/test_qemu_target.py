"""A real QEMU as the target: it agrees with migaddr, its crashes are found, and one that is another release differs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from migaddr import JsonValue, Release
from migaddr.fuzz import Campaign, Kind, TargetError
from migaddr.fuzz.campaign import generated, made
from migaddr.fuzz.qemu import QemuTarget
from migaddr.generation import Case, Form
from migaddr.generation.generate import EVERY_KIND
from tests.qemu.bench import binary

COUNT = 60
CPR: JsonValue = [{"channel-type": "cpr", "addr": {"transport": "socket", "type": "unix", "path": "/x"}}]
NO_ARGS: JsonValue = [{"channel-type": "main", "addr": {"transport": "exec", "args": []}}]


@pytest.fixture
def target(series: str) -> Iterator[QemuTarget]:
    found = QemuTarget(binary(series))
    try:
        yield found
    finally:
        found.close()


def _case(form: Form, value: JsonValue, release: Release) -> Case:
    case = made(form, value, release, "other")
    assert case is not None
    return case


def test_generated_cases_differ_in_nothing_but_crashes(target: QemuTarget, series: str) -> None:
    seed = int(os.environ["MIGADDR_QEMU_SEED"])
    print(f"seed {seed}")
    campaign = Campaign(target, frozenset({Kind.FORETOLD_CRASH}))
    campaign.run(generated(seed, [target.release], tuple(Form), EVERY_KIND, pool=16, count=COUNT))
    assert [(finding.difference, finding.case.row()) for finding in campaign.findings.values()] == []
    assert campaign.tried > COUNT // 2
    assert target.release.series == series


def test_every_known_crash_is_a_finding(target: QemuTarget) -> None:
    release = target.release
    rows: list[tuple[Form, JsonValue, str]] = [
        (Form.URI, "rdma:h,x", "SIGABRT, a malformed rdma URI"),
        (Form.CHANNELS, CPR, "SIGSEGV, channels no-main-channel"),
        (Form.CHANNELS, NO_ARGS, "SIGSEGV, args no-program"),
    ]
    for form, value, detail in rows:
        found = target.difference(_case(form, value, release))
        if release.bad_rdma_uri_crashes:
            assert found is not None
            assert (found.kind, found.detail) == (Kind.FORETOLD_CRASH, detail)
        else:
            assert found is None
    assert target.difference(_case(Form.URI, "tcp:h:80", release)) is None  # it was started anew


def test_a_crash_is_shrunk_and_stays_the_same_crash(target: QemuTarget) -> None:
    release = target.release
    if not release.bad_rdma_uri_crashes:
        return
    campaign = Campaign(target)
    campaign.run([_case(Form.URI, "rdma:[2001:db8::1],to=80", release)])
    (finding,) = campaign.findings.values()
    assert finding.difference.detail == "SIGABRT, a malformed rdma URI"
    assert finding.case.value == "rdma:"


@pytest.mark.parametrize(
    ("uri", "old", "new"),
    [
        # what a QEMU does that is told to be one of the other grammar
        ("tcp:h:80,foo=1", Kind.ACCEPTS, Kind.REFUSES),
        ("tcp:h:" + "1" * 40, Kind.STRUCTURE, Kind.STRUCTURE),
        ("tcp:h:80,ipv4=yes", Kind.REFUSES, Kind.ACCEPTS),
        ("tcp:h,", Kind.WORDS, Kind.WORDS),
        ("unix:", None, None),
    ],
)
def test_a_qemu_that_is_another_release_differs(
    target: QemuTarget, uri: str, old: Kind | None, new: Kind | None
) -> None:
    """So who compares is not blind."""
    is_new = target.release.version >= (10, 1, 0)
    target.release = other = Release.parse("10.0" if is_new else "11.1")
    found = target.difference(_case(Form.URI, uri, other))
    assert (None if found is None else found.kind) == (new if is_new else old)


def test_nothing_is_done_that_hurts(target: QemuTarget) -> None:
    release = target.release
    assert not target.takes(_case(Form.URI, "fd:7", release))
    if release.transports:
        ran: JsonValue = [{"channel-type": "main", "addr": {"transport": "exec", "args": ["/bin/cat"]}}]
        assert not target.takes(_case(Form.CHANNELS, ran, release))
        assert not target.takes(_case(Form.URI, "file:/etc/passwd", release))
        marker = Path("/migaddr-fuzz-test")
        assert target.difference(_case(Form.URI, f"file:{marker}", release)) is None
        assert not marker.exists()  # all but its /tmp is read-only
    assert target.takes(_case(Form.URI, "exec:rm -rf /", release))
    assert target.difference(_case(Form.URI, "exec:touch /tmp/ran", release)) is None


@pytest.mark.usefixtures("usual_signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_its_state_and_leaves_nothing(
    series: str, number: signal.Signals, tmp_path: Path
) -> None:
    place = Path(tempfile.mkdtemp(prefix="migaddr-test."))  # a path that sockets can have
    out = tmp_path / "out"
    words = ["fuzz", "--against", f"qemu:{binary(series)}", "--time", "5m", "--seed", "4", "--out", str(out)]
    with subprocess.Popen(
        [sys.executable, "-m", "migaddr", *words],
        stdout=subprocess.DEVNULL,
        env={**os.environ, "TMPDIR": str(place)},
    ) as process:
        end = time.monotonic() + 60
        while not (out / "state.json").exists() and time.monotonic() < end:
            time.sleep(0.1)
        process.send_signal(number)
        assert process.wait(60) == 128 + number
    assert json.loads((out / "state.json").read_text())["asked"]["seed"] == 4
    place.rmdir()  # it is empty


def test_what_is_no_qemu_is_refused() -> None:
    with pytest.raises(TargetError, match="does not run here in a jail"):
        QemuTarget(Path("/bin/true"))
