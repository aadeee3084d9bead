"""Both ends of QEMU's protocol over RDMA, over a fabric without a device."""

from __future__ import annotations

import contextlib
import errno
from functools import partial

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from migaddr import TransportError
from migaddr.transport.base import Deadline
from migaddr.transport.rdma_destination import Destination
from migaddr.transport.rdma_source import Source
from migaddr.transport.rdma_wire import (
    CHUNK,
    MAX_CHUNK,
    Fill,
    Kind,
    Message,
    Registration,
    RemoteBlock,
    blocks_result,
    fill,
    read_blocks_result,
    read_register_result,
    register,
)
from tests.transport.rdma_fabric import ADDRESS, PATIENCE, Fabric, at_once
from tests.transport.rdma_streams import PAGE, Made, footer, head, load, start, streams, tail, u32, u64

HOOK = u64(0x80)


def send_all(fabric: Fabric, pieces: list[bytes]) -> Source:
    source = Source(fabric.source, ADDRESS)
    try:
        for piece in pieces:
            source.write(piece, Deadline(PATIENCE))
        source.end(Deadline(PATIENCE))
    finally:
        source.close()
    return source


def read_all(fabric: Fabric, size: int = 1 << 16) -> tuple[bytes, dict[bytes, bytes]]:
    destination = Destination(fabric.destination, ADDRESS)
    try:
        out, buffer = bytearray(), memoryview(bytearray(size))
        while count := destination.read_into(buffer, Deadline(PATIENCE)):
            out += buffer[:count]
        ram = {
            block.name.encode(errors="surrogateescape"): bytes(block.memory) for block in destination.blocks
        }
    finally:
        destination.close()
    return bytes(out), ram


def through(
    data: bytes, *, pin_all: bool = False, cut: int | None = None
) -> tuple[bytes, dict[bytes, bytes], Fabric]:
    fabric = Fabric(pin_all=pin_all)
    cut = cut or max(1, len(data))
    pieces = [data[at : at + cut] for at in range(0, len(data), cut)]
    out, ram = at_once(lambda: send_all(fabric, pieces), lambda: read_all(fabric))
    return out, ram, fabric


# --- laws ---


@given(streams(), st.booleans(), st.one_of(st.none(), st.integers(50, 20_000)))
@settings(suppress_health_check=[HealthCheck.data_too_large, HealthCheck.too_slow])
def test_a_stream_means_the_same_when_it_has_gone_over_rdma(
    made: Made, pin_all: bool, cut: int | None
) -> None:
    """The RAM that a plain stream loads, and all of its other bytes, are the same at both ends."""
    assert load(made.data)[0] == made.ram  # the tests' own loader
    out, by_rdma, _ = through(made.data, pin_all=pin_all, cut=cut)
    ram, others = load(out)
    assert ram == made.ram
    assert others == load(made.data)[1]
    if by_rdma:
        assert by_rdma == made.ram


@given(streams())
@settings(max_examples=50, suppress_health_check=[HealthCheck.data_too_large, HealthCheck.too_slow])
def test_ram_goes_by_rdma_and_not_in_the_bytes(made: Made) -> None:
    _, by_rdma, fabric = through(made.data)
    assert by_rdma == made.ram
    in_bytes = sum(len(m) for m in fabric.source.sent if Message.decode(m).kind is Kind.QEMU_FILE)
    assert in_bytes < 3000
    # what was never written is nowhere; what was is there in full
    written = len(made.data) - in_bytes
    assert fabric.written <= max(0, written) + PAGE * 300 * 4


@given(st.binary(max_size=300), st.integers(1, 100))
@example(HOOK * 3, 3)
@example(bytes(7), 7)
@example(b"QEVM\0\0\0\3", 3)
@example(b"QEVM", 4)
@example(head() + b"\x01", 5)
def test_bytes_that_are_no_stream_arrive_as_they_are(data: bytes, cut: int) -> None:
    out, ram, _ = through(data, cut=cut)
    assert (out, ram) == (data, {})


