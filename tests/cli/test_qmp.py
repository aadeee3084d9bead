"""`migaddr qmp`, `migaddr releases` and `migaddr negotiate`."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from migaddr import RELEASES
from tests.cli.standard import Standard

INET = (
    '{"channel-type": "main", "addr": {"transport": "socket", "type": "inet", "host": "::1", "port": "4446"}}'
)


@pytest.mark.parametrize(
    ("argv", "written"),
    [
        (("migrate", "tcp:[::1]:4446"), f'{{"execute": "migrate", "arguments": {{"channels": [{INET}]}}}}'),
        (("migrate", "tcp:[::1]:4446", "--release", "7.2"), '{"execute": "migrate", "arguments": {"uri": "tcp:[::1]:4446"}}'),
        (("migrate", "fd:x", "--resume", "--blk", "--release", "7.2"), '{"execute": "migrate", "arguments": {"uri": "fd:x", "blk": true, "resume": true}}'),
        (("migrate-incoming", INET, "--release", "8.2"), f'{{"execute": "migrate-incoming", "arguments": {{"channels": [{INET}]}}}}'),
        (("migrate-incoming", "--no-exit-on-error", INET), f'{{"execute": "migrate-incoming", "arguments": {{"channels": [{INET}], "exit-on-error": false}}}}'),
        (("migrate-recover", "fd:x"), '{"execute": "migrate-recover", "arguments": {"uri": "fd:x"}}'),
        (("migrate", "migrate -d -r fd:x", "--release", "7.2"), '{"execute": "migrate", "arguments": {"uri": "fd:x", "detach": true, "resume": true}}'),
    ],
)  # fmt: skip
def test_the_command_is_printed(standard: Standard, argv: tuple[str, ...], written: str) -> None:
    assert standard.run("qmp", *argv) == (0, written + "\n", "")
    moved = [argv[0], "-", *(item for item in argv[1:] if item.startswith("--") or item in ("7.2", "8.2"))]
    value = next(item for item in argv[1:] if ":" in item)
    assert standard.run("qmp", *moved, given=value.encode() + b"\n") == (0, written + "\n", "")


def test_detach_goes_where_it_is_gone_and_deprecated_arguments_are_named(standard: Standard) -> None:
    assert standard.run("qmp", "migrate", "migrate -d fd:x")[0] == 0
    status, out, err = standard.run("qmp", "migrate", "fd:x", "--inc", "--release", "9.0")
    assert (status, json.loads(out)["arguments"]["inc"]) == (0, True)
    assert err == "migaddr: inc: deprecated since QEMU 8.2, removed in QEMU 9.1\n"


@pytest.mark.parametrize(
    ("argv", "status", "reason"),
    [
        (("migrate", "fd:x", "--blk"), 1, "blk was removed in QEMU 9.1"),
        (("migrate", "defer"), 1, "defer says"),
        (("migrate", "tcp:h"), 1, "the port are missing"),
        (("migrate", "migrate_incoming fd:x"), 1, "this is the command migrate-incoming, and not migrate"),
        (("migrate-recover", f"[{INET}, {INET}]"), 1, "second main channel"),
        (("migrate-recover", "--resume", "fd:x"), 2, "--resume belongs to migrate"),
        (("migrate", "--no-exit-on-error", "fd:x"), 2, "belongs to migrate-incoming"),
        (("migrate",), 2, "Missing argument 'VALUE'"),
        (("cont", "fd:x"), 2, "cont"),
    ],
)
def test_what_cannot_be_told_is_refused(
    standard: Standard, argv: tuple[str, ...], status: int, reason: str
) -> None:
    found, out, err = standard.run("qmp", *argv)
    assert (found, out) == (status, "")
    assert reason in err


def test_the_table_of_releases_says_what_changed(standard: Standard) -> None:
    status, out, err = standard.run("releases")
    assert (status, err) == (0, "")
    header, *rows = out.splitlines()
    assert header.split() == [str(release) for release in RELEASES]
    at = header.index(" 8.2 ") + 1
    assert any(row[at:].startswith("+file") for row in rows)
    assert all(len(line) == len(line.rstrip()) for line in out.splitlines())
    facts = [json.loads(line) for line in standard.run("releases", "--json")[1].splitlines()]
    assert [fact["release"] for fact in facts] == [str(release) for release in RELEASES]
    assert next(fact["release"] for fact in facts if fact["migrate takes channels"]) == "8.2.2"
    assert next(fact["release"] for fact in facts if fact["migrate-incoming takes channels"]) == "8.2"
    assert facts[-1]["inet members"] == ["keep-alive-count", "keep-alive-idle", "keep-alive-interval"]


def _schema(name: str) -> str:
    """A schema that has no more than the two commands."""
    members = [{"name": "uri", "type": "str"}]
    entities = [
        {"name": "migrate", "meta-type": "command", "arg-type": "0"},
        {"name": "migrate-incoming", "meta-type": "command", "arg-type": "0"},
        {"name": "0", "meta-type": "object", "members": members},
    ]
    return json.dumps({name: entities} if name else entities)


def test_a_schema_decides_the_form(standard: Standard, tmp_path: Path) -> None:
    file = tmp_path / "schema.json"
    file.write_text(_schema("return"))
    status, out, err = standard.run("negotiate", "tcp:[::1]:4446", "--schema", str(file))
    assert (status, out) == (0, '{"uri": "tcp:[::1]:4446"}\n')
    assert err.startswith("migaddr: this is QEMU 7.2")
    assert standard.run("negotiate", "fd:x", "--schema", "-", given=_schema("").encode())[0] == 0
    status, out, err = standard.run(
        "negotiate", '{"transport": "exec", "args": ["/bin/cat"]}', "--schema", str(file)
    )
    assert (status, out) == (1, "")
    assert "not expressible as migrate for QEMU 7.2" in err


def test_a_bad_schema_is_named(standard: Standard, tmp_path: Path) -> None:
    file = tmp_path / "schema.json"
    for text, reason in (
        ("{}", "an object without 'return': is no answer to query-qmp-schema"),
        ("[]", "query-qmp-schema"),
    ):
        file.write_text(text)
        status, out, err = standard.run("negotiate", "fd:x", "--schema", str(file))
        assert (status, out) == (1, "")
        assert err.startswith(f"migaddr: {file}: {reason}")
    assert standard.run("negotiate", "fd:x", "--schema", "-", given=b"{")[2].startswith(
        "migaddr: standard input: "
    )


def test_what_a_uri_means_beside_is_said(standard: Standard, tmp_path: Path) -> None:
    file = tmp_path / "schema.json"
    file.write_text(_schema(""))
    for argv in (("qmp", "migrate"), ("negotiate", "--schema", str(file))):
        status, out, err = standard.run(*argv, "tcp://h:80")
        assert (status, "//h" in out) == (0, True)
        assert "migaddr: note: this is no URL" in err


@pytest.mark.parametrize(
    ("argv", "status", "reason"),
    [
        (("fd:x",), 2, "give one of --schema FILE and --socket PATH"),
        (("fd:x", "--schema", "a", "--socket", "b"), 2, "give one of"),
        (("-", "--schema", "-"), 2, "cannot be both"),
        (("fd:x", "--schema", "/nonexistent/schema"), 1, "/nonexistent/schema: No such file"),
        (("fd:x", "--socket", "/nonexistent/socket"), 1, "/nonexistent/socket"),
        (("defer", "--schema", "/nonexistent/schema"), 1, "defer says"),
        (("migrate -r fd:x", "--schema", "/nonexistent/schema"), 1, "also says resume"),
        (("fd:x", "--schema", os.devnull), 1, f"migaddr: {os.devnull}: "),
    ],
)
def test_what_cannot_be_asked_is_named(
    standard: Standard, argv: tuple[str, ...], status: int, reason: str
) -> None:
    found, out, err = standard.run("negotiate", *argv)
    assert (found, out) == (status, "")
    assert reason in err
