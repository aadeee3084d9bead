"""Streams against iperf3 and against QEMU: one run, interleaved, each side a process of its own.

    python -m tests.benchmarks.streams [ROUNDS] [GIB]

Needs iperf3, and for the rows of QEMU the binaries of tools/get-qemu and twice GIB of memory. A row is the
best of its rounds; the ratio is to the row that it is measured by. Exit status 1: a ratio is too low, or an
end took 64 MiB or more.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from migaddr import FdAddress, InetAddress, MigrateAddress, UnixAddress
from migaddr.proof.qemu import Qemu
from migaddr.transport import Deadline, Digest, connect, listen, receive, send
from migaddr.transport.digest import hasher
from tests.qemu.bench import binary

GIB = 1 << 30
SERIES = "10.0"
MOST_MEMORY = 64  # MiB
WAIT = 120.0


class Endless:
    """A source that costs nothing: the buffer as it is, `size` bytes of it in all."""

    def __init__(self, size: int) -> None:
        self._left = size

    def readinto(self, buffer: memoryview) -> int:
        count = min(len(buffer), self._left)
        self._left -= count
        return count


def worker(role: str, place: str, size: str, how: str) -> None:
    """One end of a stream, in a process of its own; the receiver says its rate, in bytes a second."""
    address: MigrateAddress = UnixAddress(place) if place.startswith("/") else InetAddress("127.0.0.1", place)
    hasher(Digest.XXH3, FdAddress("none"))  # the module is loaded before the clock runs
    digest = Digest.XXH3 if how in ("framed", "hashed") else Digest.NONE
    framed = how == "framed"
    if role == "send":
        with connect(address, deadline=WAIT) as stream:
            send(stream, Endless(int(size)), framed=framed, digest=digest, stall=WAIT)
        print(json.dumps({"memory": most_memory()}))
        return
    with listen(address) as listener:
        print(place, flush=True)
        with listener.accept(Deadline(WAIT)) as stream:
            report = receive(stream, None, framed=framed, digest=digest, stall=WAIT)
    assert how == "counted-qemu" or report.bytes == int(size)
    print(json.dumps({"rate": report.bytes / report.seconds, "memory": most_memory()}))


def most_memory() -> float:
    """The most that this process ever had, in MiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.streams", "--worker", *arguments],
        stdout=subprocess.PIPE,
        text=True,
    )


def migaddr(place: str, size: int, how: str) -> dict[str, float]:
    with start("receive", place, str(size), how) as receiver:
        assert receiver.stdout is not None
        receiver.stdout.readline()
        with start("send", place, str(size), how) as sender:
            assert sender.wait() == 0
            assert sender.stdout is not None
            memory = json.loads(sender.stdout.readline())["memory"]
        answer: dict[str, float] = json.loads(receiver.stdout.readline())
    return answer | {"memory": max(answer["memory"], memory)}


def iperf3(port: str, size: int) -> dict[str, float]:
    server = ["iperf3", "-s", "-1", "-B", "127.0.0.1", "-p", port, "--forceflush"]
    client = ["iperf3", "-c", "127.0.0.1", "-p", port, "-n", str(size), "-l", "1M", "-w", "256K", "-J"]
    with subprocess.Popen(server, stdout=subprocess.PIPE, text=True) as running:
        try:
            assert running.stdout is not None
            while "listening" not in running.stdout.readline():
                assert running.poll() is None
            done = subprocess.run(client, capture_output=True, text=True, check=True)
        finally:
            running.kill()
    report: dict[str, Any] = json.loads(done.stdout)
    return {"rate": report["end"]["sum_received"]["bits_per_second"] / 8}


