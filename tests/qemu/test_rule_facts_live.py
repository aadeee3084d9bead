"""What the pages of the linter's rules say of QEMU and no row of the corpus shows, seen on real QEMU.

The rows and the other tests that the rules name are looked up in tests/lint/test_rule_facts.py.
"""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest

from migaddr import Release
from tests.qemu.bench import Qemu, QemuDiedError, binary


def _listening(qemu: Qemu) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = qemu.execute("query-migrate")["return"]["socket-address"]
    return found


def test_a_port_wraps(series: str) -> None:
    with Qemu(binary(series)) as qemu:
        assert qemu.answer("migrate-incoming", uri="tcp:127.0.0.1:99999") is None
        assert [place["port"] for place in _listening(qemu)] == [str(99999 % 65536)] == ["34463"]


def test_zero_is_every_interface(series: str) -> None:
    for host in ("0", "0.0.0.0", "[::]", ""):
        with Qemu(binary(series)) as qemu:
            assert qemu.answer("migrate-incoming", uri=f"tcp:{host}:4446") is None
            assert {place["host"] for place in _listening(qemu)} <= {"0.0.0.0", "::"}


def test_a_number_is_a_descriptor_on_the_command_line_alone(series: str) -> None:
    with pytest.raises(QemuDiedError) as caught, Qemu(binary(series), incoming="fd:mig"):
        pass
    assert "Invalid file descriptor number 'mig'" in caught.value.output
    ours, theirs = socket.socketpair()
    with ours, theirs, Qemu(binary(series), incoming=None) as qemu:
        assert qemu.answer("migrate", uri="fd:7") == "File descriptor named '7' has not been found"
        with pytest.raises(OSError, match="fdname"):
            qemu.getfd("7", theirs.fileno())
        qemu.getfd("seven", theirs.fileno())
        assert qemu.answer("migrate", uri="fd:seven") is None


def test_qmp_takes_no_quotes_away(series: str) -> None:
    with Qemu(binary(series)) as qemu:
        uri = '"exec:cat"'
        assert qemu.answer("migrate-incoming", uri=uri) == f"unknown migration protocol: {uri}"


def test_args_go_to_the_program_as_they_are(series: str) -> None:
    """The recorder of the bench stands where /bin/sh is: it is called without a shell around it."""
    if not Release.parse(series).transports:
        pytest.skip("it has no channels")
    args = ["/bin/sh", "a b", "$HOME", "; x", "`y`"]
    channels = [{"channel-type": "main", "addr": {"transport": "exec", "args": args}}]
    with Qemu(binary(series)) as qemu:
        assert qemu.answer("migrate-incoming", channels=channels) is None
        assert qemu.shell_calls(1) == [args]


def test_a_global_sets_a_capability(series: str) -> None:
    with Qemu(binary(series), "-global", "migration.x-multifd=on") as qemu:
        listed = qemu.execute("query-migrate-capabilities")["return"]
        assert [one["capability"] for one in listed if one["state"]] == ["multifd"]
        said = qemu.answer("migrate-incoming", uri="exec:cat")
        # 7.2 looks at the transport later
        expected = "Migration requires multi-channel URIs (e.g. tcp)"
        assert said == (expected if "exec" in Release.parse(series).single_stream else None), json.dumps(
            listed
        )
