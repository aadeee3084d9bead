"""Whole commands, valid or broken at one place, and what one release says to each. By hand, many:

python -m tests.qemu.command_objects --series 10.0 --count 20000 [--seed N]
"""

from __future__ import annotations

import json
import random
from typing import Any, TypeAlias

from migaddr import Command, CommandError, ParseError, Release, WireError, command_from_qmp
from migaddr.jail.commands import is_refused, judge_command, leaves_blocks
from tests.qemu.bench import Qemu, QemuDiedError, binary
from tests.qemu.channel_lists import broken
from tests.qemu.channel_lists import generate as channel_list
from tests.qemu.report import Differences, by_hand

Json: TypeAlias = Any

URIS = (
    "tcp:h:80", "tcp:h:80,to=90,ipv4=on", "tcp:h", "tcp:h:80,ipv4=yes", "tcp:h:80,foo", "tcp:[::1]", "unix:/none/x",
    "unix:", "vsock:x:1", "vsock:x", "vsock:x:1,a", "fd:none", "fd:", "exec:true", "file:/none/x", "file:/none/x,offset=4K",
    "file:/none/x,offset=-1", "file:/none/x,offset=", "rdma:h:80", "rdma:h", "defer", "", "TCP:h:80", "tcp:unix:/none/x", "é:",
)  # fmt: skip
STRANGERS = (
    "x", "foo", "args", "execute", "exec-oob", "arguments", "timestamp", "event", "Execute", "uri", "channels", "é", "", "a", "b",
)  # fmt: skip
FLAGS = {
    "migrate": ("blk", "inc", "detach", "resume"),
    "migrate-incoming": ("exit-on-error",),
    "migrate-recover": (),
}


def generate(source: random.Random, release: Release) -> Json:
    """Make a command: in one of three cases as it should be, else broken at one place, or with both forms or none."""
    name = source.choice(
        ("migrate", "migrate", "migrate", "migrate-incoming", "migrate-incoming", "migrate-recover")
    )
    arguments: dict[str, Json] = {}
    forms = source.choice(("uri", "channels", "uri", "channels", "uri", "channels", "both", "none", "empty"))
    if name == "migrate-recover" and source.getrandbits(2):
        forms = "uri"
    if forms in ("uri", "both", "empty"):
        arguments["uri"] = source.choice(URIS)
    if forms in ("channels", "both"):
        arguments["channels"] = channel_list(source, release)
    elif forms == "empty":
        arguments["channels"] = []
    for flag in FLAGS[name]:
        if not source.getrandbits(2):
            arguments[flag] = source.choice((True, False))
    made: dict[str, Json] = {"execute": name, "arguments": arguments}
    if not source.getrandbits(2):
        made["id"] = source.choice((1, "x", None, {"a": []}, [1]))
    if not arguments and source.getrandbits(1):
        del made["arguments"]
    if source.getrandbits(2):
        identity = made.pop("id", None)  # it may be anything, and what is broken in it is not broken
        made = broken(source, made)
        if identity is not None:
            made["id"] = identity
    return made if source.getrandbits(2) else _crowded(source, made)


def _crowded(source: random.Random, made: Json) -> Json:
    """Give the command with members that do not belong there, or are wrong, in any order."""
    members = list(made.items())
    members += [
        (source.choice(STRANGERS), source.choice((1, None, "x", True, 1.5)))
        for _ in range(source.choice((1, 2, 3)))
    ]
    source.shuffle(members)
    return dict(members)


class Bench:
    """One series: a process for each command, replaced where a command has used it up."""

    def __init__(self, series: str) -> None:
        self.series = series
        self.release = Release.parse(series)
        self._running: dict[bool, Qemu] = {}

    def difference(self, value: Json) -> str | None:
        """Send it; say how QEMU took it otherwise than migaddr."""
        expected: Command | WireError | ParseError | CommandError
        try:
            expected = command_from_qmp(value, release=self.release)
        except (WireError, ParseError, CommandError) as error:
            expected = error
            if error.qemu_message is None and not error.crashes_qemu:
                return None  # stricter on purpose: docs/supported.md
        incoming = value.get("execute") != "migrate"
        qemu = self._running.get(incoming)
        if qemu is None:
            qemu = self._running[incoming] = Qemu(binary(self.series), incoming="defer" if incoming else None)
        said, died = None, False
        try:
            reply = qemu.send(json.dumps(value).encode())
            said = reply["error"]["desc"] if "error" in reply else None
            if "id" in value and reply.get("id", value["id"]) != value["id"]:
                return f"answered {reply['id']!r}"
        except QemuDiedError:
            died = True
        blocks = leaves_blocks(value, expected, self.release)
        if died or blocks or not is_refused(said):
            # it is dead, or busy with this; up to 8.1 blk and inc stay set when the uri is refused
            qemu.close()
            del self._running[incoming]
        return judge_command(value, expected, self.release, said, died=died)

    def close(self) -> None:
        """End the processes."""
        for qemu in self._running.values():
            qemu.close()
        self._running.clear()


def run(series: str, count: int, seed: int) -> Differences:
    """Try `count` commands; the same seed gives the same commands."""
    source = random.Random(seed)
    differences = Differences(series)
    bench = Bench(series)
    try:
        for _ in range(count):
            value = generate(source, bench.release)
            differences.note(json.dumps(value)[:400], bench.difference(value))
    finally:
        bench.close()
    return differences


if __name__ == "__main__":
    by_hand(__doc__, run, "commands", 20_000)
