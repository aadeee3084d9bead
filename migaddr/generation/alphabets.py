"""What means something to some parser: words, boundaries, wrong values. One table for all who generate.

What is simple stands first: a source of choices that shrinks goes there.
"""

# ruff: noqa: E501, RUF001, S108 -- tables, in which look-alike digits are cases; nothing opens a file

from __future__ import annotations

from typing import Final

from migaddr.model import UINT16_MAX, UINT32_MAX, UINT64_MAX
from migaddr.qmp.wire import JsonValue

KINDS: Final = ("inet", "unix", "vsock", "fd", "exec", "rdma", "file")
"""The kinds of address, by the name of the union's branch."""
SCHEMES: Final = {
    "inet": "tcp",
    "unix": "unix",
    "vsock": "vsock",
    "fd": "fd",
    "exec": "exec",
    "rdma": "rdma",
    "file": "file",
}

LETTERS: Final = "hxabcdefgijklmnopqrstuvwyz"
WORD: Final = LETTERS + "0123456789-._"
"""What hosts, names and paths are mostly made of."""
HARD: Final = ":,[]=@/ \t\n%?&+-.0123456789abXéß中\U0001f642"
"""Single characters at which some parser stops, or which are more than one byte."""
RAW: Final = "\udc80\udcff"
"""Bytes that are no UTF-8, as `os.fsdecode` makes them. JSON cannot carry them."""

PIECES: Final = (
    *HARD,
    "]:", ",,", "::1", "unix", "fd", "vsock", "tcp", "unix:", "fd:", "vsock:", "tcp:", "id=", ",id", ",offset=", "addr=",
    "to=", ",to=", ",ipv4", "ipv6=off", ",keep-alive", "keep-alive-count=", "keep-alive-idle=", "keep-alive-interval=",
    ",mptcp", ",numeric", "no", "on", "off", "=on", "=off", "yes", "true", "y", "n", "false", "id", "addr", "help",
    "80", "4444", "-1", "+1", "0x1f", "0b1", "010", "08", "65536", "70000", "4294967297", "18446744073709551616",
    "[::1]", "[h]:", "h:80", "h" * 32, "h" * 33, "h" * 64, "h" * 65, "é" * 16, "9" * 20, "k", "1.5G", "\\", "\"", "'", "\ufeff",
)  # fmt: skip
"""Characters and words that mean something to some parser; none is a NUL, a surrogate or a noncharacter."""

