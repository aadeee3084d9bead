"""The model: limits that are true in every spelling, and an error that names the member."""

from __future__ import annotations

import enum
import inspect
from collections.abc import Callable
from typing import Any

import attrs
import pytest

from migaddr import (
    DRAFT_V1,
    AddressError,
    ChannelType,
    ExecAddress,
    FdAddress,
    FileAddress,
    InetAddress,
    Migrate,
    MigrateChannel,
    MigrateIncoming,
    RdmaAddress,
    UnixAddress,
    VsockAddress,
    WireError,
    address_from_qmp,
    address_to_qmp,
    channels_from_qmp,
    channels_to_qmp,
    exec_address,
    exec_command,
    format_uri,
    parse_uri,
)

INET = InetAddress("h", "1")


def _inet(**members: Any) -> InetAddress:
    return InetAddress("h", "1", **members)


@pytest.mark.parametrize("name", ["numeric", "ipv4", "ipv6", "keep_alive", "mptcp"])
@pytest.mark.parametrize("bad", [0, 1, "on", "off", b"", []])
def test_a_flag_is_a_bool_or_none(name: str, bad: object) -> None:
    with pytest.raises(AddressError) as caught:
        _inet(**{name: bad})
    assert caught.value.member == name
    assert [getattr(_inet(**{name: good}), name) for good in (True, False, None)] == [True, False, None]


@pytest.mark.parametrize(
    ("name", "largest"),
    [
        ("to", 2**16 - 1),
        ("keep_alive_count", 2**32 - 1),
        ("keep_alive_idle", 2**32 - 1),
        ("keep_alive_interval", 2**32 - 1),
    ],
)
def test_a_number_has_the_range_of_its_qapi_type(name: str, largest: int) -> None:
    assert [getattr(_inet(**{name: good}), name) for good in (0, largest, None)] == [0, largest, None]
    for bad in (-1, largest + 1, True, False, "1", 1.0):
        with pytest.raises(AddressError) as caught:
            _inet(**{name: bad})
        assert caught.value.member == name


def test_an_offset_is_a_uint64() -> None:
    assert FileAddress("f").offset == 0
    assert FileAddress("f", offset=2**64 - 1).offset == 2**64 - 1
    for bad in (-1, 2**64, True, None, "0", 10**5000):
        with pytest.raises(AddressError) as caught:
            FileAddress("f", offset=bad)  # type: ignore[arg-type]  # some are of the wrong type on purpose
        assert caught.value.member == "offset"


TEXTS: list[tuple[str, Callable[[Any], object]]] = [
    ("host", lambda text: InetAddress(text, "1")),
    ("port", lambda text: InetAddress("h", text)),
    ("path", UnixAddress),
    ("cid", lambda text: VsockAddress(text, "1")),
    ("port", lambda text: VsockAddress("1", text)),
    ("name", FdAddress),
    ("filename", FileAddress),
    ("args[1]", lambda text: ExecAddress(("/bin/sh", text))),
]


@pytest.mark.parametrize(("member", "make"), TEXTS)
def test_a_text_is_any_byte_string_without_nul(member: str, make: Callable[[Any], object]) -> None:
    for good in ("", "é", "\udc80", "\udcff", "\uffff", "a\nb"):
        make(good)
    for bad, said in ((b"x", "bytes"), (None, "None"), (1, "int"), ("a\0b", "NUL character at 1")):
        with pytest.raises(AddressError, match=said) as caught:
            make(bad)
        assert caught.value.member == member
    for bad in ("é\0", "\ud800", "x\udfff", "\udc7f", "\udd00"):
        with pytest.raises(AddressError) as caught:
            make(bad)
        assert caught.value.member == member


@pytest.mark.parametrize("bad", [(), [], ["/bin/true"], "/bin/true", None])
def test_an_argument_vector_is_a_tuple_that_is_not_empty(bad: Any) -> None:
    with pytest.raises(AddressError) as caught:
        ExecAddress(bad)
    assert caught.value.member == "args"


@pytest.mark.parametrize("bad", [None, "on", 1])
def test_unix_flags_are_bools(bad: Any) -> None:
    for name in ("abstract", "tight"):
        if bad is None:
            assert getattr(UnixAddress("p", **{name: bad}), name) is None
            continue
        with pytest.raises(AddressError) as caught:
            UnixAddress("p", **{name: bad})
        assert caught.value.member == name


