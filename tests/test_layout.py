"""Who may import whom: the law of docs/contributing.md, over the syntax tree."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import migaddr

PACKAGE = Path(migaddr.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))

# every room, lowest first; a room may import itself and what stands before it
ROOMS = [
    ("carets",),
    ("errors",),
    ("model",),
    ("releases", "introspection"),
    ("uri",),
    ("qmp",),
    ("commands",),
    ("hmp", "incoming", "libvirt", "cloud_hypervisor", "stratovirt"),  # spellings: none imports another
    ("conformance",),
    ("generation",),
    ("strategies", "hypothesis_entry"),
    ("qmp_client",),
    ("lint",),
    ("transport",),
    ("jail",),
    ("fuzz",),
    ("proof",),
    ("cli",),
]
TOOLS = {
    "conformance",
    "generation",
    "strategies",
    "hypothesis_entry",
    "qmp_client",
    "lint",
    "transport",
    "jail",
    "fuzz",
    "proof",
    "cli",
}
# a transport never parses text, and knows no spelling
BLIND = {"transport": {"errors", "model", "releases", "transport"}}
CORE_ONLY = {"__future__", "attrs", "collections", "enum", "functools", "re", "typing", "migaddr"}
MAY_IMPORT_MORE = {
    "__init__.py": {"importlib"},
    "carets.py": {"unicodedata"},
    "uri/scheme.py": {"contextlib"},
    "uri/inet_options.py": {"difflib"},
    "uri/exec_command.py": {"shlex"},
    "qmp/wire.py": {"difflib", "itertools"},
    "libvirt.py": {"ipaddress"},
    "qmp/json_text.py": {"json"},
    "qmp/json_fault.py": {"json"},
    "qmp/json_quotes.py": {"bisect", "heapq", "itertools", "json"},
    "incoming/text.py": {"json"},
}
FURTHER_SPELLINGS = ("hmp", "incoming", "libvirt", "cloud_hypervisor", "stratovirt")
NOT_AT_IMPORT = (
    "qemu",
    "migaddr.qmp_client",
    "asyncio",
    "json",
    "socket",
    "subprocess",
    "hypothesis",
    "click",
    "rich",
    "difflib",
    "shlex",
    "tree_sitter",
    "migaddr.lint",
)


def _imports(path: Path) -> set[str]:
    """The full names of all modules that this one imports, but for type checking alone."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def _name(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def _room(dotted: str) -> int | None:
    parts = dotted.split(".")
    if parts[0] != "migaddr" or len(parts) < 2:
        return None
    return next((index for index, names in enumerate(ROOMS) if parts[1] in names), None)


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_a_module_imports_only_from_its_own_room_and_below(path: Path) -> None:
    name = _name(path)
    own = _room(".".join(("migaddr", *path.relative_to(PACKAGE).with_suffix("").parts)))
    if name in ("__init__.py", "__main__.py"):
        return
    assert own is not None, f"{name} belongs to no room"
    for imported in _imports(path):
        room = _room(imported)
        if imported.startswith("migaddr.") and room is None:
            assert ROOMS[own][0] in ("lint", "cli") and imported == "migaddr.__version__", (
                f"{name} imports {imported}"
            )
        elif room is not None and name != "releases.py":
            assert room <= own, f"{name} imports {imported}"
        if imported.startswith("migaddr.") and (sees := BLIND.get(path.relative_to(PACKAGE).parts[0])):
            assert imported.split(".")[1] in sees, f"{name} imports {imported}"


def test_a_spelling_imports_no_other_spelling() -> None:
    spellings = next(names for names in ROOMS if "hmp" in names)
    for path in MODULES:
        own = path.relative_to(PACKAGE).with_suffix("").parts[0]
        if own in spellings:
            rooms = {imported.split(".")[1] for imported in _imports(path) if imported.startswith("migaddr.")}
            assert rooms & set(spellings) <= {own}, _name(path)


def test_importing_migaddr_loads_no_spelling_that_is_imported_by_name() -> None:
    script = "import migaddr, sys\nprint([name for name in sys.modules if name in ('migaddr.hmp', 'migaddr.incoming')])"
    done = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_release_table_imports_nothing_above_but_the_reader_of_schemas() -> None:
    above = {found for found in _imports(PACKAGE / "releases.py") if (_room(found) or 0) >= 3}
    assert above == {"migaddr.introspection.read_schema"}


@pytest.mark.parametrize(
    "path",
    [
        p
        for p in MODULES
        if not TOOLS & set(p.relative_to(PACKAGE).with_suffix("").parts) and p.name != "__main__.py"
    ],
    ids=_name,
)
def test_the_core_depends_on_attrs_alone(path: Path) -> None:
    tops = {imported.partition(".")[0] for imported in _imports(path)}
    assert tops <= CORE_ONLY | MAY_IMPORT_MORE.get(_name(path), set())


def test_further_spellings_do_not_know_each_other_and_are_loaded_by_those_who_ask() -> None:
    for name in FURTHER_SPELLINGS:
        others = {f"migaddr.{other}" for other in FURTHER_SPELLINGS if other != name}
        files = [path for path in MODULES if _name(path).split("/")[0] in (name, f"{name}.py")]
        imported = {found for path in files for found in _imports(path)}
        assert imported
        assert not [found for found in imported if any(found.startswith(other) for other in others)]
    script = "import sys, migaddr\nprint([name for name in sys.modules if name.startswith('migaddr.')])"
    done = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True)
    assert not [name for name in FURTHER_SPELLINGS if f"'migaddr.{name}'" in done.stdout]


def test_importing_migaddr_loads_none_of_what_tools_need() -> None:
    script = f"import attrs, sys\nhad = set(sys.modules)\nimport migaddr\nprint(sorted(set({NOT_AT_IMPORT}) & (set(sys.modules) - had)))"
    done = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_importing_migaddr_loads_neither_json_nor_commands_before_they_are_asked_for() -> None:
    script = (
        "import migaddr, sys\n"
        "rooms = {'migaddr.qmp', 'migaddr.commands', 'migaddr.hmp', 'migaddr.lint'}\n"
        "print(sorted(rooms & set(sys.modules)))\n"
        "migaddr.channels_from_qmp\nprint(sorted(rooms & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n['migaddr.qmp']\n"


def test_no_file_is_longer_than_500_lines() -> None:
    assert [
        name for path in MODULES if len(path.read_text().splitlines()) > 500 and (name := _name(path))
    ] == []
