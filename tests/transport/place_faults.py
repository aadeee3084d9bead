"""Faults of the address: taken, too long, not there, not permitted, of the wrong kind."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import socket
import stat
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from migaddr import (
    ExecAddress,
    FdAddress,
    FileAddress,
    InetAddress,
    MigrateAddress,
    TransportError,
    UnixAddress,
    VsockAddress,
)
from migaddr.transport import connect, listen
from tests.transport.peers import ANY_CID, PATIENCE, listening_place, need_vsock

_Open: TypeAlias = Callable[[MigrateAddress], object]
CLONE_NEWNS, CLONE_NEWNET, MS_REC, MS_PRIVATE = 0x20000, 0x40000000, 0x4000, 0x40000
NOBODY = 65534


def refused(address: MigrateAddress, by: _Open, *numbers: int) -> str:
    """The words with which an address is refused, with one of these numbers."""
    began = time.monotonic()
    with pytest.raises(TransportError) as caught:
        by(address)
    assert caught.value.address == address
    assert caught.value.errno in numbers, caught.value
    assert time.monotonic() - began < PATIENCE
    return caught.value.cause


def apart(work: Callable[[], None], *, flags: int = 0, user: int | None = None) -> None:
    """Do something in a process of its own, in namespaces of its own and as another user."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            if os.geteuid() != 0:
                status = 77
            else:
                libc = ctypes.CDLL(None, use_errno=True)
                assert flags == 0 or libc.unshare(flags) == 0, os.strerror(ctypes.get_errno())
                if flags & CLONE_NEWNS:
                    assert libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None) == 0
                if user is not None:
                    os.setgroups([])
                    os.setresuid(user, user, user)
                work()
                status = 0
        except BaseException:  # noqa: BLE001 -- the child ends here
            traceback.print_exc()
        os._exit(status)
    _, found = os.waitpid(child, 0)
    if os.waitstatus_to_exitcode(found) == 77:
        pytest.skip("needs root, to become another user")
    assert os.waitstatus_to_exitcode(found) == 0


def full_file(folder: Path) -> None:
    """A file system of 64 KiB."""

    def work() -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        assert libc.mount(b"none", os.fsencode(folder), b"tmpfs", 0, b"size=64k") == 0
        with connect(FileAddress(str(folder / "f"))) as stream, pytest.raises(TransportError) as caught:
            stream.write(bytes(1 << 20))
        assert caught.value.errno == errno.ENOSPC
        assert caught.value.cause == f"writing: {os.strerror(errno.ENOSPC)}"

    apart(work, flags=CLONE_NEWNS)


def the_place_is_taken(kind: str, folder: Path) -> None:
    with listen(listening_place(kind, folder)) as first:
        address = first.address
        if isinstance(address, InetAddress):
            again = InetAddress("127.0.0.1", address.port)
            assert refused(again, listen, errno.EADDRINUSE) == f"port {address.port} is taken on 127.0.0.1"
            port = int(address.port)
            if port < 65535:
                with listen(InetAddress("127.0.0.1", address.port, to=min(port + 20, 65535))) as next_free:
                    assert isinstance(next_free.address, InetAddress)
                    assert port < int(next_free.address.port) <= port + 20
            empty = InetAddress("127.0.0.1", address.port, to=port - 1)
            assert "the range of ports is empty" in refused(empty, listen, errno.EADDRINUSE)
        elif isinstance(address, UnixAddress):
            assert "somebody else listens" in refused(address, listen, errno.EADDRINUSE)
            assert Path(address.path).exists()
        else:
            refused(address, listen, errno.EADDRINUSE)
    if kind == "unix":
        hidden = UnixAddress(f"migaddr-{os.getpid()}", abstract=True)
        with listen(hidden):
            refused(hidden, listen, errno.EADDRINUSE)


def the_path_is_too_long(kind: str, folder: Path) -> None:
    if kind == "unix":
        for address in (
            UnixAddress("/" + "x" * 108),
            UnixAddress("x" * 108, abstract=True),
            UnixAddress("/tmp/" + "é" * 52),
        ):
            for by in (connect, listen):
                refused(address, by, errno.ENAMETOOLONG)
        fits = UnixAddress(str(folder) + "/" + "x" * (107 - len(str(folder))))
        assert len(fits.path) == 108
        with listen(fits), connect(fits):
            assert stat.S_IMODE(os.stat(fits.path).st_mode) == 0o600
        with listen(UnixAddress("x" * 107, abstract=True)) as listener, connect(listener.address):
            pass
    elif kind == "exec":
        refused(ExecAddress(("/" + "x" * 256,)), connect, errno.ENAMETOOLONG)
        refused(ExecAddress(("/bin/true", "x" * (1 << 22))), connect, errno.E2BIG)
    else:
        for by in (connect, listen):
            refused(FileAddress(str(folder / ("x" * 256))), by, errno.ENAMETOOLONG)


