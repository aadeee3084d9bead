"""Runs a program where it can hurt nothing: no network but loopback, no resolver, no real /bin/sh.

    python jail.py FOLDER PROGRAM [ARGUMENT...]

FOLDER becomes the program's /tmp and its working folder; so the program itself cannot be under
/tmp. `/bin/sh` there records its arguments in FOLDER/sh.log (how many there are, then each, all ended by NUL) and runs nothing. Only the standard
library is used: the script runs on its own, in a process of its own.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct
import sys
from pathlib import Path

CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWNET = 0x00020000, 0x10000000, 0x40000000
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
SIOCSIFFLAGS, IFF_UP, IFF_RUNNING = 0x8914, 0x1, 0x40

RECORDER = """#!/bin/bash -p
printf '%s\\0' $(($# + 1)) /bin/sh "$@" >>/tmp/sh.log
"""
NO_NAMES = "passwd: files\ngroup: files\nhosts: files\nservices: files\n"

_libc = ctypes.CDLL(None, use_errno=True)


def _call(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def _bind(source: Path, target: str) -> None:
    flags = MS_BIND
    _call(_libc.mount(os.fsencode(source), target.encode(), None, flags, None), f"bind {target}")


def _loopback_up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        request = struct.pack("16sH14x", b"lo", IFF_UP | IFF_RUNNING)
        fcntl.ioctl(sock, SIOCSIFFLAGS, request)


def enter(folder: Path) -> None:
    """Put this process into namespaces of its own, with FOLDER as its /tmp."""
    flags = CLONE_NEWNET | CLONE_NEWNS
    uid, gid = os.getuid(), os.getgid()
    if uid != 0:
        flags |= CLONE_NEWUSER
    _call(_libc.unshare(flags), "unshare")
    if uid != 0:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"0 {uid} 1")
        Path("/proc/self/gid_map").write_text(f"0 {gid} 1")
    _call(_libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None), "make mounts private")
    _loopback_up()
    shell = folder / "sh"
    shell.write_text(RECORDER)
    shell.chmod(0o755)
    names = folder / "nsswitch.conf"
    names.write_text(NO_NAMES)
    empty = folder / "empty"
    empty.touch()
    _bind(shell, "/bin/sh")
    for target, source in (
        ("/etc/nsswitch.conf", names),
        ("/etc/resolv.conf", empty),
        ("/etc/hosts", empty),
    ):
        if Path(target).exists():
            _bind(source, target)
    _bind(folder, "/tmp")
    os.chdir("/tmp")


if __name__ == "__main__":
    enter(Path(sys.argv[1]))
    os.execv(sys.argv[2], sys.argv[2:])