HOSTS: Final = (
    "h", "127.0.0.1", "0", "", "localhost", "example.org", "::1", "::", "fe80::1%lo", "2001:db8::1", "[::1]", "unix", "fd",
    "tcp", "vsock", "//h", "a b", "é", "h" * 64, "h" * 65, "é" * 32, "é" * 32 + "h", "[h", "a]b", "a]:b", "[a]:b", "h,x",
    "h,", "a=b", "a,b=c", "a:b,c", "a:b=c", "h,id=9", "id=9", "addr=h", "to=1", "no", "[]",
)  # fmt: skip
"""Names, addresses of both families, every limit, and what one of the grammars cannot say."""
PORTS: Final = (
    "80", "0", "1", "4444", "65535", "65536", "99999", "http", "", "-1", "+1", "010", "0x50", "80 ", "a:b", "8=0", "8,0",
    "80,", ",", "1" * 32, "1" * 33, "é" * 16, "é" * 16 + "1", "1" * 31 + "é", "80,to=1", "80]:1", "80,id=x", "8,ipv4,x",
)  # fmt: skip
PATHS: Final = (
    "/x", "x", "", "/run/migrate.sock", "@x", "/a b", "/p,server=on", "/p?mode=1", "/é", "/" + "x" * 106, "/" + "x" * 107,
    "/" + "x" * 108, ":", ",", "//h/x", "-",
)  # fmt: skip
CIDS: Final = ("2", "3", "0", "1", "4294967295", "4294967296", "-1", "x", "", "2,3", "2:3", "1" * 32, "1" * 33, "é" * 16, "é" * 17)  # fmt: skip
VSOCK_PORTS: Final = ("1234", "0", "4294967295", "4294967296", "-1", "x", "", "1:2", "1,2", "1" * 32, "1" * 33, "é" * 16, "é" * 17)  # fmt: skip
NAMES: Final = ("x", "fd0", "7", "0", "-1", "", "migrate-fd", "é", ":", "a b", "2147483648")
"""Names of descriptors."""
COMMANDS: Final = (
    "true",
    "",
    "cat",
    "cat > /x",
    "nc -l 1",
    "a 'b c' \"d\"",
    "exec:x",
    ",offset=1",
    "é",
    "\n",
    " ",
    "-c",
)
PROGRAMS: Final = (
    ("/bin/sh", "-c", "true"), ("/bin/cat",), ("true",), ("/bin/sh", "-c"), ("/bin/sh",), ("/bin/sh", "-c", ""),
    ("/bin/sh", "-c", "a", "b"), ("/x", ""), ("",), ("/x", "é", " ", "'"), ("/bin/bash", "-c", "true"),
)  # fmt: skip
FILES: Final = (
    "/x", "x", "", "/tmp/mig", "/dev/fdset/1", "/a,b", "/a,offset", "/a,offset=1", "/a,OFFSET=1", "/a?offset=1", "/é", ":", ",",
    "/x" * 60,
)  # fmt: skip
TO: Final = (0, 1, 80, 4450, UINT16_MAX - 1, UINT16_MAX)
"""What `to` can be."""
UINT32S: Final = (0, 1, 5, UINT16_MAX + 1, UINT32_MAX - 1, UINT32_MAX)
OFFSETS: Final = (
    0, 1, 511, 512, 4096, 2**20, 2**30 + 1, UINT32_MAX, UINT32_MAX + 1, 2**53 + 1, 2**63 - 1, 2**63, UINT64_MAX - 1, UINT64_MAX,
)  # fmt: skip

