"""What kinds of address and their parts are, in words: for people."""

from __future__ import annotations

from typing import Final

from migaddr.model import (
    ExecAddress,
    FdAddress,
    FileAddress,
    InetAddress,
    RdmaAddress,
    UnixAddress,
    VsockAddress,
)

MEANINGS: Final[dict[str, str]] = {
    "tcp": "a TCP socket",
    "rdma": "RDMA; QEMU uses host and port alone",
    "unix": "a UNIX domain socket",
    "vsock": "a virtio socket between host and guest",
    "fd": "a file descriptor that QEMU has open",
    "exec": "a command whose standard input or output is the stream",
    "file": "a file",
    "host": "name or address; empty: every address when listening, this machine when connecting",
    "port": "number or service name",
    "path": "all that follows the prefix, literally",
    "cid": "context id: 2 is the host, 1 this machine",
    "name": "name given to getfd, or incoming a number",
    "command": "run as /bin/sh -c COMMAND",
    "filename": "up to the first ',offset=', literally",
    "offset": "where the stream begins in the file, in bytes",
    "to": "last port that a listener tries",
    "ipv4": "whether to use IPv4",
    "ipv6": "whether to use IPv6",
    "numeric": "whether the host must be a numeric address",
    "keep-alive": "whether TCP probes a silent connection",
    "keep-alive-count": "probes before the connection counts as dead",
    "keep-alive-idle": "seconds of silence before the first probe",
    "keep-alive-interval": "seconds between probes",
    "mptcp": "whether to use multipath TCP",
    "abstract": "whether the name is in Linux' abstract namespace",
    "tight": "whether an abstract name is not padded with NUL bytes",
    "args": "the program and its arguments, run without a shell",
    "ignored": "ignored",
    "dropped": "cut off",
}
"""By scheme, and by the name of a part."""
KINDS: Final[dict[type, str]] = {
    InetAddress: "tcp",
    RdmaAddress: "rdma",
    UnixAddress: "unix",
    VsockAddress: "vsock",
    FdAddress: "fd",
    ExecAddress: "exec",
    FileAddress: "file",
}
"""The scheme of each kind of address."""
