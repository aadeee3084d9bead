"""Programs as targets: the protocol is kept, and whatever a program does is answered for, in time, and leaves nothing."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from migaddr import LATEST, JsonValue
from migaddr.fuzz.answers import Died, Garbled, Read, Refused, Silent
from migaddr.fuzz.campaign import made
from migaddr.fuzz.program import Argv, Lines, how_ended, is_unicode
from migaddr.fuzz.target import TargetError
from migaddr.generation import Case, Form
from tests.fuzz.programs import program, script


def _case(value: JsonValue = "tcp:h:80", form: Form = Form.URI) -> Case:
    case = made(form, value, LATEST, "other")
    assert case is not None
    return case


@pytest.fixture
def opened() -> Iterator[list[Lines | Argv]]:
    targets: list[Lines | Argv] = []
    yield targets
    for target in targets:
        target.close()


def _lines(opened: list[Lines | Argv], words: list[str], timeout: float = 30.0) -> Lines:
    target = Lines(words, timeout=timeout)
    opened.append(target)
    return target


def _argv(opened: list[Lines | Argv], words: list[str], timeout: float = 30.0) -> Argv:
    target = Argv(words, timeout=timeout)
    opened.append(target)
    return target


def test_each_form_is_asked_and_answered(tmp_path: Path, opened: list[Lines | Argv]) -> None:
    target = _lines(opened, program(tmp_path, "right"))
    channels: JsonValue = [
        {"channel-type": "main", "addr": {"transport": "socket", "type": "unix", "path": "/x"}}
    ]
    for case in (
        _case(),
        _case("tcp:h"),
        _case(channels, Form.CHANNELS),
        _case({"execute": "migrate", "arguments": {"channels": channels}}, Form.COMMAND),
    ):
        answer = target.ask(case)
        assert isinstance(answer, Refused if case.verdict.fault else Read)
        assert target.difference(case) is None


def test_a_program_that_dies_is_named_and_started_anew(tmp_path: Path, opened: list[Lines | Argv]) -> None:
    target = _lines(opened, program(tmp_path, "dies"))
    assert target.ask(_case("unix:/a,b")) == Died("SIGSEGV", "comma!")
    assert target.ask(_case("unix:/a")) == Read({"transport": "socket", "type": "unix", "path": "/a"})
    assert isinstance(target.ask(_case("unix:,")), Died)
    other = _lines(opened, program(tmp_path, "exits"))
    assert other.ask(_case("fd:x")) == Died("status 3", "")


def _starting_another(kept: Path) -> str:
    """Give the beginning of a program that starts another one, and keeps its number in a file."""
    return f"""
