"""The pages of the site around the playground, in a browser: WCAG 2 AA, and nothing that does not fit.

MIGADDR_PAGES=all reads all of them, in some minutes; without, one of each kind.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from playground.fetching import AXE, npm_member
from tests.required import required

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

LOOKS = [("light", 1280), ("dark", 1280), ("light", 360), ("dark", 360)]


@pytest.fixture(scope="module")
def pages(browser: None) -> list[str]:
    """The pages to read."""
    from tests.playground.looks import CHOSEN, SITE

    if not (SITE / CHOSEN[0]).exists():
        reason = "the playground stands alone: tools/build-site builds it with the site"
        (pytest.fail if required("browser") else pytest.skip)(reason)
    if os.environ.get("MIGADDR_PAGES") != "all":
        return list(CHOSEN)
    found = (str(path.relative_to(SITE)) for path in SITE.rglob("*.html"))
    return sorted(page for page in found if not page.startswith("playground/"))


@pytest.fixture(scope="module")
def served_site(pages: list[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Chrome, str]]:
    """A browser, and the address of the site."""
    from tests.playground.browser import chromium, served
    from tests.playground.looks import SITE

    with served(SITE) as url, chromium(tmp_path_factory.mktemp("profile")) as driver:
        yield driver, url


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_axe_finds_nothing_and_nothing_is_cut_off(
    served_site: tuple[Chrome, str], pages: list[str], scheme: str, width: int
) -> None:
    from tests.playground.browser import Page
    from tests.playground.looks import faults, show

    driver, url = served_site
    axe = npm_member(AXE, "axe.min.js").decode()
    found: dict[str, list[str]] = {}
    for page in pages:
        show(driver, url + page, scheme, width)
        if wrong := faults(driver, axe):
            found[page] = wrong
    assert found == {}
    assert Page(driver, url).console() == []


def test_what_scrolls_sideways_is_reached_by_the_keyboard(served_site: tuple[Chrome, str]) -> None:
    from tests.playground.looks import show

    driver, url = served_site
    script = "return [...document.querySelectorAll('article [tabindex]')].map(e => [e.tabIndex, e.scrollWidth > e.clientWidth])"
    for width, some in ((1280, False), (360, True)):
        show(driver, f"{url}index.html", "light", width)
        marked = driver.execute_script(script)
        assert bool(marked) == some
        assert all(one == [0, True] for one in marked)