def test_what_holds_an_address_wants_one() -> None:
    wrong: Any = "h:1"
    with pytest.raises(AddressError, match=r"inet: must be an InetAddress, not str"):
        RdmaAddress(wrong)
    with pytest.raises(AddressError, match=r"addr: must be a MigrateAddress, not str"):
        MigrateChannel(ChannelType.MAIN, wrong)
    with pytest.raises(AddressError, match=r"channel_type: must be a ChannelType, not str"):
        MigrateChannel(wrong, INET)


@pytest.mark.parametrize("wrong", [None, "tcp:h:1", 5, object])
def test_what_writes_an_address_says_that_it_was_given_none(wrong: Any) -> None:
    for write in (format_uri, address_to_qmp, lambda address: address_to_qmp(address, DRAFT_V1)):
        with pytest.raises(AddressError, match="must be a MigrateAddress"):
            write(wrong)
    for bad in (wrong, [wrong]):
        with pytest.raises(AddressError, match="must be a sequence of MigrateChannel"):
            channels_to_qmp(bad)


def test_values_are_frozen() -> None:
    for value in (INET, UnixAddress("p"), FdAddress("n"), MigrateChannel(ChannelType.MAIN, INET)):
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            setattr(value, attrs.fields(type(value))[0].name, "x")


class _Enum(str, enum.Enum):  # noqa: UP042 -- this is the one that formats as its name
    HOST = "host"


class _Number(enum.IntEnum):
    ONE = 1


class _Text(str):
    __slots__ = ()

    def __format__(self, spec: str) -> str:
        return "wrong"


def test_a_subclass_of_str_or_int_is_refused_in_the_model_and_read_for_what_it_is_elsewhere() -> None:
    with pytest.raises(AddressError, match="must be str, not _Enum"):
        FdAddress(_Enum.HOST)
    with pytest.raises(AddressError, match="must be int, not _Number"):
        FileAddress("f", offset=_Number.ONE)
    found = address_from_qmp({"transport": "socket", "type": "fd", "str": _Enum.HOST})
    assert isinstance(found, FdAddress)
    assert type(found.name) is str
    assert parse_uri(_Text("fd:host")) == FdAddress("host")


@pytest.mark.parametrize("wrong", [None, "qapi", 5])
def test_a_dialect_is_a_dialect(wrong: Any) -> None:
    calls: list[Callable[[Any, Any], object]] = [address_from_qmp, address_to_qmp, channels_from_qmp]
    for call in calls:
        with pytest.raises(WireError, match="must be a Dialect"):
            call(FdAddress("x"), wrong)


@pytest.mark.parametrize("wrong", [None, "linux", []])
def test_what_has_a_shell_is_posix_or_windows(wrong: Any) -> None:
    with pytest.raises(AddressError, match="host_os"):
        exec_address("x", wrong)
    with pytest.raises(AddressError, match="must be an ExecAddress"):
        exec_command(wrong)


def test_absent_is_not_false() -> None:
    assert _inet(ipv4=None) != _inet(ipv4=False)
    assert UnixAddress("p") != UnixAddress("p", abstract=False)


def test_optional_members_are_given_by_name() -> None:
    for make, given in (
        (InetAddress, ("h", "1", True)),
        (UnixAddress, ("/x", True)),
        (FileAddress, ("/x", 1)),
        (Migrate, (FdAddress("x"), True)),
        (MigrateIncoming, (FdAddress("x"), True)),
    ):
        untyped: Any = make
        with pytest.raises(TypeError, match="positional"):
            untyped(*given)


@pytest.mark.parametrize(
    "model",
    [
        InetAddress,
        UnixAddress,
        VsockAddress,
        FdAddress,
        ExecAddress,
        RdmaAddress,
        FileAddress,
        MigrateChannel,
    ],
)
def test_what_attrs_tells_of_a_class_is_how_it_is_made(model: type) -> None:
    """Whatever asks attrs (evolve, cattrs, a match statement) sees the members that the class takes."""
    taken = [*inspect.signature(model).parameters.values()]
    told = attrs.fields(model)
    assert [one.alias for one in told] == [one.name for one in taken]
    for one, parameter in zip(told, taken, strict=True):
        assert one.kw_only == (parameter.kind is parameter.KEYWORD_ONLY)
        assert (one.default is attrs.NOTHING) == (parameter.default is parameter.empty)
        assert one.default is attrs.NOTHING or one.default == parameter.default
    by_place = tuple(one.name for one in told if not one.kw_only)
    assert vars(model)["__match_args__"] == by_place
