"""Which files of a tree are looked at, and in which language each is written. Here files are touched."""

from __future__ import annotations

import operator
import os
import re
import stat
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeAlias, final

import attrs

from migaddr.lint.find.hits import can_hold_address
from migaddr.lint.gitignore import Rules, ignore_rules_above, is_ignored, read_rules

LARGEST: Final = 16 << 20
"""Bytes of the largest file that is read."""

_AT_ONCE: Final = 1 << 20  # bytes; hardly a source has more

_HEAD: Final = 1024  # bytes in which a binary file shows that it is one
_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")
_BY_ENTRY_NAME: Final = operator.attrgetter("name")
_OPEN: Final = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY

_NEVER: Final = frozenset(
    {".git", ".hg", ".svn", "node_modules", "__pycache__", ".venv", ".tox", ".mypy_cache"}
)

_BY_SUFFIX: Final = {
    "py": "python",
    "pyi": "python",
    "pyw": "python",
    "c": "c",
    "h": "c",
    "cc": "cpp",
    "cpp": "cpp",
    "cxx": "cpp",
    "hh": "cpp",
    "hpp": "cpp",
    "hxx": "cpp",
    "go": "go",
    "rs": "rust",
    "sh": "shell",
    "bash": "shell",
    "zsh": "shell",
    "ksh": "shell",
    "pl": "perl",
    "pm": "perl",
    "t": "perl",
    "rb": "ruby",
    "js": "javascript",
    "mjs": "javascript",
    "cjs": "javascript",
    "jsx": "javascript",
    "ts": "typescript",
    "mts": "typescript",
    "cts": "typescript",
    "tsx": "tsx",
    "json": "json",
    "yaml": "yaml",
    "yml": "yaml",
    "toml": "toml",
    "mk": "make",
    "mak": "make",
    "md": "markdown",
    "markdown": "markdown",
}
_BY_NAME: Final = {
    "makefile": "make",
    "gnumakefile": "make",
    "rakefile": "ruby",
    "vagrantfile": "ruby",
    "gemfile": "ruby",
    "pkgbuild": "shell",
}
_SHEBANG = re.compile(rb"#![^\n]*?\b(python|bash|dash|ksh|zsh|sh|perl|ruby|node)[0-9.]*(?=[ \t\r\n]|\Z)")
_BY_INTERPRETER: Final = {
    b"python": "python",
    b"perl": "perl",
    b"ruby": "ruby",
    b"node": "javascript",
}


def language_of(path: str, beginning: bytes = b"") -> str:
    """Tell the language of a file by its name, or by the interpreter that its first line names."""
    name = path.replace("\\", "/").rpartition("/")[2].lower()
    name = name.removesuffix(".in")
    known = _BY_NAME.get(name)
    if known is not None:
        return known
    _, dot, suffix = name.rpartition(".")
    if dot and suffix in _BY_SUFFIX:
        if suffix == "json" and beginning.lstrip()[:1] not in (b"{", b"[", b""):
            return "text"  # QEMU's own schemas are called .json and are none
        return _BY_SUFFIX[suffix]
    shebang = _SHEBANG.match(beginning)
    if shebang is not None:
        return _BY_INTERPRETER.get(shebang[1], "shell")
    return "text"


@final
@attrs.frozen
class Source:
    """A text to look at."""

    path: str
    data: bytes
    language: str


@final
@attrs.frozen
class Skipped:
    """A file that is not looked at, and why."""

    path: str
    reason: str
    problem: bool
    """It is worth a word: the caller may have meant it to be looked at."""


