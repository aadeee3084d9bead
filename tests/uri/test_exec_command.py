"""The shell around an exec: command, and the way back."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migaddr import AddressError, ExecAddress, HostOs, InexpressibleError, exec_address, exec_command
from tests.addresses import texts

HOSTS: list[HostOs] = ["posix", "windows"]


@given(texts, st.sampled_from(HOSTS))
def test_the_command_is_the_inverse_of_the_vector(command: str, host_os: HostOs) -> None:
    assert exec_command(exec_address(command, host_os), host_os) == command


def test_the_vectors_that_qemu_runs() -> None:
    assert exec_address("cat >x").args == ("/bin/sh", "-c", "cat >x")
    assert exec_address("type x", "windows").args == ("C:\\Windows\\System32\\cmd.exe", "/c", "type x")
    with pytest.raises(AddressError):
        exec_address("a\0b")


def test_another_vector_is_no_command_unless_quoting_is_asked_for() -> None:
    address = ExecAddress(("/bin/echo", "a b", "$HOME"))
    with pytest.raises(InexpressibleError, match="quote=True"):
        exec_command(address)
    assert exec_command(address, quote=True) == "exec /bin/echo 'a b' '$HOME'"
    assert exec_command(ExecAddress(("-x'", "y z")), quote=True) == """'-x'"'"'' 'y z'"""
    with pytest.raises(InexpressibleError, match=r"cmd\.exe"):
        exec_command(address, "windows", quote=True)


words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)


@settings(max_examples=40)  # each runs two processes
@given(st.lists(words, max_size=4))
def test_a_quoted_command_runs_the_program_with_the_same_arguments(arguments: list[str]) -> None:
    echo = "import os, sys; sys.stdout.buffer.write(b'\\0'.join(map(os.fsencode, sys.argv[1:])))"
    address = ExecAddress((sys.executable, "-IS", "-c", echo, *arguments))
    shell = ["/bin/sh", "-c", exec_command(address, quote=True)]
    direct = subprocess.run(address.args, capture_output=True, check=True)
    quoted = subprocess.run(shell, capture_output=True, check=True)
    assert quoted.stdout == direct.stdout == "\0".join(arguments).encode()