def the_path_exists(kind: str, folder: Path) -> None:
    for make in (Path.touch, os.mkfifo):
        make(folder / "s")
        before = (folder / "s").lstat()
        assert "is at this path, and it stays" in refused(
            UnixAddress(str(folder / "s")), listen, errno.EADDRINUSE
        )
        assert (folder / "s").lstat() == before
        (folder / "s").unlink()
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(folder / "s"))
    with listen(UnixAddress(str(folder / "s"))):  # of this user, and nobody listens on it: it is replaced
        pass
    assert not (folder / "s").exists()


def the_path_is_a_directory(kind: str, folder: Path) -> None:
    if kind == "unix":
        assert "a folder is at this path" in refused(UnixAddress(str(folder)), listen, errno.EADDRINUSE)
        refused(UnixAddress(str(folder)), connect, errno.ECONNREFUSED)
    elif kind == "exec":
        refused(ExecAddress((str(folder),)), connect, errno.EACCES)
    else:
        refused(FileAddress(str(folder)), connect, errno.EISDIR)
        refused(FileAddress(str(folder)), listen, errno.EISDIR)


def the_path_is_a_symlink(kind: str, folder: Path) -> None:
    link = folder / "s"
    for target in ("nowhere", "there"):
        (folder / "there").touch()
        link.symlink_to(target)
        assert "a symbolic link is at this path" in refused(UnixAddress(str(link)), listen, errno.EADDRINUSE)
        assert link.is_symlink() and not (folder / "nowhere").exists()
        link.unlink()
    (folder / "there").unlink()


def not_permitted(kind: str, folder: Path) -> None:
    if kind == "vsock":
        need_vsock()
    (folder / "theirs").mkdir()
    (folder / "theirs").chmod(0o700)
    secret = folder / "secret"
    secret.touch()
    secret.chmod(0o600)
    places: dict[str, list[tuple[MigrateAddress, _Open]]] = {
        "tcp": [(InetAddress("0.0.0.0", "80"), listen)],
        "unix": [(UnixAddress(str(folder / "s")), listen), (UnixAddress(str(folder / "live")), connect)],
        "vsock": [(VsockAddress(ANY_CID, "80"), listen)],
        "exec": [(ExecAddress((str(secret),)), connect)],
        "file": [
            (FileAddress(str(secret)), listen),
            (FileAddress(str(secret)), connect),
            (FileAddress(str(folder / "new")), connect),
        ],
    }

    def work() -> None:
        for address, by in places[kind]:
            refused(address, by, errno.EACCES, errno.EPERM)

    for parent in (folder, *folder.parents):  # let them get that far
        if parent.stat().st_mode & 0o001 == 0 and len(parent.parts) > 2:
            parent.chmod(parent.stat().st_mode | 0o011)
    with listen(UnixAddress(str(folder / "live"))) if kind == "unix" else contextlib.nullcontext():
        apart(work, flags=CLONE_NEWNET if kind == "tcp" else 0, user=NOBODY)
    secret.unlink()
    (folder / "theirs").rmdir()


def the_command_is_not_found(kind: str, folder: Path) -> None:
    for args in (("/no/such/command",), ("no-such-command",), ("",), (str(folder / "script"),)):
        (folder / "script").write_text("#!/no/such/interpreter\n")
        (folder / "script").chmod(0o755)
        for by in (connect, listen):
            assert "running" in refused(ExecAddress(args), by, errno.ENOENT, errno.EACCES, errno.EISDIR)
    (folder / "script").write_text("not a program")
    refused(ExecAddress((str(folder / "script"),)), connect, errno.ENOEXEC)
    (folder / "script").unlink()


def the_descriptor_is_not_open(kind: str, folder: Path) -> None:
    one, other = os.pipe() if kind == "fd-pipe" else (sock.detach() for sock in socket.socketpair())
    os.close(one)
    os.close(other)
    for by in (connect, listen):
        refused(FdAddress(str(one)), by, errno.EBADF)
        refused(FdAddress("2147483647"), by, errno.EBADF)
        refused(FdAddress("2147483648"), by, errno.EBADF)
        refused(FdAddress("3x"), by, errno.EBADF)

        def named(address: MigrateAddress, by: Callable[..., object] = by) -> object:
            return by(address, fds={"mig": one})

        refused(FdAddress("mig"), named, errno.EBADF)


