"""Builds the playground: a folder of static files, for any web server.

Pyodide and attrs come from the registries of npm and pip, in exact versions. Without --wheel, the wheel of
this checkout is made. Needs npm and, once, the network.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import zipfile
from pathlib import Path
from typing import Final

from playground.fetching import ATTRS, PYODIDE, fetched, npm_member, pip
from playground.licences import shipped, write_licences

ROOT: Final = Path(__file__).parent.parent
OUT: Final = ROOT / "build" / "playground"
_PYODIDE: Final = ("pyodide.mjs", "pyodide.asm.js", "pyodide.asm.wasm", "python_stdlib.zip")
_IN_THE_PAGE: Final = ("__init__", "answer", "commands", "parts", "releases", "shown")


def build(out: Path, wheel: Path | None = None, docs: str = "") -> None:
    """Make the folder anew; `docs` is where the pages of the docs are, seen from it."""
    if out.exists():
        shutil.rmtree(out)
    for folder in ("pyodide", "python"):
        (out / folder).mkdir(parents=True)
    for name in _PYODIDE:
        (out / "pyodide" / name).write_bytes(npm_member(PYODIDE, name))
    for source in sorted((ROOT / "playground" / "page").iterdir()):
        shutil.copyfile(source, out / source.name)
    page = out / "index.html"
    page.write_text(page.read_text().replace('data-docs=""', f'data-docs="{docs}"'))
    info = json.loads(npm_member(PYODIDE, "pyodide-lock.json"))["info"]
    archives = _archives(out / "python", wheel)
    (out / "shipped.json").write_text(
        json.dumps({"info": info, "archives": [f"python/{path.name}" for path in archives]})
    )
    write_licences(out, ROOT, shipped(ROOT, PYODIDE.version, info["python"]))


def _archives(folder: Path, wheel: Path | None) -> list[Path]:
    """Put what Python shall have into a folder."""
    with tempfile.TemporaryDirectory() as work:
        if wheel is None:
            pip("wheel", "-w", work, str(ROOT))
            (wheel,) = Path(work).glob("migaddr-*.whl")
        found = [Path(shutil.copy(path, folder)) for path in (fetched(ATTRS), wheel)]
    own = folder / "playground.zip"
    with zipfile.ZipFile(own, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in _IN_THE_PAGE:
            archive.write(ROOT / "playground" / f"{name}.py", f"playground/{name}.py")
    return [*found, own]


def main() -> None:
    """Build it."""
    parser = argparse.ArgumentParser(prog="python -m playground.build", description=__doc__)
    parser.add_argument("out", nargs="?", type=Path, default=OUT, help="default: build/playground")
    parser.add_argument("--wheel", type=Path, help="a wheel of migaddr")
    parser.add_argument("--docs", default="", help="where the docs are, seen from the page: ../")
    arguments = parser.parse_args()
    build(arguments.out, arguments.wheel, arguments.docs)
    print(arguments.out / "index.html")


if __name__ == "__main__":
    main()
