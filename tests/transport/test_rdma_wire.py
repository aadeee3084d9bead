"""Control messages of the rdma transport: bytes to values and back, and what is refused."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migaddr.transport.rdma_wire import (
    MAX_REPEAT,
    VERSION,
    Capabilities,
    Fill,
    Kind,
    MalformedError,
    Message,
    Registered,
    Registration,
    RemoteBlock,
    blocks_result,
    fill,
    read_blocks_result,
    read_fills,
    read_register_result,
    read_registrations,
    register,
    register_result,
)

u32 = st.integers(0, 0xFFFF_FFFF)
u64 = st.integers(0, 0xFFFF_FFFF_FFFF_FFFF)
messages = st.builds(Message, st.sampled_from(Kind), st.binary(max_size=200), u32)


@given(messages)
def test_a_message_survives_its_bytes(message: Message) -> None:
    assert Message.decode(message.encode()) == message


@given(st.binary(max_size=80))
def test_any_bytes_are_a_message_or_refused(raw: bytes) -> None:
    try:
        message = Message.decode(raw)
    except MalformedError:
        return
    # the padding is all that may be lost
    assert message.encode() == raw[:12] + bytes(4) + raw[16:]


@given(messages, st.data())
def test_a_message_that_is_cut_or_has_more_is_refused(message: Message, data: st.DataObject) -> None:
    raw = message.encode()
    with pytest.raises(MalformedError):
        Message.decode(raw[: data.draw(st.integers(0, len(raw) - 1))])
    with pytest.raises(MalformedError):
        Message.decode(raw + data.draw(st.binary(min_size=1, max_size=9)))


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(MalformedError, match="unknown control message, 12"):
        Message.decode(struct.pack("!IIII", 0, 12, 1, 0))


@given(st.lists(st.builds(RemoteBlock, u64, u64, u64, u32), max_size=20))
def test_blocks_survive(blocks: list[RemoteBlock]) -> None:
    assert read_blocks_result(Message.decode(blocks_result(blocks).encode())) == blocks


@given(st.lists(st.builds(Fill, u32, u32, u64, u64), min_size=1, max_size=20))
def test_fills_survive(fills: list[Fill]) -> None:
    assert read_fills(Message.decode(fill(*fills).encode())) == fills


@given(
    st.lists(st.builds(Registration, u64, u32, u64), min_size=1, max_size=20),
    st.sampled_from([Kind.REGISTER_REQUEST, Kind.UNREGISTER_REQUEST]),
)
def test_registrations_survive(parts: list[Registration], kind: Kind) -> None:
    message = Message.decode(register(*parts, kind=kind).encode())
    assert (message.kind, read_registrations(message)) == (kind, parts)


@given(st.lists(st.builds(Registered, u32, u64), max_size=20))
def test_keys_survive(keys: list[Registered]) -> None:
    assert read_register_result(Message.decode(register_result(keys).encode())) == keys


@given(messages)
def test_records_are_read_in_full_or_refused(message: Message) -> None:
    for read in (read_fills, read_registrations, read_register_result, read_blocks_result):
        try:
            found = read(message)
        except MalformedError:
            continue
        if read is not read_blocks_result:
            assert len(found) == message.repeat


def test_more_records_than_allowed_are_refused() -> None:
    one = Registration(0, 0, 0)
    assert len(read_registrations(register(*[one] * MAX_REPEAT))) == MAX_REPEAT
    with pytest.raises(MalformedError, match="4097 records, where 4096 are allowed"):
        read_registrations(register(*[one] * (MAX_REPEAT + 1)))


@given(u32, st.integers(0, 200))
def test_capabilities_survive_and_their_padding_does_not_matter(flags: int, padding: int) -> None:
    said = Capabilities(flags=flags)
    assert Capabilities.decode(said.encode() + bytes(padding)) == said
    assert said.pin_all == bool(flags & 1)


@given(u32.filter(lambda version: version != VERSION))
def test_another_version_is_refused(version: int) -> None:
    with pytest.raises(MalformedError, match=f"version {version}, where only 1 is known"):
        Capabilities.decode(Capabilities(version).encode())


def test_private_data_that_is_too_short_is_refused() -> None:
    with pytest.raises(MalformedError, match="7 bytes of private data"):
        Capabilities.decode(bytes(7))


def test_what_qemu_puts_on_the_wire() -> None:
    """The layouts of docs/rdma.txt, byte by byte."""
    assert Message(Kind.READY).encode().hex() == "00000000000000020000000100000000"
    assert (
        register(Registration(0x1234, 5, 6)).data.hex() == "000000000000123400000005000000000000000000000006"
    )
    assert register_result([Registered(7, 0x8888)]).data.hex() == "00000007000000000000000000008888"
    assert fill(Fill(0, 2, 0x3000, 0x1000)).data.hex() == "000000000000000200000000000030000000000000001000"
    assert (
        blocks_result([RemoteBlock(1, 2, 3, 4)]).data.hex() == "0000000000000001"
        "0000000000000002"
        "0000000000000003"
        "00000004"
        "00000000"
    )
    assert Capabilities(flags=1).encode().hex() == "0000000100000001"
