"""The reader of QEMU's stream, against streams built here; tests/qemu holds it against real ones."""

from __future__ import annotations

import json
import struct
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from migaddr.transport import BrokenStreamError, QemuStream, Summary
from tests.transport.qemu_bytes import PAGE, device, ram, stream, text

CONTENT = st.binary(min_size=1, max_size=1) | st.binary(min_size=1, max_size=9).map(
    lambda seed: (seed * PAGE)[:PAGE]
)
PAGES = st.dictionaries(st.integers(0, 255).map(lambda n: n * PAGE), CONTENT, max_size=6)
NAMES = st.text("abc/0", min_size=1, max_size=5)
DEVICES = st.lists(
    st.builds(
        device,
        st.integers(3, 99),
        NAMES,
        st.lists(st.binary(max_size=20), max_size=3),
        st.dictionaries(NAMES.map(lambda name: f"d/{name}"), st.binary(max_size=9), max_size=2),
    ),
    max_size=3,
)


def read(content: bytes, piece: int = 1 << 20) -> tuple[Summary, dict[int, bytes]]:
    pages: dict[int, bytes] = {}
    reader = QemuStream(lambda block, offset, page: pages.update({offset: page}))
    for at in range(0, len(content), piece):
        assert reader.write(content[at : at + piece]) == len(content[at : at + piece])
    return reader.finish(), pages


@given(PAGES, DEVICES, st.integers(1, 9000))
def test_a_whole_stream_is_read_in_whatever_pieces(
    pages: dict[int, bytes], devices: list[tuple[bytes, dict[str, object]]], piece: int
) -> None:
    summary, found = read(stream(pages, devices), piece)
    assert found == pages
    assert summary == Summary(
        3, "none", {"r": 1 << 20}, len(pages), tuple(str(said["name"]) for _, said in devices), None
    )


@given(PAGES, DEVICES, st.data())
def test_a_truncated_stream_is_broken(
    pages: dict[int, bytes], devices: list[tuple[bytes, dict[str, object]]], draw: st.DataObject
) -> None:
    whole = stream(pages, devices)
    cut = draw.draw(st.integers(0, len(whole) - 1))
    # behind the end mark a stream without a description would be whole: old machine types have none
    at_mark = whole[:cut] == stream(pages, devices, described=False)
    if at_mark:
        assert read(whole[:cut])[0].unchecked == "devices: the stream has no description"
    else:
        with pytest.raises(BrokenStreamError):
            read(whole[:cut])


