"""The page in a browser: what is typed is answered, by keyboard and for ear and eye, whatever it is."""

from __future__ import annotations

import json
import shutil
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from migaddr import __version__
from playground.answer import about, answer
from playground.build import ROOT
from playground.fetching import ATTRS, AXE, PYODIDE, npm_member
from playground.licences import LINKED

if TYPE_CHECKING:
    from tests.playground.browser import Page

pytestmark = pytest.mark.usefixtures("browser")

HOSTILE = '<img src=x onerror="hacked=1"><script>hacked=1</script>&lt;b&gt;\'"`${hacked=1}'
CHANNELS = '[{"channel-type": "main", "addr": {"transport": "file", "filename": "/tmp/vm", "offset": 4096}}]'
TEXTS = {  # what shows every section, and every kind of text
    "uri": "tcp:[::1]:4446,to=4450",
    "old": "tcp:fe80::1:4446,keepalive",
    "crash": "rdma:h:4446,ipv4=maybe",
    "channels": CHANNELS,
    "draft": '{"channeltype": "main", "addr": {"transport": "exec", "exec-str": "cat"}}',
    "monitor": "migrate -b unix:/run/vm.sock",
    "incoming": "-incoming cpr,addr.transport=socket,addr.type=unix,addr.path=/run/cpr",
    "libvirt": "tcp://host.example:49152",
    "unreadable": '{"transport": ',
    "long": "exec:" + "very-long-word" * 100,
}


def spellings(page: Page) -> dict[str, str]:
    """What is shown of other spellings, by title."""
    return {row.find_element("css selector", "dt").text: row.find_element("css selector", "dd > :first-child").text
            for row in page.all("#spellings .written")}  # fmt: skip


def test_typing_is_answered_key_by_key(page: Page) -> None:
    page.type("t")
    assert "there is no scheme" in page.text("#fault")
    page.type("cp:[::1]:44")
    assert page.all("#fault") == []
    page.type("46")
    assert spellings(page)["URI"] == "tcp:[::1]:4446"
    assert json.loads(spellings(page)["QMP channels"])[0]["addr"]["port"] == "4446"
    assert [one.text for one in page.all(".piece small")] == ["scheme", "host", "port"]
    assert "".join(one.text for one in page.all(".piece code")) == "tcp:[::1]:4446"
    page.wait_for("status", "Read as URI: a TCP socket.")


@pytest.mark.parametrize("name", TEXTS)
def test_what_is_shown_is_what_python_says(page: Page, name: str) -> None:
    page.write(TEXTS[name])
    said = answer(TEXTS[name], None, about()["releases"][0])
    assert bool(page.all("#fault")) == (said["fault"] is not None)
    shown = [
        [cell.text for cell in row.find_elements("css selector", "th, td")]
        for row in page.all("#releases tbody tr")
    ]
    assert [(row[0], row[2]) for row in shown] == [(row["span"], row["said"]) for row in said["releases"]]
    for section, rows in (("spellings", said["spellings"]), ("commands", said["commands"])):
        titles = [one.text for one in page.all(f"#{section} dt")]
        assert titles == [one["title"] for one in rows]
        texts = [one.text for one in page.all(f"#{section} dd > :first-child")]
        assert texts == [one["shown"] for one in rows]
    assert len(page.all("#surprises li")) == len(said["surprises"])
    assert [one.text for one in page.all("#findings li strong")] == [
        one["severity"] for one in said["findings"]
    ]


def test_the_release_and_the_format_can_be_chosen(page: Page) -> None:
    page.type("tcp://h:1")
    assert spellings(page)["URI"] == "tcp://h:1"
    page.press_named("Read it as libvirt")
    assert spellings(page)["URI"] == "tcp:h:1"
    page.choose("release", "8.1")
    assert "they came with 8.2" in spellings(page)["QMP channels"]
    assert page.id("release").get_property("value") == "8.1"