@given(streams(), st.data())
@settings(max_examples=200, suppress_health_check=[HealthCheck.data_too_large, HealthCheck.too_slow])
def test_a_damaged_stream_arrives_or_is_a_transport_error(made: Made, data: st.DataObject) -> None:
    damaged = bytearray(made.data)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        if data.draw(st.booleans()):
            damaged[at] = data.draw(st.integers(0, 255))
        else:
            del damaged[at : at + data.draw(st.integers(1, 5000))]
        if not damaged:
            return
    fabric = Fabric()
    try:
        at_once(lambda: send_all(fabric, [bytes(damaged)]), lambda: read_all(fabric))
    except TransportError as error:
        assert error.address == ADDRESS
    assert fabric.source.closed and fabric.destination.closed


plain_kinds = st.sampled_from([kind for kind in Kind if kind is not Kind.ERROR])
said = st.one_of(
    st.builds(
        lambda kind, data, repeat: Message(kind, data, repeat).encode(),
        plain_kinds,
        st.binary(max_size=60),
        st.integers(0, 3),
    ),
    st.builds(
        lambda v, b, o, n: fill(Fill(v, b, o, n)).encode(),
        st.integers(0, 256),
        st.integers(0, 2),
        st.integers(0, 1 << 64 - 1),
        st.integers(0, 1 << 64 - 1),
    ),
    st.builds(
        lambda o, b, n, k: register(Registration(o, b, n), kind=k).encode(),
        st.integers(0, 1 << 64 - 1),
        st.integers(0, 2),
        st.integers(0, 1 << 64 - 1),
        st.sampled_from([Kind.REGISTER_REQUEST, Kind.UNREGISTER_REQUEST]),
    ),
    st.just(Message(Kind.RAM_BLOCKS_REQUEST).encode()),
    st.just(Message(Kind.REGISTER_FINISHED).encode()),
    st.just(Message(Kind.QEMU_FILE, HOOK).encode()),
    st.just(Message(Kind.QEMU_FILE, head() + start([(b"r", PAGE * 300)]) + HOOK).encode()),
    st.binary(max_size=40),
)


@given(st.lists(said, max_size=12), st.booleans())
@example(
    [
        Message(Kind.QEMU_FILE, head() + start([(b"r", 8192)]) + HOOK).encode(),
        Message(Kind.RAM_BLOCKS_REQUEST).encode(),
        fill(Fill(7, 0, 8191, 1)).encode(),
    ],
    False,
)
def test_whatever_a_source_says_the_destination_ends_well_or_with_a_transport_error(
    messages: list[bytes], pin_all: bool
) -> None:
    fabric = Fabric(pin_all=pin_all)
    for message in [*messages, None]:
        fabric.destination.inbox.put(message)
    try:
        read_all(fabric)
    except TransportError as error:
        assert error.errno in {errno.EPROTO, errno.ECONNRESET, errno.ECONNABORTED, errno.ENOMEM}
    assert fabric.destination.closed


answers = st.one_of(
    st.just(Message(Kind.READY).encode()),
    said,
    st.builds(
        lambda b: blocks_result(b).encode(),
        st.lists(
            st.builds(
                RemoteBlock, st.integers(0, 99), st.integers(0, 99), st.sampled_from([PAGE, 5]), st.just(1)
            ),
            max_size=2,
        ),
    ),
)


@given(st.lists(answers, max_size=12))
def test_whatever_a_destination_says_the_source_ends_well_or_with_a_transport_error(
    messages: list[bytes],
) -> None:
    fabric = Fabric()
    for message in [*messages, None]:
        fabric.source.inbox.put(message)
    stream = head() + start([(b"r", PAGE)]) + footer() + b"\x03" + u32(2) + footer() + tail()
    try:
        send_all(fabric, [stream])
    except TransportError as error:
        assert error.errno in {errno.EPROTO, errno.ECONNRESET, errno.ECONNABORTED}
    assert fabric.source.closed


# --- the protocol, step by step ---


def feed(fabric: Fabric, *messages: Message, end: bool = True) -> None:
    for message in messages:
        fabric.destination.inbox.put(message.encode())
    if end:
        fabric.destination.inbox.put(None)


