"""URIs, wholesale: generated texts against one release. Run by hand:

    python -m tests.qemu.wholesale --series 10.0 --count 200000 [--seed N]
    python -m tests.qemu.wholesale --series 10.0 --count 10000 --incoming [--seed N]

Outgoing, all are of the inet grammar: no host resolves on the bench, so QEMU's error quotes the host and the port that it
read; a text that it refuses has its own words. Incoming, half of them are of the other schemes, and what QEMU takes is
seen by where it listens; each such one costs a process. An `id` works once in a process: a duplicate is tried again in a
fresh one. Differences are shrunk and printed; they belong into tests/corpus/uri.json.
"""

from __future__ import annotations

import argparse
import random
import time

from migaddr import FdAddress, FileAddress, InetAddress, MigrateAddress, ParseError, Release, parse_uri
from migaddr.jail.verdict import Direction, judge
from tests.qemu.bench import SERIES, Qemu, QemuDiedError, binary
from tests.qemu.report import Differences

PIECES = [
    *"hx::::[],,,==?._%/\\'\" \t\n+-019é\U0001f642",
    "host", "to=", "to", "ipv4", "ipv6", "keep-alive", "keep-alive-count=", "keep-alive-idle=", "keep-alive-interval=",
    "mptcp", "numeric", "no", "on", "off", "=on", "=off", "yes", "true", "y", "n", "false", "id", "id=", "addr", "addr=",
    "80", "4444", "-1", "+1", "65536", "70000", "0x10", "0b1", "010", "08", "18446744073709551616", "4294967297",
    "help", "h" * 32, "1" * 31, "1" * 33, "h" * 63, "h" * 64, "h" * 65, "9" * 20, "a" * 16 + "é" * 9,
    "[::1]", "::1", "[h]:", "h:80", "unix:", "fd:", "vsock:", "tcp:",
]  # fmt: skip
ADDRESSES = ["h:80", "h:80", "[h]:80", "host:x", ":x", "h,x:80", "h,,x:80", "addr=h:80", "[h", "h", ""]
OPTIONS = [
    "to=1", "to=0x1", "to=010", "to=65536", "to=-1", "to=x", "to=1 ", "to= 1", "to=+5", "to=", "to", "ipv4", "ipv4=on",
    "ipv4=off", "ipv4=yes", "ipv4=", "noipv4", "ipv6=off", "ipv6", "keep-alive", "keep-alive=on", "keep-alive-count=1",
    "keep-alive-count=x", "keep-alive-idle=-1", "keep-alive-interval=4294967296", "mptcp", "numeric", "numeric=on",
    "id=9", "noid", "foo", "foo=bar", "", "addr=i:81", "IPV4", " ipv4",
]  # fmt: skip


def generate(source: random.Random) -> str:
    """Make one text: an address with options and perhaps one edit, or pieces at random."""
    if source.getrandbits(1):
        pieces = source.choices(PIECES, k=source.choice((1, 2, 3, 4, 5, 8)))
        return source.choice(("", *ADDRESSES)) + "".join(pieces)
    options = [
        source.choice(OPTIONS) if source.getrandbits(4) else f"id=a{source.getrandbits(48)}"
        for _ in range(source.choice((0, 1, 1, 2, 3, 5)))
    ]
    text = source.choice(ADDRESSES) + "".join(
        source.choice((",", ",", ",", ",,")) + option for option in options
    )
    if not source.getrandbits(2):
        at = source.randrange(len(text) + 1)
        text = text[:at] + source.choice(PIECES) + text[at:]
    if text and not source.getrandbits(2):
        at = source.randrange(len(text))
        text = text[:at] + text[at + 1 :]
    return text


OTHERS = {
    "rdma:": [*ADDRESSES, "127.0.0.1:4446", "h:80,ipv4=x"],
    "unix:": ["/tmp/s", "s", "@s", "/tmp/" + "u" * 103, "/no/such/folder/s", "//tmp/s", "/tmp", ""],
    "vsock:": ["2:4446", "-1:4446", "4294967295:1", "x:1", "3:x", "3:", ":3", "3", "1" * 33 + ":1", ""],
    "fd:": ["name", "no such", ""],
    "exec:": ["cat", "exit 1", "true || false", "a  b'c'\"d\"", ""],
    "file:": ["/tmp/f", "/tmp/f,offset=4096", "/tmp/f,offset=4K", "/tmp,offset=0", "f,offset=x", "/tmp/f,Offset=1", ""],
    "tcp:": ["127.0.0.1:4446", "[::1]:4446", "::4446", ":4446", "127.0.0.1:0", "127.0.0.1:4446,to=4450", "::1:4446"],
    "TCP:": ["h:80"],
    "": ["/tmp/s", "h:80", "defer", "tcp"],
}  # fmt: skip
SIZES = [
    ",offset=",
    "0x1000",
    "1.5k",
    "1e3",
    "8E",
    "16E",
    "k",
    "-1",
    " 1",
    "1 ",
    ".5",
    "1.",
    "99999999999999999999",
]
"""What stands after a scheme when all of them are tried, before it is edited."""


