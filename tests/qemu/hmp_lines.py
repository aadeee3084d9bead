"""Lines for the human monitor, wholesale: generated lines against one release. Run by hand:

    python -m tests.qemu.hmp_lines --series 11.1 --count 20000 [--seed N]

They go through `human-monitor-command`, most of them to one process. Differences belong into tests/corpus/hmp.json.
"""

from __future__ import annotations

import random

from migaddr import Migrate, MigrateIncoming, MigrateRecover, ParseError, Release, hmp
from migaddr.jail.verdict import incoming_verdict, outgoing_verdict, shown, without_hint
from tests.qemu.bench import Qemu, QemuDiedError, binary
from tests.qemu.report import Differences, by_hand
from tests.qemu.wholesale import generate as generate_inet

DETACHED = "terminal does not allow synchronous migration, continuing detached"
NOT_PAUSED = "Migrate recover can only be run when postcopy is paused."
USED_UP = ("Duplicate ID", "Command options are incompatible")  # a line before did it: try a fresh process
NOT_RESUMED = "Cannot resume if there is no paused migration"
COMMANDS = ["migrate", "migrate", "migrate", "migrate_incoming", "migrate_incoming", "migrate_recover"]
FLAGS = [
    "-d",
    "-r",
    "-b",
    "-i",
    "-x",
    "-",
    "--",
    "-D",
    "-é",
    "-d-r",
    "-dr",
    "-d -r",
    "-r -d",
    "-\t",
    "-b -i",
    "-d -b -i",
]
BLANKS = [" ", " ", " ", " ", "  ", "\t", "\n", "\v", "\f", "\r", "", "\xa0", "/", " /"]
PIECES = [
    *'""\\\\ \t\n\'/-,:[]xn',
    '\\"',
    "\\\\",
    "\\n",
    "\\r",
    "\\'",
    "\\x",
    "\\t",
    "é",
    "tcp:",
    "\x85",
    "\u2028",
    "\x1c",
    "h" * 1020,
    "é" * 508,
]
WORDS = [
    "migrat",
    "migrate_set_speed",
    "Migrate",
    '"migrate"',
    "migrate-incoming",
    "foo",
    "x" * 300,
    "(qemu)",
    "é",
    "",
    "-d",
]


def _uri(source: random.Random) -> str:
    match source.choice(
        ("inet", "inet", "inet", "unix", "file", "fd", "vsock", "rdma", "exec", "exec", "pieces", "long")
    ):
        case "inet":
            return "tcp:" + generate_inet(source)
        case "unix":
            return "unix:/none/" + "".join(source.choices(PIECES[:20], k=source.randrange(4)))
        case "file":
            return "file:/none/x" + source.choice(("", ",offset=1k", ",offset=x", ' "x"'))
        case "fd":
            return "fd:" + source.choice(("", "x", "x y", "7x"))
        case "vsock":
            return "vsock:" + source.choice(("", "x:1", "2", "x:1,y", ":"))
        case "exec":
            return "exec:" + "".join(source.choices(PIECES[:-2], k=source.randrange(6)))
        case "rdma":
            return "rdma:" + source.choice(("x", "h:1", "h:1,ipv4=x"))
        case "long":
            return (
                source.choice(("tcp:", "unix:/none/", "foo:", ""))
                + source.choice(("é", "x")) * source.randrange(480, 1100)
                + source.choice((":1", ":1,ipv4=x", ""))
            )
        case _:
            return "".join(source.choices(PIECES[:-2], k=source.randrange(8)))


def generate(source: random.Random) -> str:
    """Make one line."""
    command = source.choice(COMMANDS) if source.getrandbits(4) else source.choice(WORDS)
    line = source.choice(("", "", "", " ", "\t\n")) + command
    for _ in range(source.choice((0, 0, 0, 1, 1, 2, 3))):
        line += source.choice(BLANKS) + source.choice(FLAGS)
    if source.getrandbits(4):
        uri = _uri(source)
        if source.getrandbits(1):
            quoted = uri.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
            uri = f'"{quoted}"'
        line += source.choice(BLANKS) + uri
    if not source.getrandbits(2):
        at = source.randrange(len(line) + 1)
        line = line[:at] + source.choice(PIECES[:-2]) + line[at:]
    return line + source.choice(("", "", "", "", " ", "\n", " x"))


