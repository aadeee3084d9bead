"""Profiles of Hypothesis, and what happens where QEMU is missing."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.qemu.bench import SERIES, Qemu, QemuDiedError, binary
from tests.required import required

settings.register_profile(
    "default", max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("ci", settings.get_profile("default"), derandomize=True)  # no luck in what may land
settings.register_profile("deep", settings.get_profile("default"), max_examples=100_000)
settings.register_profile("quick", settings.get_profile("default"), max_examples=50, derandomize=True)
settings.register_profile("brief", settings.get_profile("quick"), max_examples=10)
settings.load_profile(os.environ.get("MIGADDR_PROFILE", "default"))


# chosen here, before workers start and inherit it
SEED = os.environ.setdefault("MIGADDR_QEMU_SEED", str(random.SystemRandom().getrandbits(32)))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes minutes in a virtual machine: one of several workers would be alone with it at the end."""
    items.sort(
        key=lambda item: item.path.parent.name not in ("vm", "proof") and "in_a_vm" not in item.path.name
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the seed with which texts and lists for real QEMU were generated."""
    terminalreporter.write_line(f"MIGADDR_QEMU_SEED={SEED}")


@pytest.fixture(params=SERIES, scope="session")
def series(request: pytest.FixtureRequest) -> str:
    """A QEMU series whose binary is here. Where it is not: skip, or fail if MIGADDR_REQUIRE has qemu."""
    name: str = request.param
    problem = _problem(name)
    if problem is not None:
        if required("qemu"):
            pytest.fail(f"MIGADDR_REQUIRE asks for QEMU: {problem}")
        pytest.skip(problem)
    return name


def _problem(name: str) -> str | None:
    program = binary(name)
    if not program.exists():
        return f"no {program.name}: run tools/get-qemu"
    try:
        with Qemu(program):
            return None
    except (OSError, QemuDiedError) as error:  # whatever it is, it is the reason
        return f"{program.name} does not run here in namespaces of its own: {error}"


@pytest.fixture
def usual_signals() -> Iterator[None]:
    """Signals as programs usually find them: a job in the background, or under nohup, inherits that they are ignored."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGHUP)}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
