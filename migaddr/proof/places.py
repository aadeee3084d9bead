"""Where the ends of a cell meet: an address for each transport, and a probe where it may be missing."""

from __future__ import annotations

import contextlib
import fcntl
import functools
import importlib.util
import os
import random
import secrets
import socket
import struct
from pathlib import Path
from typing import Final

from migaddr.model import InetAddress, MigrateAddress, RdmaAddress, UnixAddress, VsockAddress
from migaddr.proof.cells import Impossible, Reason

_ANY_CID: Final = "4294967295"
_THIS_KERNEL: Final = "1"
_SIOCGIFADDR: Final = 0x8915


def meeting(transport: str, folder: Path) -> tuple[MigrateAddress, bool]:
    """Give an address to listen at, and whether its port is still to be chosen by the listener.

    :raises Impossible: there is no such transport here.
    """
    if transport == "tcp":
        return InetAddress("127.0.0.1", "0"), True
    if transport == "tcp6":
        _need_ipv6()
        return InetAddress("::1", "0"), True
    if transport == "unix":
        return UnixAddress(str(folder / f"{secrets.token_hex(4)}.sock")), False
    if transport == "unix-abstract":
        return UnixAddress(f"migaddr-proof-{secrets.token_hex(8)}", abstract=True), False
    port = str(random.SystemRandom().randrange(40000, 60000))
    if transport == "vsock":
        _need_vsock()
        return VsockAddress(_ANY_CID, port), False
    return RdmaAddress(InetAddress(_rdma_host(), port)), False


def reached(address: MigrateAddress) -> MigrateAddress:
    """Give the address that leads to a listener of this machine."""
    return VsockAddress(_THIS_KERNEL, address.port) if isinstance(address, VsockAddress) else address


def _need_ipv6() -> None:
    try:
        with socket.socket(socket.AF_INET6) as sock:
            sock.bind(("::1", 0))
    except OSError as error:
        raise Impossible(Reason.NO_IPV6, f"binding to ::1: {error.strerror}") from error


def _need_vsock() -> None:
    said = _why_no_vsock()
    if said is not None:
        raise Impossible(Reason.NO_VSOCK, f"connecting to CID 1, this kernel: {said}")


@functools.cache  # some kernels say it after a second only
def _why_no_vsock() -> str | None:
    try:
        with socket.socket(socket.AF_VSOCK) as listener, socket.socket(socket.AF_VSOCK) as sock:
            listener.bind((socket.VMADDR_CID_ANY, socket.VMADDR_PORT_ANY))
            listener.listen()
            sock.settimeout(1)
            sock.connect((int(_THIS_KERNEL), listener.getsockname()[1]))
    except OSError as error:
        return error.strerror or str(error)
    return None


def _rdma_host() -> str:
    """Give the IPv4 address of the network device that the first RDMA device is on."""
    devices = Path("/sys/class/infiniband")
    names = sorted(os.listdir(devices)) if devices.is_dir() else []
    for name in names:
        for entry in sorted((devices / name / "ports").glob("*/gid_attrs/ndevs/*")):
            with contextlib.suppress(OSError):
                request = struct.pack("16s240x", entry.read_text().strip().encode())
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                    answer = fcntl.ioctl(sock, _SIOCGIFADDR, request)
                if importlib.util.find_spec("pyverbs") is None:
                    raise Impossible(Reason.NO_RDMA, "this Python has no pyverbs (python3-pyverbs)")
                return socket.inet_ntoa(answer[20:24])
    raise Impossible(Reason.NO_RDMA, f"no RDMA device with an IPv4 address under {devices}")