import subprocess
child = subprocess.Popen(["sleep", "600"])
open({str(kept)!r}, "w").write(str(child.pid))
"""


def test_a_program_that_hangs_is_ended_with_what_it_started(
    tmp_path: Path, opened: list[Lines | Argv]
) -> None:
    kept = tmp_path / "pid"
    text = "import sys, time; sys.stdin.readline(); time.sleep(600)"
    target = _lines(opened, script(tmp_path, _starting_another(kept) + text), timeout=3.0)
    begin = time.monotonic()
    assert target.ask(_case()) == Silent(3.0)
    assert time.monotonic() - begin < 20
    _gone(int(kept.read_text()))


def _gone(pid: int) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return
        if state == "Z":  # whoever adopted it has not looked yet
            return
        time.sleep(0.05)
    raise AssertionError(f"{pid} goes on")


def test_a_program_that_reads_nothing_does_not_block(tmp_path: Path, opened: list[Lines | Argv]) -> None:
    target = _lines(opened, script(tmp_path, "import time; time.sleep(600)"), timeout=3.0)
    assert target.ask(_case("unix:" + "x" * 10_000_000)) == Silent(3.0)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("hello", "the answer is no JSON"),
        ("", "the answer is no JSON"),
        ("[]", "the answer is no object"),
        ('{"id": 7, "error": ""}', "the answer has another id"),
        ('{"id": true, "error": ""}', "the answer has another id"),
        ('{"error": ""}', "the answer has another id"),
        ('{"id": 1}', "the answer needs one of expect and error"),
        ('{"id": 1, "expect": {}, "error": ""}', "the answer needs one of expect and error"),
        ('{"id": 1, "expect": "tcp"}', "expect is neither an object nor true"),
        ('{"id": 1, "id": 1, "error": ""}', "the answer is no JSON"),
        ("\\xff", "the answer is no JSON"),
    ],
)
def test_garbage_is_called_so(tmp_path: Path, opened: list[Lines | Argv], answer: str, reason: str) -> None:
    text = f"import sys, time\nsys.stdin.readline()\nsys.stdout.buffer.write({answer!r}.encode('latin-1').replace(b'\\\\xff', b'\\xff') + b'\\n')\nsys.stdout.flush()\ntime.sleep(600)"
    found = _lines(opened, script(tmp_path, text)).ask(_case())
    assert isinstance(found, Garbled)
    assert found.reason == reason


def test_an_answer_without_an_end_and_one_that_never_comes(
    tmp_path: Path, opened: list[Lines | Argv]
) -> None:
    endless = "import sys\nsys.stdin.readline()\nwhile True: sys.stdout.write('x' * 65536)"
    found = _lines(opened, script(tmp_path, endless)).ask(_case())
    assert isinstance(found, Garbled)
    assert found.reason == "the answer has no end"
    closes = "import os, sys, time\nsys.stdin.readline()\nos.close(1)\ntime.sleep(600)"
    found = _lines(opened, script(tmp_path, closes), timeout=2.0).ask(_case())
    assert found == Garbled("it closed its output and goes on", "")


def test_what_no_program_is_cannot_be_started(tmp_path: Path, opened: list[Lines | Argv]) -> None:
    for target in (_lines(opened, [str(tmp_path / "none")]), _argv(opened, [str(tmp_path / "none")])):
        with pytest.raises(TargetError, match="No such file"):
            target.ask(_case())
    with pytest.raises(TargetError, match="no program"):
        Lines([])


def test_argv_gives_the_text_as_it_is(tmp_path: Path, opened: list[Lines | Argv]) -> None:
    text = "import json, os, sys; print(json.dumps([os.fsencode(word).decode('latin-1') for word in sys.argv[1:]]))"
    words = script(tmp_path, text)
    uri = "tcp:a b,\"'é\udcff:80"
    shown = uri.encode("utf-8", "surrogateescape").decode("latin-1")
    assert _argv(opened, words).ask(_case(uri)) == Read([shown])
    placed = _argv(opened, [*words, "{release}", "{}", "-x"])
    assert placed.ask(_case("tcp:h:80")) == Read([str(LATEST), "tcp:h:80", "-x"])
    channels = _case([], Form.CHANNELS)
    assert _argv(opened, words).ask(channels) == Read(["[]"])


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("", Read(True)),
        ("print('host h')", Read(True)),
        ("print('{}')", Read({})),
        ("import sys; sys.exit('no port')", Refused("no port")),
        ("import sys; print('no'); sys.exit(2)", Refused("no")),
        ("import os; os.abort()", Died("SIGABRT", "")),
        ("import sys; sys.exit(128 + 11)", Died("SIGSEGV", "")),
        (
            "import sys; sys.exit('==1==ERROR: AddressSanitizer: x')",
            Died("AddressSanitizer: x", "==1==ERROR: AddressSanitizer: x"),
        ),
        (
            "import sys; sys.exit('SUMMARY: AddressSanitizer: heap-use-after-free /x/y.c:7 in parse')",
            Died(
                "AddressSanitizer: heap-use-after-free in parse",
                "SUMMARY: AddressSanitizer: heap-use-after-free /x/y.c:7 in parse",
            ),
        ),
        (
            "import sys; sys.stderr.write('a.c:1:2: runtime error: signed integer overflow: 1 + 2')",
            Died(
                "runtime error: signed integer overflow",
                "a.c:1:2: runtime error: signed integer overflow: 1 + 2",
            ),
        ),
        ("import sys; sys.stderr.write('no'); sys.exit(255)", Refused("no")),
        ("import sys; sys.exit(129)", Refused("")),
    ],
)
def test_argv_reads_the_status(tmp_path: Path, opened: list[Lines | Argv], text: str, answer: object) -> None:
    assert _argv(opened, script(tmp_path, text)).ask(_case()) == answer


def test_argv_takes_no_more_than_it_must(tmp_path: Path, opened: list[Lines | Argv]) -> None:
    found = _argv(opened, script(tmp_path, "while True: print('x' * 65536)")).ask(_case())
    assert isinstance(found, Garbled)
    assert found.reason == "the answer has no end"
    # a report stays visible below what else it says, and what it says without an end is not kept
    text = "import os\nos.write(2, b'x' * 9_000_000 + b'SUMMARY: LeakSanitizer: 3 bytes' + b'y' * 5000)\nos.write(1, b'{}')"
    target = _argv(opened, script(tmp_path, text))
    assert target.ask(_case()) == Died("LeakSanitizer: 3", "y" * 2000)
    endless = "import os\nwhile True: os.write(2, b'x' * 65536)"
    assert _argv(opened, script(tmp_path, endless), timeout=2.0).ask(_case()) == Silent(2.0)
    assert _lines(opened, script(tmp_path, endless), timeout=2.0).ask(_case()) == Silent(2.0)


def test_argv_does_not_wait_for_what_the_program_leaves_behind(
    tmp_path: Path, opened: list[Lines | Argv]
) -> None:
    kept = tmp_path / "pid"
    text = _starting_another(kept)
    assert _argv(opened, script(tmp_path, text + "print('{}')")).ask(_case()) == Read({})
    _gone(int(kept.read_text()))
    found = _lines(opened, script(tmp_path, text + "raise SystemExit(3)"), timeout=10.0).ask(_case())
    assert found == Died("status 3", "")
    _gone(int(kept.read_text()))


def test_a_program_that_ran_may_end_like_one_that_did_not(tmp_path: Path, opened: list[Lines | Argv]) -> None:
    text = "import sys; sys.exit(127 if 'b' in sys.argv[1] else 0)"
    target = _argv(opened, script(tmp_path, text))
    with pytest.raises(TargetError, match="status 127"):
        target.ask(_case("unix:/b"))
    assert target.ask(_case("unix:/a")) == Read(True)
    assert target.ask(_case("unix:/b")) == Refused("")


def test_a_program_that_ends_between_two_cases_is_started_anew(
    tmp_path: Path, opened: list[Lines | Argv]
) -> None:
    once = 'import sys\nsys.stdin.readline()\nprint(\'{"id": %s, "error": ""}\' % N)'
    path = tmp_path / "n"
    path.write_text("0")
    count = f"from pathlib import Path\np = Path({str(path)!r})\nN = int(p.read_text()) + 1\np.write_text(str(N))\n"
    target = _lines(opened, script(tmp_path, count + once.replace("% N", "% (N if N == 1 else 3)")))
    assert [target.ask(_case()), target.ask(_case())] == [Refused(""), Refused("")]
    assert path.read_text() == "2"
    silent = _lines(opened, script(tmp_path, "import sys; sys.stdin.readline()"))
    assert silent.ask(_case()) == Garbled("it ended without an answer", "")


@pytest.mark.parametrize("place", ["--uri={}", "{}", "a{}b{}"])
def test_the_case_has_its_place_in_a_word(tmp_path: Path, opened: list[Lines | Argv], place: str) -> None:
    words = script(tmp_path, "import json, sys; print(json.dumps(sys.argv[1:]))")
    uri = "unix:/{release}{}"
    found = _argv(opened, [*words, place, "-r={release}"]).ask(_case(uri))
    assert found == Read([place.replace("{}", uri), f"-r={LATEST}"])
    with pytest.raises(TargetError, match="--argv"):
        Lines([*words, place])


def test_argv_ends_what_hangs(tmp_path: Path, opened: list[Lines | Argv]) -> None:
    assert _argv(opened, script(tmp_path, "import time; time.sleep(600)"), timeout=2.0).ask(
        _case()
    ) == Silent(2.0)


def test_what_cannot_be_given_is_not_taken(tmp_path: Path, opened: list[Lines | Argv]) -> None:
    lines, argv = _lines(opened, ["x"]), _argv(opened, ["x"])
    assert lines.takes(_case())
    stray = Case(Form.URI, "tcp:\udcff:1", LATEST, _case().verdict, "other")
    assert not lines.takes(stray)
    assert argv.takes(stray)
    assert not argv.takes(Case(Form.URI, "tcp:\0:1", LATEST, _case().verdict, "other"))
    assert not is_unicode({"a": ["\udcff"]})


def test_ends_have_names() -> None:
    assert how_ended(-11) == "SIGSEGV"
    assert how_ended(134) == "SIGABRT"
    assert how_ended(3) == "status 3"
    assert how_ended(255) == "status 255"


def test_nothing_is_left(tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    target = Lines(program(tmp_path, "right"))
    target.ask(_case())
    target.close()
    assert len(os.listdir("/proc/self/fd")) == before
