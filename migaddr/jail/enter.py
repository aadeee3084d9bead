"""Runs a program where it can hurt nothing.

    python enter.py [--real-shell] FOLDER PROGRAM [ARGUMENT...]
    python enter.py --join PID PROGRAM [ARGUMENT...]

It has no network but loopback, no resolver, and nothing to write to: FOLDER becomes its /tmp and its working
folder, and all other files are read-only. The program itself cannot be under /tmp. `/bin/sh` there records
its arguments in FOLDER/sh.log (how many there are, then each, all ended by NUL) and runs nothing, unless
--real-shell leaves it alone. With --join the program runs where the jailed process PID does: the same
loopback, the same /tmp, the same /bin/sh. Only the standard library is used: the script runs on its own, in
a process of its own.

vsock is not jailed: Linux has no namespaces for it. Nor are /proc and the processes of the same user.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import re
import socket
import struct
import sys
from pathlib import Path

CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWNET = 0x00020000, 0x10000000, 0x40000000
MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 0x1, 0x20, 0x1000, 0x4000, 0x40000
# those that a user namespace may not take off
MS_KEPT = {
    "nosuid": 0x2,
    "nodev": 0x4,
    "noexec": 0x8,
    "noatime": 0x400,
    "nodiratime": 0x800,
    "relatime": 0x200000,
}
HIDDEN = {errno.ENOENT, errno.EINVAL}
"""What remounting says of a place that another mount covers."""
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


def _read_only() -> None:
    """Let nothing be written but below /tmp, and in /proc, where programs name their threads."""
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        escaped, options = line.split(" ")[4:6]
        target = re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), escaped)
        if target in ("/tmp", "/proc") or target.startswith(("/tmp/", "/proc/")):
            continue
        flags = MS_REMOUNT | MS_BIND | MS_RDONLY
        flags |= sum(MS_KEPT.get(option, 0) for option in options.split(","))
        if _libc.mount(None, os.fsencode(target), None, flags, None) and ctypes.get_errno() not in HIDDEN:
            number = ctypes.get_errno()
            raise OSError(number, f"make {target} read-only: {os.strerror(number)}")


def loopback_up() -> None:
    """Bring the loopback of this network namespace up."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        request = struct.pack("16sH14x", b"lo", IFF_UP | IFF_RUNNING)
        fcntl.ioctl(sock, SIOCSIFFLAGS, request)


def join(pid: int) -> None:
    """Put this process into the namespaces of another jailed one, which must be ours."""
    kinds = ["net", "mnt"] if os.getuid() == 0 else ["user", "net", "mnt"]
    for kind in [os.open(f"/proc/{pid}/ns/{kind}", os.O_RDONLY | os.O_CLOEXEC) for kind in kinds]:
        _call(_libc.setns(kind, 0), "setns")
        os.close(kind)
    os.chdir("/tmp")


def enter(folder: Path, *, real_shell: bool) -> None:
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
    loopback_up()
    own = folder / ".jail"
    own.mkdir()
    names = own / "nsswitch.conf"
    names.write_text(NO_NAMES)
    empty = own / "empty"
    empty.touch()
    if not real_shell:
        shell = own / "sh"
        shell.write_text(RECORDER)
        shell.chmod(0o755)
        _bind(shell, "/bin/sh")
    for target, source in (
        ("/etc/nsswitch.conf", names),
        ("/etc/resolv.conf", empty),
        ("/etc/hosts", empty),
    ):
        if Path(target).exists():
            _bind(source, target)
    _bind(folder, "/tmp")
    _read_only()
    os.chdir("/tmp")


def _main() -> None:
    words = sys.argv[1:]
    if words[0] == "--join":
        join(int(words[1]))
        program = words[2:]
    else:
        real = words[0] == "--real-shell"
        enter(Path(words[real]), real_shell=real)
        program = words[real + 1 :]
    os.execv(program[0], program)


if __name__ == "__main__":
    _main()