def file(data: bytes) -> Message:
    return Message(Kind.QEMU_FILE, data)


REQUEST, FINISHED = Message(Kind.RAM_BLOCKS_REQUEST), Message(Kind.REGISTER_FINISHED)
OPENING = head() + start([(b"r", 3 * CHUNK), (b"rom", PAGE)])


def test_a_source_like_qemus_is_answered_as_qemu_answers() -> None:
    """Two rounds: the blocks, then a fill, a registration, and one that is taken back."""
    fabric = Fabric()
    feed(
        fabric,
        file(OPENING + HOOK),
        REQUEST,
        FINISHED,
        file(footer() + b"\x03" + u32(2) + HOOK),
        fill(Fill(9, 1, 0, PAGE)),
        register(Registration(CHUNK + 5, 0, 1)),
        register(Registration(1, 0, 0), kind=Kind.UNREGISTER_REQUEST),
        FINISHED,
        file(footer() + tail()),
    )
    out, ram = read_all(fabric)
    sent = [Message.decode(raw) for raw in fabric.destination.sent]
    assert [m.kind for m in sent] == [
        *[Kind.READY] * 2, Kind.RAM_BLOCKS_RESULT, *[Kind.READY] * 4,
        Kind.REGISTER_RESULT, Kind.READY, Kind.UNREGISTER_FINISHED, *[Kind.READY] * 3,
    ]  # fmt: skip
    blocks = read_blocks_result(sent[2])
    assert [(b.length, b.rkey, b.offset) for b in blocks] == [(3 * CHUNK, 0, 0), (PAGE, 0, 0)]
    (key,) = read_register_result(sent[7])
    assert key.address == blocks[0].address
    assert fabric.keys[key.rkey][1:] == (0, 3 * CHUNK)
    assert ram[b"rom"] == b"\x09" * PAGE
    assert load(out)[0] == ram


def until_silence(destination: Destination) -> None:
    with contextlib.suppress(TransportError):
        while destination.read_into(memoryview(bytearray(1000)), Deadline(0.05)):
            pass


def test_a_registration_is_for_the_largest_chunk_that_may_be_meant() -> None:
    """A source does not say how large its chunks are: 1 MiB, and from QEMU 11.1 on up to 1 GiB."""
    fabric = Fabric()
    big = head() + start([(b"r", MAX_CHUNK + 3 * CHUNK)]) + HOOK
    asked = [register(Registration(at, 0, 0)) for at in (CHUNK + 5, 0, MAX_CHUNK + CHUNK)]
    feed(fabric, file(big), REQUEST, *asked, end=False)
    destination = Destination(fabric.destination, ADDRESS)
    until_silence(destination)
    parts = [(start, end) for _, start, end in fabric.keys.values()]
    assert parts == [(0, MAX_CHUNK), (MAX_CHUNK, MAX_CHUNK + 3 * CHUNK)]
    destination.close()
    assert Message.decode(fabric.destination.sent[-1]).kind is Kind.ERROR


def test_pinned_memory_has_one_key_from_the_beginning() -> None:
    fabric = Fabric(pin_all=True)
    feed(fabric, file(OPENING + HOOK), REQUEST, register(Registration(CHUNK, 0, 0)), end=False)
    destination = Destination(fabric.destination, ADDRESS)
    until_silence(destination)
    answers = [Message.decode(raw) for raw in fabric.destination.sent]
    blocks = read_blocks_result(next(m for m in answers if m.kind is Kind.RAM_BLOCKS_RESULT))
    (key,) = read_register_result(next(m for m in answers if m.kind is Kind.REGISTER_RESULT))
    assert key.rkey == blocks[0].rkey != 0
    assert sorted(end for _, _, end in fabric.keys.values()) == [PAGE, 3 * CHUNK]