def test_what_is_typed_while_python_works_is_answered_in_the_end(page: Page) -> None:
    path = "/run/" + "x" * 200
    page.id("address").send_keys(f"unix:{path}")
    page.settle()
    assert spellings(page)["URI"] == f"unix:{path}"


def test_a_link_shows_the_same_to_whoever_opens_it(page: Page) -> None:
    page.write("unix:/run/a b+c&release=7.2#é\U0001f642%41")
    page.choose("release", "10.0")
    page.choose("source", "URI")
    page.press("share")
    link = str(page.script("return location.href"))
    page.wait_for("note", "Link copied.")
    before = spellings(page)
    page.press("clear")
    assert page.address == "" and page.script("return location.hash") == ""
    page.driver.get(link)  # only the fragment differs: the page is not loaded anew
    page.settle()
    assert page.address == "unix:/run/a b+c&release=7.2#é\U0001f642%41"
    assert spellings(page) == before
    assert (
        page.id("release").get_property("value") == "10.0"
        and page.id("source").get_property("value") == "uri"
    )
    page.open(link.removeprefix(page.url))
    assert page.address == "unix:/run/a b+c&release=7.2#é\U0001f642%41"
    assert spellings(page) == before


def test_typing_changes_the_link_and_not_the_history(page: Page) -> None:
    length = page.script("return history.length")
    page.type("fd:x")
    page.wait_until("return location.hash === '#text=fd%3Ax&release=11.1'")
    assert page.script("return history.length") == length


def test_a_link_that_names_what_there_is_not_says_so(page: Page) -> None:
    page.open("#text=tcp:h:1&release=99.9&from=telegraph")
    assert "a format telegraph and a QEMU 99.9" in page.text("#note")
    assert spellings(page)["URI"] == "tcp:h:1"


@pytest.mark.parametrize("clipboard", [True, False], ids=["clipboard", "no clipboard"])
def test_copying_gives_the_exact_text(page: Page, clipboard: bool) -> None:
    page.write(CHANNELS)
    if not clipboard:
        page.script("Object.defineProperty(navigator, 'clipboard', {value: undefined, configurable: true})")
    try:
        page.press_named("Copy URI")
        assert page.text("#note") == "URI copied."
        assert page.script("return document.activeElement.getAttribute('aria-label')") == "Copy URI"
        page.press("clear")
        page.paste()
        assert page.address == "file:/tmp/vm,offset=0x1000" or page.address == "file:/tmp/vm,offset=4096"
    finally:
        page.script("delete navigator.clipboard")


def test_a_finding_can_be_mended_at_once(page: Page) -> None:
    page.type("tcp:::1:4444")
    page.press_named("Fix: put it in brackets (MIG103)")
    assert page.address == "tcp:[::1]:4444"
    assert page.script("return document.activeElement.id") == "address"
    assert "MIG103" not in page.text("#answer")


def test_a_rule_and_the_docs_are_linked_where_the_docs_are(page: Page) -> None:
    from tests.playground.browser import SITE

    docs = str(page.script("return document.documentElement.dataset.docs"))
    page.write("tcp:::1:4444")
    links = [str(link.get_dom_attribute("href")) for link in page.all("#home a, #findings a")]
    if not docs:  # the page was built alone
        assert links == []
        return
    assert links == [f"{docs}index.html", f"{docs}rules/MIG103.html", f"{docs}rules/MIG114.html"]
    assert all((SITE / link).resolve().exists() for link in links)


