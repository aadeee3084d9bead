"""Pages of other programs' spellings."""

from __future__ import annotations

from collections.abc import Iterator

from migaddr import (
    ExecAddress,
    FdAddress,
    FileAddress,
    InetAddress,
    MigrateAddress,
    RdmaAddress,
    UnixAddress,
    VsockAddress,
    libvirt,
)
from tests.corpus_rows import rows
from tests.test_foreign_spellings import HINTS, INEXPRESSIBLE, SPELLINGS
from tests.words.given import shown
from tests.words.page import Asked, Way, always

FOREIGN = {
    "libvirt": [
        "tcp://u@h:1", "tcp://u@v@h:1", "tcp://u@[::1]:1", "tcp://[::1]@h:1", "tcp://[a@b]:1", "tcp://[::1]]:1", "tcp://[::1][::2]:1", "tcp://h]:1",
        "tcp:///", "tcp:////h:1", "tcp:///X", "tcp:///X/", "tcp:XX/", "tcp:X", "tcp:/X/", "tcp:/", "h:1", "h/", "/", "//", "//h:1", "h", "[::1]", "[::1]:1",
        "tcp://h:0000000001", "tcp://h:2147483647", "tcp://h:2147483648", "tcp://h:9999999999", "tcp://h:10000000000", "tcp://h:0100", "tcp://h:100",
        "tcp://h:00", "tcp://h:010x", "tcp://h:100x", "tcp://h:65535", "tcp://h:65536", "tcp://h:-1", "tcp://h:+1", "tcp://h: 1", "tcp://h:1 ", "tcp://h:1?x",
        "tcp://h:1#x", "tcp://h:1/?x", "tcp://h?x", "tcp://h#x", "tcp://h@:1", "tcp://@h:1", "tcp://[:1", "tcp://[]", "tcp://[]:1", "tcp://[h]", "tcp://[h]:1",
        "tcp://[h]x:1", "tcp://[1.2.3.4]:1", "tcp://[fe80::1%25lo]:1", "tcp://[fe80::1%lo]:1", "tcp://%41:1", "tcp://%00:1", "tcp://a%:1", "tcp://a_b:1",
        "tcp://a,b:1", "tcp://1.2.3.4:1", "tcp://a b:1", "tcp://a<b:1", "tcp://é:1", "tcp://a\udc80:1", "tcp:h:1", "tcp:[::1]:1", "tcp:h", "tcp:", "TCP:", "Tcp://h",
        "rdma://h:1", "rdma:h", "rdma:///h", "RDMA://h:1", "unix:///a%00b", "unix:%00", "unix:///a?b#c", "unix://h/a?b", "unix:///%é", "unix:///a\udc80",
        "unix:///a%ff", "unix:/a", "unix:a", "unix://", "unix:///", "unix://a", "unix://a/b?c", "unix:///a#", "unix:///a?", "unix:///a%2", "unix:///a%zz", "unix:///é",
        "unix:///%41", "unix:///a\x01", "unix:///a b", "unix:///a[b]", "unix:///a:b@c", "qemu://u@h/system", "qemu+tcp://[::1]:1/x", "qemu:h", "qemu+ssh:x",
        "xenmigr:x", "fd:1", "file:/x", "vsock:1:2", "x-rdma:h", "http://h:1", "1tcp://h", "+tcp://h", "tcp+x://h", ":1", "", " ", "a b", "a/b", "./a", "tcp//h:1",
        "tcp://[a@[b:1", "tcp://[é]x:1", "rdma:/h", "rdma:/", "rdma:", "rdma:h/", "rdma:X", "qemu:host/x", "http:host", "tcp://[a[b]:1", "tcp://[[::1]:1", "tcp://[::1][:1", "tcp://%5B::1%5D:1",
        "tcp://%5B::1:1", "tcp://::1%5D:1", "tcp://%5Ba%5D:1", "unix://a/b/c?d/e", "tcp:///[::1]:1", "tcp:////", "tcp://[x/y]:1", "tcp://u:p@h:1", "tcp://u@/h", "tcp://h:1/a@b", "tcp://h@i/[::1]", "tcp://h/[a]@b", "tcp://a@b[c@d]:1",
    ],
    "cloud-hypervisor": [
        "unix:/a\udcff", "=x", '"', '""', "tcp:[]:1", "tcp:]:1", "tcp:[::1]:", "tcp:[::1]x:1", "tcp:[::1]]:1", "tcp:[h]:1", "tcp::1", "tcp:::1", "tcp:a:b:1",
        "tcp:h:65535", "tcp:h:65536", "tcp:h:000001", "tcp:h:00001", "tcp:h:99999", "tcp:h:123456", "tcp:h:0", "tcp:h:+1", "tcp:h:+", "tcp:h:++1", "tcp:h:-1",
        'destination_url="tcp:h:1', '"tcp:h:1"', 'destination_url="a""b"', 'destination_url="unix:/a""b"', 'destination_url="unix:/a,b",local=on', "a=b",
        "destination_url=", "destination_url", "destination_url=,local=on", "destination_url=unix:/a,destination_url=unix:/b", "receiver_url=unix:/a,local=on",
        "destination_url=unix:/a,", "destination_url=unix:/a,,local=on", "destination_url=unix:/a,x=y", "destination_url=unix:/a,local=x", "unix:/a,", ",", "unix:/a=b",
        "destination_url=unix:/a,receiver_url=unix:/b", "destination_url=unix:/[a,b]", "destination_url=unix:/[a", "destination_url=unix:/a]", "unix:/[a", "unix:/a]",
        "destination_url=unix:/a ", " unix:/a", "unix:/a\0", "unix:", "unix: ", "UNIX:/a", "tcp:h", "tcp:", "h:1", "/a", "x", "", "local=on,destination_url=unix:/a",
        "receiver_url=unix:/a,tcp_serial_timeout=1", "destination_url=tcp:h:1,downtime_ms=1,timeout_s=2", "tcp:h:1x", "tcp:h: 1", "tcp:h:1 ", "tcp: h:1", "tcp:é:1",
        'destination_url=unix:"/a,b"', 'destination_url=unix:/"a"b"c"', 'destination_url="unix:/a","local"=on', 'destination_url=unix:/a""', 'x"y"', '"unix:/a', 'destination_url=""', 'destination_url="unix:/a"x', "tcp:[::1]1", "tcp:[", "tcp:[]", "tcp:[::1",
    ],
    "stratovirt": [
        "tcp:1.2.3.4:1", "tcp:1.2.3.4:65535", "tcp:1.2.3.4:65536", "tcp:1.2.3.4:00001", "tcp:1.2.3.4:000001", "tcp:1.2.3.4:+1", "tcp:1.2.3.4:-1", "tcp:1.2.3.4:",
        "tcp:1.2.3.4:0", "tcp:01.2.3.4:1", "tcp:256.1.1.1:1", "tcp:1.2.3:1", "tcp:1.2.3.4.5:1", "tcp:localhost:1", "tcp:[::1]:1", "tcp::1", "tcp:", "tcp", "tcp:1.2.3.4",
        "unix:/a=b=c", "unix:/a:b:c", "file:/a=b=c", "file:/a:b:c", "tcp:1.2.3.4:x", "tcp:1.2.3.4:0x", "tcp:1.2.3.4:1:2", "tcp:1.2.3.4:1,x", "tcp:1.2.3.4:1,mapped=true", "tcp:1.2.3.4:1,a=b,c=d", "unix:/a,mapped=true", "unix:/a,mapped", "unix:/a,=b", "unix:/a,a=",
        "unix:", "unix:/a:b", "unix:/a=b", "unix:-a", "unix:./-a", "unix:/a\0b", "unix:/a\udc80", "unix:/é", "unix:///a", "file:/a", "file:", "file:/a,mapped=true",
        "file:/a,mapped=false", "file:/a,mapped=x", "file:/a,x=y", "file:/a:b", "file:-", "file://a", "FILE:/a", "Unix:/a", "TCP:1.2.3.4:1", " unix:/a", "unix: /a",
        "unix:/a ", "rdma:h:1", "fd:1", "vsock:1:2", "x:y", ":", "", ",", "=", "/a", "./a", "-a", "file:a,b", "file:a,,b", "unix:a,b=c=d", "tcp:1.2.3.4:1,,", "tcp:,1",
    ],
}  # fmt: skip
FOREIGN_ADDRESSES: list[MigrateAddress] = [
    *(InetAddress(host, "1") for host in ("h", "::1", "1.2.3.4", "fe80::1%lo", "[", "a]b", "a,b", "a b", "é", "\udc80", "a/b", "a@b", "a%b", "", "h_", "-", "a?b", "a#b")),
    *(InetAddress("1.2.3.4", port) for port in ("1", "0", "00", "01", "65535", "65536", "99999", "100000", "000001", "", "x", "1 ", "+1", "٣", "é")),
    *(UnixAddress(path) for path in ("/a", "a", "", "/a b", "/a%b", "/a?b", "/a#b", "/é", "/\udc80", "/a,b", "/a=b", "/a:b", "/[a]", '/"a"', "/a ", " /a", "-a", "//a", "/a\n")),
    *(FileAddress(name) for name in ("a", "-a", "a,b", "a=b", "a:b", "é", "\udc80", "", " a", "a ")),
    FileAddress("a", offset=1), RdmaAddress(InetAddress("::1", "1")), RdmaAddress(InetAddress("h", "x")), RdmaAddress(InetAddress("h", "1", to=1)), VsockAddress("1", "2"),
    FdAddress("1"), ExecAddress(("x",)), UnixAddress("/a", abstract=True), UnixAddress("/a", tight=True), InetAddress("h", "1", to=1, ipv4=True), InetAddress("h", "1", mptcp=False),
]  # fmt: skip


