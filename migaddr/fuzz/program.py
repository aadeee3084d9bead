"""Any program as a target: over JSON lines, or started once for each case.

Over lines, `>` is what it is given and `<` what it answers:

    >  {"id": 1, "uri": "tcp:h:80", "release": "10.0"}      or "channels": [...], or "command": {...}
    <  {"id": 1, "expect": {"transport": "socket", ...}}    what it read, as `migaddr generate` has it
    <  {"id": 1, "expect": true}                            it read it, and does not say what
    <  {"id": 1, "error": "no port"}                        it refuses it

As an argument, the text, or the JSON of channels and commands, stands where `{}` is, or last; `{release}` is
the release. Status 0: read, and a JSON value on standard output is what it read; any other: refused.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from typing import IO, Final, final

from migaddr.carets import printable
from migaddr.errors import ParseError
from migaddr.fuzz.answers import Answer, Died, Garbled, Read, Refused, Silent
from migaddr.fuzz.differences import Difference, compare
from migaddr.fuzz.target import TargetError
from migaddr.generation import Case, Form
from migaddr.qmp import JsonObject, JsonValue, parse_json
from migaddr.transport.uninterrupted import uninterrupted

_MOST: Final = 1 << 20  # bytes of an answer
_PIECE: Final = 1 << 16  # bytes read at a time, and kept of what it says on standard error
_TAIL: Final = 2000  # bytes of that for people
_LOOK: Final = (
    0.05  # seconds after which to see whether it has ended, where what it started keeps its output open
)
_SOON: Final = 0.001
_SIGNALLED: Final = 128  # a shell adds it to the signal of which its child died
_FATAL: Final = frozenset({"ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "SEGV", "SYS"})
"""Those that a status can name: others are statuses that programs choose."""
_REPORT: Final = re.compile(
    rb"SUMMARY: (?P<bug>\w+Sanitizer: [\w-]+)(?:[^\n]* in (?P<function>\w+))?"
    rb"|ERROR: (?P<error>\w+Sanitizer: [\w-]+)"
    rb"|: (?P<undefined>runtime error: [a-z -]+)"
    rb"|\w+Sanitizer:"
)
"""What a sanitizer says; undefined behaviour need not end a program."""
_ENDED: Final = "it ended without an answer"
_NOT_RUN: Final = (126, 127)
_PLACE: Final = re.compile(r"\{\}|\{release\}")


class _Program:
    """What both ways have in common."""

    def __init__(self, words: Sequence[str], *, timeout: float, compare_words: bool) -> None:
        if not words:
            raise TargetError("no program is given")
        self._words = list(words)
        self._timeout = timeout
        self._compare_words = compare_words
        self._process: subprocess.Popen[bytes] | None = None
        self._open: list[IO[bytes]] = []  # what may still come from it
        self._output = bytearray()
        self._errors = bytearray()

    def _start(self, words: Sequence[str], stdin: int, environment: dict[str, str]) -> None:
        encoded = [word.encode("utf-8", "surrogateescape") for word in words]

        def start() -> None:
            self._process = subprocess.Popen(  # noqa: S603 -- that is what was asked for
                encoded,
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
                env={**os.environ, **environment},
            )

        try:
            uninterrupted(start)
        except (OSError, ValueError) as error:
            raise TargetError(
                f"{printable(words[0])}: {getattr(error, 'strerror', None) or error}"
            ) from error
        process = self._running()
        assert process.stdout is not None
        assert process.stderr is not None
        self._open = [process.stdout, process.stderr]
        for pipe in (process.stdin, *self._open):
            if pipe is not None:
                os.set_blocking(pipe.fileno(), False)
        self._output.clear()
        self._errors.clear()

    def _running(self) -> subprocess.Popen[bytes]:
        assert self._process is not None
        return self._process

    def _end(self) -> int:
        """End it with what it started; give its status."""
        process, self._process = self._process, None
        return 0 if process is None else end_group(process)

    def _exchange(self, data: bytes, done: Callable[[], bool] = lambda: False) -> Garbled | Silent | None:
        """Write, and take what comes, without waiting for one of them alone; None: done, or it has ended."""
        end = time.monotonic() + self._timeout
        process = self._running()
        with selectors.DefaultSelector() as selector:
            if process.stdin is not None and data:
                selector.register(process.stdin, selectors.EVENT_WRITE)
            for pipe in self._open:
                selector.register(pipe, selectors.EVENT_READ)
            while data or not done():
                late = time.monotonic() >= end
                # with nothing open, it is about to end
                look = _LOOK if self._open else _SOON
                ready = selector.select(0 if late else min(end - time.monotonic(), look))
                for key, _ in ready:
                    if key.fileobj is process.stdin:
                        try:
                            data = data[os.write(key.fd, data) :]
                        except OSError:  # it does not read any more: whether it ended, its output tells
                            data = b""
                        if not data:
                            selector.unregister(key.fileobj)
                    elif not self._take(key.fd, is_output=key.fileobj is process.stdout):
                        selector.unregister(key.fileobj)
                        self._open = [pipe for pipe in self._open if pipe is not key.fileobj]
                if len(self._output) > _MOST:
                    said = bytes(self._output[:_TAIL]).decode(errors="replace")
                    return Garbled("the answer has no end", said)
                if (not ready or not self._open) and _has_ended(process):
                    return None
                if late and (data or not done()):
                    closed = process.stdout not in self._open
                    return (
                        Garbled("it closed its output and goes on", "") if closed else Silent(self._timeout)
                    )
        return None

    def _take(self, descriptor: int, *, is_output: bool) -> bool:
        """Read what there is; tell whether more may come."""
        more = os.read(descriptor, _PIECE)
        if is_output:
            self._output += more
        else:
            self._errors += more
            del self._errors[: max(0, len(self._errors) - _PIECE)]
        return bool(more)

    def _said(self) -> str:
        return bytes(self._errors[-_TAIL:]).decode(errors="replace").strip()

    def close(self) -> None:
        """End the process and what it started."""
        self._end()


@final
class Lines(_Program):
    """A program that answers each line with a line."""

    def __init__(self, words: Sequence[str], *, timeout: float = 5.0, compare_words: bool = False) -> None:
        super().__init__(words, timeout=timeout, compare_words=compare_words)
        if any(map(_PLACE.search, words)):
            raise TargetError("{} and {release} are for a program that is started for each case: add --argv")
        self._asked = 0
        self._answered = 0  # by this process

    def takes(self, case: Case) -> bool:
        """Tell whether JSON can carry it."""
        return is_unicode(case.value)

    def difference(self, case: Case) -> Difference | None:
        """Ask it; see `Target`."""
        return compare(case, self.ask(case), words=self._compare_words)

    def ask(self, case: Case) -> Answer:
        """Send the case, and wait for the answer; a program that gave none is ended, and started anew.

        One that ended by itself, with status 0, when it had answered others, is asked again.

        :raises TargetError: it cannot be started.
        """
        answered = self._answered if self._process is not None else 0
        answer = self._ask(case)
        if answered and isinstance(answer, Garbled) and answer.reason == _ENDED:
            answer = self._ask(case)
        return answer

    def _ask(self, case: Case) -> Answer:
        if self._process is None:
            self._start(self._words, subprocess.PIPE, {})
            self._answered = 0
        self._asked += 1
        row: JsonObject = {"id": self._asked, case.form.value: case.value, "release": str(case.release)}
        fault = self._exchange(json.dumps(row).encode() + b"\n", lambda: b"\n" in self._output)
        line, found, rest = self._output.partition(b"\n")
        answer: Answer
        if found:
            self._output = rest
            answer = self._read(bytes(line))
        elif fault is not None:
            answer = fault
        else:
            status = self._end()
            answer = Died(how_ended(status), self._said()) if status else Garbled(_ENDED, self._said())
        if isinstance(answer, (Read, Refused)):
            self._answered += 1
        else:
            self._end()
        return answer

    def _read(self, line: bytes) -> Answer:
        said = line.decode(errors="replace")
        try:
            value = parse_json(line.decode())
        except (ParseError, UnicodeDecodeError):
            return Garbled("the answer is no JSON", said)
        if not isinstance(value, dict):
            return Garbled("the answer is no object", said)
        if value.get("id") != self._asked or isinstance(value.get("id"), bool):
            return Garbled("the answer has another id", said)
        if ("expect" in value) == ("error" in value):
            return Garbled("the answer needs one of expect and error", said)
        if "error" in value:
            words = value["error"]
            return Refused("" if words is None else words if isinstance(words, str) else json.dumps(words))
        if not (isinstance(value["expect"], dict) or value["expect"] is True):
            return Garbled("expect is neither an object nor true", said)
        return Read(value["expect"])


@final
class Argv(_Program):
    """A program that is started for each case, with the case among its arguments."""

    def __init__(self, words: Sequence[str], *, timeout: float = 5.0, compare_words: bool = False) -> None:
        super().__init__(words, timeout=timeout, compare_words=compare_words)
        self._ran = False

    def takes(self, case: Case) -> bool:
        """Tell whether it can be an argument."""
        text = self._text(case)
        return "\0" not in text and (case.form is Form.URI or is_unicode(case.value))

    def _text(self, case: Case) -> str:
        return case.value if isinstance(case.value, str) and case.form is Form.URI else json.dumps(case.value)

    def difference(self, case: Case) -> Difference | None:
        """Run it; see `Target`."""
        return compare(case, self.ask(case), words=self._compare_words)

    def ask(self, case: Case) -> Answer:
        """Run it with the case.

        :raises TargetError: it cannot be started.
        """
        text, release = self._text(case), str(case.release)
        words = [
            _PLACE.sub(lambda place: text if place[0] == "{}" else release, word) for word in self._words
        ]
        if not any("{}" in word for word in self._words):
            words.append(text)
        try:
            self._start(words, subprocess.DEVNULL, {"MIGADDR_RELEASE": release})
            fault = self._exchange(b"")
            return self._ended(self._end()) if fault is None else fault
        finally:
            self._end()

    def _ended(self, status: int) -> Answer:
        report = _REPORT.search(self._errors)
        if report is not None or status < 0 or how_ended(status).removeprefix("SIG") in _FATAL:
            return Died(_bug(report) or how_ended(status), self._said())
        if status in _NOT_RUN and not self._ran:
            raise TargetError(f"{printable(self._words[0])}: {printable(self._said()) or how_ended(status)}")
        self._ran = True
        if status:
            return Refused(self._said() or bytes(self._output[:_TAIL]).decode(errors="replace").strip())
        try:
            return Read(parse_json(self._output.decode().strip()))
        except (ParseError, UnicodeDecodeError):
            return Read(True)


def _bug(report: re.Match[bytes] | None) -> str:
    """Name what a sanitizer found, and the function, if it says so."""
    if report is None:
        return ""
    found = (report["bug"] or report["error"] or report["undefined"] or b"").decode()
    return f"{found} in {report['function'].decode()}" if report["function"] else found


def is_unicode(value: JsonValue) -> bool:
    """Tell whether there is no stray byte in a value."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def how_ended(status: int) -> str:
    """Name the signal of which a process died, or its status."""
    number = -status if status < 0 else status - _SIGNALLED
    try:
        return signal.Signals(number).name if number > 0 else f"status {status}"
    except ValueError:
        return f"status {status}"


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Tell, and leave its number to it: by that, what it started is ended."""
    if not hasattr(os, "waitid"):  # macOS before Python 3.13
        return process.poll() is not None
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def end_group(process: subprocess.Popen[bytes]) -> int:
    """End a process that leads a session of its own, and what it started there; give its status."""
    if process.returncode is None:  # else its number may be another's by now
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    status = process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()
    return status