def from_qemu(folder: Path, ram: Path, port: str, to: str) -> dict[str, float]:
    """What QEMU says of its own rate, to another QEMU or to migaddr."""
    size = ram.stat().st_size
    with contextlib.ExitStack() as opened:
        source = opened.enter_context(Qemu(binary(SERIES), ram, folder / "out", size=size))
        told: IO[str] | None = None
        if to == "qemu":
            far = folder / "far"
            opened.callback(far.unlink)
            target = opened.enter_context(
                Qemu(binary(SERIES), far, folder / "out2", incoming=True, size=size)
            )
            target.execute("migrate-incoming", {"uri": f"tcp:127.0.0.1:{port}"})
        else:
            told = opened.enter_context(start("receive", port, "0", "counted-qemu")).stdout
            assert told is not None
            told.readline()
        source.execute("migrate", {"uri": f"tcp:127.0.0.1:{port}"})
        source.migrated(time.monotonic() + WAIT)
        state: Any = source.execute("query-migrate")
        memory = 0.0 if told is None else json.loads(told.readline())["memory"]
    return {"rate": state["ram"]["transferred"] / (state["total-time"] / 1000), "memory": memory}


def main(rounds: int, size: int) -> int:
    rows: list[tuple[str, str, float, Callable[[str], dict[str, float]]]] = []
    with tempfile.TemporaryDirectory(prefix="migaddr-bench.", dir="/dev/shm") as name:
        folder = Path(name)
        rows.append(("iperf3, tcp, -l 1M -w 256K", "", 0, lambda port: iperf3(port, size)))
        rows.append(("tcp, counted", "iperf3", 1.0, lambda port: migaddr(port, size, "counted")))
        rows.append(
            ("unix, counted", "iperf3", 1.2, lambda port: migaddr(f"{folder}/{port}", size, "counted"))
        )
        rows.append(("tcp, framed with xxh3", "tcp", 0.75, lambda port: migaddr(port, size, "framed")))
        rows.append(
            ("unix, framed with xxh3", "unix", 0.75, lambda port: migaddr(f"{folder}/{port}", size, "framed"))
        )
        if binary(SERIES).exists():
            ram = folder / "ram"
            with ram.open("wb") as out:
                for _ in range(size // 2 >> 20):
                    out.write(os.urandom(1 << 20))
            rows.append(
                (f"QEMU {SERIES} to QEMU, tcp", "", 0, lambda port: from_qemu(folder, ram, port, "qemu"))
            )
            rows.append(
                (
                    f"QEMU {SERIES} to migaddr, tcp",
                    "QEMU",
                    1.5,
                    lambda port: from_qemu(folder, ram, port, "us"),
                )
            )
        best = [{"rate": 0.0, "memory": 0.0} for _ in rows]
        for number in range(rounds):
            for index, (_, _, _, run) in enumerate(rows):
                found = run(str(20000 + os.getpid() % 10000 + 20 * number + index))
                best[index] = {
                    "rate": max(best[index]["rate"], found["rate"]),
                    "memory": max(best[index]["memory"], found.get("memory", 0.0)),
                }
    status = 0
    print(f"| {rounds} rounds of {size / GIB:g} GiB | GB/s | ratio | wanted | most memory |")
    print("| --- | --- | --- | --- | --- |")
    for index, (title, base, wanted, _) in enumerate(rows):
        rate, memory = best[index]["rate"], best[index]["memory"]
        line = f"| {title} | {rate / 1e9:.2f} |"
        if base:
            of = next(best[at]["rate"] for at, row in enumerate(rows) if row[0].startswith(base))
            line += f" {rate / of:.2f} x {base} | {wanted} |"
            status |= rate / of < wanted
        else:
            line += " | |"
        line += f" {memory:.0f} MiB |" if memory else " |"
        status |= memory >= MOST_MEMORY
        print(line)
    return int(status)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        worker(*sys.argv[2:6])
    else:
        sys.exit(
            main(
                int(sys.argv[1]) if sys.argv[1:] else 5,
                int(float(sys.argv[2]) * GIB) if sys.argv[2:] else 4 * GIB,
            )
        )
