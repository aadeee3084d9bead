"""The site as it was built: every link leads somewhere, every page is reached, nothing comes from elsewhere.

MIGADDR_SITE names a site that `tools/build-site` made; without, it is made here.
"""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from types import FunctionType
from urllib.parse import unquote, urlsplit

import pytest

import migaddr
from tests.docs.blocks import ROOT
from tests.docs.manual import commands
from tests.required import required

if not required("docs"):
    for module in ("sphinx", "furo", "myst_parser", "railroad", "matplotlib"):
        pytest.importorskip(module, reason="needs the extra docs")

PLAYGROUND = "playground"


class Page(HTMLParser):
    """What a page refers to, and what in it can be referred to."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.places: set[str] = set()
        self.images_without_words: list[str] = []
        self.feed(path.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.places |= {named["id"] or ""} if "id" in named else set()
        if tag == "a" and named.get("href"):
            self.links.append(named["href"] or "")
        loaded = named.get("src") or (named.get("href") if tag == "link" else None)
        if loaded:
            self.loads.append(loaded)
        if tag == "img" and not named.get("alt"):
            self.images_without_words.append(named.get("src") or "")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    built = os.environ.get("MIGADDR_SITE")
    if built:
        return Path(built)
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [ROOT / "tools" / "build-site", folder],
        env={**os.environ, "PYTHON": sys.executable, "PLAYGROUND": "no"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    return {
        path: Page(path) for path in site.rglob("*.html") if PLAYGROUND not in path.relative_to(site).parts
    }


def _targets(path: Path, links: list[str]) -> Iterator[tuple[str, Path, str]]:
    for link in links:
        parts = urlsplit(link)
        if not parts.scheme and not parts.netloc:
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            yield link, target, unquote(parts.fragment)


def test_every_link_leads_to_a_page_and_a_place(site: Path, pages: dict[Path, Page]) -> None:
    for path, page in pages.items():
        for link, target, fragment in _targets(path, page.links):
            if _in_the_playground(site, target) and not (site / PLAYGROUND).exists():
                continue  # it was left out
            where = target / "index.html" if target.is_dir() else target
            assert where.exists(), f"{path.relative_to(site)}: {link}"
            if fragment and where in pages:
                assert fragment in pages[where].places, f"{path.relative_to(site)}: {link}"


def _in_the_playground(site: Path, target: Path) -> bool:
    inside = target.relative_to(site.resolve())
    return inside.parts[:1] == (PLAYGROUND,)


def test_the_playground_is_linked_from_the_first_page_and_from_every_page(
    site: Path, pages: dict[Path, Page]
) -> None:
    """One link from the first page; from others by way of its own page, which the navigation has."""
    playground = (site / PLAYGROUND / "index.html").resolve()
    for name in ("index.html", "playground.html"):
        place = site / name
        assert playground in [target for _, target, _ in _targets(place, pages[place].links)]
    for path, page in pages.items():
        about = (site / "playground.html").resolve()
        assert about in [target for _, target, _ in _targets(path, page.links)], path


def test_the_links_of_the_playground_lead_somewhere(site: Path) -> None:
    """Those that stand in its pages; those that it makes are tested in tests/playground."""
    if not (site / PLAYGROUND).exists():
        pytest.skip("the playground was left out")
    for path in (site / PLAYGROUND).glob("*.html"):
        page = Page(path)
        for link, target, fragment in _targets(path, [*page.links, *page.loads]):
            assert target.is_file(), f"{path.relative_to(site)}: {link}"
            assert not fragment or fragment in page.places, f"{path.relative_to(site)}: {link}"


def test_every_page_is_reached_from_the_first(site: Path, pages: dict[Path, Page]) -> None:
    first = site / "index.html"
    reached, todo = {first}, [first]
    while todo:
        path = todo.pop()
        for _, target, _ in _targets(path, pages[path].links):
            if target in pages and target not in reached:
                reached.add(target)
                todo.append(target)
    assert {path.name for path in set(pages) - reached} <= {"search.html"}  # where a search leads


def test_nothing_is_loaded_from_elsewhere(site: Path, pages: dict[Path, Page]) -> None:
    for path, page in pages.items():
        for link in page.loads:
            parts = urlsplit(link)
            assert not parts.scheme or parts.scheme == "data", f"{path.relative_to(site)}: {link}"
            assert not parts.netloc, f"{path.relative_to(site)}: {link}"
            assert (path.parent / unquote(parts.path)).exists(), f"{path.relative_to(site)}: {link}"


def test_every_picture_has_words(site: Path, pages: dict[Path, Page]) -> None:
    assert not [
        (str(path), page.images_without_words) for path, page in pages.items() if page.images_without_words
    ]


MODULES = (
    *("cloud_hypervisor", "conformance", "fuzz", "generation", "hmp", "incoming", "libvirt", "lint"),
    *("qmp_client", "strategies", "stratovirt", "transport"),
)
"""What the reference has besides `migaddr` itself."""


def _made_by(value: object) -> str | None:
    return value.__module__ if isinstance(value, type | FunctionType) else None


def public_names() -> set[str]:
    """Every name that a program may import, by the module that users import it from."""
    names = {f"migaddr.{name}" for name in migaddr.__all__ if name != "__version__"}
    for room in MODULES:
        module = importlib.import_module(f"migaddr.{room}")
        inside = getattr(module, "__all__", None) or [
            *(name for name, value in vars(module).items() if _made_by(value) == module.__name__),
            *module.__annotations__,
        ]
        here = {name for name in inside if not name.startswith("_")}
        names |= {f"migaddr.{room}.{name}" for name in here if f"migaddr.{name}" not in names}
    return names


def test_every_public_name_and_every_command_has_its_place(site: Path, pages: dict[Path, Page]) -> None:
    places = Counter(place for page in pages.values() for place in page.places)
    assert {name: places[name] for name in public_names() if places[name] != 1} == {}
    assert not set(commands()) - pages[site / "reference" / "cli.html"].places


def test_the_reference_says_something_of_each_name(site: Path) -> None:
    empty = re.compile(r'<dt class="sig[^>]* id="([^"]+)">(?:(?!</dt>).)*</dt>\s*<dd>\s*</dd>', re.DOTALL)
    pages = list((site / "reference" / "api").glob("*.html"))
    assert len(pages) > len(MODULES)
    assert [name for page in pages for name in empty.findall(page.read_text())] == []


def test_what_others_made_has_its_licence_beside_it(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "docs" / "_ext"))
    parts = importlib.import_module("licences").PARTS
    static = site / "_static"
    theirs = {file for part in parts for pattern in part.files for file in static.glob(pattern)}
    ours = {static / file.name for file in (ROOT / "docs" / "_static").iterdir()}
    texts = {static / "licences" / f"{part.text}.txt" for part in parts}
    made = set((static / "made").iterdir())
    assert {file for file in static.rglob("*") if file.is_file()} == theirs | ours | texts | made
    for text in texts:
        assert "Copyright" in text.read_text() and "WARRANT" in text.read_text().upper(), text
    assert not list(site.rglob("*.woff*")) + list(site.rglob("*.ttf"))


def test_every_page_of_docs_is_in_the_site(site: Path) -> None:
    docs = ROOT / "docs"
    for page in docs.rglob("*.md"):
        inside = page.relative_to(docs)
        if not inside.parts[0].startswith("_"):
            assert (site / inside.with_suffix(".html")).exists(), inside
