"""The framed stream: what was sent arrives; whatever is missing, altered or added is an error."""

from __future__ import annotations

import errno
import hashlib
import io
import sys
import zlib

import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st

from migaddr import TransportError
from migaddr.transport import Digest, receive, send
from tests.transport.memory import Memory

KINDS = st.sampled_from([Digest.XXH3, Digest.CRC32, Digest.SHA256])
DATA = st.binary(max_size=300) | st.integers(0, 3 << 20).map(lambda n: bytes(range(251)) * (n // 251 + 1))


class _Slow(io.BytesIO):
    """Gives and takes a few bytes at a time, as pipes do."""

    def readinto(self, buffer: object, /) -> int:
        return super().readinto(memoryview(buffer)[: 1 << 18])  # type: ignore[arg-type]

    def write(self, data: object, /) -> int:
        return super().write(memoryview(data)[:100_000])  # type: ignore[arg-type]


def _framed(data: bytes, kind: Digest) -> bytes:
    stream = Memory()
    send(stream, io.BytesIO(data), framed=True, digest=kind)
    assert stream.ended
    return bytes(stream.content)


@given(DATA, KINDS, st.integers(1, 1 << 21))
def test_what_was_sent_arrives_in_whatever_pieces(data: bytes, kind: Digest, piece: int) -> None:
    stream, sink = Memory(piece=max(piece, len(data) // 100)), _Slow()
    sent = send(stream, _Slow(data), framed=True, digest=kind)
    got = receive(stream, sink, framed=True)
    assert sink.getvalue() == data
    assert (got.bytes, got.digest) == (sent.bytes, sent.digest) == (len(data), sent.digest)


@given(st.binary(max_size=300), KINDS, st.data())
def test_a_truncated_stream_is_an_error(data: bytes, kind: Digest, draw: st.DataObject) -> None:
    whole = _framed(data, kind)
    cut = draw.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(TransportError) as caught:
        receive(Memory(whole[:cut]), None, framed=True)
    assert caught.value.errno == errno.EBADMSG


@given(st.binary(max_size=300), KINDS, st.data())
def test_an_altered_stream_is_an_error(data: bytes, kind: Digest, draw: st.DataObject) -> None:
    altered = bytearray(_framed(data, kind))
    at = draw.draw(st.integers(0, len(altered) - 1))
    altered[at] ^= draw.draw(st.integers(1, 255))
    sink = io.BytesIO()
    with pytest.raises(TransportError) as caught:
        receive(Memory(bytes(altered)), sink, framed=True)
    assert caught.value.errno == errno.EBADMSG


@given(st.binary(max_size=300), KINDS, st.binary(min_size=1, max_size=5))
def test_more_behind_the_end_is_an_error(data: bytes, kind: Digest, more: bytes) -> None:
    with pytest.raises(TransportError, match="more behind the end"):
        receive(Memory(_framed(data, kind) + more), None, framed=True)


@given(st.binary(max_size=300))
def test_no_bytes_are_a_framed_stream_by_accident(data: bytes) -> None:
    with pytest.raises(TransportError):
        receive(Memory(data), None, framed=True)


def test_the_digest_is_that_of_the_bytes() -> None:
    data = bytes(range(256)) * 9000
    expected = {
        Digest.XXH3: "xxh3-128:" + xxhash.xxh3_128(data).hexdigest(),
        Digest.CRC32: f"crc32:{zlib.crc32(data):08x}",
        Digest.SHA256: "sha256:" + hashlib.sha256(data).hexdigest(),
    }
    for kind, value in expected.items():
        stream = Memory()
        assert send(stream, io.BytesIO(data), framed=True, digest=kind).digest == value
        assert receive(stream, None, framed=True).digest == value
        assert send(Memory(), io.BytesIO(data), digest=kind).digest == value
        assert receive(Memory(data), None, digest=kind).digest == value
    assert receive(Memory(data), None, digest=Digest.NONE).digest == ""


def test_without_the_extra_the_default_is_crc32_and_xxh3_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = _framed(b"abc", Digest.XXH3)
    assert Digest.best() is Digest.XXH3
    monkeypatch.setitem(sys.modules, "xxhash", None)
    stream = Memory()
    assert send(stream, io.BytesIO(b"abc"), framed=True).digest == "crc32:352441c2"
    assert receive(stream, None, framed=True).digest == "crc32:352441c2"
    with pytest.raises(TransportError) as caught:
        receive(Memory(whole), None, framed=True)
    assert caught.value.hint is not None and "pip install 'migaddr[hash]'" in caught.value.hint


def test_a_framed_stream_without_a_digest_is_refused() -> None:
    with pytest.raises(TransportError, match="has a digest"):
        send(Memory(), io.BytesIO(), framed=True, digest=Digest.NONE)
    header = b"MIGADDR\x01" + b"none".ljust(8, b"\0") + bytes(12)
    with pytest.raises(TransportError, match="unknown digest"):
        receive(Memory(header), None, framed=True)


def test_progress_is_told() -> None:
    seen: list[int] = []
    stream = Memory()
    send(stream, io.BytesIO(bytes(5 << 19)), framed=True, progress=seen.append)
    assert seen == [1 << 20, 2 << 20, 5 << 19]
    again: list[int] = []
    receive(stream, None, framed=True, progress=again.append)
    assert again[-1] == seen[-1] and again == sorted(again)


def test_a_stream_can_be_the_source() -> None:
    data = bytes(range(256)) * 5000
    to = Memory()
    send(to, Memory(data, piece=77_777))
    assert to.content == data and to.ended