def the_descriptor_is_of_the_wrong_kind(kind: str, folder: Path) -> None:
    if kind == "fd-pipe":
        reading, writing = os.pipe()
        with (
            open(reading, "rb"),
            open(writing, "wb"),
            open(folder / "f", "wb") as plain,
            open("/dev/null") as null,
        ):
            assert "cannot be read from" in refused(FdAddress(str(writing)), listen, errno.EBADF)
            assert "cannot be written to" in refused(FdAddress(str(reading)), connect, errno.EBADF)
            for by in (connect, listen):
                assert "is a file" in refused(FdAddress(str(plain.fileno())), by, errno.EINVAL)
                assert "is a character device" in refused(FdAddress(str(null.fileno())), by, errno.EINVAL)
            folder_fd = os.open(folder, os.O_RDONLY)
            assert "is a folder" in refused(FdAddress(str(folder_fd)), listen, errno.EINVAL)
            os.close(folder_fd)
        (folder / "f").unlink()
        return
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams,
        socket.socket(socket.AF_UNIX) as unconnected,
        socket.create_server(("127.0.0.1", 0)) as listening,
    ):
        for by in (connect, listen):
            assert "no stream socket" in refused(FdAddress(str(datagrams.fileno())), by, errno.EPROTOTYPE)
            refused(FdAddress(str(unconnected.fileno())), by, errno.ENOTCONN)
            assert "a listening socket" in refused(FdAddress(str(listening.fileno())), by, errno.ENOTCONN)
            # each is still open, and its owner's
            os.fstat(listening.fileno())


def the_address_does_not_resolve(kind: str, folder: Path) -> None:
    if kind == "vsock":
        for cid, port in (("x", "1"), ("-1", "1"), ("1", ""), ("1", "4294967296"), ("0x1", "1"), ("²", "1")):
            for by in (connect, listen):
                assert "is not a number between" in refused(VsockAddress(cid, port), by, errno.EINVAL)
        need_vsock()
        return
    if kind in ("fd-socket", "fd-pipe"):
        for by in (connect, listen):
            assert "no descriptor named 'mig'" in refused(FdAddress("mig"), by, errno.EBADF)
            refused(FdAddress(""), by, errno.EBADF)
        return
    if kind == "file":
        refused(FileAddress(str(folder / "none")), listen, errno.ENOENT)
        refused(FileAddress(""), connect, errno.ENOENT)
        assert "a set of descriptors" in refused(FileAddress("/dev/fdset/1"), connect, errno.ENOENT)
        assert "past" in refused(FileAddress(str(folder / "f"), offset=1 << 63), connect, errno.EINVAL)
        os.mkfifo(folder / "pipe")
        refused(FileAddress(str(folder / "pipe")), listen, errno.ESPIPE)
        refused(FileAddress(str(folder / "pipe")), connect, errno.ENXIO)
        (folder / "pipe").unlink()
        return
    for by in (connect, listen):
        for address in (
            InetAddress("no-such-host.invalid", "1"),
            InetAddress("127.0.0.1", "no-such-service"),
            InetAddress("::1", "1", ipv4=True),
            InetAddress("", "1") if by is connect else InetAddress("\udcff", "1"),
            InetAddress("x" * 300, "1"),
        ):
            assert "address resolution failed" in refused(address, by, errno.EADDRNOTAVAIL), address
        for port in ("65536", "-1", "99999"):
            assert "is not between 0 and 65535" in refused(InetAddress("127.0.0.1", port), by, errno.EINVAL)
        neither = InetAddress("127.0.0.1", "0", ipv4=False, ipv6=False)
        assert "both off" in refused(neither, by, errno.EINVAL)
    with pytest.MonkeyPatch.context() as patch:
        asked = socket.getaddrinfo

        def slow(host: bytes, port: bytes, family: int, kind: int, *, flags: int) -> object:
            if host.startswith(b"slow") and not flags & socket.AI_NUMERICHOST:
                time.sleep(0.6)
            return asked(host, port, family, kind, flags=flags)

        patch.setattr(socket, "getaddrinfo", slow)
        for opens in (connect, listen):
            began = time.monotonic()
            with pytest.raises(TransportError) as caught:
                opens(InetAddress("slow.invalid", "1"), deadline=0.2)
            assert caught.value.errno == errno.ETIMEDOUT
            assert time.monotonic() - began < 0.5
        time.sleep(0.7)  # the threads that waited for it are gone
