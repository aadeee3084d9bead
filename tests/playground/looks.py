"""The site around the playground, as people see it: light and dark, wide and narrow.

python -m tests.playground.looks FOLDER [PAGE...]   makes pictures of its pages, to be looked at; without PAGE, of CHOSEN
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from selenium.webdriver import Chrome

from tests.playground.browser import SITE as PLAYGROUND
from tests.playground.browser import chromium, served

SITE: Final = PLAYGROUND.parent
CHOSEN: Final = (  # one of each kind of page
    "index.html",
    "tutorial.html",
    "commands.html",
    "reference/releases.html",
    "reference/railroad.html",
    "reference/api/model.html",
    "rules/MIG102.html",
    "explanation/benchmarks.html",
    "playground.html",
    "playground/licences.html",
)
LOOKS: Final = (("light", 1280), ("dark", 1280), ("light", 360), ("dark", 360))

# What is wider than its place, and does not scroll there; and what the page cuts off.
_CUT_OFF: Final = """
const scrolls = (element) => {
  for (let at = element; at && at !== document.body; at = at.parentElement) {
    if (["auto", "scroll"].includes(getComputedStyle(at).overflowX)) { return true; }
  }
  return false;
};
return [...document.querySelectorAll("article *")].filter((element) => {
  if (!element.checkVisibility() || element.closest(".headerlink, script") || scrolls(element)) { return false; }
  const box = element.getBoundingClientRect();
  return box.width > 0 && (box.left < 0 || box.right > innerWidth + 0.5);
}).map((element) => element.outerHTML.slice(0, 160));
"""


def show(driver: Chrome, url: str, scheme: str, width: int, height: int = 900) -> None:
    """Open a page in this theme and this wide."""
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    features = [
        {"name": "prefers-color-scheme", "value": scheme},
        {"name": "prefers-reduced-motion", "value": "reduce"},
    ]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    driver.get(url)


def faults(driver: Chrome, axe: str) -> list[str]:
    """List what is wrong with the page that is shown: by axe, by WCAG 2 A and AA, and what does not fit."""
    driver.execute_script(axe)
    found: Any = driver.execute_async_script(
        "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']}).then(arguments[0])"
    )
    listed = [
        f"{one['id']}: {node['html']} {node['any'][0]['message'] if node['any'] else ''}"
        for one in found["violations"]
        for node in one["nodes"]
    ]
    aside = driver.execute_script("const e = document.scrollingElement; return e.scrollWidth - e.clientWidth")
    if aside:
        listed.append(f"it scrolls sideways, by {aside}")
    return listed + [f"cut off: {one}" for one in driver.execute_script(_CUT_OFF)]


def main() -> None:
    """Make the pictures."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with served(SITE) as url, tempfile.TemporaryDirectory() as profile, chromium(Path(profile)) as driver:
        for page in sys.argv[2:] or CHOSEN:
            for scheme, width in LOOKS:
                show(driver, url + page, scheme, width)
                height = int(str(driver.execute_script("return document.documentElement.scrollHeight")))
                show(driver, url + page, scheme, width, min(height, 16000))
                name = page.removesuffix(".html").replace("/", "-")
                driver.save_screenshot(str(folder / f"{name}-{scheme}-{width}.png"))


if __name__ == "__main__":
    main()
