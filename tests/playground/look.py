"""Makes pictures of the page, to be looked at: light, dark, and 360 pixels wide.

python -m tests.playground.look FOLDER
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.playground.browser import SITE, Page, chromium, served

TEXTS = {
    "old-uri": "tcp:fe80::1:4446,keepalive",
    "channels": '[{"channel-type": "main", "addr": {"transport": "exec", "args": ["/bin/sh", "-c", "cat"]}}]',
    "long": "exec:" + "a-very-long-word-" * 12,
    "empty": "",
}


def main() -> None:
    """Make them."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with served(SITE) as url, tempfile.TemporaryDirectory() as profile, chromium(Path(profile)) as driver:
        page = Page(driver, url)
        page.open()
        for scheme, width in (("light", 1280), ("dark", 1280), ("light", 360), ("dark", 360)):
            page.prefer(scheme)
            for name, text in TEXTS.items():
                page.resize(width)
                page.write(text)
                page.resize(width, int(str(page.script("return document.documentElement.scrollHeight"))))
                driver.save_screenshot(str(folder / f"{name}-{scheme}-{width}.png"))


if __name__ == "__main__":
    main()
