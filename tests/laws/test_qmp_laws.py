"""Laws of QMP: what is written is read again, in each dialect and release; reading is strict."""

from __future__ import annotations

import json

from hypothesis import example, given
from hypothesis import strategies as st

from migaddr import (
    DRAFT_V1,
    DRAFT_V2,
    DRAFT_V3,
    DRAFT_V4,
    QAPI,
    RELEASES,
    RFC,
    Dialect,
    InexpressibleError,
    JsonValue,
    MigrateAddress,
    MigrateChannel,
    ParseError,
    Release,
    WireError,
    address_from_qmp,
    address_to_qmp,
    channels_from_qmp,
    channels_to_qmp,
    parse_json,
)
from tests.addresses import addresses, channels, releases

DRAFTS: list[Dialect[object]] = [DRAFT_V1, DRAFT_V2, DRAFT_V3, DRAFT_V4, RFC]
DIALECTS: list[Dialect[object]] = [QAPI, *DRAFTS]

json_values: st.SearchStrategy[JsonValue] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
    | st.text("'\"ab:,{}[]\\ ", max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=6,
)
member_names = st.sampled_from(
    "transport type host port path cid str args filename offset channel-type addr channeltype socket-type exec-str "
    "rdma-str data dest-addr src-addr multifd-count to ipv4 keep-alive keep-alive-count abstract tight x".split()
)
member_values: st.SearchStrategy[object] = (
    st.sampled_from(
        [
            "socket",
            "inet",
            "unix",
            "vsock",
            "fd",
            "exec",
            "rdma",
            "file",
            "main",
            "cpr",
            "control",
            "1",
            "",
            "\0",
        ]
    )
    | st.sampled_from(
        [[], ["a"], [1], {}, True, 1, -1, 2**16, 2**64, 10**5000, 1.0, None, "\udc80", "\ufffe"]
    )
    | json_values
)
nearly_addresses: st.SearchStrategy[object] = st.dictionaries(member_names, member_values, max_size=6)
sockets = st.fixed_dictionaries({"type": st.just("inet"), "host": st.text(max_size=3), "port": st.just("1")})
draft_addresses: st.SearchStrategy[object] = (
    st.builds(
        lambda name, inner: {"transport": "socket", name: inner},
        st.sampled_from(["data", "socket-type"]),
        sockets,
    )
    | sockets.map(lambda inner: {"transport": "socket", **inner})
    | st.builds(lambda name: {"transport": "exec", name: ["/x"]}, st.sampled_from(["data", "args"]))
    | st.builds(lambda name: {"transport": "exec", name: "x"}, st.sampled_from(["str", "exec-str"]))
)
nearly_channels = st.lists(
    st.fixed_dictionaries(
        {"channel-type": st.sampled_from(["main", "cpr", "x", 1]), "addr": nearly_addresses | member_values}
    )
    | st.fixed_dictionaries(
        {"channeltype": st.sampled_from(["main", "x"]), "addr": nearly_addresses | draft_addresses}
    )
    | st.fixed_dictionaries(
        {"channeltype": st.sampled_from(["control", "data"]), "dest-addr": nearly_addresses | draft_addresses}
    )
    | nearly_addresses,
    max_size=3,
)


@given(addresses, releases, st.sampled_from(DIALECTS))
def test_a_written_address_reads_as_the_same(
    address: MigrateAddress, release: Release, dialect: Dialect[object]
) -> None:
    try:
        written = address_to_qmp(address, dialect, release=release)
    except InexpressibleError as error:
        assert error.address is address
        assert error.reason
        return
    assert address_from_qmp(written, dialect, release=release) == address
    over_the_wire = json.loads(json.dumps(written))
    assert address_from_qmp(over_the_wire, dialect, release=release) == address


@given(st.lists(channels, max_size=3), releases)
def test_a_written_list_reads_as_the_same(given_channels: list[MigrateChannel], release: Release) -> None:
    try:
        written = channels_to_qmp(given_channels, release=release)
    except InexpressibleError:
        return
    assert channels_from_qmp(written, release=release) == tuple(given_channels)


@given(channels, releases, st.sampled_from(DRAFTS))
def test_draft_and_landed_channels_convert_into_each_other(
    channel: MigrateChannel, release: Release, dialect: Dialect[object]
) -> None:
    try:
        draft = channels_to_qmp([channel], dialect, release=release)
        landed = channels_to_qmp([channel], QAPI, release=release)
    except InexpressibleError:
        return
    assert channels_from_qmp(draft, dialect, release=release) == (channel,)
    assert channels_to_qmp(channels_from_qmp(landed, release=release), dialect, release=release) == draft


