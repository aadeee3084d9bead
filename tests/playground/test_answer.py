"""What the page shows of a text is what migaddr says, for any text."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from migaddr import LATEST, RELEASES, MigaddrError, Release, parse_uri
from migaddr.cli.formats import FORMATS, read_text
from playground.answer import Answer, about, respond
from playground.parts import channels_in, uri_in
from playground.shown import marked, printable
from tests.addresses import hostile_text, texts
from tests.corpus_rows import rows

SCHEMES = st.sampled_from(
    ["tcp:", "tcp:h:1,", "unix:", "exec:", "fd:", "rdma:", "x-rdma:h:1", "file:", "vsock:", "tcp://h"]
)
LINES = st.sampled_from(
    [
        "migrate ",
        "migrate -d ",
        'migrate "',
        "-incoming ",
        "main,addr.transport=",
        "{",
        '[{"channel-type": "main", "addr": {',
    ]
)
anything = (
    st.builds(str.__add__, SCHEMES, texts)
    | st.builds(str.__add__, LINES, st.builds(str.__add__, SCHEMES, texts))
    | st.builds(str.__add__, SCHEMES, texts).map(lambda uri: json.dumps({"uri": uri}))
    | hostile_text
    | st.text(max_size=30)
)  # fmt: skip
formats = st.none() | st.sampled_from(FORMATS)
release_names = st.sampled_from([str(release) for release in RELEASES])


def ask(text: str, source: str | None = None, release: str = str(LATEST)) -> Answer:
    result: Answer = json.loads(respond(json.dumps({"text": text, "source": source, "release": release})))
    return result


@given(anything, formats, release_names)
@example("\ud800", None, "11.1")
@example("tcp:\udcff:1", None, "11.1")
@example("tcp:\udc80,", None, "11.1")
@example("tcp:\ud800,", None, "11.1")
@example("\0", "hmp", "7.2")
@example('{"execute": "migrate", "arguments": {"uri": 1}}', None, "11.1")
@example('{"uri": {"uri": "tcp:h:1"}}', None, "11.1")
def test_any_text_is_answered_and_every_release_is_spoken_of_once(
    text: str, source: str | None, release: str
) -> None:
    got = ask(text, source, release)
    if not text.strip(" \t\n"):
        assert got["read_as"] is None and got["summary"] == ""
        return
    assert got["summary"]
    if got["read_as"] is None:
        assert got["fault"] is not None and not got["releases"] and not got["spellings"]
        return
    named: list[str] = []
    for row in got["releases"]:
        named += row["span"].split(" to ")
        assert row["said"]
    order = [str(r) for r in RELEASES]
    assert named[0] == order[0] and named[-1] == order[-1]
    assert named == sorted(named, key=order.index)
    assert bool(got["spellings"]) == bool(got["commands"]) or got["summary"].endswith("comes later.")
    mine = next(
        row for row in got["releases"] if order.index(release) <= order.index(row["span"].split(" to ")[-1])
    )
    assert (got["fault"] is not None) == (mine["verdict"] in ("refuses", "crashes"))


@given(anything, formats, release_names)
def test_every_spelling_shown_says_the_same_as_the_text(text: str, source: str | None, release: str) -> None:
    got = ask(text, source, release)
    if got["read_as"] is None or not got["spellings"]:
        return
    read_by = got["read_by"] or release
    meant = channels_in(read_text(text.removesuffix("\n"), source, _release(read_by))[1])
    for spelling in got["spellings"]:
        if spelling["text"] is not None:
            _, value = read_text(spelling["text"], spelling["name"], _release(release))
            assert channels_in(value) == meant, spelling
            assert spelling["copyable"] == (
                spelling["text"].encode("utf-8", "replace").decode() == spelling["text"]
            )


def _release(name: str) -> Release:
    return next(release for release in RELEASES if str(release) == name)


@given(anything, formats)
def test_the_pieces_are_all_of_the_text(text: str, source: str | None) -> None:
    got = ask(text, source)
    if got["pieces"] and len(text) < 200:
        assert "".join(piece["text"] for piece in got["pieces"]) == printable(text.removesuffix("\n"))
        assert all(piece["meaning"] for piece in got["pieces"] if piece["name"])


@pytest.mark.parametrize("name", ["hmp", "incoming"])
def test_the_uri_in_a_line_reads_as_the_address_of_the_line(name: str) -> None:
    found = 0
    for row in rows(name):
        text = str(row.get("line", row.get("value")))
        try:
            read_as, value = read_text(text, name, LATEST)
        except MigaddrError:
            continue
        place = uri_in(text, read_as, value, LATEST)
        if place is not None:
            found += 1
            assert parse_uri(text[place[0] : place[1]]) == channels_in(value)[0].addr
    assert found > 3


def test_an_old_uri_that_is_refused_now_is_shown_as_the_last_release_that_took_it_read_it() -> None:
    got = ask("tcp:h:80,keepalive")
    assert got["fault"] is not None and got["fault"]["qemu"] == "Invalid parameter 'keepalive'"
    assert got["fault"]["place"] == {"before": "tcp:h:80,", "part": "keepalive", "after": ""}
    assert got["read_by"] == "10.0"
    assert [(row["span"], row["verdict"]) for row in got["releases"]] == [
        ("7.2 to 10.0", "takes"), ("10.1 to 11.1", "refuses"),
    ]  # fmt: skip
    assert next(one["text"] for one in got["spellings"] if one["name"] == "uri") == "tcp:h:80"
    assert [(one["span"], one["place"]["part"]) for one in got["surprises"]] == [
        ("7.2 to 10.0", ",keepalive")
    ]


def test_a_crash_is_told() -> None:
    got = ask("rdma:h:4446,ipv4=maybe", release="11.1")
    assert got["fault"] is not None and got["fault"]["crashes"]
    assert got["releases"][-1]["verdict"] == "crashes"


@pytest.mark.parametrize(
    ("text", "code", "when", "mended"),
    [
        ("tcp:0:4444", "MIG114", "where it receives", None),
        ("fd:7", "MIG129", "where it sends", None),
        ("tcp:::1:4444", "MIG103", "", "tcp:[::1]:4444"),
        ("migrate -d tcp:::1:4444", "MIG103", "", "migrate -d tcp:[::1]:4444"),
        ("x-rdma:é:1", "MIG117", "", "rdma:é:1"),
        ('{"channeltype": "main", "addr": {"transport": "socket", "type": "unix", "path": "/é"}}', "MIG111", "",
         '{"channel-type": "main", "addr": {"transport": "socket", "type": "unix", "path": "/é"}}'),
    ],
)  # fmt: skip
def test_findings_say_where_they_hold_and_mend_the_text(
    text: str, code: str, when: str, mended: str | None
) -> None:
    (finding,) = [one for one in ask(text)["findings"] if one["code"] == code]
    assert finding["when"] == when
    place = finding["place"]
    assert text.startswith(place["before"] + place["part"] + place["after"].removesuffix("..."))
    assert (finding["fix"] and finding["fix"]["text"]) == mended
    if mended is not None:
        assert code not in [one["code"] for one in ask(mended)["findings"]]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("blah", "uri"), ("migrate -d blah:", "hmp"), ("-incoming main,addr.transport=x", "incoming"),
        ('{"transport": "socket", "type": "inet", "host": "h"}', "qmp"),
    ],
)  # fmt: skip
def test_what_no_release_takes_is_told_of_each(text: str, name: str) -> None:
    got = ask(text)
    assert got["read_as"] is not None and got["read_as"]["name"] == name
    assert got["fault"] is not None and got["fault"]["qemu"]
    assert {row["verdict"] for row in got["releases"]} <= {"refuses", "takes"} and got["spellings"] == []


def test_a_text_that_libvirt_reads_otherwise_is_offered_as_such() -> None:
    assert [other["name"] for other in ask("tcp://h:1")["others"]] == ["libvirt"]
    assert ask("tcp:h:1")["others"] == []
    assert ask("tcp://h:1", "libvirt")["others"] == []
    (said,) = [one["text"] for one in ask("tcp://h:1", "libvirt")["spellings"] if one["name"] == "uri"]
    assert said == "tcp:h:1"


@pytest.mark.parametrize(
    "text",
    ['{"uri": "tcp:h:80,keepalive"}', '{"execute": "migrate", "arguments": {"uri": "tcp:h:80,keepalive"}}'],
)
def test_a_uri_in_json_is_found_there(text: str) -> None:
    got = ask(text)
    assert [(row["span"], row["verdict"]) for row in got["releases"]] == [
        ("7.2 to 10.0", "takes"), ("10.1 to 11.1", "refuses"),
    ]  # fmt: skip
    assert [piece["text"] for piece in got["pieces"] if piece["name"]] == ["tcp", "h", "80", "keepalive"]
    assert [one["place"]["part"] for one in got["surprises"]] == [",keepalive"]


def test_either_side_gets_its_command() -> None:
    texts = [one["text"] for one in ask("tcp:h:1", release="8.2")["commands"]]
    assert [json.loads(text or "") for text in texts] == [
        {"execute": "migrate", "arguments": {"uri": "tcp:h:1"}},
        {"execute": "migrate-incoming", "arguments": {"channels": [
            {"channel-type": "main", "addr": {"transport": "socket", "type": "inet", "host": "h", "port": "1"}}
        ]}},
    ]  # fmt: skip
    (command,) = ask("migrate -b tcp:h:1", release="9.0")["commands"]
    assert command["text"] is not None and '"blk": true' in command["text"] and command["notes"]


def test_bytes_that_no_clipboard_holds_are_shown_and_not_to_be_copied() -> None:
    (uri,) = [one for one in ask("unix:///%ff", "libvirt")["spellings"] if one["name"] == "uri"]
    assert (uri["text"], uri["shown"], uri["copyable"]) == ("unix:/\udcff", "unix:/\\xff", False)


def test_what_would_move_the_page_about_is_shown_escaped() -> None:
    (piece,) = [one for one in ask("unix:/a\u202eb\x1b[2J")["pieces"] if one["name"] == "path"]
    assert piece["text"] == "/a\\u202eb\\x1b[2J"


@given(st.text(max_size=300), st.integers(0, 300), st.integers(0, 300))
def test_a_mark_keeps_the_text_around_it(text: str, start: int, length: int) -> None:
    start = min(start, len(text))
    place = marked(text, start, min(start + length, len(text)))
    whole = printable(text)
    for piece in (place["before"].removeprefix("..."), place["part"], place["after"].removesuffix("...")):
        assert piece in whole or len(text) > 300


def test_what_there_is_to_choose_from_is_what_migaddr_has() -> None:
    known = about()
    assert known["releases"] == [str(release) for release in reversed(RELEASES)]
    assert [one["name"] for one in known["formats"]] == list(FORMATS)


def test_nothing_is_loaded_when_somebody_types_after_the_warming_up() -> None:
    texts = [
        "tcp:[::1]:1,too=1",
        'migrate "x',
        "-incoming defer",
        "[1",
        "{'a': 1}",
        "unix:x",
        "rdma:h",
        "tcp://h:1",
    ]
    script = (
        "import sys\nfrom playground.answer import answer, warm_up\nwarm_up()\nhad = set(sys.modules)\n"
        f"for text in {texts!r}: answer(text, None, '10.0')\n"
        "print(sorted(set(sys.modules) - had))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_an_answer_needs_neither_a_grammar_nor_the_command_line() -> None:
    script = (
        "import sys\n"
        "for name in ('click', 'rich', 'tree_sitter'): sys.modules[name] = None\n"
        "from playground.answer import answer\n"
        "texts = ('tcp:0:1', 'migrate tcp:h:1', 'main,addr.transport=fd', '{\"uri\": \"tcp:h:1\"}', 'x')\n"
        "print([answer(text, None, '11.1')['summary'] != '' for text in texts])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[True, True, True, True, True]\n"
