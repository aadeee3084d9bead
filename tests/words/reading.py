"""Pages of what is read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from migaddr import (
    QAPI,
    ChannelType,
    InexpressibleError,
    MigrateChannel,
    Release,
    addresses_from_query_migrate,
    channels_from_qmp,
    channels_to_qmp,
    command_from_qmp,
    hmp,
    incoming,
    parse_json,
    parse_uri,
    uri_parts,
    uri_surprises,
)
from tests.corpus_rows import CORPUS, rows
from tests.qmp.test_json_text import BEYOND_REPAIR, REFUSED
from tests.words.given import BROKEN, DIALECTS, LONGEST, shown, spoilt
from tests.words.page import Asked, Way, always, each


def _parts(uri: str, release: Release) -> str:
    return " ".join(f"{part.name}={part.start}-{part.end}" for part in uri_parts(uri, release))


MORE_URIS = [  # what no row of the corpus has: the edges of what is looked at
    f"tcp:{'h' * 196}", f"tcp:{'h' * 197}", f"tcp:{'h' * 64}", f"tcp:{'h' * 65}:1", f"tcp:[{'a' * 195}", f"tcp:[{'a' * 196}",
    "tcp:h:" + "\udc80" * 32, "tcp:h:" + "\udc80" * 33, "tcp:h:" + "é" * 17, "tcp:" + "é" * 33 + ":1", "tcp:h:" + "1" * 33 + ",ipv4",
    "tcp:h:80,id=a,,b", "tcp:h:80,id=a", "tcp:h:80,id=a=b", "tcp:h:80,noid", "tcp:h:80,id=a,id=9", "tcp:h:80,id", "tcp:h:80,id=a,,",
    "tcp:h:1,to=09", f"tcp:h:1,to=0{'9' * 18}", f"tcp:h:1,to=0{'9' * 19}", "tcp:h:1,to= 09 ", "tcp:h:1,to=٣", "tcp:h:1,to=-1", "tcp:h:1,to=+1",
    "tcp:h:1,to=07", "tcp:h:1,to=010", "tcp:h:1,to=0b1", "tcp:h:1,to=0x1f", "tcp:h:1,keep-alive-count=010", "tcp:h:1,keep-alive-count=-1",
    "tcp:h:1,to=65536", "tcp:h:1,to=65535", "tcp:h:1,to=99999999999999999999", "tcp:h:1,to=-99999999999999999999", "tcp:h:1,to=0",
    "tcp:h:1,to=18446744073709551615", "tcp:h:1,to=18446744073709551616", "tcp:h:1,to=9223372036854775808", "tcp:h:1,to=-9223372036854775809",
    f"tcp:h:1,to={'0' * 64}1", f"tcp:h:1,to=0x{'0' * 64}1", f"tcp:h:1,to={'1' * 65}", "tcp:h:1,to=1.5", "tcp:h:1,to=,ipv4", "tcp:h:1,to",
    "tcp:h,ipv4:1,x", "tcp:h,to=1:2,x", "tcp:h:1,keepalive", "tcp:h:1,ipv", "tcp:h:1,ip4", "tcp:h:1,ipv5", "tcp:h:1,mptp", "tcp:h:1,numer", "tcp:h:1,too=1", "tcp:h:1,KEEP-ALIVE",
    "tcp:h:1, to =1", "tcp:h:1,keep_alive_count=1", "tcp:h:1,v6", "tcp:h:1,noipv", f"tcp:h:1,{'x' * 50}", "tcp:h:1,a:b", "tcp:h:1,a:b=c",
    "tcp:[a]:", "tcp:[]:", "tcp:[ab]:,ipv4", "tcp:[", "tcp:[a", "tcp:[]", "tcp:[a]", "tcp:[a]x", "tcp:[::1]4444", "tcp:[::1,ipv4", "tcp:[]x",
    "tcp:[a,b=c]:1", "tcp:[a=b]:1", "tcp:a=b:1", "tcp:[a]]:1", "tcp:[a]:b]:1", "tcp:a,,b:1,,2", "tcp:,,:1", "tcp:h:,,", "tcp:h:1,,,ipv4", "tcp::",
    "tcp:h:80,noipv4", "tcp:h:80,noipv4=on", "tcp:h:80,notcp", "tcp:h:80,no", "tcp:h:80,nokeep-alive", "tcp:h:80,to=1,to", "tcp:h:80,ipv4,ipv4=a=b",
    "tcp:h:80,ipv4=off,ipv4", "tcp:h:80,to=1,to=2", "tcp:h:80,to=1,,to=2", "tcp:h:80,,", "tcp:h:80,,,", "tcp:h:80,x,,y", "tcp:h:80,ipv4,x,ipv4",
    "tcp:h:80,ipv6,ipv4,mptcp,keep-alive,to=1", "tcp:h:80,ipv4=on,", "tcp:h:80,ipv4=", "tcp:h:80,ipv4=ON", "tcp:h:80,ipv4x", "tcp:h:80,numeric",
    "tcp:h:80,addr=x:1", "tcp:h:80,addr=x", "tcp:addr=x:1", "tcp:addr=x:1,addr=y:2", "tcp:h:80,addr=", "tcp:h:80,addr=a,,b:1", "tcp:ipv4=on",
    "tcp:h:80,ipv4,ipv4,ipv4", "tcp:h:80,ipv4=on,ipv4=on,to=1,to=1", "tcp:tcp:unix:/x", "tcp:tcp:tcp:h:1", "tcp:fd:x", "tcp:fd:", "tcp:unix:/x",
    "tcp:vsock:1:2", "tcp:vsock:1", "tcp:exec:x", "tcp:TCP:h:1", "tcp:fd:7", "tcp:fd:1x", "file:offset,Offset=1", "file:/a?offset=1", "file:a,OFFSET=1",
    "file:a,OFFSET=1,Offset=2", "file:,Offset=1", "file:offset=1", "file:xoffset=1", "file:a;offset=1&offset=2", "file:?offset=1", "file:,?offset=1",
    "file:offset,x", "file:a, offset=1,b,c", "file:a&offset", "file:a,offset=1,offset=2", "file:a,offset", "file:/dev/fdset/1", "file:/dev/fdset/x",
    "file:/dev/fdset/", "file:", "file:,offset=1", "rdma:h:1,to=2", "rdma:h:1,ipv4,keep-alive-count=2", "rdma:h:1", "rdma:", "rdma:[::1", "rdma:[h]:1",
    "unix:", "unix:a,b", "unix:a,abstract=on", "unix:a,", "unix:" + "p" * 107, "unix:" + "p" * 108, "unix:" + "p" * 109, "vsock:1:2", "vsock:1",
    "vsock::2", "vsock:1:", "vsock:x:y", "vsock:1:2:3", "vsock:1:2,x", "vsock:" + "1" * 63 + ":1", "vsock:" + "1" * 64 + ":1", "vsock:1:" + "2" * 64,
    "vsock:4294967296:1", "vsock:-1:1", "vsock:0x1:010", "fd:", "fd:1", "fd:1x", "fd:x", "fd:-1", "fd: 1", "fd:01", "fd:2147483648", "exec:", "exec: x",
    "x", "x:", ":", "X-rdma:h:1", "x-rdma:h:1", " tcp:h:1", "Tcp:h:1", "h:1", "h:123456", "h:1x", "/a", "/a:b", "{", "[", " {", "'tcp:h:1'", '"tcp:h:1"',
    "'tcp:h:1", "'", "\ufefftcp:h:1", "defer", "tcp", "http://h:1", "tcp://h:1", "udp:h:1", "fd:/x", "é:1", "file:a\x80", "tcp:127.0.0.1:1",
    "tcp:0.0.0.0:1", "tcp:[::]:1", "tcp:*:1", "tcp:h:http", "tcp:h:0", "tcp:h:00", "tcp:h:65536", "tcp:h: 1", "tcp:h:1 ", "tcp:h :1", "tcp:fe80::1:1",
    "tcp:[fe80::1%eth0]:1", "tcp:[127.0.0.1]:1", "tcp:unix:1", "tcp:[unix]:1", "tcp:::1:4444", "tcp:[::1]:1,ipv4", "tcp:1.2.3.4:1,ipv6=on,ipv4=off",
]  # fmt: skip


def uris() -> Iterator[Asked]:
    texts = [row["uri"] for row in rows("uri")] + MORE_URIS
    for text in dict.fromkeys(text for text in texts if len(text) < LONGEST):
        yield Asked(
            shown(text),
            {
                "is": each(parse_uri, text),
                "parts": each(_parts, text),
                "surprises": each(uri_surprises, text),
            },
        )


def channels() -> Iterator[Asked]:
    for row in rows("channels"):
        if len(shown(row["channels"])) < 3 * LONGEST:
            yield Asked(shown(row["channels"]), {"is": each(channels_from_qmp, row["channels"], QAPI)})


def drafts() -> Iterator[Asked]:
    for row in rows("drafts"):
        for name, dialect in DIALECTS.items():
            if row.get(name) is not None:
                yield Asked(f"{name} {shown(row[name])}", {"is": each(channels_from_qmp, row[name], dialect)})
    for item in json.loads((CORPUS / "drafts.json").read_text())["refused"]:
        yield Asked(
            f"{item['dialect']} {shown(item['value'])}",
            {"is": each(channels_from_qmp, item["value"], DIALECTS[item["dialect"]])},
        )


def broken() -> Iterator[Asked]:
    """Each kind of address in each dialect, with one thing wrong."""
    for name, dialect in DIALECTS.items():
        for address in BROKEN:
            try:
                value = channels_to_qmp((MigrateChannel(ChannelType.MAIN, address),), dialect)
            except InexpressibleError:
                continue
            ways = {what: always(channels_from_qmp, changed, dialect) for what, changed in spoilt(value)}
            if isinstance(value, list):
                ways["two of them"] = always(channels_from_qmp, [*value, *value], dialect)
            ways["in a list"] = always(channels_from_qmp, [value], dialect)
            yield Asked(f"{name} {shown(value)}", ways)


COMMAND: dict[str, Any] = {
    "execute": "migrate",
    "arguments": {
        "channels": [{"channel-type": "main", "addr": {"transport": "file", "filename": "x", "offset": 0}}],
        "detach": True,
        "resume": False,
    },
    "id": 1,
}


URIS = [
    "tcp:h:1",
    "tcp:h",
    "rdma:h",
    "file:/x",
    "file:/x,offset=x",
    "defer",
    "xyz:",
    "unix:",
    "exec:",
    "fd:1x",
]
FLAGS = ["blk", "inc", "detach", "resume", "exit-on-error", "channel"]


def commands() -> Iterator[Asked]:
    given = [row["command"] for row in rows("commands")]
    for name in ("migrate", "migrate-incoming", "migrate-recover"):
        given += [{"execute": name, "arguments": {"uri": uri}} for uri in URIS]
        given += [{"execute": name, "arguments": {"uri": "tcp:h:1", flag: True}} for flag in FLAGS]
        given.append({"execute": name, "arguments": {**COMMAND["arguments"], "uri": "tcp:h:1"}})
        given.append({"execute": name, "arguments": {"channels": COMMAND["arguments"]["channels"]}})
    for command in {
        shown(command): command for command in given if len(shown(command)) < 3 * LONGEST
    }.values():
        yield Asked(
            shown(command),
            {"is": each(command_from_qmp, command)},
        )
    ways = {what: each(command_from_qmp, changed) for what, changed in spoilt(COMMAND)}
    yield Asked(f"{shown(COMMAND)}, with one thing wrong", ways)
    for item in json.loads((CORPUS / "drafts.json").read_text())["commands"]:
        dialect = DIALECTS[item["dialect"]]
        yield Asked(
            f"{item['dialect']} {shown(item['command'])}",
            {"is": each(command_from_qmp, item["command"], dialect)},
        )


LINES = [
    "migrate tcp:a\0b", "migrate \ud800", f"migrate {'h' * 191} x", f"migrate {'h' * 190} x", f"migrate {'h' * 191}", f"migrate {'h' * 192}:",
    'migrate "a"b', 'migrate a"b"', f'migrate "{"h" * 189}"x', f'migrate "{"h" * 190}"x', 'migrate "tcp:h', 'migrate "tcp:h"', 'migrate "unix:\\n"',
    "migrate -r -b tcp:h:1", "migrate -i -r tcp:h:1", "migrate -r tcp:h:1", "migrate -d -x", "migrate -d -", "migrate -r -", "migrate -r - x",
    "migrate -r -r", "migrate tcp:[::1", "migrate tcp:h:1,x", 'migrate "tcp:h:1,x"', 'migrate "a\\', 'migrate "a\\"', "migrate   -d   tcp:h:1   ",
    "migrate\ttcp:h:1", "migrate \n", "migrate_recover tcp:h", "migrate_incoming defer", "migrate_incoming unix:", "  migrate tcp:h:1",
    "", " ", "migrate", "migrate -d", "migrate -dd tcp:h:1", "migrate -x tcp:h:1", "migrate -b tcp:h:1 x", "migrate tcp:h",
    'migrate "tcp:h:1', 'migrate "tcp:h:1"x', 'migrate "a\\qb"', "migrate_incoming", "migrate_incoming -x", "migrate_recover",
    "migrate-incoming tcp:h:1", "Migrate tcp:h:1", "migrat tcp:h:1", "info migrate", "migrate -d -b -i -r tcp:h:1", "migrate - d",
    "migrate -- tcp:h:1", "migrate tcp:h:1 ", "migrate tcp:h:1 -d", "migrate_incoming tcp:h:1 x", "quit", "migrate -b", "migrate -d ",
]  # fmt: skip


def lines() -> Iterator[Asked]:
    for line in dict.fromkeys([row["line"] for row in rows("hmp")] + LINES):
        if len(line) < LONGEST:
            yield Asked(shown(line), {"is": each(hmp.parse, line)})


def incoming_values() -> Iterator[Asked]:
    for value in [row["value"] for row in rows("incoming")]:
        if len(value) < LONGEST:
            yield Asked(shown(value), {"is": each(incoming.parse, value)})
    for address in BROKEN:  # each as the two forms that QEMU itself reads, with each piece away
        for form in ("keyval", "json"):
            text = incoming.format((MigrateChannel(ChannelType.CPR, address),), form=form)
            pieces = text.split(",")
            yield Asked(
                f"{text}, with one thing wrong",
                {
                    what: each(incoming.parse, changed)
                    for index, piece in enumerate(pieces)
                    for what, changed in (
                        (f"without {piece}", ",".join(pieces[:index] + pieces[index + 1 :])),
                        (f"{piece} twice", ",".join([*pieces, piece])),
                        (f"{piece}x", ",".join([*pieces[:index], f"{piece}x", *pieces[index + 1 :]])),
                        (f"x{piece}", ",".join([*pieces[:index], f"x{piece}", *pieces[index + 1 :]])),
                    )
                },
            )


VALUES = [  # of -incoming, the edges of QEMU's own JSON and key=value
    "tcp:a\0b", "tcp:\ud800", "\udc80", "{\udc80}", '{"a": "\udc80"}', *(
        f'{{"channel-type": "main", "addr": {{"transport": "file", "offset": 0, "filename": {text}}}}}' for text in (
            '"\\ud83d\\ude42"', '"\\udfff"', '"\\ue000"', '"\\ud800\\ue000"', '"\\ud800x"', '"\\ud800\\u00"', '"\\ud800\\udc00"', '"\\ud800"',
            '"\\udbff\\udfff"', '"\\ud7ff"', '"\\u0000"', '"\\uffff"', '"\\x41"', '"\\/"', '"\x01"', '"\x7f"', '"é"', '"é', '"\udc80"', "'a'", "'it\\'s'",
            '"a\n"', '"a', "a", "1", "-1", "1.5", "1e3", "-", "01", "0x1", "+1", "tru", "true", "null", "nul", "[]", "{}", "@", "é", "\x01", "%s", "",
            '"\\ud800é"', '"é\\ud800\\u"', '"\\uXYZW"', '"\\ufffe"', '"\\ufdd0"', '"\\udbff\\udbff"', '"\\ud800\\n"', "[1", '["a"', "'a", '"\\"',
        )
    ),
    "{", "}", "[", "]", "{}}", "{]", '{"a":1}}', '{"a":[1]]', '{"a":[1}', '{"a":{"b":1]}', '{"a"\n1}', '{\n"a":\n1 2}', '{"a":1,\n\n}', "{1:2}", "{,}",
    '{"a":1,,"b":2}', '{"a" "b"}', '{"a":1 "b":2}', '{"a":1}\n', '\n{"a":1}x', "{'a':1}", '{"a":[1,]}', '{"a":[,1]}', '{"a":[1 2]}', '{"a":[]}', "[[]]",
    '{"a":1,"a":2}', '{"a":{"b":1,"b":2}}', '{"a":"b"', '{"a":', '{"a"', '{"', "{a", "{ }", '{"channel-type":"main"', '{"a":}', '{:1}', '{"a"::1}',
    '{"a":{},"a":{}}', '{"a":[],"a":[]}', "{{}:1}", "{[]:1}", "{[1]:1}", '{"a":[1]}x', '{"a":[}\x01x', '{"a":1}x', '{"a":1}{', '{"a":1} "', '{"a":1}\x01', '{"a":[1]]}', '{"a":]}', "{]}", '{"a":[{]}', '{"a":[}]}', '{"a":[}x', '{"a":[[}', '{"a":{]}', "{[1]}",
    '{"a":"b"} {"c":1}', '{"a":1}\t\n', '{"channel-type":"main","addr":[1]}', '{"channel-type":"main","addr":{"transport":[]}}', '{"a":\n"b" c}', '{"\n":1 2}',
    "main", "main,", "main,addr", "main,addr.", "main,addr.x", "cpr,addr.transport", "cpr,addr.transport=", "main,,", "main,=1", "main,.=1", "main,a..b=1",
    "channel-type=main", "channel-type=x", "cpr,addr.transport=file,addr.filename=a,,b,addr.offset=0", "cpr,addr.transport=file,addr.filename=a,addr.offset=-1",
    *(f"main,addr.transport=exec,addr.args.{number}=x" for number in ("0", "1", "00", "01", "a", "-1", "", "9" * 11, "9" * 12, "9" * 13, "2147483647")),
    "main,addr.transport=exec,addr.args.0=x,addr.args.2=y", "main,addr.transport=exec,addr.args.1=x,addr.args.0=y", "main,addr.transport=exec,addr.args=x",
    "main,addr.transport=exec,addr.args.0=x,addr.args.0=y", "main,addr.transport=exec,addr.args.0.a=x", "main,addr.transport=exec,addr.args.0=x,addr.args.a=y",
    "main,addr.transport=exec", "main,addr.transport=socket", "main,addr.transport=socket,addr.type=inet", "main,addr.transport=socket,addr.type=unix",
    *(f"main,addr.transport=file,addr.filename=x,addr.offset={number}" for number in ("0", "1", "-1", "x", "", "0x1", "010", "08", "1k", str(2**64), "1 ")),
    *(f"main,addr.transport=socket,addr.type=inet,addr.host=h,addr.port=1,addr.{pair}" for pair in (
        "to=1", "to=65535", "to=65536", "to=-1", "to=x", "ipv4=on", "ipv4=off", "ipv4=yes", "ipv4=true", "ipv4=ON", "ipv4=", "ipv4", "numeric=on", "x=1",
        "keep-alive-count=4294967295", "keep-alive-count=4294967296", "port=2", "type=unix", "host.a=1", "path=x",
    )),
    "main,addr.transport=file,addr.filename.a=1,addr.offset=0", "main,addr=x", "main,addr.transport=x", "main,addr.transport=FILE", "main,help", "help", "?", "main,addr.transport=file,help", "main,help=1",
]  # fmt: skip
NESTED = {
    "1025 lists": "[" * 1025, "1024 lists": "[" * 1024, "1024 lists, closed": "[" * 1024 + "]" * 1024, "1025 lists, closed": "[" * 1025 + "]" * 1025,
    "1026 lists, each with an empty one": '{"a":' + "[[]" * 1026, "1020 lists, each with an empty one": '{"a":' + "[[]," * 1020,
    "1024 objects": '{"a":' * 1024, "1025 objects": '{"a":' * 1025, "1024 lists one after another": '{"a":[' + "[]," * 1100 + "[]]}",
    "a name of 127 bytes": f"main,{'x' * 127}=1", "a name of 128 bytes": f"main,{'x' * 128}=1", "a name of 129 bytes": f"main,{'x' * 129}=1",
}  # fmt: skip


def incoming_edges() -> Iterator[Asked]:
    for value in dict.fromkeys(VALUES):
        yield Asked(shown(value), {"is": each(incoming.parse, value)})
    for name, value in NESTED.items():
        ways = {"is": each(incoming.parse, value)}
        if "1024" not in name:  # what is not too deep may still be so for Python
            ways["JSON"] = always(parse_json, value)
        yield Asked(name, ways)


SHELL = [
    "", "qemu", "-incoming", "qemu -incoming", "qemu -incoming defer", "qemu --incoming tcp:h:1", "qemu -incoming 'tcp:h:1",
    'qemu -incoming "tcp:h:1', "qemu -incoming $X", 'qemu -incoming "$X"', "qemu -incoming `x`", "qemu -incoming a\\", "qemu; x",
    "qemu -incoming exec:a|b", "qemu -incoming tcp:h:1 &", "qemu -incoming tcp:h:1 # x", "qemu -incoming tcp:h:1 > x", "qemu (x)",
    "qemu -incoming defer -incoming cpr,addr.transport=socket,addr.type=unix,addr.path=/c", "qemu -incoming tcp:h:1 -incoming defer",
    "qemu \x0b", "qemu -incoming defer \x0c", "qemu \r", "qemu \n", "qemu -incoming defer\n", "qemu  \n\n", "qemu -incoming unix:a~b", "qemu a#b", "qemu ''#x",
    "qemu ''~", 'qemu ""#', "qemu #x", "qemu ~", "qemu a~", "qemu =~", "qemu X=~/a", "qemu -incoming tcp:[::1]:4444", "qemu -incoming {a,b}", "qemu -incoming ~/x", "qemu -incoming unix:*", "qemu \\\n-incoming defer",
    "qemu -incoming unix:'a b'\"c d\"", "qemu -incoming=tcp:h:1", "qemu -incoming tcp:h", "qemu -incoming unix:a?", "qemu -incoming !x",
    "qemu -incoming tcp:h:1 -incoming tcp:h:2", "X=1 qemu -incoming defer", "qemu -incoming $(x)", "qemu -incoming a$", "qemu -incoming a\nb",
]  # fmt: skip


ALONE = (  # QEMU's options without a value, 7.2 to 11.1
    "S async-teardown audio-help daemonize enable-kvm enable-sync-profile full-screen h help jitdump mem-prealloc no-acpi no-fd-bootchk no-hpet no-reboot "
    "no-shutdown no-user-config nodefaults nographic old-param only-migratable perfmap portrait preconfig s semihosting singlestep snapshot usb version "
    "win2k-hack xen-attach xen-domid-restrict"
)


def options() -> Iterator[Asked]:
    """What follows an option is its value, but for those that have none."""
    for option in [*ALONE.split(), "name", "m", "device", "incomings", "Incoming"]:
        for dashes in ("-", "--"):
            argv = [f"{dashes}{option}", "-incoming", "tcp:h:1"]
            yield Asked(shown(argv), {"is": always(incoming.parse_argv, argv)})
    yield Asked("a text", {"is": always(incoming.parse_argv, "-incoming tcp:h:1")})


def shell() -> Iterator[Asked]:
    for line in SHELL:
        yield Asked(shown(line), {"is": each(incoming.parse_shell, line)})


MORE_JSON = [
    '{"é":1,"\\u00e9":2}', '{"a":1,"\\u0061":2}', "[inf]", "[-Inf]", "[+inf]", "[nan]", "[NaN1]", "[XNaN]", "[+]", "[-]", "[1e]", "[.5]", "[00]", "[-01]", "[1.]",
    "[tru]", "[TRUE]", "[none]", "[undefined]", '["\\u12"]', '["\\ud800\\u0041"]', '["\\udc00"]', '["\x1f"]', '["\x7f"]', '["\udcff"]', '["\ud800"]',
    "{'a': \"b\"}", "{\"a': 1}", "['a\", 'b']", "[\"a', \"b\"]", "['a', 'b', 'c']", "{'a': {'b': ['c', 'd']}}", "{'a': 'it''s'}", "['a\\'b']", "[`a`]", "[´a´]",
    "[‘a’]", "[„a“]", "[«a»]", "['', '']", "[''']", '["""]', "{'a':1,'a':2}", "{'a' : 'b' , 'c' : 1 , 'd' : [ ] }", "['a':1]", "{'a','b'}", "'", "''", "'a'",
    '"a" "b"', '["a"b"]', '["a"b"c"]', '["a", b"]', '["a, "b"]', '{"a":"b"c"}', '{"a"b":1}', "{'a\":1}", "{\"a\":'b}", "{\"a\":b'}", "['a\\n', 'b']",
    "[1,'a\",2]", "{\"x\":'a',\"y\":\"b'}", "[\"a'\",'b']", "[\"'\",'b\"]", "[\t'a'\n]", "{'a':true,'b':null,'c':-1.5e3}", "['é']", '["a"', '["a', "[[']']]", "[{'a':['b']},'c']",
    "[\"it's\", \"a', \"b\"]", "[\"a', \"it's\"]", "{\"it's\": \"a', \"b\": 1}", "{\"a': \"it's\", \"b\": \"it's\"}", "['a',", "{'a':", "{'a'", "['a',]", "[,'a']", "{'a':'b',}", "['\\ud83d\\ude42']", "['\\ud800']", "['a'']", "[''a']", "['a' , \"b' , 'c\"]", "{'a\\u00e9':'b'}", "{'':''}",
]  # fmt: skip


