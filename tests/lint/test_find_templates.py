"""Addresses with holes: every way in which the languages fill a text, and what leads to a sink."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migaddr.lint.addresses import Form
from migaddr.lint.find.values import HOLE, braces, literal, printf
from migaddr.lint.find.vocabulary import Direction
from tests.lint.snippets import find

# language, text, value, as written, the expressions in the holes, sink
TEMPLATES = [
    ("python", 'vm.migrate("tcp:%s:%d" % (host, port))', "tcp:{}:{}", "tcp:%s:%d", ["host", "port"], "migrate"),
    ("python", 'vm.migrate("tcp:%(h)s:1" % d)', "tcp:{}:1", "tcp:%(h)s:1", [""], "migrate"),
    ("python", 'vm.migrate(f"tcp:[{host}]:{p:d}")', "tcp:[{}]:{}", "tcp:[{host}]:{p:d}", ["host", "p"], "migrate"),
    ("python", 'vm.migrate("unix:{}".format(path))', "unix:{}", "unix:{}", ["path"], "migrate"),
    ("python", 'vm.migrate("unix:{p}/s".format(p=1))', "unix:{}/s", "unix:{p}/s", ["p"], "migrate"),
    ("python", 'vm.migrate("fd:" + name)', "fd:{}", '"fd:" + name', ["name"], "migrate"),
    ("python", 'vm.migrate("exec:cat > " + shlex.quote(p) + ".gz")', "exec:cat > {}.gz", '"exec:cat > " + shlex.quote(p) + ".gz"', ["shlex.quote(p)"], "migrate"),
    ("python", 'vm.migrate("tcp:" "h:" "1")', "tcp:h:1", '"tcp:" "h:" "1"', [], "migrate"),
    ("python", 'vm.migrate(":".join(["tcp", host, str(port)]))', "tcp:{}:{}", '"tcp", host, str(port)', ["host", "str(port)"], "migrate"),
    ("python", "def migrate(self):\n  uri = 'unix:%s' % p\n  self.mon.cmd('migrate', uri=uri)", "unix:{}", "unix:%s", ["p"], "QMP migrate"),
    ("python", "cmd += ' -incoming \"exec:nc -l %s\"' % port", "exec:nc -l {}", "exec:nc -l %s", ["port"], "-incoming"),
    ("python", "cmd += ' -incoming ' + mode + ':0:%d' % port", "{}:0:{}", "mode + ':0:%d'", ["mode", "port"], "-incoming"),
    ("python", "def f(vm, proto):\n  uri = proto + ':%s:1' % h\n  vm.migrate(uri)", "{}:{}:1", "proto + ':%s:1'", ["proto", "h"], "migrate"),
    ("python", 'vm.cmd(\'{"execute": "migrate", "arguments": {"uri": "tcp:%s:1"}}\' % h)', "tcp:{}:1", "tcp:%s:1", ["h"], "QMP migrate"),
    ("python", 'hmp("migrate -d tcp:%s:1" % h)', "tcp:{}:1", "tcp:%s:1", ["h"], "migrate"),
    ("c", 'f() { char *uri = g_strdup_printf("tcp:%s:%" PRIu16, h, p); migrate_qmp(s, uri); }', "tcp:{}:{}", '"tcp:%s:%" PRIu16', ["h", "p"], "migrate_qmp"),
    ("c", 'f() { char b[9]; snprintf(b, 9, "unix:%s", p); qmp_migrate(b); }', "unix:{}", "unix:%s", ["p"], "qmp_migrate"),
    ("c", 'f() { g_autofree char *cmd = g_strdup_printf("-incoming %s%s", "unix:", p); }', "unix:{}", "%s%s", ["p"], "-incoming"),
    ("go", 'package m\nfunc f() { uri := fmt.Sprintf("exec:cat > %s", p); a = append(a, "-incoming", uri) }', "exec:cat > {}", "exec:cat > %s", ["p"], "-incoming"),
    ("go", 'package m\nfunc f() { migrate("tcp:" + net.JoinHostPort(h, p)) }', "tcp:{}", '"tcp:" + net.JoinHostPort(h, p)', ["net.JoinHostPort(h, p)"], "migrate"),
    ("go", 'package m\nfunc f() { migrate(strings.Join([]string{"tcp", h, p}, ":")) }', "tcp:{}:{}", '"tcp", h, p', ["h", "p"], "migrate"),
    ("rust", 'fn f() { let uri = format!("exec:cat >{}", c.path); qmp.execute_migration(&uri); }', "exec:cat >{}", "exec:cat >{}", ["c.path"], "execute_migration"),
    ("rust", 'fn f() { c.arg("-incoming").arg(format!("fd:{fd}")); }', "fd:{}", "fd:{fd}", ["fd"], "-incoming"),
    ("shell", 'qemu -incoming "tcp:$HOST:${PORT}"', "tcp:{}:{}", "tcp:$HOST:${PORT}", ["$HOST", "${PORT}"], "-incoming"),
    ("shell", 'uri="unix:$dir/s"\nqemu -incoming "$uri"', "unix:{}/s", "unix:$dir/s", ["$dir"], "-incoming"),
    ("shell", 'echo "migrate -d tcp:$H:4444" | nc -U m', "tcp:{}:4444", "tcp:$H:4444", ["$H"], "migrate"),
    ("shell", "nc -U m <<E\nmigrate -d tcp:$H:4444\nE\n", "tcp:{}:4444", "tcp:$H:4444", ["$H"], "migrate"),
    ("shell", "virsh migrate vm qemu+ssh://$d/system --migrateuri tcp://$d:4444", "tcp://{}:4444", "tcp://$d:4444", ["$d", ], "--migrateuri"),
    ("perl", 'my $uri = "tcp:$m->{addr}:$p"; mon_cmd($vmid, "migrate-incoming", uri => $uri);', "tcp:{}:{}", "tcp:$m->{addr}:$p", ["$m->{addr}", "$p"], "QMP migrate-incoming"),
    ("perl", "mon_cmd($vmid, 'migrate', uri => 'unix:' . $p);", "unix:{}", "'unix:' . $p", ["$p"], "QMP migrate"),
    ("ruby", 'run("-incoming", "tcp:#{h}:1")', "tcp:{}:1", "tcp:#{h}:1", ["h"], "-incoming"),
    ("javascript", "qmp.execute('migrate', {uri: `tcp:${h}:1`})", "tcp:{}:1", "tcp:${h}:1", ["h"], "QMP migrate"),
    ("yaml", "migrate_uri: tcp:{{ host }}:{{ port }}\n", "tcp:{}:{}", "tcp:{{ host }}:{{ port }}", ["{{ host }}", "{{ port }}"], "migrate_uri"),
    ("text", "(qemu) migrate -d tcp:<host>:4444", "tcp:{}:4444", "tcp:<host>:4444", ["<host>"], "migrate"),
    ("text", "virsh_migrate_extra = '--migrateuri tcp://${h}'", "tcp://{}", "tcp://${h}", ["${h}"], "--migrateuri"),
    ("make", "run:\n\tqemu -incoming tcp:$(H):1\n", "tcp:{}:1", "tcp:$(H):1", ["$(H)"], "-incoming"),
    ("perl", "is_deeply $x, [{execute => 'migrate', arguments => {uri => 'fd:'.$fd}}];", "fd:{}", "'fd:'.$fd", ["$fd"], "QMP migrate"),
    ("perl", 'my $m = "$i->{proto}:$i->{addr}"; mon_cmd($vmid, "migrate", uri => $m);', "{}:{}", "$i->{proto}:$i->{addr}", ["$i->{proto}", "$i->{addr}"], "QMP migrate"),
    ("go", 'package m\nvar c = Cmd{Execute: "migrate", Arguments: map[string]any{"uri": fmt.Sprintf("exec:cat>%s", p)}}', "exec:cat>{}", "exec:cat>%s", ["p"], "QMP migrate"),
    ("python", "vm.migrate(uri='file:/x')", "file:/x", "file:/x", [], "migrate"),
    ("rust", 'fn f() { c.args(["receive-migration", &format!("tcp:0.0.0.0:{p}")]); }', "tcp:0.0.0.0:{}", "tcp:0.0.0.0:{p}", ["p"], "receive-migration"),
    ("rust", 'fn f() { assert_eq!(data.destination_url, "unix:/s"); }', "unix:/s", "unix:/s", [], "destination_url"),
    ("markdown", '# x\n\n```shell\n$ nc -U s\n{"QMP": {}}\n{"execute":"migrate", "arguments":{"uri":"file:/x"}}\n```\n', "file:/x", "file:/x", [], "QMP migrate"),
    ("markdown", 'To migrate a VM otherwise, say\n`"uri":"unix:/s"`.\n', "unix:/s", "unix:/s", [], "prose"),
    ("text", "A: (qemu) migrate -d tcp:<B ip>:4444 (or another port)", "tcp:{}:4444", "tcp:<B ip>:4444", ["<B ip>"], "migrate"),
    ("text", "-incoming tcp:[host]:port[,ipv4=on|off][,ipv6]", "tcp:[host]:port[,ipv4=on|off][,ipv6]", "tcp:[host]:port[,ipv4=on|off][,ipv6]", [], "-incoming"),
    ("c", 'char *migrate_uri(A *a) { return g_strdup_printf("unix:%s", a->path); }', "unix:{}", "unix:%s", ["a->path"], "migrate_uri"),
    ("rust", 'fn f() { S { receiver_url: format!("unix:{s}") } }', "unix:{}", "unix:{s}", ["s"], "receiver_url"),
]  # fmt: skip


@pytest.mark.parametrize("row", TEMPLATES, ids=lambda row: f"{row[0]}-{row[1][:48]!r}")
def test_a_template_is_read_with_its_holes(row: tuple[str, str, str, str, list[str], str]) -> None:
    language, text, value, written, expressions, sink = row
    found = [one for one in find(text, language) if one.form is not Form.VARIABLE]
    assert [(one.value, one.text, one.sink) for one in found] == [(value, written, sink)]
    one = found[0]
    assert one.form is (Form.TEMPLATE if expressions else Form.LITERAL)
    assert [hole.expression for _, hole in sorted(one.template.holes.items())] == expressions


VARIABLES = [
    ("python", 'args += ["-incoming", uri]', "uri", "-incoming", Direction.INCOMING),
    ("python", "mon.cmd('migrate_incoming %s' % uri)", "%s", "migrate_incoming", Direction.INCOMING),
    ("python", 'self.cmd("migrate", args)', "args", "QMP migrate", Direction.OUTGOING),
    ("python", "vm.monitor.migrate(uri)", "uri", "migrate", Direction.OUTGOING),
    ("python", 'vm.qmp("migrate", {"channels": channels})', "channels", "QMP migrate", Direction.OUTGOING),
    ("go", 'package m\nfunc f() { q.executeCommand(ctx, "migrate-incoming", args, nil) }', "args", "QMP migrate-incoming", Direction.INCOMING),
    ("shell", "qemu -incoming $uri", "$uri", "-incoming", Direction.INCOMING),
    ("python", 'x = {"execute": "migrate", "arguments": {"uri": uri, "blk": True}}', "uri", "QMP migrate", Direction.OUTGOING),
    ("perl", "mon_cmd($vmid, 'migrate', uri => $uri);", "$uri", "QMP migrate", Direction.OUTGOING),
    ("rust", 'fn f() { c.arg("-incoming").arg(uri); }', "uri", "-incoming", Direction.INCOMING),
]  # fmt: skip


@pytest.mark.parametrize("row", VARIABLES, ids=lambda row: f"{row[0]}-{row[1][:48]!r}")
def test_a_sink_that_is_given_a_variable_is_listed(row: tuple[str, str, str, str, Direction]) -> None:
    language, text, written, sink, direction = row
    found = find(text, language)
    assert [(one.text, one.sink, one.direction) for one in found] == [(written, sink, direction)]
    assert found[0].form is (Form.CHANNELS if written == "channels" else Form.VARIABLE)


def test_channels_as_json_are_one_find() -> None:
    channel = '{"channel-type": "main", "addr": {"transport": "exec", "args": ["tcp:h:1"]}}'
    for language, text in (("json", f'{{"channels": [{channel}]}}'), ("text", f"-> [{channel}]")):
        found = find(text, language)
        assert [(one.form, one.text) for one in found] == [(Form.CHANNELS, channel)], language


@pytest.mark.parametrize(
    ("text", "language", "dialect"),
    [
        ("virsh migrate v q --migrateuri tcp://h", "shell", "libvirt"),
        ('dom.migrateToURI2(d, "tcp://h:1")', "python", "libvirt"),
        ('fn f() { S { destination_url: "tcp:h:1" } }', "rust", "cloud-hypervisor"),
        ("ch-remote send-migration destination_url=unix:/s,local=on", "text", "cloud-hypervisor"),
        ("StratoVirt: stratovirt -incoming tcp:1.2.3.4:5", "text", "stratovirt"),
        ("qemu -incoming tcp:1.2.3.4:5", "text", "qemu"),
        ("dst $ ch-remote receive-migration unix:/s", "text", "cloud-hypervisor"),
        ("`destination_url` migrates to `tcp:<host>:<port>`", "text", "cloud-hypervisor"),
        ('# for virsh\nmigrate_uri="tcp:$h"', "shell", "libvirt"),
        ('# for virsh and the monitor\nmigrate_uri="tcp:$h"', "shell", "qemu"),
        ('export migrateuriopt="tcp:%s"', "shell", "libvirt"),
    ],
)
def test_the_dialect_is_told(text: str, language: str, dialect: str) -> None:
    assert [one.dialect for one in find(text, language)] == [dialect]


SPECS = st.lists(st.sampled_from(["%s", "%d", "%-5.2lu", "%*d", "%%", "a", ":", "%(x)s"]), max_size=8)


@given(SPECS)
def test_printf_makes_a_hole_of_every_conversion(pieces: list[str]) -> None:
    text = "".join(pieces)
    value = printf(literal(text, 7))
    expected = "".join("%" if p == "%%" else HOLE if p[0] == "%" else p for p in pieces)
    assert value.text == expected
    assert len(value.starts) == len(value.ends) == len(expected)
    assert sorted(value.holes) == [at for at, c in enumerate(expected) if c == HOLE]
    assert all(7 <= a < b <= 7 + len(text) for a, b in zip(value.starts, value.ends, strict=True))


@given(st.lists(st.sampled_from(["{}", "{x}", "{0:>3}", "{a.b!r}", "{{", "}}", "a", ":"]), max_size=8))
def test_braces_make_a_hole_of_every_field(pieces: list[str]) -> None:
    value = braces(literal("".join(pieces), 0))
    assert value.text == "".join({"{{": "{", "}}": "}"}.get(p, HOLE if p[0] == "{" else p) for p in pieces)


@pytest.mark.parametrize(
    ("language", "text", "value"),
    [
        ("perl", 'my $m = {}; $migrate->{uri} = "tcp:$a:1"; start($m);', "tcp:{}:1"),
        ("perl", "$x->{uri} = 'unix:' . $p; push @$cmd, '-incoming', $x->{uri};", "unix:{}"),
        ("python", 'self.migration.uri = "unix:/m"', "unix:/m"),
        ("shell", "qemu -incoming \"exec: cat '$fifo'\"", "exec: cat '{}'"),
    ],
)
def test_members_and_blanks_are_followed(language: str, text: str, value: str) -> None:
    assert value in [one.value for one in find(text, language)]
