"""An address alone is judged as it is in a program that gives it to the same command."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from migaddr import CommandError, UnknownReleaseError, lint
from migaddr.lint.find.finder import find_addresses
from tests.addresses import texts

PREFIXES = st.sampled_from(
    ["tcp:", "tcp:h:1,", "unix:", "exec:", "fd:", "rdma:", "x-rdma:", "file:/m", "vsock:", "tcp://"]
)
COMMANDS = st.sampled_from(["migrate", "migrate-incoming"])


@given(st.builds(str.__add__, PREFIXES, texts), COMMANDS)
def test_an_address_alone_is_judged_as_in_a_program(text: str, command: str) -> None:
    assume(
        text.isascii() and text.isprintable() and not set(text) & set("\"'\\{}[]%$<>@ ") and "..." not in text
    )
    source = f'vm.qmp("{command}", uri="{text}")\n'
    found = find_addresses(source.encode(), "python")  # which takes some for another thing
    assume([(one.value, one.dialect) for one in found] == [(text, "qemu")])
    shift = source.index(text)
    inside = [
        (f.code, f.start - shift, f.end - shift, f.message, f.text)
        for f in lint.check(source, language="python")
    ]
    alone = [(f.code, f.start, f.end, f.message, f.text) for f in lint.check_address(text, command=command)]
    assert alone == inside


@given(st.text(max_size=20) | texts)
def test_any_text_is_judged(text: str) -> None:
    for command in ("migrate", "migrate-incoming", "migrate-recover", "-incoming"):
        for finding in lint.check_address(text, command=command):
            assert 0 <= finding.start < finding.end


def test_the_command_decides() -> None:
    assert [f.code for f in lint.check_address("tcp:0:4444")] == []
    assert [f.code for f in lint.check_address("tcp:0:4444", command="migrate-incoming")] == ["MIG114"]
    assert [f.code for f in lint.check_address("fd:7")] == ["MIG129"]
    assert [f.code for f in lint.check_address("fd:7", command="-incoming")] == []
    assert [f.code for f in lint.check_address("file:/m", release="7.2")] == ["MIG125"]


def test_there_must_be_such_a_command_and_such_a_release() -> None:
    with pytest.raises(CommandError, match="migrate-incoming"):
        lint.check_address("tcp:h:1", command="migrate_incoming")
    with pytest.raises(UnknownReleaseError):
        lint.check_address("tcp:h:1", release="5.0")


def test_no_grammar_is_needed_for_an_address_or_a_text() -> None:
    script = (
        "import sys\nsys.modules['tree_sitter'] = None\nfrom migaddr import lint\n"
        "print(lint.check_address('tcp:::1:1')[0].code, lint.check('migrate tcp:::1:1')[0].code)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "MIG103 MIG103\n"