@pytest.mark.parametrize(
    ("messages", "cause", "number"),
    [
        ([Message(Kind.ERROR)], "it sent ERROR", errno.ECONNABORTED),
        ([file(OPENING + HOOK)], "in the middle of a round", errno.ECONNRESET),
        ([file(OPENING + HOOK), REQUEST], "in the middle of a round", errno.ECONNRESET),
        ([file(OPENING + HOOK), REQUEST, FINISHED], "before the end of its stream", errno.ECONNRESET),
        ([file(OPENING + HOOK), REQUEST, FINISHED, file(tail()[:-1])], "before the end of its stream", errno.ECONNRESET),
        ([file(OPENING + HOOK), REQUEST, file(b"x")], "before REGISTER_FINISHED", errno.EPROTO),
        ([file(OPENING + HOOK), REQUEST, REQUEST], "a second time", errno.EPROTO),
        ([file(OPENING + HOOK), REQUEST, FINISHED, FINISHED], "where the stream has no HOOK", errno.EPROTO),
        ([file(OPENING), REQUEST], "does not end with their list", errno.EPROTO),
        ([file(OPENING[:-1] + b"\1" + HOOK), REQUEST], "does not end with their list", errno.EPROTO),
        ([REQUEST], "does not end with their list", errno.EPROTO),
        ([file(OPENING + HOOK), REQUEST, fill(Fill(0, 2, 0, 1))], "RAM block 2, where there are 2", errno.EPROTO),
        ([file(OPENING + HOOK), REQUEST, fill(Fill(0, 1, 1, PAGE))], "bytes 1 to 4097 of RAM block 1, which has 4096", errno.EPROTO),
        ([file(OPENING + HOOK), REQUEST, fill(Fill(256, 1, 0, 1))], "filled with 256", errno.EPROTO),
        ([file(OPENING + HOOK), REQUEST, register(Registration(PAGE, 1, 0))], "bytes 4096 to 4097 of RAM block 1", errno.EPROTO),
        ([file(OPENING + HOOK), REQUEST, register(Registration(1, 2, 0), kind=Kind.UNREGISTER_REQUEST)], "RAM block 2, where", errno.EPROTO),
        ([Message(Kind.READY)], "READY is no message for a destination", errno.EPROTO),
        ([file(head() + start([(b"r", 1 << 40)]) + HOOK), REQUEST], "no memory", errno.ENOMEM),
    ],
)  # fmt: skip
def test_what_a_source_must_not_say(messages: list[Message], cause: str, number: int) -> None:
    fabric = Fabric()
    feed(fabric, *messages)
    with pytest.raises(TransportError, match=cause) as caught:
        read_all(fabric)
    assert (caught.value.address, caught.value.errno) == (ADDRESS, number)


def test_a_hook_that_is_cut_between_messages_is_found() -> None:
    for cut in range(9):
        fabric = Fabric()
        feed(fabric, file(OPENING + HOOK[:cut]), file(HOOK[cut:]), REQUEST, FINISHED, file(footer() + tail()))
        out, ram = read_all(fabric)
        assert load(out)[0] == ram  # whose loader knows no HOOK


def test_a_list_of_blocks_may_come_in_many_messages_and_behind_foreign_sections() -> None:
    blocks = [(f"block {number}".encode() * 20, PAGE) for number in range(300)]
    # a section that nobody understands, and in it what looks like the beginning of RAM's
    opening = (
        head()
        + b"\x01"
        + u32(1)
        + b"\x03ram"
        + u32(0)
        + u32(4)
        + u64(PAGE | 4)
        + b"\1x"
        + start(blocks)
        + HOOK
    )
    fabric = Fabric()
    feed(
        fabric,
        *[file(opening[at : at + 999]) for at in range(0, len(opening), 999)],
        REQUEST,
        FINISHED,
        file(footer() + tail()),
    )
    _, ram = read_all(fabric)
    assert list(ram) == [name for name, _ in blocks]


def test_more_blocks_than_an_answer_can_list_are_refused() -> None:
    blocks = [(b"%d" % number, PAGE) for number in range(13108)]
    fabric = Fabric()
    feed(fabric, file(head() + start(blocks) + HOOK), REQUEST)
    with pytest.raises(TransportError, match="13108 RAM blocks"):
        read_all(fabric)


