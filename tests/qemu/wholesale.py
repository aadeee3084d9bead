"""The inet grammar, wholesale: generated texts after `tcp:`, outgoing, against one release. Run by hand:

    python -m tests.qemu.wholesale --series 10.0 --count 200000 [--seed N]

No host resolves on the bench, so QEMU's error quotes the host and the port that it read; a text that it refuses has its own
words. An `id` works once in a process: a duplicate is tried again in a fresh one. Differences are shrunk and printed; they
belong into tests/corpus/uri.json.
"""

from __future__ import annotations

import argparse
import random
import time

from migaddr import InetAddress, ParseError, Release, parse_uri
from tests.qemu.bench import SERIES, Qemu, QemuDiedError, binary
from tests.qemu.report import Differences
from tests.qemu.verdict import judge

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


class Bench:
    """One series, with a process that is replaced where a text has used it up."""

    def __init__(self, series: str) -> None:
        self.series = series
        self.release = Release.parse(series)
        self._qemu: Qemu | None = None

    def difference(self, text: str) -> str | None:
        """Try `tcp:` and the text; say how QEMU read it otherwise than migaddr."""
        uri = f"tcp:{text}"
        expected: InetAddress | ParseError
        try:
            address = parse_uri(uri, self.series)
        except ParseError as error:
            expected = error
        else:
            if not isinstance(address, InetAddress):
                return None  # up to 8.1, after a second prefix
            expected = address
        found = self._judge(uri, expected)
        if found is not None and "Duplicate ID" in found:
            self.close()
            found = self._judge(uri, expected)
        return found

    def _judge(self, uri: str, expected: InetAddress | ParseError) -> str | None:
        if self._qemu is None:
            self._qemu = Qemu(binary(self.series), incoming=None)
        try:
            found = judge(self._qemu, expected, "outgoing", self.release, uri=uri)
        except (QemuDiedError, TimeoutError) as error:
            found = repr(error)
        if found is not None:
            self.close()  # it may have died
        return found

    def close(self) -> None:
        if self._qemu is not None:
            self._qemu.close()
            self._qemu = None


def shrunk(bench: Bench, text: str) -> str:
    """Drop characters as long as there is still a difference."""
    at = 0
    while at < len(text):
        shorter = text[:at] + text[at + 1 :]
        if bench.difference(shorter) is None:
            at += 1
        else:
            text = shorter
    return text


def run(series: str, count: int, seed: int) -> Differences:
    """Try `count` texts; the same seed gives the same texts."""
    source = random.Random(seed)
    differences = Differences(series)
    bench = Bench(series)
    try:
        for _ in range(count):
            text = generate(source)
            found = bench.difference(text)
            if found is not None and len(differences.found) < 20:
                text = shrunk(bench, text)
            differences.note(repr(f"tcp:{text}"), found)
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
    options = parser.parse_args()
    begin = time.monotonic()
    differences = run(options.series, options.count, options.seed)
    print(*differences.found, sep="\n")
    seconds = time.monotonic() - begin
    print(
        f"QEMU {options.series}, seed {options.seed}: {differences.tried} texts, {len(differences.found)} differences,"
        f" {seconds:.0f} s"
    )


if __name__ == "__main__":
    main()
