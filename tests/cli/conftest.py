"""The command line in process."""

from __future__ import annotations

import pytest

from tests.cli.standard import Standard


@pytest.fixture
def standard(monkeypatch: pytest.MonkeyPatch) -> Standard:
    return Standard(monkeypatch)