OPTIONS: Final = {
    "numeric": "numeric",
    "to": "to",
    "ipv4": "ipv4",
    "ipv6": "ipv6",
    "keep-alive": "keep_alive",
    "keep-alive-count": "keep_alive_count",
    "keep-alive-idle": "keep_alive_idle",
    "keep-alive-interval": "keep_alive_interval",
    "mptcp": "mptcp",
}
"""The options of an inet address, as URIs and JSON name them, and the attributes of the model."""
NUMBER_OPTIONS: Final = ("to", "keep-alive-count", "keep-alive-idle", "keep-alive-interval")
FLAG_OPTIONS: Final = tuple(name for name in OPTIONS if name not in NUMBER_OPTIONS)
NUMBERS: Final = (
    "1", "0", "80", "", "x", "-1", "+1", " 1", "1 ", "\t1", "0x10", "0X1f", "0x", "010", "08", "0b11", "0b", "-0b11", "1.5",
    "65535", "65536", "70000", "4294967295", "4294967296", "9223372036854775807", "9223372036854775808",
    "18446744073709551615", "18446744073709551616", "-18446744073709551615", "-18446744073709551616", "9" * 40, "+", "-",
    "0" * 70, "0x" + "f" * 17, "--1", "１",
)  # fmt: skip
"""Texts where a number is wanted."""
BOOLEANS: Final = (
    "on",
    "off",
    "yes",
    "no",
    "true",
    "false",
    "y",
    "n",
    "",
    "1",
    "0",
    "ON",
    "On",
    "on ",
    "x",
    "onn",
)
"""Texts where on or off is wanted."""
IDS: Final = ("a", "a1", "a-._", "9", "", "-", "é", "a b", "a,,b", "_a")
ODD_OPTIONS: Final = (
    "foo", "foo=bar", "", "=", "=x", "no", "nofoo", "noto", "noid", "IPV4", " ipv4", "ipv4 ", "ipv4,", "ipv4=on,", "help", "?",
    "addr=i:81", "addr=h:", "addr=[]:5", "addr=", "addr", "noaddr", "addr=[::1]:5", "addr=i", "id", "to", "h:8=0", "[x]:1=y", "offset=1", "iv4", "keepalive",
)  # fmt: skip
"""Options that no grammar, or only one of them, knows."""
SIZES: Final = (
    "0", "1", "4096", "4K", "4k", "1M", "1G", "1T", "1P", "1E", "15E", "16E", "4B", "1.5K", "1.5", "1.0", "1.", ".5k", ".5", ".",
    "0x1000", "0X10", "0x", "0x1.8", "0x10k", "0xg", "0x" + "f" * 16, "0x1" + "0" * 16, "010", "+1", "-1", "-0", "-.5k", " 1", "1 ", "\v1",
    "", "x", "1KB", "1Ki", "1e3", "1,5", "18446744073709551615", "18446744073709551616", "18446744073709551616x", "9" * 30, "15.9999E",
    "16383.99999999999999999P", "0.99999999999999999999K", "1.5kk", "1K,offset=2", "1 K", "1.0001K", ".3k", "１",
)  # fmt: skip
"""Texts where an offset is wanted: every shape that the grammar of sizes has, and its neighbours."""
ODD_SCHEMES: Final = (
    "tcp", "unix", "vsock", "fd", "exec", "rdma", "file", "TCP", "Tcp", " tcp", "x-rdma", "udp", "http", "tls", "", "defer", "tc", "tcpp",
    "rdm", "FILE",
)  # fmt: skip
"""Schemes that there are, and such that look like one."""
WHOLE: Final = (
    "", ":", "defer", "tcp", "tcp:", "unix:", "fd:", "exec:", "file:", "rdma:", "vsock:", "4444", ":4444", "h:4444", "/x", "{}", "[]",
    '"tcp:h:80"', "'tcp:h:80'", "tcp://h:80", "\ufefftcp:h:80", "tcp:tcp:", "tcp:tcp:h:80", "tcp:unix:", "tcp:fd:", "tcp:vsock:",
    "tcp:rdma:h:80", "file:,offset=", "file:,offset=1", "tcp:[]:80", "tcp:[]:80,addr=[::1]:5", "tcp:h:,addr=h:80", "tcp:h:80,addr=i:", "tcp:[h:80",
)  # fmt: skip
"""Whole texts that are easy to think of."""

BEFORE: Final = ("/", " ", "\ufeff", "{", "[", "\t", "//", "'", "-", "x-", "TCP:", "tcp:", "tcp:tcp:")
"""What people put in front of an address."""

WRONG: Final[tuple[JsonValue, ...]] = (
    None, True, False, 0, 1, -1, 1.5, 80.0, "", "x", "1", "on", "true", [], {}, ["x"], [1], {"x": 1}, 65536, UINT32_MAX + 1, UINT64_MAX,
    UINT64_MAX + 1, -(2**63), -(2**63) - 1, 1e300, {"execute": "migrate", "arguments": [{"uri": "tcp:h:80"}]},
)  # fmt: skip
"""JSON values of every type, and numbers at every limit."""
MEMBER_NAMES: Final = (
    "x", "", "to", "ipv4", "ipv6", "numeric", "mptcp", "keep-alive", "keep-alive-count", "keep_alive", "path", "abstract", "tight", "str",
    "name", "cid", "host", "port", "type", "args", "offset", "filename", "transport", "addr", "channel-type", "socket-type", "data",
    "exec-str", "uri", "channels", "id", "Host", "é",
)  # fmt: skip
"""Names that some object has, or nearly."""
TAGS: Final = (
    "main", "cpr", "socket", "exec", "rdma", "file", "inet", "unix", "vsock", "fd", "", "x", "MAIN", "data", "control", "tcp", "é",
)  # fmt: skip
"""Values of `channel-type`, `transport` and `type`, and others."""
EXECUTE: Final = ("migrate", "migrate-incoming", "migrate-recover")
