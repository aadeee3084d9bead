"""Standard input and output as a command in this process sees them."""

from __future__ import annotations

import io
import sys

import pytest

from migaddr.cli import main


class Standard:
    """Runs the command line with given input, and keeps what it writes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch

    def run(self, *argv: str, given: bytes = b"") -> tuple[int, str, str]:
        out, err = io.BytesIO(), io.BytesIO()
        for name, stream in (("stdin", io.BytesIO(given)), ("stdout", out), ("stderr", err)):
            self._monkeypatch.setattr(sys, name, io.TextIOWrapper(stream, "utf-8", write_through=True))
        status = main(argv)
        return status, out.getvalue().decode("utf-8", "surrogateescape"), err.getvalue().decode()