@pytest.mark.parametrize("text", [
    f"unix:/{HOSTILE}", f"tcp:{HOSTILE}:1", f"exec:{HOSTILE}", HOSTILE, f"migrate -d {HOSTILE}", f"-incoming {HOSTILE}",
    json.dumps([{"channel-type": "main", "addr": {"transport": "file", "filename": HOSTILE, "offset": 0}}]),
    json.dumps({"transport": "socket", "type": "unix", "path": "/m", HOSTILE: 1}), f"tcp:h:1,{HOSTILE}", f"tcp://{quote(HOSTILE)}:1",
])  # fmt: skip
@pytest.mark.parametrize("how", ["typed", "linked"])
def test_a_text_is_shown_as_text_whatever_it_holds(page: Page, text: str, how: str) -> None:
    if how == "typed":
        page.write(text)
    else:
        page.driver.get(f"{page.url}#text={quote(text)}")
        page.settle()
    assert page.address == text
    assert page.script("return typeof hacked") == "undefined"
    assert page.all("#answer :is(img, script, b, iframe, style, svg)") == []
    handlers = page.script(
        "return [...document.querySelectorAll('*')].flatMap(e => e.getAttributeNames()).filter(n => n.startsWith('on'))"
    )
    assert handlers == []
    assert "onerror" in page.text("#answer") or "onerror" in quote(page.text("#answer"))


def test_lone_surrogates_controls_and_endless_texts_are_answered(page: Page) -> None:
    page.write_js('"unix:/a\\ud800b"')
    assert "a lone surrogate" in page.text("#fault")
    page.write("unix:/a\u202eb\x07c")
    assert "/a\\u202eb\\x07c" in [one.text for one in page.all(".piece code")]
    page.write("exec:" + "x" * 100_000)
    assert "a command" in page.text("#parts")
    page.write("[" * 100_000)
    assert page.all("#fault")


def test_the_keyboard_reaches_everything_and_shows_where_it_is(page: Page) -> None:
    page.write("tcp:::1:4444")
    wanted = page.script(
        "return [...document.querySelectorAll('a, button, select, textarea')].map(e => e.id || e.textContent)"
    )
    assert isinstance(wanted, list)
    page.script("document.querySelector('footer a').focus()")
    page.tab()  # to the browser's own things
    page.tab()
    reached: list[object] = []
    for place in range(len(wanted)):
        if place:
            page.tab()
        reached.append(page.script("return document.activeElement.id || document.activeElement.textContent"))
        outline = page.script(
            "const s = getComputedStyle(document.activeElement); return s.outlineStyle + s.outlineWidth"
        )
        assert outline == "solid3px", reached[-1]
        box: Any = page.script(
            "const r = document.activeElement.getBoundingClientRect(); return [r.left, r.width]"
        )
        assert box[0] >= 0 and box[1] > 0, reached[-1]
    assert reached == wanted


def test_who_listens_hears_the_summary_when_the_typing_rests(page: Page) -> None:
    page.script(
        "window.heard = []; new MutationObserver(() => heard.push(document.getElementById('status').textContent))"
        ".observe(document.getElementById('status'), {childList: true})"
    )
    page.type("tcp:h:12345")
    page.wait_for("status", "Read as URI")
    heard: Any = page.script("return heard")
    assert heard[-1].startswith("Read as URI: a TCP socket.")
    assert len(heard) < len("tcp:h:12345")
    assert page.script("return document.getElementById('status').getAttribute('role')") == "status"


@pytest.fixture(scope="module")
def axe() -> str:
    """The text of axe-core."""
    return npm_member(AXE, "axe.min.js").decode()


LOOKS = [("light", 1280), ("dark", 1280), ("light", 360), ("dark", 360), ("light", 320)]


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_axe_finds_nothing_and_nothing_is_cut_off(page: Page, axe: str, scheme: str, width: int) -> None:
    page.prefer(scheme)
    page.resize(width)
    page.script(axe)
    for name, text in TEXTS.items():
        page.write(text)
        found: Any = page.driver.execute_async_script("axe.run().then(arguments[0])")
        assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]] == [], (
            name
        )
        unsure = {
            check["data"]["messageKey"]
            for one in found["incomplete"] if one["id"] == "color-contrast"
            for node in one["nodes"] for check in node["any"]
        }  # fmt: skip
        # what scrolls, and a text of several lines in a cell, it calls obscured; their colours others have too
        assert unsure <= {"bgOverlap", "elmPartiallyObscured", "elmPartiallyObscuring"}, name
        assert page.script("const e = document.scrollingElement; return e.scrollWidth - e.clientWidth") == 0
        assert page.cut_off() == [], name