def read_source(path: str) -> Source | Skipped | None:
    """Read a file; None if it cannot hold an address.

    What is binary or larger than 16 MiB is skipped. Nothing but a regular file is opened.
    """
    buffer = getattr(_thread, "buffer", None) or _new_buffer()
    try:
        descriptor = os.open(path, _OPEN)
    except OSError as error:
        return Skipped(path, error.strerror or str(error), problem=True)
    try:
        read = os.readv(descriptor, [buffer])
        rest = b""
        binary = buffer.find(0, 0, min(read, _HEAD)) >= 0
        if read == _AT_ONCE:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                return Skipped(path, "is no regular file", problem=True)
            if status.st_size > LARGEST:
                return Skipped(path, f"is larger than {LARGEST >> 20} MiB", problem=True)
            rest = b"" if binary else _read_rest(descriptor)
    except OSError as error:
        return Skipped(path, error.strerror or str(error), problem=True)
    finally:
        os.close(descriptor)
    if binary:
        return Skipped(path, _binary(buffer[:2]), problem=False)
    if rest:
        if read + len(rest) > LARGEST:  # it has grown
            return Skipped(path, f"is larger than {LARGEST >> 20} MiB", problem=True)
    elif not can_hold_address(buffer, path, read):
        return None  # hardly a file comes further, and no object is made of it
    with memoryview(buffer) as view:
        data = bytes(view[:read])
    return source_of(data + rest, path) if rest else _made(data, path)


_thread = threading.local()


def _new_buffer() -> bytearray:
    """Make the buffer of this thread: most files hold nothing, and no object is made of them."""
    _thread.buffer = bytearray(_AT_ONCE)
    made: bytearray = _thread.buffer
    return made


def source_of(data: bytes, path: str) -> Source | Skipped | None:
    """Make a source of what was read; None if it cannot hold an address."""
    return _made(data, path) if can_hold_address(data, path) else None


def _made(data: bytes, path: str) -> Source | Skipped:
    if b"\0" in data:
        return Skipped(path, _binary(data[:2]), problem=False)
    return Source(path, data, language_of(path, data[:200]))


def _binary(beginning: bytes | bytearray) -> str:
    return "is UTF-16: addresses are looked for in UTF-8" if beginning in _UTF_16 else "is binary"


def _read_rest(descriptor: int) -> bytes:
    """Read on to the end, wherever that is by now; little more than LARGEST."""
    pieces = []
    total = 0
    while total <= LARGEST:
        piece = os.read(descriptor, 1 << 20)
        if not piece:
            break
        pieces.append(piece)
        total += len(piece)
    return b"".join(pieces)


Excludes: TypeAlias = Callable[[str], Callable[[str, bool], bool] | None]
"""For a directory, what tells whether a path in it, and whether that is a directory, is left out."""


def walk(
    paths: Sequence[str], *, gitignore: bool = True, exclude: Excludes | None = None
) -> Iterator[str | Skipped]:
    """Give the files below the paths, in order of name; a path that is a file is given whatever it is.

    Version control's own directories, links, and what .gitignore or `exclude` excludes are left out.
    """
    for path in paths:
        if os.path.isdir(path):
            yield from _below(path, exclude, gitignore=gitignore)
        elif os.path.lexists(path):
            yield path
        else:
            yield Skipped(path, "No such file or directory", problem=True)


def _below(top: str, exclude: Excludes | None, *, gitignore: bool) -> Iterator[str | Skipped]:
    rules = ignore_rules_above(top) if gitignore else ()
    stack: list[tuple[str, Rules]] = [(top, rules)]
    while stack:
        directory, rules = stack.pop()
        try:
            with os.scandir(directory) as entries:
                listed = sorted(entries, key=_BY_ENTRY_NAME)
        except OSError as error:
            yield Skipped(directory, error.strerror or str(error), problem=True)
            continue
        if gitignore and any(entry.name == ".gitignore" for entry in listed):
            rules = (*rules, *read_rules(directory))
        inner: list[tuple[str, Rules]] = []
        excluded = None if exclude is None else exclude(directory)
        for entry in listed:
            is_directory = entry.is_dir(follow_symlinks=False)
            if rules and is_ignored(rules, entry.path, is_directory=is_directory):
                continue
            if excluded is not None and excluded(entry.path, is_directory):
                continue
            if is_directory:
                if entry.name not in _NEVER:
                    inner.append((entry.path, rules))
            elif entry.is_file(follow_symlinks=False):
                yield entry.path
        stack.extend(reversed(inner))
