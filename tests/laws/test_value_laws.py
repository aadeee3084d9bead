"""Laws of values and errors: they pickle, copy, hash and compare by value."""

from __future__ import annotations

import copy
import pickle

from hypothesis import given
from hypothesis import strategies as st

from migaddr import (
    DRAFT_V1,
    DRAFT_V2,
    DRAFT_V3,
    DRAFT_V4,
    QAPI,
    RFC,
    AddressError,
    CommandError,
    FdAddress,
    InexpressibleError,
    MigaddrError,
    MigrateChannel,
    ParseError,
    Refusal,
    Release,
    UnknownReleaseError,
    WireError,
    uri_parts,
    uri_surprises,
)
from tests.addresses import addresses, any_text, channels, releases, uris

_OPTIONAL_TEXT = st.none() | any_text

errors: st.SearchStrategy[MigaddrError] = st.one_of(
    st.builds(AddressError, any_text, any_text),
    st.builds(
        ParseError, any_text, any_text, st.just(0), st.just(0), _OPTIONAL_TEXT, st.booleans(), _OPTIONAL_TEXT
    ),
    st.builds(WireError, any_text, any_text, _OPTIONAL_TEXT, st.booleans(), _OPTIONAL_TEXT),
    st.builds(InexpressibleError, addresses, any_text, any_text),
    st.builds(CommandError, any_text, _OPTIONAL_TEXT, st.booleans(), _OPTIONAL_TEXT),
    st.builds(Refusal, any_text, _OPTIONAL_TEXT, st.booleans(), _OPTIONAL_TEXT),
    st.builds(UnknownReleaseError, any_text, any_text),
)


def _copies(value: object) -> list[object]:
    oldest, newest = pickle.dumps(value, 2), pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    return [copy.copy(value), copy.deepcopy(value), pickle.loads(oldest), pickle.loads(newest)]


@given(addresses | channels | releases)
def test_values_pickle_copy_hash_and_compare(value: object) -> None:
    for twin in _copies(value):
        assert twin == value
        assert hash(twin) == hash(value)
        assert repr(twin) == repr(value)


@given(errors)
def test_errors_pickle_copy_hash_and_compare(error: MigaddrError) -> None:
    for twin in _copies(error):
        assert type(twin) is type(error)
        assert twin == error
        assert hash(twin) == hash(error)
        assert str(twin) == str(error)
        assert vars(twin) == vars(error)
    assert error.args == tuple(vars(error).values())  # what it is compared by
    others = (
        UnknownReleaseError("a", "b"),
        AddressError("a", "b"),
        AddressError("a", "c"),
        WireError("a", "b"),
    )
    assert len({hash(one) for one in others}) == len(others)


def test_an_error_is_compared_by_all_that_it_says() -> None:
    for error in (
        AddressError("a", "b"), ParseError("a", "b", 0, 1, "c", True, "d"), WireError("a", "b", "c", True, "d"), UnknownReleaseError("a", "b"),
        InexpressibleError(FdAddress("x"), "a", "b"), CommandError("a", "b", True, "c"), Refusal("a", "b", True, "c"),
    ):  # fmt: skip
        assert error.args == tuple(vars(error).values())


@given(errors, errors)
def test_errors_are_equal_only_with_equal_attributes(one: MigaddrError, other: MigaddrError) -> None:
    assert (one == other) == (type(one) is type(other) and vars(one) == vars(other))
    assert one != str(one)


@given(errors)
def test_errors_print_without_acting_on_a_terminal(error: MigaddrError) -> None:
    assert all(char.isprintable() or char == "\n" for char in str(error))


@given(uris, releases)
def test_surprises_and_parts_pickle_copy_hash_and_compare(uri: str, release: Release) -> None:
    for value in (*uri_surprises(uri, release), *uri_parts(uri, release)):
        for twin in _copies(value):
            assert twin == value
            assert hash(twin) == hash(value)


def test_dialects_pickle_copy_hash_and_compare() -> None:
    for value in (QAPI, DRAFT_V1, DRAFT_V2, DRAFT_V3, DRAFT_V4, RFC):
        for twin in _copies(value):
            assert twin == value
            assert hash(twin) == hash(value)


@given(channels)
def test_channels_are_frozen_and_slotted(channel: MigrateChannel) -> None:
    assert not hasattr(channel, "__dict__")
    assert not hasattr(channel.addr, "__dict__")
