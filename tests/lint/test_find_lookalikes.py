"""What merely looks like a migration address stays silent: the fields in which the same spellings live."""

from __future__ import annotations

import pytest

from tests.lint.snippets import find

LOOKALIKES = [
    ("shell", "ovs-vsctl set-controller br0 tcp:127.0.0.1:6653\n"),
    ("shell", "ovs-vsctl --db=unix:/run/ovs/db.sock init\n"),
    ("shell", 'incus config device add c1 p proxy listen=tcp:0.0.0.0:80 "connect=tcp:[::1]:8080"\n'),
    ("shell", "qemu-system-x86_64 -qmp unix:/run/q.sock,server,nowait -serial tcp:0:4444 -vnc unix:/v -gdb tcp::1234\n"),
    ("shell", "qemu-system-x86_64 -incoming defer -monitor unix:/run/m.sock\n", "defer"),
    ("shell", "virsh migrate --live vm qemu+ssh://dst/system --disks-uri tcp://dst:49153\n"),
    ("shell", "virsh migrate --live vm qemu+tcp://dst/system\n"),
    ("shell", 'listen="-l tcp:$IP:$PORT"\n'),
    ("shell", "rake db:migrate DATABASE=unix:/x\n"),
    ("python", 'if uri.startswith("unix:/run"):\n    migrate = 1\n'),
    ("python", 'def migrate(self):\n    self.qmp_sock = "unix:/run/q.sock"\n'),
    ("python", 'kvm.extend(["-qmp", "unix:%s,server,nowait" % sock])\nkvm.extend(["-incoming", uri])\n', "uri"),
    ("python", 'def migrate():\n    log.info("fd: %d", fd)\n'),
    ("python", 'monitor.qmp("dump-guest-memory", protocol="fd:dump")\nmigrate = 1\n'),
    ("python", 'nbd = "nbd:unix:%s:exportname=x" % migrate_sock\n'),
    ("python", 'dest_uri = "qemu+ssh://%s/system" % migrate_host\n'),
    ("python", '"""Set up.\n\n:param fd: the descriptor that migration uses\n"""\n'),
    ("c", 'void migrate_check(void) { if (strstart(uri, "tcp:", &p)) error_report("fd: %d is bad for migration", fd); }\n'),
    ("c", 'int f(void) { return qtest_initf("-chardev socket,path=unix:%s -serial file:%s/src", a, migrate_dir); }\n'),
    ("go", 'package migrate\nvar def = map[string]any{"network.ovs.connection": "unix:/run/db.sock"}\n'),
    ("go", 'package m\nfunc migrate() { args.Protocol = "fd:" + path }\n'),
    ("rust", "pub fn recv_migration(fd: &mut dyn Read, file: File) -> Result<()> { Ok(()) }\n"),
    ("yaml", "lifecycle:\n  preStop:\n    exec:\n      command: [migrate]\n"),
    ("yaml", "- from:\n    uri: exec:helm\n  migrate: true\n"),
    ("yaml", "subscriber_endpoint: tcp://localhost:2101\nmigrate: yes\n"),
    ("json", '{"channels": [{"connection-id": 1, "channel-type": 3, "family": "ipv4"}], "migrated": false}\n'),
    ("json", '{"transport": "exec", "migrate": "tcp"}\n'),
    ("ruby", "endpoint = \"tcp://#{bind}:#{port}\"\nmigrate(vm)\n"),
    ("perl", "my $nbd_uri = \"nbd:unix:$sock:exportname=x\"; migrate($vmid);\n"),
    ("javascript", 'migrate(); const redis = "unix:/run/redis.sock";\n'),
    ("toml", '[db]\nmigrate = true\nurl = "unix:/run/pg.sock"\n'),
    ("text", "- tcp:\n    mig_protocol = tcp\n- exec:\n- fd:\n"),
    ("text", "virsh_migrate_disks_uri = tcp://h:1\n"),
    ("text", "2026-01-01 migration done, log in file:/var/log/x\n"),
    ("text", "-serial unix:/run/s.sock -incoming\n"),
    ("markdown", "Migrate to OVS: `ovs-vsctl set-manager tcp:1.2.3.4:6640`\n"),
    ("shell", "vm_setup --disks=Malloc0 --incoming=$incoming_vm\n"),
    ("python", "virsh.migrate(name, desturi, uri=self.connect_uri)\n"),
    ("perl", "is $uri, 'unix:/run/x'; migrate($vmid);\n"),
    ("go", 'package m\nfunc f() { assert.Equal(t, "unix:/run/x", s.path); migrate() }\n'),
    ("make", "migrate:\n\tdocker -H tcp:1.2.3.4:2375 ps\n"),
]  # fmt: skip


@pytest.mark.parametrize("row", LOOKALIKES, ids=lambda row: f"{row[0]}-{row[1][:40]!r}")
def test_lookalikes_stay_silent(row: tuple[str, ...]) -> None:
    language, text, *meant = row
    assert [found.text for found in find(text, language)] == meant
