"""What is fetched when the page is built: exact versions, checked, and kept in the cache."""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import Final, NamedTuple

CACHE: Final = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "migaddr" / "playground"


class Pin(NamedTuple):
    """A file of a registry, and what it must be."""

    name: str
    version: str
    file: str
    digest: str
    """`sha512-` and base64, as npm has it; `sha256-` and hexadecimal, as pip has it."""


# Pyodide 0.29 has Python 3.13, which the tests run on; 314 has 3.14, which they do not.
PYODIDE: Final = Pin(
    "pyodide",
    "0.29.5",
    "pyodide-0.29.5.tgz",
    "sha512-TkYrUv9m8QmfImADKRmpwZulL48E0uUaBSO+dvRQKyAJc0qh9gu7jn8btyHPh3NZm1r2IH2YrJhIr7Q2B9urAw==",
)
ATTRS: Final = Pin(
    "attrs",
    "26.1.0",
    "attrs-26.1.0-py3-none-any.whl",
    "sha256-c647aa4a12dfbad9333ca4e71fe62ddc36f4e63b2d260a37a8b83d2f043ac309",
)
AXE: Final = Pin(
    "axe-core",
    "4.14.1",
    "axe-core-4.14.1.tgz",
    "sha512-FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==",
)
"""For the tests; and it has the text of its licence, the MPL."""
PSF: Final = Pin(
    "typing_extensions",
    "4.16.0",
    "typing_extensions-4.16.0-py3-none-any.whl",
    "sha256-481caa481374e813c1b176ada14e97f1f67a4539ce9cfeb3f350d78d6370c2e8",
)
"""For the text of its licence, which is Python's."""


def fetched(pin: Pin) -> Path:
    """Give the file of a pin, from the cache or the registry; end the program where it cannot be had."""
    path = CACHE / pin.file
    if not path.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as work:
            if pin.file.endswith(".tgz"):
                run("npm", "pack", "--silent", f"{pin.name}@{pin.version}", "--pack-destination", work)
            else:
                pip("download", "--only-binary=:all:", "-d", work, f"{pin.name}=={pin.version}")
            got = Path(work) / pin.file
            _check(pin, got)
            got.replace(path)
    _check(pin, path)
    return path


def pip(command: str, *arguments: str) -> None:
    """Run pip for one package, without what it depends on."""
    run(sys.executable, "-m", "pip", command, "--quiet", "--no-deps", *arguments)


def run(*command: str) -> None:
    """Run a program; end this one where it fails."""
    try:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 -- npm and pip
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"playground: {error}")


def _check(pin: Pin, path: Path) -> None:
    kind, _, wanted = pin.digest.partition("-")
    digest = hashlib.new(kind, path.read_bytes())
    got = digest.hexdigest() if kind == "sha256" else base64.b64encode(digest.digest()).decode()
    if got != wanted:
        sys.exit(f"playground: {path} is not {pin.name} {pin.version}: its {kind} is {got}")


def npm_member(pin: Pin, name: str) -> bytes:
    """Give a file of a package of npm."""
    with tarfile.open(fetched(pin)) as archive:
        file = archive.extractfile(f"package/{name}")
        assert file is not None, f"{pin.file} has no {name}"
        return file.read()


def wheel_member(pin: Pin, name: str) -> bytes:
    """Give the file of a wheel that has this name, in whatever folder."""
    with zipfile.ZipFile(fetched(pin)) as archive:
        (path,) = [path for path in archive.namelist() if path.rpartition("/")[2] == name]
        return archive.read(path)