def generate_any(source: random.Random) -> str:
    """Make one URI of any scheme: whole, or with an edit or two."""
    if source.getrandbits(1):
        return f"tcp:{generate(source)}"
    scheme = source.choice([*OTHERS])
    text = source.choice(OTHERS[scheme])
    for _ in range(source.choice((0, 1, 1, 2))):
        at = source.randrange(len(text) + 1)
        piece = source.choice((*PIECES, *SIZES, *OPTIONS))
        text = text[:at] + piece + text[at + source.choice((0, 0, 1)) :]
    return scheme + text


class Bench:
    """One series, with a process that is replaced where a URI has used it up."""

    def __init__(self, series: str, direction: Direction = "outgoing") -> None:
        self.series = series
        self.direction: Direction = direction
        self.release = Release.parse(series)
        self._qemu: Qemu | None = None

    def difference(self, uri: str) -> str | None:
        """Try it; say how QEMU read it otherwise than migaddr."""
        expected: MigrateAddress | ParseError
        try:
            expected = parse_uri(uri, self.series)
        except ParseError as error:
            expected = error
        if self.direction == "outgoing" and not isinstance(expected, InetAddress | ParseError):
            return None  # up to 8.1, after a second prefix
        if isinstance(expected, FdAddress) and expected.name[:1].isdigit():
            return None  # one of QEMU's own descriptors: what happens then is chance
        found = self._judge(uri, expected)
        if found is not None and "Duplicate ID" in found:
            self.close()
            found = self._judge(uri, expected)
        return found

    def _judge(self, uri: str, expected: MigrateAddress | ParseError) -> str | None:
        incoming = self.direction == "incoming"
        if self._qemu is None:
            self._qemu = Qemu(binary(self.series), incoming="defer" if incoming else None)
        try:
            found = judge(self._qemu, expected, self.direction, self.release, uri=uri)
        except (QemuDiedError, TimeoutError) as error:
            found = repr(error)
        if isinstance(expected, FileAddress) and found is not None and "load of migration failed" in found:
            self.close()
            return None  # it opened a directory, and found no stream there
        refused = isinstance(expected, ParseError) and not expected.crashes_qemu
        if found is not None or (incoming and not refused):
            self.close()  # it may have died, and can listen once
        return found

    def close(self) -> None:
        if self._qemu is not None:
            self._qemu.close()
            self._qemu = None


def shrunk(bench: Bench, uri: str) -> str:
    """Drop characters as long as there is still a difference."""
    at = 0
    while at < len(uri):
        shorter = uri[:at] + uri[at + 1 :]
        if bench.difference(shorter) is None:
            at += 1
        else:
            uri = shorter
    return uri


def run(series: str, count: int, seed: int, direction: Direction = "outgoing") -> Differences:
    """Try `count` URIs; the same seed gives the same ones."""
    source = random.Random(seed)
    differences = Differences(series)
    bench = Bench(series, direction)
    try:
        for _ in range(count):
            uri = f"tcp:{generate(source)}" if direction == "outgoing" else generate_any(source)
            found = bench.difference(uri)
            if found is not None and len(differences.found) < 20:
                uri = shrunk(bench, uri)
            differences.note(repr(uri), found)
    finally:
        bench.close()
    return differences


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--series", choices=SERIES, required=True)
    parser.add_argument("--count", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().getrandbits(32))
    parser.add_argument("--incoming", action="store_true")
    options = parser.parse_args()
    begin = time.monotonic()
    direction: Direction = "incoming" if options.incoming else "outgoing"
    differences = run(options.series, options.count, options.seed, direction)
    print(*differences.found, sep="\n")
    seconds = time.monotonic() - begin
    print(
        f"QEMU {options.series}, {direction}, seed {options.seed}: {differences.tried} URIs,"
        f" {len(differences.found)} differences,"
        f" {seconds:.0f} s"
    )


if __name__ == "__main__":
    main()