def test_a_page_size_that_is_none_is_refused() -> None:
    for text in (
        b'{"page_size": 0}',
        b'{"page_size": 5000}',
        b'{"page_size": true}',
        b"{}",
        b'{"page_size": 8192.0}',
    ):
        fabric = Fabric()
        feed(
            fabric,
            file(OPENING + HOOK),
            REQUEST,
            FINISHED,
            file(footer() + b"\0\x06" + u32(len(text)) + text),
        )
        with pytest.raises(TransportError, match="no page size"):
            read_all(fabric)


def test_a_block_that_is_no_whole_number_of_pages_is_refused() -> None:
    text = b'{"page_size": 8192}'
    fabric = Fabric()
    feed(fabric, file(OPENING + HOOK), REQUEST, FINISHED, file(footer() + b"\0\x06" + u32(len(text)) + text))
    with pytest.raises(TransportError, match="no whole number of pages"):
        read_all(fabric)


def test_a_source_that_is_not_ended_says_error() -> None:
    fabric = Fabric()
    fabric.source.inbox.put(Message(Kind.READY).encode())
    source = Source(fabric.source, ADDRESS)
    source.write(b"half", Deadline(1))
    source.close()
    source.close()
    kinds = [Message.decode(raw).kind for raw in fabric.source.sent]
    assert kinds == [Kind.QEMU_FILE, Kind.ERROR]


def test_a_source_waits_until_the_destination_asks_for_more_or_goes() -> None:
    for last in (Message(Kind.READY).encode(), None):
        fabric = Fabric()
        for message in (Message(Kind.READY).encode(), last):
            fabric.source.inbox.put(message)
        source = Source(fabric.source, ADDRESS)
        source.write(b"all", Deadline(1))
        source.end(Deadline(1))
        source.end(Deadline(1))
        source.close()
        assert [Message.decode(raw).kind for raw in fabric.source.sent] == [Kind.QEMU_FILE]
        with pytest.raises(TransportError, match="has ended"):
            source.write(b"more")


def test_a_source_that_nobody_asks_stops_at_its_deadline() -> None:
    fabric = Fabric()
    source = Source(fabric.source, ADDRESS)
    with pytest.raises(TransportError, match="deadline"):
        source.write(b"x", Deadline(0.01))
    # what it had to send may have gone in part
    for again in (partial(source.write, b"y", Deadline(1)), partial(source.end, Deadline(1))):
        with pytest.raises(TransportError, match="broke before"):
            again()


def test_a_destination_can_wait_again_but_not_after_a_fault() -> None:
    fabric = Fabric()
    destination = Destination(fabric.destination, ADDRESS)
    buffer = memoryview(bytearray(9))
    for _ in range(2):
        with pytest.raises(TransportError, match="deadline"):
            destination.read_into(buffer, Deadline(0.01))
    assert [Message.decode(raw).kind for raw in fabric.destination.sent] == [Kind.READY]  # asked once
    feed(fabric, file(b"late"), Message(Kind.READY))
    assert destination.read_into(buffer, Deadline(1)) == 4
    for cause in ("READY is no message", "broke before"):
        with pytest.raises(TransportError, match=cause):
            destination.read_into(buffer, Deadline(1))


def test_the_last_words_of_the_other_side_are_heard() -> None:
    """It has disconnected when we want to say something: what it said before tells why."""
    for words, cause in ((Message(Kind.ERROR), "it sent ERROR"), (None, "disconnected before the end")):
        fabric = Fabric()
        fabric.source.inbox.put(Message(Kind.READY).encode())
        if words is not None:
            fabric.source.inbox.put(words.encode())
        fabric.source.inbox.put(None)
        fabric.source.alone = True
        with pytest.raises(TransportError, match=cause):
            send_all(fabric, [b"x"])
    fabric = Fabric()
    feed(fabric, file(b"all"))
    fabric.destination.alone = True  # it has sent all, and did not wait for our READY
    assert read_all(fabric) == (b"all", {})


def test_other_ram_is_refused() -> None:
    fabric = Fabric()
    ready = Message(Kind.READY).encode()
    for message in (ready, ready, blocks_result([RemoteBlock(0, 0, 2 * PAGE, 0)]).encode()):
        fabric.source.inbox.put(message)
    with pytest.raises(TransportError, match="its RAM is another"):
        send_all(fabric, [head() + start([(b"r", PAGE)]) + footer()])