@given(nearly_addresses | json_values, releases)
@example({"transport": "file", "filename": "x", "offset": 10**5000}, RELEASES[-1])
@example({"transport": "exec", "args": []}, RELEASES[-1])
@example({1: 2}, RELEASES[-1])
@example({"transport": "socket", "type": "fd", "str": "x", 1: 2}, RELEASES[-1])
@example({"transport": "rdma", "rdma-str": '[b]:]"'}, RELEASES[0])
@example({"transport": "rdma", "rdma-str": "[,addr=[a=b:c]:80"}, RELEASES[-1])
def test_any_value_gives_an_address_or_our_error(value: object, release: Release) -> None:
    for dialect in DIALECTS:
        try:
            address = address_from_qmp(value, dialect, release=release)
        except WireError as error:
            assert error.path.startswith("channel")
            assert error.reason
            assert str(error)
        else:
            try:
                written = address_to_qmp(address, dialect, release=release)
            except InexpressibleError:
                # a few addresses have a text that nobody would write
                assert isinstance(value, dict) and "rdma-str" in value
                continue
            assert address_from_qmp(written, dialect, release=release) == address
            # one address has several texts; and RFC reads the form of its schema and that of its examples
            if "rdma-str" not in written and dialect is not RFC:
                assert written == value


@given(nearly_channels | json_values, releases, st.sampled_from(DRAFTS))
def test_any_value_gives_channels_of_a_draft_or_our_error(
    value: object, release: Release, dialect: Dialect[object]
) -> None:
    if dialect.argument == "channel" and isinstance(value, list) and value:
        value = value[0]
    try:
        found = channels_from_qmp(value, dialect, release=release)
    except WireError as error:
        assert error.path.startswith(dialect.argument)
        assert (error.qemu_message, error.crashes_qemu) == (None, False)
        assert str(error)
        return
    try:
        written = channels_to_qmp(found, dialect, release=release)
    except InexpressibleError:
        # a few addresses have a text that nobody would write
        assert "rdma-str" in json.dumps(value)
        return
    assert channels_from_qmp(written, dialect, release=release) == found


@given(nearly_channels, releases)
def test_any_list_gives_channels_or_our_error(value: object, release: Release) -> None:
    try:
        found = channels_from_qmp(value, release=release)
    except WireError as error:
        assert error.path.startswith("channels")
        assert str(error)
    else:
        assert channels_to_qmp(found, release=release) == value


@given(json_values)
def test_json_text_reads_as_json_does(value: JsonValue) -> None:
    text = json.dumps(value)
    assert parse_json(text) == json.loads(text)


@given(json_values, st.booleans(), st.integers(0, 10**6), st.sampled_from("'`\u2018\u201c\u201d"))
@example(["x', ", "b"], False, 2, "'")
@example({"a": "it's"}, False, 1, "'")
@example(["a\\", "\\"], False, 3, "'")
@example([["", "',\""]], False, 2, "'")
def test_one_swapped_quote_is_pointed_at(value: JsonValue, indented: bool, chosen: int, other: str) -> None:
    """The carets stand at the quote that was swapped, or right behind it."""
    text = json.dumps(value, indent=2 if indented else None, ensure_ascii=False)
    quotes = [at for at, char in enumerate(text) if char == '"']
    if not quotes:
        return
    at = quotes[chosen % len(quotes)]
    broken = f"{text[:at]}{other}{text[at + 1 :]}"
    try:
        parse_json(broken)
    except ParseError as error:
        assert error.text == broken
        if error.start not in (at, at + 1):
            # as good a reading: the text with another quote put right is JSON too
            repaired = f'{broken[: error.start]}"{broken[error.start + 1 :]}'
            json.loads(repaired)
    else:
        json.loads(broken)


@given(st.text("{}[]:,\"\\'ntrue01.e+- \n\x01é", max_size=30))
@example("[" * 100_000)
@example('{"a":' * 100_000)
@example("1" * 5000)
@example("\ufeff{}")
@example("-Infinity")
@example("['a\\'b']")
@example("{'a':1,'a':2}")
@example("['\\ud800']")
@example('["a\\\'b"]')
def test_any_text_gives_json_or_an_error_whose_span_lies_inside(text: str) -> None:
    try:
        parse_json(text)
    except ParseError as error:
        assert error.text == text
        assert 0 <= error.start <= error.end <= len(text)
        assert error.qemu_message is None
        assert str(error)
        if error.hint is not None and "quote does not match" in error.reason:
            parse_json(error.hint)  # it can be pasted
    else:
        json.loads(text) if len(text) < 4000 else None