def test_the_theme_follows_the_system_until_it_is_chosen(page: Page) -> None:
    def ground() -> object:
        return page.script("return getComputedStyle(document.body).backgroundColor")

    page.prefer("light")
    light = ground()
    page.prefer("dark")
    dark = ground()
    assert light != dark
    seen = [(page.text("#theme"), ground())]
    for _ in range(3):
        page.press("theme")
        seen.append((page.text("#theme"), ground()))
    assert seen == [
        ("Theme: automatic", dark), ("Theme: light", light), ("Theme: dark", dark), ("Theme: automatic", dark),
    ]  # fmt: skip
    page.press("theme")
    try:
        page.open()
        assert (page.text("#theme"), ground()) == ("Theme: light", light)
    finally:
        page.script("localStorage.clear(); document.documentElement.dataset.theme = 'auto'")
        page.open()


def test_what_is_shipped_has_its_licence_beside_it(page: Page) -> None:
    from tests.playground.browser import SITE

    texts = {path.name: path.read_text() for path in (SITE / "licences").iterdir()}
    assert sorted(texts) == ["attrs.txt", "libraries.txt", "migaddr.txt", "pyodide.txt", "python.txt"]
    assert "Hynek Schlawack" in texts["attrs.txt"] and "Permission is hereby granted" in texts["attrs.txt"]
    assert texts["migaddr.txt"] == (ROOT / "LICENSE").read_text()
    assert texts["pyodide.txt"].startswith("Mozilla Public License, version 2.0")
    assert "PYTHON SOFTWARE FOUNDATION LICENSE VERSION 2" in texts["python.txt"]
    for one in LINKED:
        assert (
            f"{one.name} ({one.place}): {one.licence}\nCopyright (c) {one.holders}\n"
            in texts["libraries.txt"]
        )
    assert "Permission is hereby granted" in texts["libraries.txt"]
    assert "Redistributions in binary form must reproduce" in texts["libraries.txt"]
    page.driver.get(page.url + "licences.html")
    links = [link.get_attribute("href") for link in page.all("li a")]
    assert [str(link).removeprefix(page.url + "licences/") for link in links] == [
        "migaddr.txt", "attrs.txt", "pyodide.txt", "python.txt",
    ]  # fmt: skip
    said = page.text("main")
    assert f"Pyodide {PYODIDE.version}: MPL-2.0" in said and f"attrs {ATTRS.version}: MIT" in said
    page.open()
    assert f"on Python {_python(said)}, run by Pyodide" in page.text("#versions")


def _python(said: str) -> str:
    return said.partition("\nPython ")[2].partition(":")[0]


def test_every_file_that_is_shipped_has_a_licence() -> None:
    """By the folder that the page of licences names; what is in no folder is this project's own."""
    from tests.playground.browser import SITE

    ours = {path.name for path in (ROOT / "playground" / "page").iterdir()}
    covered = {
        "migaddr.txt": {
            *ours, "licences.html", "shipped.json", f"python/migaddr-{__version__}-py3-none-any.whl", "python/playground.zip",
        },
        "attrs.txt": {f"python/{ATTRS.file}"},
        "pyodide.txt": {"pyodide/pyodide.mjs", "pyodide/pyodide.asm.js", "pyodide/pyodide.asm.wasm"},
        "python.txt": {"pyodide/python_stdlib.zip"},
    }  # fmt: skip
    files = {str(path.relative_to(SITE)) for path in SITE.rglob("*") if path.is_file()}
    texts = {f"licences/{name}" for name in [*covered, "libraries.txt"]}
    assert files == texts | {name for names in covered.values() for name in names}
    with zipfile.ZipFile(SITE / "pyodide" / "python_stdlib.zip") as library:
        tops = {name.partition("/")[0].removesuffix(".py") for name in library.namelist()}
        packages = {name for name in library.namelist() if name.startswith("site-packages/")}
    # private names differ from release to release of Python
    public = {name for name in tops - sys.stdlib_module_names if not name.startswith("_")}
    assert public <= {"pyodide", "site-packages"}
    assert packages <= {"site-packages/", "site-packages/README.txt"}


