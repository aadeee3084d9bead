"""A server for the built page, and Chromium to read it: headless, as a person with keyboard and eyes would."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import shutil
import threading
from collections.abc import Generator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select, WebDriverWait

from playground.build import OUT

SITE: Final = Path(os.environ.get("MIGADDR_PLAYGROUND", OUT))
PATIENCE: Final = 120  # seconds: other tests may have the machine
# Chromium asks its maker's hosts for this and that when it starts: some of it can be turned off, nothing gets out
_FLAGS: Final = (
    *"--headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run --disable-quic".split(),
    *"--disable-background-networking --disable-component-update --disable-sync".split(),
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


def problem() -> str | None:
    """Say why there can be no test with a browser here; None: there can."""
    for program in ("chromium", "chromedriver"):
        if shutil.which(program) is None:
            return f"no {program}: install Debian's chromium and chromium-driver"
    if not (SITE / "index.html").exists():
        return "the page is not built: python -m playground.build"
    return None


class _Handler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- its name there
        pass


@contextlib.contextmanager
def served(folder: Path) -> Generator[str]:
    """Serve a folder on loopback; give its address."""
    handler = functools.partial(_Handler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


@contextlib.contextmanager
def chromium(profile: Path, *flags: str) -> Generator[Chrome]:
    """Start Chromium with an empty profile."""
    options = ChromeOptions()
    options.binary_location = str(shutil.which("chromium"))
    for flag in (*_FLAGS, *flags, f"--user-data-dir={profile}", "--window-size=1280,1000"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Chrome(options=options, service=Service(str(shutil.which("chromedriver"))))
    try:
        yield driver
    finally:
        driver.quit()


_CUT_OFF: Final = """
return [...document.querySelectorAll("body *")].filter((element) => {
  if (element.closest(".offscreen, .skip, noscript, script") || !element.checkVisibility()) {
    return false;
  }
  const box = element.getBoundingClientRect();
  const inline = getComputedStyle(element).display === "inline";
  const wide = !inline && element.scrollWidth > element.clientWidth + 1;
  return box.left < 0 || box.right > innerWidth + 0.5 || wide;
}).map((element) => element.outerHTML.slice(0, 200));
"""


class Page:
    """The playground in a browser."""

    def __init__(self, driver: Chrome, url: str) -> None:
        self.driver: Final = driver
        self.url: Final = url

    def open(self, fragment: str = "") -> None:
        """Load it anew, and wait for its first answer."""
        self.driver.get("about:blank")  # a change of the fragment alone loads nothing
        self.driver.get(self.url + fragment)
        self.settle()

    def reset(self) -> None:
        """Make it as it is when it is opened, without loading it."""
        self.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
        if self.script("return location.href.split('#')[0]") != self.url:
            self.open()
        self.script("document.getElementById('release').selectedIndex = 0")
        self.press("clear")
        self.wait_for("status", "Type or paste")
        self.console()

    def settle(self) -> None:
        """Wait until all that was typed is answered, and the answer is announced."""
        wait = WebDriverWait(self.driver, PATIENCE, poll_frequency=0.02)
        wait.until(
            lambda driver: driver.execute_script("return document.documentElement.dataset.state") == "ready"
        )

    def type(self, text: str) -> None:
        """Type at the end of the address."""
        self.id("address").send_keys(text)
        self.settle()

    def write(self, text: str) -> None:
        """Replace the address: as pasting does."""
        self.write_js(json.dumps(text))

    def write_js(self, text: str) -> None:
        """Replace the address by a string of JavaScript, which may hold what no keyboard and no driver can."""
        self.script(
            f"const area = document.getElementById('address'); area.value = {text};"
            "area.dispatchEvent(new Event('input'))"
        )
        self.settle()

    def choose(self, name: str, text: str) -> None:
        """Choose in a list."""
        Select(self.id(name)).select_by_visible_text(text)
        self.settle()

    def press(self, name: str) -> None:
        """Press a button, by id."""
        self.id(name).click()
        self.settle()

    def press_named(self, name: str) -> None:
        """Press a button, by what a screen reader calls it."""
        found = [one for one in self.all("button") if one.accessible_name == name]
        assert len(found) == 1, [one.accessible_name for one in self.all("button")]
        found[0].click()
        self.settle()

    def id(self, name: str) -> WebElement:
        """Find by id."""
        return self.driver.find_element(By.ID, name)

    def all(self, selector: str) -> list[WebElement]:
        """Find by a selector of CSS."""
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def text(self, selector: str) -> str:
        """Give the whole text of what there is one of."""
        (found,) = self.all(selector)
        return found.text

    @property
    def address(self) -> str:
        """What is typed."""
        return str(self.id("address").get_property("value"))

    def wait_for(self, name: str, text: str) -> None:
        """Wait until an element says a text."""
        WebDriverWait(self.driver, PATIENCE).until(lambda _: text in self.id(name).text, self.id(name).text)

    def wait_until(self, script: str) -> None:
        """Wait until a script gives true."""
        WebDriverWait(self.driver, PATIENCE).until(lambda driver: driver.execute_script(script), script)

    def tab(self) -> None:
        """Press the key that goes on to the next thing."""
        ActionChains(self.driver).send_keys(Keys.TAB).perform()

    def paste(self) -> None:
        """Paste into the address."""
        self.id("address").send_keys(Keys.CONTROL, "v")
        self.settle()

    def cut_off(self) -> list[str]:
        """List the elements whose text does not fit into them, or into the page."""
        found: list[str] = self.driver.execute_script(_CUT_OFF)
        return found

    def script(self, text: str, *arguments: object) -> object:
        """Run a script in the page."""
        result: object = self.driver.execute_script(text, *arguments)
        return result

    def resize(self, width: int, height: int = 900) -> None:
        """Give the page this size, which a window cannot have if it is small."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def prefer(self, scheme: str) -> None:
        """Prefer a light or dark theme, as a system does."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    def console(self) -> list[str]:
        """List what the console has got since the last call."""
        entries: list[dict[str, str]] = self.driver.get_log("browser")  # type: ignore[no-untyped-call]  # selenium gives it no type
        return [entry["message"] for entry in entries]
