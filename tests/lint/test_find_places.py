"""The address is found in every language, and its place covers exactly the address."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from migaddr import lint
from migaddr.lint.addresses import Form
from migaddr.lint.find import grammars
from migaddr.lint.find.finder import find_addresses
from migaddr.lint.find.grammars import LANGUAGES
from migaddr.lint.find.values import HOLE
from tests.lint.snippets import SNIPPETS, Snippet, find

WORDS = st.text("abcxyz019.-_/", min_size=1, max_size=12).filter(lambda w: w[-1].isalnum())
PLAIN = st.one_of(
    st.builds("tcp:{}:{}".format, WORDS.filter(lambda w: w[0].isalnum()), st.integers(1, 65535)),
    st.builds("tcp:[fe80::{:x}]:{}".format, st.integers(1, 0xFFFF), st.integers(1, 65535)),
    st.builds("unix:/{}".format, WORDS),
    st.builds("vsock:{}:{}".format, st.integers(3, 99), st.integers(1, 9999)),
    st.builds("fd:{}".format, st.text("abcxyz", min_size=1, max_size=8)),
    st.builds("exec:cat>/{}".format, WORDS),
    st.builds("file:/{},offset={}".format, WORDS, st.integers(0, 2**40)),
)
# what needs escapes in a quoted literal, and takes several bytes
HARD = st.builds(
    "exec:{}x".format,
    st.text(st.sampled_from('abc "\\\té中🙂~'), min_size=1, max_size=12).map(lambda t: "a" + t),
)


def _check(snippet: Snippet, address: str, filler: str) -> None:
    written = snippet.write(address)
    text = f"{filler}{snippet.before}{written}{snippet.after}"
    found = [one for one in find(text, snippet.language, "vm") if one.form is not Form.VARIABLE]
    assert [one.value for one in found] == [address], text
    one = found[0]
    assert one.text == written
    start = len(filler) + len(snippet.before)
    before, whole = text[:start], text[: start + len(written)]
    assert (one.line, one.column) == (before.count("\n") + 1, len(before) - before.rfind("\n"))
    assert (one.end_line, one.end_column) == (whole.count("\n") + 1, len(whole) - whole.rfind("\n"))
    assert text.encode()[one.start : one.end].decode() == written


@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda s: f"{s.language}-{s.before[-24:]!r}")
def test_each_file_holds_exactly_the_address(snippet: Snippet) -> None:
    for address in (
        "tcp:127.0.0.1:4446",
        "unix:/run/vm.sock",
        "exec:cat>/tmp/x",
        "fd:mig",
        "file:/x,offset=0x20M",
    ):
        _check(snippet, address, "")


@given(st.sampled_from(SNIPPETS), PLAIN, st.sampled_from(["", "\n\n", "\n \n"]))
def test_the_place_covers_exactly_the_address(snippet: Snippet, address: str, filler: str) -> None:
    if snippet.language == "go" and filler:
        filler = "// ünï 🙂\n"
    _check(snippet, address, filler)


ESCAPING = [
    s
    for s in SNIPPETS
    if s.write.__name__ in ("escaped", "as_json", "percent") and s.language not in ("ruby", "perl")
]


@given(st.sampled_from(ESCAPING), HARD)
def test_escapes_lead_back_to_what_is_written(snippet: Snippet, address: str) -> None:
    _check(snippet, address, "")


@given(
    st.sampled_from(SNIPPETS),
    st.lists(st.tuples(st.integers(0, 400), st.sampled_from("\"'`\\{}[]()%$\n\t:,#é🙂;")), max_size=6),
)
@example(SNIPPETS[0], [(0, "`"), (58, ","), (24, "'")])
@example(next(one for one in SNIPPETS if "**" in one.before), [(181, "%")])
def test_broken_files_are_read_as_far_as_they_go(snippet: Snippet, changes: list[tuple[int, str]]) -> None:
    """Nothing is raised, and every place is within the file and holds what it says."""
    text = f"{snippet.before}tcp:h:1{snippet.after}"
    for where, c in changes:
        at = where % (len(text) + 1)
        text = text[:at] + c + text[at:]
    data = text.encode()
    for one in find_addresses(data, snippet.language):
        assert 0 <= one.start < one.end <= len(data)
        assert data[one.start : one.end].decode("utf-8", "surrogateescape") == one.text
        assert (one.line, one.column) <= (one.end_line, one.end_column)


@given(
    st.sampled_from(sorted(LANGUAGES | {"text"})),
    st.lists(
        st.sampled_from(
            [b"tcp:", b"migrate", b"-incoming ", b"exec:", b"\xff\xfe", b'"', b"'", b"(", b")", b"{", b"}", b"\n", b"uri", b":",
             b"=", b"%s", b"{}", b"$x", b"\\", b"\0", b"+ ", b", ", "\ufdd0".encode(), b"channel-type", b"0", b"#"]
        ),
        max_size=40,
    ).map(b"".join),
)  # fmt: skip
def test_any_bytes_can_be_read(language: str, data: bytes) -> None:
    for one in find_addresses(data, language):
        assert data[one.start : one.end].decode("utf-8", "surrogateescape") == one.text


def test_a_separator_that_is_not_known_joins_nothing() -> None:
    for source in ('vm.migrate(f":{x}:".join(["tcp", h]))\n', 'migrat(":"{":".join(["tcp")]))'):
        assert all(one.template.text.count(HOLE) == len(one.template.holes) for one in find(source, "python"))
        lint.check(source, language="python")


@pytest.mark.parametrize("opener", ["<<S", "<<~S", '<<"S"', '<< "S"', "<<`S`"])
def test_perl_that_its_grammar_never_ends_is_read_as_text(opener: str) -> None:
    """The grammar's scanner waits for the end of a line, and the file is at its own."""
    source = f"print {opener};\nqemu -incoming tcp:h:1 $x"
    assert [one.value for one in find(source, "perl")] == ["tcp:h:1"]


