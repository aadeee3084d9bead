"""Addresses that reach their sink through a function of the same file, or through several statements."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.lint.snippets import find

# a function with three parameters whose last one reaches a sink, and a call of it: (language, text)
THROUGH = [
    ("python", 'def begin(vm, name, where):\n    vm.hmp("migrate -d %s" % where)\n\nbegin(vm, {first}, {last})\n'),
    ("python", 'class A:\n    def _go(self, a, b: int, at: str):\n        return ["-incoming", at]\n\n    def run(self):\n        self._go(1, {first}, {last})\n'),
    ("python", 'def begin(a, b, *, where):\n    qmp("migrate", uri=where)\n\nbegin(1, b={first}, where={last})\n'),
    ("c", 'static void begin(A *a, const char *name, const char *where)\n{{\n    migrate_qmp(a, where);\n}}\nint main(void) {{ begin(a, {first}, {last}); }}\n'),
    ("cpp", 'void A::begin(int a, std::string n, const std::string &where) {{ qmp_migrate(where); }}\nint main() {{ x.begin(1, {first}, {last}); }}\n'),
    ("go", 'package m\nfunc (m *M) begin(n int, name, where string) {{ m.args = append(m.args, "-incoming", where) }}\nfunc f() {{ m.begin(1, {first}, {last}) }}\n'),
    ("rust", 'impl A {{ fn begin(&self, n: u8, name: &str, place: &str) {{ self.qmp.execute_migration(place); }} }}\nfn f(a: A) {{ a.begin(1, {first}, {last}); }}\n'),
    ("ruby", 'def begin_it(a, b = 1, place = nil)\n  run("-incoming", place)\nend\nbegin_it(1, {first}, {last})\n'),
    ("javascript", 'function begin(a, b = 1, place) {{ qmp.execute("migrate", {{uri: place}}); }}\nbegin(1, {first}, {last});\n'),
    ("typescript", 'function begin(a: number, b?: string, place: string = "") {{ qmp.execute("migrate", {{uri: place}}); }}\nbegin(1, {first}, {last});\n'),
    ("perl", 'sub begin_it {{ my ($self, $a, $b, $place) = @_; push @$cmd, "-incoming", $place; }}\n$x->begin_it(1, {first}, {last});\n'),
    ("shell", 'begin() {{\n  qemu -name "$1" -x "$2" -incoming "$3"\n}}\nbegin a {first} {last}\n'),
]  # fmt: skip
ADDRESSES = st.sampled_from(["tcp:h:1", "unix:/run/s", "exec:cat", "fd:7", "file:/x,offset=1"])


@given(st.sampled_from(THROUGH), ADDRESSES)
def test_an_argument_is_followed_into_a_function_of_the_file(through: tuple[str, str], address: str) -> None:
    language, text = through
    sure = find(text.format(first='"x"', last=f'"{address}"'), language)
    assert address in [one.value for one in sure]
    other = find(text.format(first=f'"{address}"', last='"x"'), language)
    assert address not in [one.value for one in other], "another argument"


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("python", 'def f(a):\n    connect(a)\n\ndef migrate_all():\n    f("unix:/s")\n'),
        ("python", 'def f(a):\n    f("unix:/s")\n    migrate(x)\n'),  # it calls itself
        ("python", 'def f(a):\n    g(a)\n\ndef g(a):\n    f(a)\n\ndef migrate():\n    g("unix:/s")\n'),
        ("python", 'def f(a):\n    migrate(a)\n\nclass B:\n    def f(self, a):\n        pass\n\nf("unix:/s")\n'),  # which?
        ("c", 'void f(int a) { migrate(a); }\nint main() { f(1, "unix:/s"); }\n'),
        ("perl", 'sub f { my $migrate = shift; }\nf("unix:/s");\n'),
    ],
)  # fmt: skip
def test_a_function_that_says_nothing_leaves_it_at_a_guess(language: str, text: str) -> None:
    assert "unix:/s" not in [one.value for one in find(text, language)]


# the option in a statement of its own, and the address in a later one
IN_STEPS = [
    ("python", 'args.append("-incoming")\nargs.append({})\n'),
    ("python", 'args.append("-incoming")\nif x:\n    args.append({})\n'),
    ("python", 'argv[n] = "-incoming"\nargv[n + 1] = {}\n'),
    ("c", 'void f(void) {{ array_append(args, "-incoming");\n    array_append(args, {}); }}\n'),
    ("c", 'void f(void) {{ cmd_add_arg(c, "-incoming"); if (a) {{ cmd_add_arg(c, {}); }} else {{ g(); }} }}\n'),
    ("go", 'package m\nfunc f() {{ a = append(a, "-incoming")\n a = append(a, {}) }}\n'),
    ("rust", 'fn f() {{ c.push("-incoming".to_string());\n match x {{ A::B(t) => {{ c.push({}.to_string()); }} _ => {{}} }} }}\n'),
    ("ruby", 'args << "-incoming"\nargs << {}\n'),
    ("javascript", 'args.push("-incoming");\nargs.push({});\n'),
    ("perl", "push @c, '-incoming';\npush @c, {};\n"),
    ("shell", "args+=(-incoming)\nargs+=({})\n"),
    ("cpp", 'void f() {{ args << "-incoming" << {}; }}\n'),
    ("python", 'put(cmd, "arg", attrib={{"value": "-incoming"}})\nput(cmd, "arg", attrib={{"value": {}}})\n'),
    ("text", 'cmd.add("-incoming");\ncmd.add({});\n'),
    ("text", 'table.insert(args, "-incoming")\ntable.insert(args, {})\n'),
    ("text", "<qemu:arg value='-incoming'/>\n<qemu:arg value={}/>\n"),
    ("text", '[ "-S"; "-incoming"; sprintf {} ]\n'),
    ("text", '$args[] = "-incoming";\n$args[] = {};\n'),
]  # fmt: skip


@given(st.sampled_from(IN_STEPS), ADDRESSES, st.sampled_from(["-serial", "-qmp", "-chardev"]))
def test_an_option_may_be_put_in_front_in_a_statement_of_its_own(
    steps: tuple[str, str], address: str, other: str
) -> None:
    language, text = steps
    assert [(one.value, one.sink) for one in find(text.format(f'"{address}"'), language)] == [
        (address, "-incoming")
    ]
    assert find(text.format(f'"{address}"').replace("-incoming", other) + "\n", language) == []


@pytest.mark.parametrize(
    ("language", "text", "found"),
    [
        ("shell", "qmp_do migrate \"{'uri': 'unix:/s'}\"\n", [("unix:/s", "QMP migrate")]),
        ("python", 'call("migrate-incoming", \'{"uri": "tcp:h:1"}\')\n', [("tcp:h:1", "QMP migrate-incoming")]),
        ("python", 'call("other", \'{"uri": "tcp:h:1"}\')\nmigrate()\n', []),
        ("python", "cmd += ' -incoming exec:\"cat < %s\"' % p\n", [("exec:cat < {}", "-incoming")]),
        ("text", 'qemu -incoming exec:"cat < x" -S', [("exec:cat < x", "-incoming")]),
        ("text", "-incoming exec:\"cat < x", []),
        ("text", 'say "-incoming exec:" or "-incoming fd:" to it', []),
        ("text", "<b>-incoming tcp:h:1</b>", [("tcp:h:1", "-incoming")]),
        ("text", "it can migrate file:// and more", []),
        ("text", "migrate exec:...", [("exec:...", "migrate")]),
        ("go", 'package m\n// It migrates to a file:\n// say "exec:cat > f" for it.\nfunc f() {}\n', [("exec:cat > f", "prose")]),
        ("go", 'package m\n// It migrates.\n\n// Say "exec:cat > f" for it.\nfunc f() {}\n', []),
        ("text", "It migrates.\n\nSay 'tcp:h:1' for it.\n", []),
        ("go", 'package m\nfunc f() { log.Printf("will migrate tcp:%s", a) }\n', []),
        ("go", 'package m\nfunc f() { log.Printf("migrate tcp:%s", a) }\n', [("tcp:{}", "migrate")]),
        ("python", 'self.log.debug("(qemu) migrate tcp:h:1")\n', [("tcp:h:1", "migrate")]),
        ("rust", 'fn f() { info!("we migrate tcp:h:1"); }\n', []),
        ("rust", 'fn f() { json!({"execute": "migrate", "arguments": {"uri": format!("tcp:{}", h)}}); }\n', [("tcp:{}", "QMP migrate")]),
        ("rust", 'fn f() { json!({"execute": "other", "arguments": {"uri": format!("tcp:{}", h)}}); migrate(); }\n', []),
        ("rust", 'fn f() { q.execute(&qmp::migrate { uri: "tcp:h:1".into() }); }\n', [("tcp:h:1", "uri")]),
        ("c", 'MigrateCommon args = { .listen_uri = "tcp:h:1" };\n', [("tcp:h:1", "listen_uri")]),
        ("c", 'void t(MigrateCommon *args) { args->connect_uri = "tcp:h:1"; }\n', [("tcp:h:1", "connect_uri")]),
        ("c", 'void t(Common *args) { args->connect_uri = "tcp:h:1"; migrate(); }\n', []),
        ("c", '#define URI "tcp:h:1"\nvoid f(void) { migrate_qmp(s, URI, "{}"); }\n', [("tcp:h:1", "migrate_qmp"), ("{}", "migrate_qmp")]),
        ("perl", "my @a = $x ? qw(-incoming defer) : ();\n", [("defer", "-incoming")]),
        ("perl", "my @a = qw[-S -incoming tcp:h:1];\n", [("tcp:h:1", "-incoming")]),
        ("text", 'String migrateUri = "tcp:" + host() + ":1";\n', [("tcp:{}", "migrateUri")]),
        ("text", 'migrate_uri = "tcp:" .. host\n', [("tcp:{}", "migrate_uri")]),
        ("text", 'migrate_uri = "tcp:"\n', []),
        ("text", '["-incoming", "defer", "-serial", "tcp:h:1"]\n', [("defer", "-incoming")]),
        ("text", 'cmd(\'"migrate","arguments":{"uri": "exec:cat > f"}\')\n', [("exec:cat > f", "QMP migrate")]),
        ("text", "virsh qemu-monitor-command d --hmp migrate exec:'cat > f'\n", [("exec:cat > f", "migrate")]),
        ("text", "-incoming tcp:\\[h\\]:1", [("tcp:\\[h\\]:1", "-incoming")]),
        ("c", 'MigrateCommon a = { .listen_uri = "defer", .connect_uri = "fd:x" };\n', [("defer", "listen_uri"), ("fd:x", "connect_uri")]),
        ("c", 'Common a = { .listen_uri = "defer" }; void migrate(void);\n', []),
        ("text", '+  MigrateCommon a = {\n+    .listen_uri = "defer",\n', [("defer", "listen_uri")]),
        ("text", '+  Common a = {\n+    .listen_uri = "defer",\n', []),
        # databases migrate as well, and web hooks are incoming
        ("python", 'self.incoming_uri = config.get("incoming", "tcp://localhost:1")\n', []),
        ("python", 'incoming_url = "file:/etc/hook"\n', []),
        ("text", "$ access-server migrate file:///data sqlite3:///data\n", []),
        ("text", "Then move `unix:/old` with `migrate --to unix:/new`.\n", []),
        ("text", 'log().warn("Cannot migrate file: " + name);\n', []),
        ("text", "For each file to migrate file:\n", []),
        ("shell", 'migrate -path db -database "unix:/run/pg.sock" up\n', []),
        ("text", "$ migrate -source file://db/migrations -database postgres://h up 2\n", []),
        ("go", 'package m\nfunc f() { m, e := migrate.NewWith("file://./migrations", "migrate", d) }\n', []),
        ("text", 'Migrations are in "file://migrations".\n', []),
        ("text", 'For QEMU, migrate to "file:/vm.state".\n', [("file:/vm.state", "prose")]),
    ],
)  # fmt: skip
def test_what_is_around_decides(language: str, text: str, found: list[tuple[str, str]]) -> None:
    assert [(one.value, one.sink) for one in find(text, language)] == found


def test_what_becomes_a_part_of_a_monitor_command_is_read_by_the_monitor() -> None:
    """Its quotes are the monitor's, whichever way it goes there."""
    for text in (
        "def f(a):\n    hmp('migrate -d %s' % a)\n\nf('\"exec:cat\"')\n",
        "def f():\n    uri = '\"exec:cat\"'\n    hmp('migrate %s' % uri)\n",
    ):
        assert [(one.value, one.carrier) for one in find(text, "python") if one.value != "{}"] == [
            ('"exec:cat"', "hmp")
        ]


def test_an_address_belongs_to_the_command_it_is_in() -> None:
    text = (
        '{"execute": "migrate", "arguments": {"uri": "fd:x"}}\n'
        '{"execute": "migrate-incoming", "arguments": {"uri": "fd:3"}}\n'
        '{"arguments": {"uri": "fd:y"}, "execute": "migrate"}\n'
    )
    assert [(one.value, one.sink) for one in find(text[: text.rindex("\n{") + 1], "text")] == [
        ("fd:x", "QMP migrate"),
        ("fd:3", "QMP migrate-incoming"),
    ]
    assert [one.sink for one in find(text[text.rindex("\n{") :], "text")] == ["QMP migrate"]