def json_texts() -> Iterator[Asked]:
    for text in dict.fromkeys([*(text for text, *_ in REFUSED), *BEYOND_REPAIR, *MORE_JSON]):
        if len(text) < LONGEST:
            yield Asked(shown(text), {"is": always(parse_json, text)})
    text = '{"a\\"": [1.5e3, true, null, {}], "\\u00e9": "x"}'
    ways: dict[str, Way] = {}
    for at in range(len(text) + 1):  # each character away, and another before it
        ways[f"{at} away"] = always(parse_json, text[:at] + text[at + 1 :])
        for char in "'\",:]}x0":
            ways[f"{char} at {at}"] = always(parse_json, text[:at] + char + text[at:])
    yield Asked(shown(text), ways)


VERSIONS = [
    "7.2", "7.2.0", "7.2.22", "7.1", "7.1.94", "7.2.90", "8.2", "8.2.1", "8.2.2", "8.2.9", "8.3", "9.2.4", "9.3", "10.0", "10.0.13",
    "v10.0", "V10.0", "10", "10.", "10.0.", "10.0.1.2", "010.0", "10.0-rc1", "10.1.0-rc2", "10.0.89", "10.0.90", "10.2.50", "11.0.50",
    "11.1", "11.1.3", "11.1.90", "11.2", "12.0", "99.9.9", "QEMU emulator version 9.1.0", "QEMU emulator version 7.2.22 (Debian 1:7)",
    "QEMU emulator version 8.2.2 (x)\nCopyright (c) 2003", "9.1.0 (x)", "9.1.0-x", "9.1.0+dfsg-1", "9.1.0x", "", " 9.1", "9.1 ", "9.1\n",
    "x", "٩.١", "1.2.3", "0.15", "9.1.0-rc", "9.1.0-rc0", "QEMU 9.1", "qemu emulator version 9.1.0",
]  # fmt: skip