def test_perl_with_a_heredoc_is_read_by_its_grammar() -> None:
    """As text the hole would not be one: `$m->{addr}` has no end there."""
    source = 'print <<"S";\nhost $x\nS\nmon_cmd($vmid, "migrate", uri => "tcp:" . $m->{addr} . ":1");\n'
    assert [one.value for one in find(source, "perl")] == ["tcp:{}:1"]


def test_what_a_grammar_seeks_without_an_end_is_read_as_text() -> None:
    """A fuzzer met it: the TSX grammar looks for the least broken reading of this, and does not come to one."""
    source = (
        b'const \xff\xff\xff\xfftring[] = [\x01g[] = [\x01char =migra a->path)"-incoming", ; \xff'
        b'\xff\xffc:tp\xff"char =migratrat\x9d\x0btcp:fd:{refd:t.unix:%s", a->path)"-d:{ref'
        b'd:t.unix:%s", a->path)"-incoming", ; \xff\xff\xffc:tp\xff"}unix:/tmx"];\x10'
    )
    assert grammars.parse(source, "tsx") is None
    assert [one.text for one in find_addresses(source + b"\n-incoming tcp:h:1\n", "tsx")] == ["tcp:h:1"]
    assert grammars.parse(b"const a = 1;", "tsx") is not None


@pytest.mark.parametrize("text", ["- {}", "? {}", "{}a:\n", "{}-\n", "{}? \n"])
def test_yaml_deeper_than_its_grammar_can_take_is_read_as_text(text: str) -> None:
    """The grammar's scanner writes past its buffer from 254 levels on."""
    address = "migrate_uri: tcp:h:1\n"
    deep = text[:2] * 20_000 if text.endswith("{}") else "".join(text.format(" " * at) for at in range(400))
    assert [one.value for one in find(f"{deep}{address}", "yaml")] == ["tcp:h:1"]
