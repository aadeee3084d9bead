"""Sources that run what no example of a rule and no row of the corpus does: the linter's rarest lines."""

from __future__ import annotations

from typing import Final


def _migrate(arguments: str) -> str:
    return f'{{"execute": "migrate", "arguments": {arguments}}}\n'


def _drafted(address: str) -> str:
    return _migrate(f'{{"channel": {{"channeltype": "main", "addr": {address}}}}}')


RARE: Final[list[tuple[str, str]]] = [
    ("text", "(qemu) migrate -d TCP:h:1\n"),
    ("toml", "migrate_uri = '\"exec:cat x\"'\n"),
    ("python", 'migrat(":"{":".join(["tcp")]))'),
    ("python", 'vm.qmp("migrate", uri="exec:cat > {path}")\n'),
    ("python", 'vm.qmp("migrate", **{"uri": "\\"exec:cat x\\""})\r\n'),
    ("python", 'vm.qmp("migrate", uri="rdma:4444,ipv4,ipv4,ipv4")\n'),
    ("javascript", 'qmp.execute("migrate", {uri: "defer"});\n'),
    ("shell", 'qemu-system-x86_64 -incoming "\\"exec:cat x\\""\n'),
    ("perl", "mon_cmd($vmid, 'migrate-incoming', uri => 'tcp:h');\n"),
    (
        "c",
        "void f(QTestState *s) { qtest_qmp(s, \"{'execute': 'migrate', 'arguments': {'uri': 'fd:7'}}\"); }\n",
    ),
    ("markdown", "# x\n\n```json\n" + _migrate('{"uri": "tcp:h:1"}') + "```\n"),
    ("json", _migrate('{"uri": "tcp::a9Z9a_X-90bc,to=1,ipv4=on"}')),
    ("json", _migrate('{"uri": "file:}-,offset=9007199254740993"}')),
    ("json", _drafted('{"transport": "exec", "data": ["\\n"]}')),
    ("json", _drafted('{"transport": "exec", "exec-str": "\'"}')),
    ("json", _drafted('{"transport": "exec", "data": ["\\ud9ef\\udc76s"]}')),
    ("json", _drafted('{"transport": "exec", "data": ["/bin/sh", "-c", "!\\u00c0}"]}')),
    ("json", _drafted('{"transport": "rdma", "host": "\\ud961\\ude97y\\t", "port": "11622", "ipv6": false}')),
]