def foreign_edges() -> Iterator[Asked]:
    for name, texts in FOREIGN.items():
        parse, write, options, _ = SPELLINGS[name]
        for text in dict.fromkeys(texts):
            ways = {"is": always(parse, text), "options": always(options, text)}
            if name == "libvirt":
                ways = {
                    "is": always(parse, text),
                    "default port": always(libvirt.parse, text, default_port="4444"),
                }
            yield Asked(f"{name} {shown(text)}", ways)
        for address in dict.fromkeys(FOREIGN_ADDRESSES):
            ways = {"is": always(write, address)}
            if name == "cloud-hypervisor":
                for parameter in ("destination_url", "receiver_url", "x"):
                    ways[parameter] = always(write, address, parameter=parameter)
            yield Asked(f"{name} {address!a}", ways)


def foreign() -> Iterator[Asked]:
    for name, (parse, _, options, _) in SPELLINGS.items():
        texts = [row["text"] for row in rows(name)] + [text for known, text, _ in HINTS if known == name]
        for text in dict.fromkeys(texts):
            ways: dict[str, Way] = {
                "is": always(parse, text),
                "options": always(options, text),
            }
            if name == "libvirt":
                ways["default port"] = always(libvirt.parse, text, default_port="4444")
            yield Asked(f"{name} {shown(text)}", ways)
        for _, address, _ in [one for one in INEXPRESSIBLE if one[0] == name]:
            yield Asked(
                f"{name} {address!a}",
                {"is": always(SPELLINGS[name].format, address)},
            )