class Bench:
    """One series, with a process that is replaced where a line has used it up."""

    def __init__(self, series: str) -> None:
        self.series = series
        self.release = Release.parse(series)
        self._qemu: Qemu | None = None
        self._incoming = False

    def difference(self, line: str) -> str | None:
        """Send the line; say how QEMU read it otherwise than migaddr."""
        error: ParseError | None = None
        command: object = None
        try:
            command = hmp.parse(line, self.release)
        except ParseError as refused:
            error = refused
        if (
            error is not None
            and error.qemu_message is None
            and not error.crashes_qemu
            and line.strip(" \t\n\v\f\r")
        ):
            return None  # another command, which had better not run
        found = self._try(line, command, error)
        if found is not None and any(used in found for used in USED_UP):
            self.close()
            found = self._try(line, command, error)
        return found

    def _try(self, line: str, command: object, error: ParseError | None) -> str | None:
        incoming = "migrate_incoming" in line
        if self._qemu is None or self._incoming != incoming:
            self.close()
            self._qemu, self._incoming = (
                Qemu(binary(self.series), incoming="defer" if incoming else None),
                incoming,
            )
        try:
            reply = self._qemu.execute("human-monitor-command", command_line=line)
        except QemuDiedError as died:
            self.close()
            crash = error is not None and error.crashes_qemu
            return None if crash and died.status == -6 else f"died of {-died.status}"
        said = without_hint(reply.get("return", str(reply)).replace("\r\n", "\n"))
        if error is not None:
            return self._refused(line, error, said)
        said = said.replace(f"{DETACHED}\n", "")
        answer = said.removeprefix("Error: ").removesuffix("\n") if said else None
        assert isinstance(command, (Migrate, MigrateIncoming, MigrateRecover))
        target = command.target
        assert not isinstance(target, tuple)  # a line gives one address
        if 'Try "help' in said or "unknown command" in said:
            return f"answered {said!r}, but migaddr takes it"
        if answer == NOT_PAUSED:
            return None
        try:
            if isinstance(command, Migrate):
                if answer == NOT_RESUMED:
                    return None if command.resume else "resumes"
                if command.resume:
                    return f"does not resume, but answers {said!r}"
                if answer is None:
                    state = self._qemu.migration()
                    return outgoing_verdict(self._qemu, target, state.get("error-desc"), state["status"])
                return outgoing_verdict(self._qemu, target, answer, "refused")
            return incoming_verdict(self._qemu, target, answer)
        finally:
            self.close()

    def _refused(self, line: str, error: ParseError, said: str) -> str | None:
        if said in (f"Error: {NOT_PAUSED}\n", f"Error: {NOT_RESUMED}\n"):
            return None  # a state that comes before the URI
        if error.crashes_qemu:
            return f"answered {said!r}, but migaddr says that it crashes"
        if not line.strip(" \t\n\v\f\r"):
            return None if said == "" else f"answered {said!r} to nothing"
        wanted = shown(error.qemu_message or "")
        if wanted.startswith("unknown command"):
            return None if said == f"{wanted}\n" else f"{said!r}, not {wanted!r}"
        if wanted.startswith(("migrate: ", "migrate_incoming: ", "migrate_recover: ")):
            start = line.index("migrate")
            length = len(wanted.split(":")[0])
            end = "" if wanted.endswith("unsupported option -") else "\n"
            full = f'{wanted}{end}Try "help {line[: start + length]}" for more information\n'
            return None if said == full else f"{said!r}, not {full!r}"
        return None if said == f"Error: {wanted}\n" else f"{said!r}, not {wanted!r}"

    def close(self) -> None:
        if self._qemu is not None:
            self._qemu.close()
            self._qemu = None


def run(series: str, count: int, seed: int) -> Differences:
    """Try `count` lines; the same seed gives the same lines."""
    source = random.Random(seed)
    differences = Differences(series)
    bench = Bench(series)
    try:
        for _ in range(count):
            line = generate(source)
            differences.note(repr(line), bench.difference(line))
    finally:
        bench.close()
    return differences


if __name__ == "__main__":
    by_hand(__doc__, run, "lines", 20_000)