@given(st.binary(max_size=64))
@example(b"\0\0\0\0\0\0\x10\0")
def test_garbage_is_broken(data: bytes) -> None:
    for content in (
        data,
        b"QEVM" + data,
        b"QEVM\0\0\0\x03" + data,
        b"QEVM\0\0\0\x03" + ram("r", {}, 4096)[:-30] + data + b"\xff",  # an end mark would end it well
    ):
        with pytest.raises(BrokenStreamError):
            read(content)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"MIGA" + bytes(4), "this is not QEMU's stream: it begins with b'MIGA'"),
        (b"QEVM" + struct.pack(">I", 2) + bytes(9), "the stream has version 2, and QEMU's is 3"),
        (b"QEVM\0\0\0\3\x63", "broken before byte 9: there is no section of type 99"),
        (b"QEVM\0\0\0\3\x02\0\0\0\7" + bytes(9), "broken before byte 13: section 7 was never begun"),
        (b"QEVM\0\0\0\3\x07\0\0\xff\0", "broken before byte 13: the machine's name has 65280 bytes"),
        (b"QEVM\0\0\0\3\x07\0\0\0\1m\x05" + text("configuration/x") + bytes(4), "broken before byte 35: the configuration has an unknown part 'configuration/x'"),
        (b"QEVM\0\0\0\3" + ram("r", {0: b"x"}, 4096).replace(b"\x01r\0\0\0\0\0\0\x10\0", b"\x01r\0\0\0\0\0\0\x20\0", 1), "broken before byte 43: the block 'r' has 8192 bytes, of 4096 that are left"),
        (b"QEVM\0\0\0\3" + ram("r", {8192: b"x"}, 4096), "broken before byte 71: a page at 0x2000 of 'r', which has no such place"),
        (b"QEVM\0\0\0\3\x07\0\0\0\0\x05" + text("configuration/target-page-bits") + bytes(4) + b"\0\0\0\x1f", "broken before byte 53: pages of 2^31 bytes"),
        (b"QEVM\0\0\0\3" + ram("r", {0: b"x"}, 4096)[:53] + struct.pack(">Q", 0x100) + text("r") + b"\xff" * 4, "broken before byte 75: a compressed page of 4294967295 bytes"),
        (b"QEVM\0\0\0\3" + ram("r", {}, 4096)[:-1] + b"\3", "broken before byte 92: section 2 ends as section 3"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_the_place(content: bytes, why: str) -> None:
    reader = QemuStream()
    with pytest.raises(BrokenStreamError) as caught:
        reader.write(content)
    assert str(caught.value) == caught.value.reason
    assert caught.value.reason == why


def test_devices_that_do_not_fit_their_description_are_said_to_be_unchecked() -> None:
    section, said = device(5, "cpu", [b"abc"], {"cpu/part": b"xy"})
    whole = stream({}, [(section, said)])

    def unchecked(old: bytes, new: bytes) -> str | None:
        assert old in whole
        return read(whole.replace(old, new, 1))[0].unchecked

    assert unchecked(b"abc", b"abcd") == "device 'cpu': the part b'cpu/part' is not where it should be"
    assert unchecked(b"\x03cpu\0\0", b"\x03cpX\0\0") == "device 'cpu': the section is that of b'cpX'"
    assert unchecked(b"\x7e\0\0\0\x05", b"\x7e\0\0\0\x06") == "device 'cpu': section 5 ends as section 6"
    assert (
        unchecked(b"\x7e\0\0\0\x05", b"\x7e\0\0\0\x05!")
        == "devices: the description does not know the last 1 bytes"
    )
    assert (
        unchecked(b"\0\0\0\0\0\0\0\x01abc", b"\0\0\0\0\0\0\0\x02abc")
        == "device 'cpu': the section has version 2"
    )
    assert unchecked(b'"size": 3', b'"size":-3') == "device 'cpu': a field has no size"


def test_what_cannot_be_followed_is_named_and_the_end_is_still_looked_at() -> None:
    block = b"\x01" + struct.pack(">I", 9) + text("block") + struct.pack(">II", 0, 1) + b"whatever" * 99
    tail = stream({}, [])[-60:]
    tail = tail[tail.index(b"\x00\x06") :]
    summary, _ = read(b"QEVM\0\0\0\3" + block + tail)
    assert summary.unchecked == "section 'block': only its devices know where it ends"
    advise = b"\x08" + struct.pack(">HH", 3, 16) + bytes(16)
    summary, _ = read(b"QEVM\0\0\0\3" + advise + tail)
    assert summary.unchecked == "command 3: postcopy and the like are not followed"
    with pytest.raises(BrokenStreamError, match="no end mark"):
        read(b"QEVM\0\0\0\3" + block + tail[:-1])


def test_commands_and_parts_of_the_configuration_are_passed_over() -> None:
    ping = b"\x08" + struct.pack(">HH", 2, 4) + bytes(4)
    parts = b"\x05" + text("configuration/uuid") + bytes(4 + 16)
    parts += (
        b"\x05"
        + text("configuration/capabilities")
        + bytes(4)
        + struct.pack(">I", 1)
        + text("x-ignore-shared")
    )
    parts += b"\x05" + text("configuration/target-page-bits") + bytes(4) + struct.pack(">I", 13)
    head, rest = stream({}, [])[:17], stream({}, [])[17:]
    rest = rest.replace(text("r") + struct.pack(">Q", 1 << 20), text("r") + struct.pack(">QQ", 1 << 20, 0))
    assert read(head + parts + ping + rest)[0].unchecked is None


def test_a_very_long_end_is_not_kept() -> None:
    section, said = device(5, "big", [bytes(40 << 20)], {})
    summary, _ = read(stream({}, [(section, said)]))
    assert summary.devices == ("big",)
    assert summary.unchecked == "devices: their sections are more than 16 MiB"


EDITS = st.lists(
    st.tuples(st.integers(0, 1 << 16), st.integers(0, 9), st.binary(max_size=9)), min_size=1, max_size=8
)


@given(PAGES, DEVICES, EDITS, st.integers(1, 9000))
def test_an_altered_stream_gives_a_summary_or_our_error(
    pages: dict[int, bytes],
    devices: list[tuple[bytes, dict[str, object]]],
    edits: list[tuple[int, int, bytes]],
    piece: int,
) -> None:
    """Each edit takes some bytes out and puts others in, from the end on, where lengths and descriptions are."""
    altered = bytearray(stream(pages, devices))
    for back, gone, new in edits:
        at = len(altered) - back % (len(altered) + 1)
        altered[at : at + gone] = new
    try:
        summary, _ = read(bytes(altered), piece)
    except BrokenStreamError as error:
        assert error.reason
    else:
        assert summary.version == 3


def _described_as(devices: object, section: bytes) -> bytes:
    said = json.dumps({"devices": devices}).encode()
    return stream({}, [(section, {})], described=False) + b"\x06" + struct.pack(">I", len(said)) + said


def test_names_that_are_half_a_character_are_no_exception() -> None:
    section, said = device(5, "cpu", [b"abc"], {})
    summary, _ = read(_described_as([said | {"name": "\ud800"}], section))
    assert summary.unchecked == "device '\\ud800': the section is that of b'cpu'"
    parts = {"fields": [], "subsections": [{"vmsd_name": "\udc80", "fields": []}]}
    summary, _ = read(_described_as([said | parts], section))
    assert summary.unchecked is not None and "is not where it should be" in summary.unchecked


def test_parts_within_parts_are_no_exception() -> None:
    """Python 3.12 reads JSON that is nested deeper than its functions may be."""
    depth = 4000
    section = b"\x04" + struct.pack(">I", 5) + text("cpu") + struct.pack(">II", 0, 1)
    section += (b"\x05" + text("p") + bytes(4)) * depth + b"\x7e" + struct.pack(">I", 5)
    said = '{"vmsd_name":"p","subsections":[' * depth + "]}" * depth
    description = f'{{"devices":[{{"name":"cpu","subsections":[{said}]}}]}}'.encode()
    whole = stream({}, [(section, {})], described=False)
    whole += b"\x06" + struct.pack(">I", len(description)) + description
    try:
        summary, _ = read(whole)
    except BrokenStreamError as error:
        assert "no end mark" in error.reason  # Python 3.11 does not read it
    else:
        assert summary.unchecked == "device 'cpu': its parts have parts too deep"


def test_many_marks_cost_no_more_than_one() -> None:
    """Every one of them has a length that reaches to the end."""
    count = 400_000
    marks = b"".join(b"\x00\x06" + struct.pack(">I", 6 * (count - 1 - number)) for number in range(count))
    began = time.monotonic()
    with pytest.raises(BrokenStreamError, match="no end mark"):
        read(stream({}, [], described=False)[:-1] + marks)
    assert time.monotonic() - began < 5
