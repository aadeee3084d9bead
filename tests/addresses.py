"""What the laws draw: addresses from the model outward, texts with everything that bites, releases."""

from __future__ import annotations

from hypothesis import strategies as st

from migaddr import (
    RELEASES,
    ChannelType,
    ExecAddress,
    FdAddress,
    FileAddress,
    InetAddress,
    MigrateAddress,
    MigrateChannel,
    RdmaAddress,
    UnixAddress,
    VsockAddress,
)

PIECES = [
    *":,[]=@/ \t\n%?&+-.0123456789abXéß中\U0001f642\udc80\udcff\ufffe",
    "]:", ",,", "::1", "unix", "fd", "vsock", "tcp", "unix:", "fd:", "id=", ",id", ",offset=", "addr=",
    "to=", ",to=", ",ipv4", "ipv6=off", ",keep-alive", "keep-alive-count=", ",mptcp", ",numeric", "no", "on",
    "0x1f", "08", "65536", "h" * 32, "é" * 16, "9" * 20, "k", "1.5G",
]  # fmt: skip
"""Characters and words that mean something to some parser."""

releases = st.sampled_from(RELEASES)
hostile_text = st.lists(st.sampled_from(PIECES), max_size=8).map("".join)
any_text = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0")
    | st.characters(min_codepoint=0xDC80, max_codepoint=0xDCFF),
    max_size=16,
)
plain_text = st.text("abcXYZ019.-_", min_size=1, max_size=12)
texts = plain_text | hostile_text | any_text
hosts = (
    st.sampled_from(["127.0.0.1", "::1", "fe80::1%lo", "example.org", "", "unix", "fd", "tcp", "vsock"])
    | texts
)
ports = st.integers(0, 65535).map(str) | texts

flags = st.none() | st.booleans()
uint32s = st.none() | st.integers(0, 2**32 - 1)

inet_addresses = st.builds(
    InetAddress,
    hosts,
    ports,
    numeric=flags,
    to=st.none() | st.integers(0, 2**16 - 1),
    ipv4=flags,
    ipv6=flags,
    keep_alive=flags,
    keep_alive_count=uint32s,
    keep_alive_idle=uint32s,
    keep_alive_interval=uint32s,
    mptcp=flags,
) | st.builds(InetAddress, hosts, ports, ipv4=flags, ipv6=flags)
unix_addresses = st.builds(UnixAddress, texts) | st.builds(UnixAddress, texts, abstract=flags, tight=flags)
vsock_addresses = st.builds(VsockAddress, texts, texts)
fd_addresses = st.builds(FdAddress, texts)
exec_addresses = st.builds(ExecAddress, st.lists(texts, min_size=1, max_size=4).map(tuple)) | texts.map(
    lambda command: ExecAddress(("/bin/sh", "-c", command))
)
rdma_addresses = st.builds(RdmaAddress, inet_addresses)
file_addresses = st.builds(FileAddress, texts, offset=st.just(0) | st.integers(0, 2**64 - 1))

addresses: st.SearchStrategy[MigrateAddress] = st.one_of(
    inet_addresses,
    unix_addresses,
    vsock_addresses,
    fd_addresses,
    exec_addresses,
    rdma_addresses,
    file_addresses,
)
channels = st.builds(MigrateChannel, st.sampled_from(ChannelType), addresses)

schemes = st.sampled_from(
    ["tcp:", "rdma:", "unix:", "vsock:", "fd:", "exec:", "file:", "tcp:tcp:", "TCP:", ""]
)
options = st.lists(
    st.sampled_from(
        [
            ",to=90", ",to=-1", ",to=0x10", ",to=010", ",ipv4", ",ipv4=on", ",ipv4=off", ",ipv6=off", ",noipv6",
            ",keep-alive", ",keep-alive=off", ",keep-alive-count=5", ",keep-alive-idle=4294967297", ",mptcp",
            ",numeric", ",numeric=on", ",foo", ",id=a", ",,", ",addr=i:81", ",offset=4K", ",offset=1.5", ",",
        ]
    ),
    max_size=5,
).map("".join)  # fmt: skip
uris = st.builds(
    lambda scheme, host, port, rest: f"{scheme}{host}:{port}{rest}", schemes, hosts, ports, options
) | (st.builds(lambda scheme, rest: scheme + rest, schemes, hostile_text | any_text))
"""Texts that are URIs, or nearly."""
