"""How soon the playground answers: from cold, and key by key. Needs the built page and Chromium.

python -m tests.benchmarks.playground [ROUNDS]

Cold: a new browser with an empty profile opens a link with an address; from the request for the page to the
answer shown. Keys: from the event of the browser to the answer shown, over the texts below, typed key by key.
"""

from __future__ import annotations

import os
import platform
import statistics
import sys
import tempfile
import zlib
from pathlib import Path
from urllib.parse import quote

from tests.playground.browser import SITE, Page, chromium, problem, served

TEXTS = (
    "tcp:[::1]:4446,to=4450,ipv6=on",
    "exec:gzip -c > /tmp/vm.gz",
    "migrate -d unix:/run/vm.sock",
    '[{"channel-type": "main", "addr": {"transport": "file", "filename": "/tmp/vm", "offset": 4096}}]',
    "-incoming cpr,addr.transport=socket,addr.type=unix,addr.path=/run/cpr",
)
_SHOWN_AT = "return performance.getEntriesByName('keystroke')[0].startTime + performance.getEntriesByName('keystroke')[0].duration"
_LASTED = "return performance.getEntriesByName('keystroke').map((entry) => entry.duration)"


def measure(url: str) -> tuple[float, list[float], str]:
    """Give the seconds to the first answer, the milliseconds of each key, and the browser's version."""
    with tempfile.TemporaryDirectory() as profile, chromium(Path(profile)) as driver:
        page = Page(driver, url)
        page.open(f"#text={quote(TEXTS[0])}")
        cold = float(str(page.script(_SHOWN_AT))) / 1000
        page.script("performance.clearMeasures()")
        for text in TEXTS:
            page.press("clear")
            for key in text:
                page.type(key)
        keys: list[float] = driver.execute_script(_LASTED)
        return cold, keys, str(driver.capabilities["browserVersion"])


def main() -> None:
    """Measure, and print what was measured."""
    reason = problem()
    if reason is not None:
        sys.exit(reason)
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    files = [path.read_bytes() for path in SITE.rglob("*") if path.is_file()]
    sizes, compressed = sum(map(len, files)), sum(len(zlib.compress(data)) for data in files)
    with served(SITE) as url:
        results = [measure(url) for _ in range(rounds)]
    colds = [cold for cold, _, _ in results]
    keys = sorted(key for _, several, _ in results for key in several)
    print(
        f"Chromium {results[0][2]}, headless, {os.cpu_count()} cores, {platform.machine()}; {rounds} rounds"
    )
    print(f"{sizes / 1e6:6.1f} MB  the page and all that it loads, not compressed")
    print(f"{compressed / 1e6:6.1f} MB  the same as zlib compresses each file")
    print(f"{statistics.median(colds):6.2f} s   first answer from cold, median; slowest {max(colds):.2f} s")
    print(f"{statistics.median(keys):6.1f} ms  a key, median of {len(keys)}")
    print(f"{keys[len(keys) * 99 // 100]:6.1f} ms  a key, 99 of 100 are faster; slowest {keys[-1]:.1f} ms")


if __name__ == "__main__":
    main()
