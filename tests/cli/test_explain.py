"""`migaddr explain`: what a person sees."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

COMMAND = [sys.executable, "-m", "migaddr", "explain"]


def _explain(*argv: str | bytes, given: bytes = b"", **env: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [*COMMAND, *argv],
        input=given,
        capture_output=True,
        env={**os.environ, **env},
        check=False,
        timeout=60,
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_the_parts_stand_under_the_text() -> None:
    status, out, err = _explain("tcp:[::1]:4446,to=4450,foo", "--release", "10.0")
    assert (status, err) == (0, "")
    assert out.startswith(
        "  tcp:[::1]:4446,to=4450,foo\n"
        "  ---  ---  ---- ------- ---\n"
        "  |    |    |    |       ignored: foo (ignored)\n"
        "  |    |    |    to: to=4450 (last port that a listener tries)\n"
        "  |    |    port: 4446 (number or service name)\n"
    )
    assert "As channels for QEMU 10.0\n" in out
    assert '"to": 4450' in out
    assert "                        ^^^^\n    QEMU up to 10.0 ignores it; since 10.1 it is an error\n" in out
    assert "  10.1 to 11.1 refuses: Invalid parameter 'foo'\n" in out


def test_a_refused_uri_still_shows_what_other_releases_do() -> None:
    status, out, err = _explain("rdma:h,x=1")
    assert (status, err) == (1, "")
    assert out.startswith("QEMU 11.1 cannot read this: an option that QEMU does not know")
    assert "         ^^^\n" in out
    assert (
        "  7.2 to 8.1   refuses: RDMA ERROR: bad RDMA migration address 'h,x=1'\n  8.2 to 11.1  crashes\n"
        in out
    )


def test_json_is_shown_in_every_spelling_with_its_members_named() -> None:
    draft = '{"channeltype":"main","addr":{"transport":"socket","socket-type":{"type":"unix","path":"p","abstract":true}}}'
    status, out, _ = _explain(draft)
    assert status == 0
    assert out.startswith(
        'main channel: a UNIX domain socket\n  path: "p" (all that follows the prefix, literally)\n  abstract: true ('
    )
    assert (
        "As a URI for every release that has its scheme\n  not expressible as a URI: unix: cannot name" in out
    )
    assert '"abstract": true' in out
    assert "In the draft of December 2022\n" in out
    assert "Which releases take the channels\n  7.2 " in out
    assert "  8.2          take it in migrate-incoming alone\n  8.2.2 to 11.1 take it\n" in out


def test_every_kind_of_address_has_its_members_named() -> None:
    for addr in (
        {"transport": "rdma", "host": "h", "port": "1", "keep-alive-count": 3},
        {"transport": "exec", "args": ["a"]},
        {"transport": "file", "filename": "f", "offset": 0},
        {"transport": "socket", "type": "vsock", "cid": "2", "port": "1"},
        {"transport": "socket", "type": "fd", "str": "x"},
    ):
        status, out, _ = _explain(json.dumps(addr))
        assert status == 0
        assert out.startswith("main channel: ")
    assert "  9.2          " not in _explain(json.dumps(addr))[1]


def test_what_migrate_alone_answers_tells_releases_apart() -> None:
    out = _explain("foo:bar")[1]
    assert (
        "  8.1          refuses: unknown migration protocol: foo:bar; migrate reports success and does nothing\n"
        in out
    )
    assert "  8.2 to 11.1  refuses: unknown migration protocol: foo:bar\n" in out


def test_a_release_that_is_not_known_is_said_to_be_so() -> None:
    assert _explain("fd:x", "--release", "12.0")[1].startswith("QEMU 12.0 is not known")


def test_what_the_terminal_cannot_show_is_escaped() -> None:
    assert "\u202e" not in _explain("exec:\u202ex")[1]
    assert _explain("unix:/é", PYTHONIOENCODING="ascii")[0] == 0


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("[{}]", "channels[0].channel-type: is missing"),
        ("{'transport': 'x'}", "this quote does not match"),
    ],
)
def test_bad_json_is_an_error(value: str, said: str) -> None:
    status, out, err = _explain(value)
    assert (status, out) == (1, "")
    assert said in err


def test_every_release_alike() -> None:
    assert _explain("fd:x")[1].endswith("Every release from 7.2 to 11.1 does the same.\n")


def test_a_release_without_channels_is_told() -> None:
    assert "has no channels, they came with 8.2" in _explain("fd:x", "--release", "7.2")[1]


def test_standard_input_and_strange_text() -> None:
    status, out, _ = _explain("-", given="exec:a\tb 日本\n".encode())
    assert status == 0
    assert out.startswith("  exec:a\\tb 日本\n  ---- ---------\n")
    status, out, _ = _explain(b"unix:/\xff")
    assert (status, out.split("\n")[0]) == (0, "  unix:/\\xff")
    assert "raw byte 0xFF" in out
    assert _explain("exec:" + "x" * 5000)[1].count("\n") < 30


def test_colours_only_where_they_are_wanted() -> None:
    assert "\x1b[36m" in _explain("fd:x", FORCE_COLOR="1", TERM="xterm")[1]
    plain = _explain("fd:x", NO_COLOR="1", FORCE_COLOR="1", TERM="xterm")[1]
    assert "\x1b[36m" not in plain  # bold is no colour
    assert "\x1b[" not in _explain("fd:x")[1]


def test_wrong_usage_is_2() -> None:
    assert _explain()[0] == 2
    assert _explain("a", "b")[0] == 2
    assert _explain("fd:x", "--release", "nine")[0] == 2
