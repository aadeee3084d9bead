"""What docs/lint.md tells of its first project is what happens."""

from __future__ import annotations

import itertools
from pathlib import Path

from migaddr.lint import check
from migaddr.lint.config import read_config
from migaddr.lint.fixing import apply_fixes

PROJECT = 'vm.qmp("migrate", uri=f"x-rdma:{host}:4444")\nvm.qmp("migrate", uri=f"exec:cat > {path}")\n'


def test_the_first_project() -> None:
    findings = check(PROJECT, language="python")
    assert [found.code for found in findings] == ["MIG117", "MIG101"]
    fixed = apply_fixes(PROJECT.encode(), findings, unsafe=False).decode()
    assert fixed == PROJECT.replace("x-rdma", "rdma")
    assert [found.code for found in check(fixed, language="python")] == ["MIG102", "MIG101"]
    silenced = fixed.replace('{path}")', '{path}")  # migaddr: ignore[MIG101]')
    assert [found.code for found in check(silenced, language="python")] == ["MIG102"]


def test_the_configuration(tmp_path: Path) -> None:
    """What the example says is read, and decides."""
    page = (Path(__file__).parents[2] / "docs" / "lint.md").read_text()
    lines = page[page.index("    [tool.migaddr.lint]\n    select") :].split("\n")
    block = [
        line[4:] for line in itertools.takewhile(lambda line: not line or line.startswith("    "), lines)
    ]
    file = tmp_path / "pyproject.toml"
    file.write_text("\n".join(block))
    config = read_config(str(file))
    assert config.codes(str(tmp_path / "a.py")) == {"MIG101", "MIG103", "MIG132"}
    assert config.targets is not None and str(config.targets.releases[0]) == "8.2"
    assert config.excludes(str(tmp_path / "vendor" / "a.go")) and config.excludes(str(tmp_path / "x.gen.go"))
    assert len(config.per_file_ignores) == 1