def test_zeros_are_filled_and_a_later_write_waits_for_the_fill() -> None:
    """COMPRESS is done when the next READY comes; a write could overtake it."""
    blank = u64(0x02) + b"\1r\0"
    page = u64(0x08) + b"\1r" + b"x" * PAGE
    stream = head() + start([(b"r", PAGE)]) + footer() + b"\x02" + u32(2) + blank + footer()
    stream += b"\x03" + u32(2) + page + blank + page + footer() + tail()
    out, ram, fabric = through(stream)
    assert ram == {b"r": b"x" * PAGE}
    assert load(out)[0] == ram
    kinds = [Message.decode(raw).kind for raw in fabric.source.sent]
    assert kinds.count(Kind.COMPRESS) == 1
    assert kinds.count(Kind.REGISTER_REQUEST) == 1  # from then on the chunk is registered


@pytest.mark.parametrize(
    "record",
    [u64(0x40) + b"\1r\1\0\0", u64(0x100) + b"\1r" + u32(0), u64(0x02) + b"\1r\7"],
    ids=["xbzrle", "compressed", "filled with 7"],
)
def test_records_that_need_what_was_there_stay_in_the_bytes(record: bytes) -> None:
    """The pages before them have arrived by then."""
    page = u64(0x08) + b"\1r" + b"x" * PAGE
    rest = record + footer() + b"\x03" + u32(2) + page + footer() + tail()
    stream = head() + start([(b"r", PAGE)]) + footer() + b"\x02" + u32(2) + page * 20 + rest
    out, ram, _ = through(stream)
    assert ram == {b"r": b"x" * PAGE}
    assert out.endswith(rest)


@pytest.mark.parametrize(
    "opening",
    [
        head() + b"\x01" + u32(1) + b"\x05slirp" + u32(0) + u32(4),
        head() + start([(b"r", PAGE), (b"r", PAGE)]) + footer(),
        head() + start([(b"r", PAGE)]) + u64(PAGE) + footer(),  # a page size behind the length
        head() + start([(b"r", 5)]) + footer(),
        head()
        + b"\x05\x1econfiguration/target-page-bits"
        + u32(1)
        + u32(14)
        + start([(b"r", PAGE)])
        + footer(),
        head() + b"\x05\x03new" + u32(1) + start([(b"r", PAGE)]) + footer(),
        head() + start([(b"r", PAGE)]) + footer() + start([(b"s", PAGE)]),
    ],
    ids=[
        "a section before",
        "a name twice",
        "longer list",
        "odd length",
        "other pages",
        "new subsection",
        "twice",
    ],
)
def test_what_is_not_understood_goes_in_the_bytes(opening: bytes) -> None:
    page = u64(0x08) + b"\1r" + b"x" * PAGE
    stream = opening + b"\x03" + u32(2) + page * 20 + footer() + tail()
    _, _, fabric = through(stream)
    assert fabric.written == 0


def test_pages_of_another_size_stay_in_the_bytes() -> None:
    """8 KiB each, and nothing in the stream says so: the records do not fit."""
    pages = b"".join(
        u64(at | 0x08 | (0x20 if at else 0)) + (b"" if at else b"\1r") + bytes([at // 8192 + 1]) * 8192
        for at in range(0, 65536, 8192)
    )
    stream = head() + start([(b"r", 65536)]) + footer() + b"\x03" + u32(2) + pages + footer() + tail()
    out, _, fabric = through(stream)
    assert fabric.written == 0
    assert out.endswith(pages + footer() + tail())


def test_a_record_that_is_none_ends_it_once_pages_were_taken_out() -> None:
    page = u64(0x08) + b"\1r" + b"x" * PAGE
    stream = head() + start([(b"r", PAGE)]) + footer() + b"\x02" + u32(2) + page * 20 + u64(0x77) + tail()
    fabric = Fabric()
    with pytest.raises(TransportError, match="the flags 0x77"):
        at_once(lambda: send_all(fabric, [stream]), lambda: read_all(fabric))
