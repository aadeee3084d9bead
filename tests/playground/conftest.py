"""The page in a browser. Where that cannot be: skip, or fail if MIGADDR_REQUIRE has browser."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.required import required

if TYPE_CHECKING:
    from tests.playground.browser import Page


@pytest.fixture(scope="session")
def browser() -> None:
    """Whatever a test with a browser needs is here."""
    reason: str | None = "no selenium: pip install 'migaddr[browser]'"
    if importlib.util.find_spec("selenium") is not None:
        from tests.playground.browser import problem

        reason = problem()
    if reason is None:
        return
    if required("browser"):
        pytest.fail(f"MIGADDR_REQUIRE asks for a browser: {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def started(browser: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """One browser with the page for all tests, because Python takes seconds to start."""
    from tests.playground.browser import SITE, Page, chromium, served

    with served(SITE) as url, chromium(tmp_path_factory.mktemp("profile")) as driver:
        page = Page(driver, url)
        page.open()
        yield page


@pytest.fixture
def page(started: Page) -> Iterator[Page]:
    """The page as it is when it is opened; a test must not leave an error in its console."""
    started.reset()
    yield started
    assert started.console() == []
