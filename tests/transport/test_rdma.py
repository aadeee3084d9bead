"""What an rdma address gives where there is no device, or no pyverbs."""

from __future__ import annotations

import errno
import logging
import sys
import types
from collections.abc import Callable

import pytest

from migaddr import InetAddress, RdmaAddress, TransportError
from migaddr.transport import connect, listen
from migaddr.transport.rdma_pyverbs import load, told
from tests.transport.rdma_fabric import ADDRESS

BOTH: list[Callable[[RdmaAddress], object]] = [
    lambda address: connect(address, deadline=5),
    lambda address: listen(address, deadline=5),
]
MODULES = {
    "cmid": ("AddrInfo", "CMEventChannel", "CMEvent", "CMID", "ConnParam"),
    "device": ("Context",),
    "pd": ("PD",),
    "cq": ("CompChannel", "CQ"),
    "qp": ("QPCap", "QPInitAttr"),
    "mr": ("MR",),
}


class FakeError(Exception):
    error_code = 0


class WordsError(Exception):
    pass


@pytest.fixture
def without_pyverbs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyverbs", None)
    for name in [*MODULES, "pyverbs_error"]:
        monkeypatch.setitem(sys.modules, f"pyverbs.{name}", None)


@pytest.fixture
def fake_pyverbs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pyverbs whose every call fails."""

    def fails(*_: object, **__: object) -> object:
        raise FakeError("no device")

    for name, members in MODULES.items():
        module = types.ModuleType(f"pyverbs.{name}")
        for member in members:
            setattr(module, member, fails)
        monkeypatch.setitem(sys.modules, f"pyverbs.{name}", module)
    errors = types.ModuleType("pyverbs.pyverbs_error")
    errors.__dict__["PyverbsError"] = FakeError
    monkeypatch.setitem(sys.modules, "pyverbs.pyverbs_error", errors)
    monkeypatch.setitem(sys.modules, "pyverbs", types.ModuleType("pyverbs"))


@pytest.mark.parametrize("act", BOTH)
@pytest.mark.usefixtures("without_pyverbs")
def test_without_pyverbs_the_error_says_what_to_install(act: Callable[[RdmaAddress], object]) -> None:
    handlers = list(logging.getLogger().handlers)
    with pytest.raises(TransportError, match="pyverbs cannot be loaded") as caught:
        act(ADDRESS)
    assert (caught.value.address, caught.value.errno) == (ADDRESS, errno.EPROTONOSUPPORT)
    assert "apt-get install python3-pyverbs" in str(caught.value)
    assert logging.getLogger().handlers == handlers


@pytest.mark.parametrize("act", BOTH)
@pytest.mark.parametrize("port", ["", "http", "65536", "-1", "+1", "1 ", "٤", "99999"])
@pytest.mark.usefixtures("without_pyverbs")
def test_a_port_is_a_number(act: Callable[[RdmaAddress], object], port: str) -> None:
    with pytest.raises(TransportError, match="is a number up to 65535") as caught:
        act(RdmaAddress(InetAddress("10.77.0.1", port)))
    assert caught.value.errno == errno.EINVAL


@pytest.mark.parametrize("act", BOTH)
@pytest.mark.usefixtures("without_pyverbs")
def test_a_host_is_needed(act: Callable[[RdmaAddress], object]) -> None:
    with pytest.raises(TransportError, match="must have a host"):
        act(RdmaAddress(InetAddress("", "1")))


@pytest.mark.parametrize("act", BOTH)
@pytest.mark.parametrize("host", ["no.such.host.invalid", "a" * 300, "x\udc80y", "bad..name", " "])
@pytest.mark.usefixtures("fake_pyverbs")
def test_a_host_must_resolve(act: Callable[[RdmaAddress], object], host: str) -> None:
    with pytest.raises(TransportError, match="address resolution"):
        act(RdmaAddress(InetAddress(host, "1")))


@pytest.mark.parametrize("act", BOTH)
@pytest.mark.usefixtures("fake_pyverbs")
def test_without_a_device_the_connection_manager_says_so(act: Callable[[RdmaAddress], object]) -> None:
    with pytest.raises(TransportError, match="opening the RDMA connection manager: no device") as caught:
        act(ADDRESS)
    assert caught.value.address == ADDRESS


@pytest.mark.usefixtures("fake_pyverbs")
def test_what_pyverbs_raises_becomes_the_systems_words_and_a_hint() -> None:
    verbs = load(ADDRESS)
    for number, hint in ((errno.ENOMEM, "ulimit -l"), (errno.ENODEV, "rdma link"), (errno.EADDRINUSE, None)):
        error = FakeError("Failed. Errno: 1")
        error.error_code = number
        with pytest.raises(TransportError) as caught, told(verbs, ADDRESS, "listening"):
            raise error
        assert caught.value.errno == number
        assert caught.value.cause.startswith("listening: ")
        assert (hint is None) == (caught.value.hint is None)
        assert hint is None or hint in str(caught.value)
    with pytest.raises(WordsError), told(verbs, ADDRESS, "listening"):
        raise WordsError
