"""How the cost of reading grows with the length of a hostile text. Run by hand:

    python -m tests.benchmarks.hostile_length

For every text: seconds for 1 MB and for 2 MB (the best of three, the slowest release of the three eras), worst first.
The law: 1 MB in under 0.3 s, 2 MB in at most 2.5 times that. Times of a few milliseconds are mostly noise.
"""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Callable

from migaddr import ParseError, parse_json, parse_uri

MEGABYTE = 1_000_000
ERAS = ("8.1", "10.0", "11.1")
SCHEMES = ("tcp:", "rdma:", "unix:", "vsock:", "fd:", "exec:", "file:", "x:", "")
BEGINNINGS = ("", "h:80", "[", "h:80,to=", "h:80,to=0", "a,offset=", "a,offset=.", "a,offset=0x", "addr=")
REPEATED = (
    "a", ":", ",", "[", "]", "=", "]:", "9", "0", " ", "é", "\udc80", "\0", ",,", ",ipv4", ",to=1", ",to=1,to=2", ",id",
    ",id,id=a", ",noid", ",keep-alive=on", ",addr=a:1", ",mptcp", ",offset=", ",y", ",x",
)  # fmt: skip
JSON = ("[", '{"a":', '"', "'", '\\"', '["', "['a',", "{'a':'b'", '["\',"', "[1,", '"\\u0041')


def best(read: Callable[[], object]) -> float:
    """The shortest of three runs, in seconds."""
    times: list[float] = []
    for _ in range(3):
        begin = time.perf_counter()
        with contextlib.suppress(ParseError):
            read()
        times.append(time.perf_counter() - begin)
    return min(times)


def grown(beginning: str, repeated: str, length: int) -> str:
    return beginning + (repeated * (length // len(repeated) + 1))[:length]


def main() -> None:
    found: list[tuple[float, float, str]] = []
    for scheme in SCHEMES:
        for beginning in BEGINNINGS:
            for repeated in REPEATED:
                cost: list[float] = []
                for length in (MEGABYTE, 2 * MEGABYTE):
                    text = grown(scheme + beginning, repeated, length)
                    cost.append(max(best(functools.partial(parse_uri, text, era)) for era in ERAS))
                found.append((cost[0], cost[1], repr(grown(scheme + beginning, repeated, 24))))
    for repeated in JSON:
        texts = [grown("", repeated, length) for length in (MEGABYTE, 2 * MEGABYTE)]
        cost = [best(functools.partial(parse_json, text)) for text in texts]
        found.append((cost[0], cost[1], f"JSON {grown('', repeated, 24)!r}"))
    found.sort(reverse=True)
    for one, two, name in found[:20]:
        print(f"{one:8.3f} s  {two:8.3f} s  x{two / one:4.1f}  {name}")
    print(f"{len(found)} texts; the worst took {found[0][0]:.3f} s for 1 MB")


if __name__ == "__main__":
    main()
