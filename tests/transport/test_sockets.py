"""What tcp and unix promise beyond moving bytes: options of the sockets, private paths, who may connect."""

from __future__ import annotations

import errno
import os
import socket
import stat
import threading
import time
from pathlib import Path

import pytest

from migaddr import FdAddress, FileAddress, InetAddress, TransportError, UnixAddress
from migaddr.transport import Deadline, connect, listen, receive
from tests.transport.left import nothing_left
from tests.transport.place_faults import NOBODY, apart


def patience() -> Deadline:
    """A deadline begins when it is made."""
    return Deadline(10)


def _socket_of(stream: object) -> socket.socket:
    found = stream._socket  # type: ignore[attr-defined]
    assert isinstance(found, socket.socket)
    return found


def test_keep_alive_is_set_on_both_ends_with_its_timers() -> None:
    address = InetAddress(
        "127.0.0.1", "0", keep_alive=True, keep_alive_count=4, keep_alive_idle=70, keep_alive_interval=8
    )
    with listen(address) as listener, connect(listener.address) as one, listener.accept(patience()) as other:
        for sock in map(_socket_of, (one, other)):
            assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            timers = (socket.TCP_KEEPCNT, socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL)
            assert [sock.getsockopt(socket.IPPROTO_TCP, option) for option in timers] == [4, 70, 8]
    for off in (
        InetAddress("127.0.0.1", "0", keep_alive_count=4),
        InetAddress("127.0.0.1", "0", keep_alive=False),
    ):
        with listen(off) as listener, connect(listener.address) as one:
            assert _socket_of(one).getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 0


def test_a_timer_that_the_kernel_refuses_is_an_error(tmp_path: Path) -> None:
    with nothing_left(tmp_path), listen(InetAddress("127.0.0.1", "0")) as listener:
        assert isinstance(listener.address, InetAddress)
        wrong = InetAddress("127.0.0.1", listener.address.port, keep_alive=True, keep_alive_idle=1 << 20)
        with pytest.raises(TransportError) as caught:
            connect(wrong)
        assert caught.value.errno == errno.EINVAL
    with (
        nothing_left(tmp_path),
        listen(InetAddress("127.0.0.1", "0", keep_alive=True, keep_alive_idle=1 << 20)) as listener,
    ):
        assert isinstance(listener.address, InetAddress)
        with (
            socket.create_connection(("127.0.0.1", int(listener.address.port))),
            pytest.raises(TransportError),
        ):
            listener.accept(patience())


def test_mptcp_where_the_kernel_has_it() -> None:
    try:
        listener = listen(InetAddress("127.0.0.1", "0", mptcp=True))
    except TransportError as error:
        assert "this kernel has no MPTCP" in error.cause
        return
    with listener, connect(listener.address) as stream:
        assert _socket_of(stream).proto == socket.IPPROTO_MPTCP


def test_a_unix_socket_is_private_from_the_beginning(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with listen(UnixAddress(str(tmp_path / "s"))):
            assert stat.S_IMODE((tmp_path / "s").stat().st_mode) == 0o600
    finally:
        os.umask(before)
    assert not (tmp_path / "s").exists()


def test_a_path_is_removed_only_if_it_is_still_ours(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with listen(UnixAddress(str(path))):
        path.unlink()
        path.write_text("another's")
    assert path.read_text() == "another's"


def test_an_empty_path_is_a_new_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with nothing_left(tmp_path), listen(UnixAddress("")) as listener, listen(UnixAddress("")) as another:
        assert isinstance(listener.address, UnixAddress)
        assert listener.address != another.address
        with connect(listener.address), listener.accept(patience()):
            pass
    with pytest.raises(TransportError, match="no path to connect to"):
        connect(UnixAddress(""))


def test_only_the_users_who_may_are_accepted(tmp_path: Path) -> None:
    address = UnixAddress(f"migaddr-uid-{os.getpid()}", abstract=True)  # no file permissions are in the way
    with listen(address, peer_uids={os.geteuid()}) as listener, connect(address), listener.accept(patience()):
        pass
    with listen(address, peer_uids={NOBODY}) as listener:
        turned_away: list[int] = []

        def come() -> None:
            with connect(address) as stream:
                turned_away.append(stream.read_into(memoryview(bytearray(1)), patience()))

        thread = threading.Thread(target=come)
        thread.start()
        with pytest.raises(TransportError) as caught:
            listener.accept(Deadline(0.3))
        thread.join()
        assert caught.value.errno == errno.ETIMEDOUT
        assert turned_away == [0]

        def as_nobody() -> None:
            with connect(address) as stream:
                stream.write(b"let in")
                stream.end(patience())

        thread = threading.Thread(target=lambda: apart(as_nobody, user=NOBODY))
        if os.geteuid() == 0:
            thread.start()
            with listener.accept(patience()) as stream:
                assert stream.read_into(memoryview(bytearray(9)), patience()) == 6
            thread.join()


def test_who_connects_is_not_asked_of_a_listener_that_cannot_tell(tmp_path: Path) -> None:
    for address in (InetAddress("127.0.0.1", "0"), FdAddress("0"), FileAddress(str(tmp_path))):
        with pytest.raises(TransportError, match="only unix sockets tell which user connects"):
            listen(address, peer_uids={os.geteuid()})


def test_a_stream_that_breaks_off_is_reset_over_tcp(tmp_path: Path) -> None:
    with nothing_left(tmp_path), listen(InetAddress("127.0.0.1", "0")) as listener:
        stream = connect(listener.address)
        with listener.accept(patience()) as other:
            stream.write(b"some")
            time.sleep(0.05)
            stream.close()  # and not ended
            with pytest.raises(TransportError) as caught:
                receive(other, None, deadline=10)
            assert caught.value.errno == errno.ECONNRESET


def test_a_closed_listener_and_closing_twice(tmp_path: Path) -> None:
    with nothing_left(tmp_path):
        listener = listen(UnixAddress(str(tmp_path / "s")))
        listener.close()
        listener.close()
        with pytest.raises(TransportError, match="closed"):
            listener.accept(patience())
        ours, theirs = socket.socketpair()
        theirs.close()
        stream = connect(FdAddress(str(ours.detach())))
        stream.close()
        stream.close()
        for use in (
            lambda: stream.write(b"x"),
            lambda: stream.read_into(memoryview(bytearray(1))),
            stream.end,
        ):
            with pytest.raises(TransportError):
                use()