def test_python_runs_the_wheel_and_is_one_that_the_tests_run_on(page: Page) -> None:
    from tests.playground.browser import SITE

    shipped = json.loads((SITE / "shipped.json").read_text())
    assert shipped["info"]["python"].rpartition(".")[0] in ("3.11", "3.12", "3.13")
    assert [
        name for name in shipped["archives"] if name.startswith("python/migaddr-") and name.endswith(".whl")
    ]


@pytest.fixture
def copied(tmp_path: Path, started: Page) -> Iterator[tuple[Path, Page]]:
    """A copy of the site, to break, and the page on it, not yet opened."""
    from tests.playground.browser import SITE, Page, served

    folder = tmp_path / "site"
    shutil.copytree(SITE, folder)
    with served(folder) as url:
        yield folder, Page(started.driver, url)
    started.console()
    started.open()


def test_where_python_cannot_start_the_page_says_so(copied: tuple[Path, Page]) -> None:
    folder, page = copied
    (folder / "pyodide" / "python_stdlib.zip").unlink()
    page.driver.get(page.url)
    page.wait_for("status", "Python cannot be started:")
    assert page.script("return document.documentElement.dataset.state") == "failed"


def test_a_text_that_python_does_not_survive_takes_nothing_else_along(copied: tuple[Path, Page]) -> None:
    folder, page = copied
    archive = folder / "python" / "playground.zip"
    with zipfile.ZipFile(archive) as old:
        files = {info.filename: old.read(info) for info in old.infolist()}
    files["playground/answer.py"] += (
        b"\n_respond = respond\ndef respond(request):\n"
        b"    assert 'killer' not in request\n    return _respond(request)\n"
    )
    with zipfile.ZipFile(archive, "w") as new:
        for name, data in files.items():
            new.writestr(name, data)
    page.open()
    page.write("tcp:killer:1")
    page.wait_for("status", "migaddr stumbled over this text")
    assert page.all("#answer *") == []
    page.write("tcp:h:1")
    assert spellings(page)["URI"] == "tcp:h:1"
    assert [entry for entry in page.console() if "killer" not in entry] == []


def test_nothing_is_asked_of_anybody_else(browser: None, tmp_path: Path) -> None:
    """By Chromium's own log of the network, which has the requests of workers as well."""
    from tests.playground.browser import SITE, Page, chromium, served

    log = tmp_path / "net.json"
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "index.html").write_text('<!doctype html><link rel="icon" href="data:,">')
    with served(SITE) as url, served(tmp_path / "elsewhere") as elsewhere:
        with chromium(tmp_path / "profile", f"--log-net-log={log}") as driver:
            page = Page(driver, url)
            page.open("#text=tcp:h:1")
            page.write("tcp:example.org:4444")
            page.press("share")
            # it may not either: the policy of the page forbids it
            answer = "return fetch(arguments[0]).then(() => 'got it', () => 'refused')"
            assert page.script(answer, elsewhere) == "refused"
            driver.get(elsewhere)  # what is asked of others, the log has
            assert page.script(answer, f"{url}licences.html") == "refused"
        assert asked_by(elsewhere, log) == [f"{url}licences.html"]
        asked = asked_by(url, log)
    assert {one.removeprefix(url) for one in asked} >= {
        "page.js", "worker.js", "shipped.json", "pyodide/pyodide.asm.wasm", "pyodide/python_stdlib.zip",
    }  # fmt: skip
    assert [one for one in asked if not one.startswith(url)] == []


def asked_by(url: str, log: Path) -> list[str]:
    """List what the pages of a site asked for, by a log of Chromium's network."""
    record = json.loads(log.read_text())
    start = record["constants"]["logEventTypes"]["URL_REQUEST_START_JOB"]
    events = [event["params"] for event in record["events"] if event["type"] == start and "params" in event]
    return [one["url"] for one in events if one.get("initiator") == url.removesuffix("/") and "url" in one]
