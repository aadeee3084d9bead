"""The page's program, as it stands there, on a local cluster over some thousand files."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from migaddr import lint
from tests.docs.blocks import ROOT, blocks
from tests.transport.left import session

PAGE = ROOT / "docs" / "howto" / "lint-many-repositories.md"
REPOSITORIES = 6
FILES = 500  # of each
FAULTY = {
    "py": 'vm.qmp("migrate", uri=f"x-rdma:{host}:4444")\n',
    "sh": 'qemu-system-x86_64 -incoming "tcp:::1:4444"\n',
    "go": 'package vm\n\nfunc f(q *QMP, p string) { q.Execute("migrate", fmt.Sprintf("exec:cat > %s", p)) }\n',
    "c": "void f(QTestState *s) { qtest_qmp(s, \"{'execute': 'migrate', 'arguments': {'uri': 'fd:7'}}\"); }\n",
}
QUIET = {
    "py": 'BROKER = "tcp://localhost:1883"\n',
    "sh": "docker run -p 4444:4444 image\n",
    "go": 'package vm\n\nvar upstream = "unix:/run/web.sock"\n',
    "c": "int main(void) { return 0; }\n",
}


def test_the_program_finds_what_the_linter_finds(tmp_path: Path) -> None:
    """Each finding once, none else, whoever computed it; and no process is left."""
    program = next(block.code for block in blocks(PAGE) if block.kind == "python")
    (tmp_path / "lint_repositories.py").write_text(program)
    folder = tmp_path / "checkouts"
    expected = []
    chance = random.Random(1)
    for repository in range(REPOSITORIES):
        for number in range(FILES):
            suffix = chance.choice(sorted(FAULTY))
            text = FAULTY[suffix] if chance.random() < 0.05 else QUIET[suffix]
            name = f"repository{repository}/{number % 20}/file{number}.{suffix}"
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("\n" * (number % 7) + text)
            found = lint.check(path.read_text(), path=name, release=("8.2", "10.0", "11.1"))
            assert bool(found) == (text in FAULTY.values())
            expected += [(name, f.line, f.column, f.code, f.message) for f in found]
    (folder / "repository0" / "picture.png").write_bytes(b"\x89PNG\0tcp:::1:4444")
    assert len(expected) > 100

    words = [sys.executable, "lint_repositories.py", str(folder)]
    scratch = {**os.environ, "DASK_TEMPORARY_DIRECTORY": str(tmp_path / "scratch")}
    with subprocess.Popen(
        words,
        cwd=tmp_path,
        env=scratch,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as done:
        try:
            answer, errors = done.communicate(timeout=300)
        except subprocess.TimeoutExpired:
            os.killpg(done.pid, signal.SIGKILL)
            raise
    rows = [json.loads(line) for line in answer.splitlines()]
    said = [(r["path"], r["line"], r["column"], r["code"], r["message"]) for r in rows]
    assert sorted(said) == sorted(expected), errors
    assert done.returncode == 1, errors
    counted = [line for line in errors.splitlines() if line.startswith("repository")]
    assert sum(int(line.rpartition(" ")[2]) for line in counted) == len(expected)
    end = time.monotonic() + 30
    while session(done.pid) and time.monotonic() < end:
        time.sleep(0.1)  # its workers' helper sees that they ended, and ends
    assert session(done.pid) == set()
