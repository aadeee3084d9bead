"""Several processes say what one says, in the same order; one that dies is reported."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import NoReturn

import pytest

from migaddr.lint import running
from migaddr.lint.config import default_codes
from migaddr.lint.engine import LEAST
from migaddr.lint.rules.rule import Targets
from migaddr.lint.running import Asked, Outcome, Task, run
from migaddr.lint.source import Skipped, Source

ASKED = Asked(Targets(), default_codes(), LEAST, fix=True)


def _tasks(count: int) -> Iterator[Task | Skipped]:
    for number in range(count):
        text = f'vm.qmp("migrate", uri="x-rdma:h:{number}")\nvm.qmp("migrate", uri=f"exec:cat > {{p{number}}}")\n'
        yield Source(f"{number}.py", text.encode(), "python"), ASKED
        if number % 5 == 0:
            yield Skipped(f"{number}.bin", "is binary", problem=True)


def test_the_order_and_the_answers_are_those_of_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = list(run(_tasks(61), 1))
    monkeypatch.setattr(running, "_ALONE", 0.0)
    assert list(run(_tasks(61), 2)) == alone
    assert list(run(iter(()), 2)) == []
    first = alone[0]
    assert isinstance(first, Outcome) and first.left is not None
    assert len(first.result.findings) == 2 and [one.code for one in first.left.findings] == ["MIG101"]


class _Killer(bytes):
    """Kills the process that unpickles it."""

    def __reduce__(self) -> tuple[Callable[[int], NoReturn], tuple[int]]:
        return os._exit, (9,)


def test_a_process_that_dies_takes_no_other_source_with_it_than_it_had(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(running, "_ALONE", 0.0)
    monkeypatch.setattr(running, "_AT_ONCE", 2)
    monkeypatch.setattr(running, "_AHEAD", 1)
    tasks: list[Task | Skipped] = list(_tasks(40))
    tasks.insert(10, (Source("killer.py", _Killer(), "python"), ASKED))
    outcomes = list(run(iter(tasks), 2))
    assert len(outcomes) == len(tasks)
    lost = [one.path for one in outcomes if isinstance(one, Skipped) and "died" in one.reason]
    assert "killer.py" in lost and len(lost) <= 12
    last = outcomes[-1]
    assert isinstance(last, Outcome) and last.result.path == "39.py"