def versions() -> Iterator[Asked]:
    for text in VERSIONS:
        yield Asked(shown(text), {"is": always(Release.parse, text)})
    yield Asked("7", {"is": always(Release.parse, 7)})


SIZES = [
    "1", "0", "00", "010", "0x10", "0X1F", "0x", "0xg", "0x1k", "0x1.5", "+0x1", "-0x1", "1k", "1K", "1M", "1g", "1T", "1p", "1E", "1b", "1B",
    "16E", "15.9E", "15.99999999999999999999E", "1.5", "1.5b", "1.5k", "1.5kb", "1.k", ".5k", ".k", ".", "1.", "0.5", "0.0001k", "0.00048828125k",
    "0.00048828124k", "1e3", "1E3", "-1", "-1k", "-.5", "-.5k", "-x", "+", "-", "", " 1", "\t1", "1 ", "x", "1x", "1kx", "1Ki", "kk", "1kk",
    "18446744073709551615", "18446744073709551616", "18446744073709551615x", "18446744073709551616k", "18446744073709551615.9", "inf",
    "18446744073709551615.5k", "18446744073709551615.99999999999999999999", "0xffffffffffffffff", "0x10000000000000000", "nan", "0x1b",
    "0x00000000000000000000001", "000000000000000000000000001", "100000000000000000000", "99999999999999999999", "999999999999999999999",
    "0.99999999999999999999k", "1.99999999999999999999k", "0xffffffffffffffff1", "0x1kx", "0x1.x", "1.0", "1.00b", "1.0x", "3.000000001b",
]  # fmt: skip


def sizes() -> Iterator[Asked]:
    """Offsets of a file, which is where QEMU's sizes are read."""
    for text in SIZES:
        yield Asked(
            shown(text),
            {
                "is": always(parse_uri, f"file:x,offset={text}"),
                "surprises": always(uri_surprises, f"file:x,offset={text}"),
            },
        )


def listening() -> Iterator[Asked]:
    """Answers to query-migrate, with one thing wrong."""
    answer: dict[str, Any] = {
        "return": {"status": "setup", "socket-address": [{"type": "inet", "host": "::1", "port": "1"}]}
    }
    ways = {what: always(addresses_from_query_migrate, changed) for what, changed in spoilt(answer)}
    yield Asked(shown(answer), ways)
    for entry in (
        {"type": "unix", "path": "/x"},
        {"type": "vsock", "cid": "1", "port": "2"},
        {"type": "fd", "str": "x"},
    ):
        ways = {
            what: always(addresses_from_query_migrate, {"socket-address": [changed]})
            for what, changed in spoilt(entry)
        }
        yield Asked(shown(entry), ways)
