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
import selectors
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from typing import IO, Final, final

from migaddr.errors import ParseError
from migaddr.fuzz.answers import Answer, Died, Garbled, Read, Refused, Silent
from migaddr.fuzz.differences import Difference, compare
from migaddr.fuzz.target import TargetError
from migaddr.generation import Case, Form
from migaddr.qmp import JsonObject, JsonValue, parse_json
from migaddr.transport.uninterrupted import uninterrupted

_MOST: Final = 1 << 20  # bytes of an answer
_TAIL: Final = 2000  # bytes kept of what it says on standard error
_SIGNALLED: Final = 128  # a shell adds it to the signal of which its child died
_SANITIZER: Final = b"Sanitizer:"
_NOT_RUN: Final = (126, 127)


class _Program:
    """What both ways have in common."""

    def __init__(self, words: Sequence[str], *, timeout: float, compare_words: bool) -> None:
        if not words:
            raise TargetError("no program is given")
        self._words = list(words)
        self._timeout = timeout
        self._compare_words = compare_words
        self._process: subprocess.Popen[bytes] | None = None
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 -- `close` closes it

    def _start(
        self, words: Sequence[str], stdin: int, environment: dict[str, str]
    ) -> subprocess.Popen[bytes]:
        self._errors.seek(0)
        self._errors.truncate()

        def start() -> None:
            self._process = subprocess.Popen(  # noqa: S603 -- that is what was asked for
                words,
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                start_new_session=True,
                env={**os.environ, **environment},
            )

        try:
            uninterrupted(start)
        except (OSError, ValueError) as error:
            raise TargetError(f"{words[0]}: {getattr(error, 'strerror', None) or error}") from error
        assert self._process is not None
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            end_group(process)

    def _forget(self) -> None:
        """Keep what it says on standard error from growing without end."""
        if os.fstat(self._errors.fileno()).st_size > _MOST:
            self._errors.seek(0)
            self._errors.truncate()

    def _said(self) -> bytes:
        self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(0, self._errors.tell() - _TAIL))
        return self._errors.read()

    def close(self) -> None:
        """End the process and what it started, and remove its files."""
        self._end()
        self._errors.close()


@final
class Lines(_Program):
    """A program that answers each line with a line."""

    def __init__(self, words: Sequence[str], *, timeout: float = 5.0, compare_words: bool = False) -> None:
        super().__init__(words, timeout=timeout, compare_words=compare_words)
        self._buffer = bytearray()
        self._asked = 0

    def takes(self, case: Case) -> bool:
        """Tell whether JSON can carry it."""
        return is_unicode(case.value)

    def difference(self, case: Case) -> Difference | None:
        """Ask it; see `Target`."""
        return compare(case, self.ask(case), words=self._compare_words)

    def ask(self, case: Case) -> Answer:
        """Send the case, and wait for the answer; a program that gave none is ended, and started anew.

        :raises TargetError: it cannot be started.
        """
        if self._process is None:
            process = self._start(self._words, subprocess.PIPE, {})
            self._buffer.clear()
            for pipe in (process.stdin, process.stdout):
                assert pipe is not None
                os.set_blocking(pipe.fileno(), False)
        self._asked += 1
        self._forget()
        row: JsonObject = {"id": self._asked, case.form.value: case.value, "release": str(case.release)}
        line = self._exchange(json.dumps(row).encode() + b"\n", time.monotonic() + self._timeout)
        answer = self._read(line) if isinstance(line, bytes) else line
        if not isinstance(answer, (Read, Refused)):
            self._end()
        return answer

    def _exchange(self, data: bytes, end: float) -> bytes | Answer:
        """Write, and read a line, without ever waiting for one of them alone."""
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdin, selectors.EVENT_WRITE)
            selector.register(process.stdout, selectors.EVENT_READ)
            while True:
                if data == b"" and (at := self._buffer.find(b"\n")) >= 0:
                    line = bytes(self._buffer[:at])
                    del self._buffer[: at + 1]
                    return line
                if len(self._buffer) > _MOST:
                    return Garbled(
                        "the answer has no end", bytes(self._buffer[:_TAIL]).decode(errors="replace")
                    )
                ready = selector.select(max(0.0, end - time.monotonic()))
                if not ready:
                    return Silent(self._timeout)
                for key, _ in ready:
                    if key.fileobj is process.stdin:
                        try:
                            data = data[os.write(process.stdin.fileno(), data) :]
                        except OSError:  # it does not read any more: whether it ended, its output tells
                            data = b""
                        if not data:
                            selector.unregister(process.stdin)
                    else:
                        more = os.read(process.stdout.fileno(), _MOST)
                        if not more:
                            return self._died(end)
                        self._buffer += more

    def _died(self, end: float) -> Answer:
        assert self._process is not None
        try:
            status = self._process.wait(max(0.1, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            return Garbled("it closed its output and goes on", "")
        return Died(how_ended(status), self._said().decode(errors="replace").strip())

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
        words = [release if word == "{release}" else text if word == "{}" else word for word in self._words]
        if "{}" not in self._words:
            words.append(text)
        encoded = [
            word.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape") for word in words
        ]
        try:
            process = self._start(encoded, subprocess.DEVNULL, {"MIGADDR_RELEASE": release})
            output, _ = process.communicate(timeout=self._timeout)
        except subprocess.TimeoutExpired:
            return Silent(self._timeout)
        finally:
            self._end()
        said = self._said()
        if process.returncode < 0 or process.returncode > _SIGNALLED or _SANITIZER in said:
            return Died(how_ended(process.returncode), said.decode(errors="replace").strip())
        if process.returncode in _NOT_RUN:
            raise TargetError(f"{words[0]}: {said.decode(errors='replace').strip() or 'status 127'}")
        if process.returncode:
            return Refused((said or output[:_TAIL]).decode(errors="replace").strip())
        try:
            return Read(parse_json(output.decode().strip()))
        except (ParseError, UnicodeDecodeError):
            return Read(True)


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


def end_group(process: subprocess.Popen[bytes]) -> None:
    """End a process that leads a session of its own, and what it started there."""
    if process.returncode is None:  # else its number may be another's by now
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()
