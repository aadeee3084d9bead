"""Files in every language that hold one address: the text around it, and how the language writes it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import NamedTuple

from migaddr.lint.addresses import Found
from migaddr.lint.find.finder import find_addresses
from migaddr.lint.find.vocabulary import Confidence


class Snippet(NamedTuple):
    """`before`, the address as `write` gives it, `after`: the address is the value of a literal there."""

    language: str
    before: str
    after: str
    write: Callable[[str], str]


def escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")


def percent(text: str) -> str:
    for c in '\\"$`':
        text = text.replace(c, f"\\{c}")
    return text


def as_json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


SNIPPETS = [
    Snippet("python", 'vm.qmp("migrate", uri="', '")\n', escaped),
    Snippet("python", "# ünïcode 🙂\nvm.monitor.migrate(r'", "', wait=False)\n", str),
    Snippet("python", 'def go(vm, p):\n    uri = "', '"\n    vm.migrate(uri)\n', escaped),
    Snippet("python", 'args = ["-S", "-incoming", "', '"]\n', escaped),
    Snippet("python", 'vm.qmp("migrate", **{"uri": "', '"})\n', escaped),
    Snippet("c", 'void f(void) { migrate_qmp(from, "', '", "{}"); }\n', escaped),
    Snippet("c", 'static int t(void) { char *uri = g_strdup("', '"); migrate_incoming_qmp(to, uri, 0); }\n', escaped),
    Snippet("cpp", 'int t() { std::string u = "', '"; monitor.migrate(u); }\n', escaped),
    Snippet("cpp", 'int t() { vm.migrate(R"(', ')"); }\n', str),
    Snippet("go", 'package m\nfunc f() { a = append(a, "-incoming", "', '") }\n', escaped),
    Snippet("go", "package m\nfunc f() { qmp.ExecSetMigrateArguments(ctx, `", "`) }\n", str),
    Snippet("rust", 'fn f() { qmp.execute_migration("', '"); }\n', escaped),
    Snippet("rust", 'fn f() { let v = vec!["-incoming".to_string(), r#"', '"#.to_string()]; }\n', str),
    Snippet("shell", "#!/bin/sh\nqemu-system-x86_64 -S -incoming '", "' -nographic\n", str),
    Snippet("shell", 'qemu-system-x86_64 -incoming "', '"\n', percent),
    Snippet("perl", "mon_cmd($vmid, 'migrate-incoming', uri => '", "');\n", str),
    Snippet("ruby", 'args << "-S"\nrun("-incoming", "', '")\n', escaped),
    Snippet("javascript", 'qmp.execute("migrate", {uri: "', '"});\n', escaped),
    Snippet("typescript", 'const a: string[] = ["-incoming", "', '"];\n', escaped),
    Snippet("tsx", 'const a: string[] = ["-incoming", "', '"];\n', escaped),
    Snippet("json", '{"execute": "migrate", "arguments": {"uri": "', '"}}\n', as_json),
    Snippet("json", '{"args": ["-incoming", "', '"]}\n', as_json),
    Snippet("yaml", 'args:\n  - -incoming\n  - "', '"\n', as_json),
    Snippet("yaml", "migrate_uri: '", "'\n", lambda text: text.replace("'", "''")),
    Snippet("toml", "migrate_uri = '", "'\n", str),
    Snippet("make", "run:\n\tqemu-system-x86_64 -incoming ", " -S\n", str),
    Snippet("markdown", "# Migration\n\nStart it with `-incoming ", "` first.\n", str),
    Snippet("markdown", "# x\n\n```sh\nqemu-system-x86_64 -incoming '", "'\n```\n", str),
    Snippet("markdown", '# x\n\n```json\n{"execute": "migrate", "arguments": {"uri": "', '"}}\n```\n', as_json),
    Snippet("text", "(qemu) migrate -d ", "\n", str),
    Snippet("text", "[vm]\nmigrate_uri = ", "\n", str),
    Snippet("text", '{"execute": "migrate-incoming", "arguments": {"uri": "', '"}}\n', str),
]  # fmt: skip


def find(text: str, language: str = "text", path: str = "") -> list[Found]:
    """What `migaddr find` lists by default."""
    found = find_addresses(text.encode("utf-8", "surrogateescape"), language, path)
    return [one for one in found if one.confidence >= Confidence.LIKELY]
