"""Loads the tree-sitter grammar of a language, when the first file of that language is parsed."""

from __future__ import annotations

import functools
import importlib
import itertools
import re
import sys
import warnings
from typing import Final

from tree_sitter import Language, Parser, Tree

_PACKAGES: Final = {
    "python": ("tree_sitter_python", "language"),
    "c": ("tree_sitter_c", "language"),
    "cpp": ("tree_sitter_cpp", "language"),
    "go": ("tree_sitter_go", "language"),
    "rust": ("tree_sitter_rust", "language"),
    "shell": ("tree_sitter_bash", "language"),
    "perl": ("tree_sitter_perl", "language"),
    "ruby": ("tree_sitter_ruby", "language"),
    "javascript": ("tree_sitter_javascript", "language"),
    "typescript": ("tree_sitter_typescript", "language_typescript"),
    "tsx": ("tree_sitter_typescript", "language_tsx"),
    "json": ("tree_sitter_json", "language"),
    "yaml": ("tree_sitter_yaml", "language"),
    "toml": ("tree_sitter_toml", "language"),
    "make": ("tree_sitter_make", "language"),
    "markdown": ("tree_sitter_markdown", "language"),
}

LANGUAGES: Final = frozenset(_PACKAGES)
"""The languages that have a grammar."""


# the scanner of the YAML grammar keeps 253 levels, and writes on behind them
_YAML_COLUMNS: Final = 100
_YAML_LINE: Final = re.compile(rb"^[ \t]*(?:[-?:][ \t]+)*", re.MULTILINE)
_YAML_INDICATOR: Final = re.compile(rb"[-?:][ \t]+")


def is_too_deep(data: bytes) -> bool:
    """Tell whether YAML has more columns at which a level can begin than its grammar can be trusted with."""
    columns: set[int] = set()
    for line in _YAML_LINE.finditer(data):
        columns.add(line.end() - line.start())
        columns.update(one.end() - line.start() for one in _YAML_INDICATOR.finditer(data, *line.span()))
        if len(columns) > _YAML_COLUMNS:
            return True
    return False


# the scanner of the Perl grammar never leaves a heredoc in which the file ends behind a variable
_SECONDS: Final = 1.0  # of processor time, and as much for each 100 kB
_LOADED: Final = 60.0  # seconds until a trial is given up, on a machine however busy
_TRIAL: Final = """\
import signal, sys, warnings
warnings.simplefilter("ignore")
import tree_sitter, tree_sitter_perl
parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_perl.language()))
data = sys.stdin.buffer.read()
if hasattr(signal, "setitimer"):
    signal.setitimer(signal.ITIMER_PROF, float(sys.argv[1]))
parser.parse(data)
"""


def is_endless(data: bytes) -> bool:
    """Tell whether the Perl grammar never comes to the end of a source: a process of its own tries it."""
    if b"<<" not in data:
        return False
    import subprocess

    words = [sys.executable, "-P", "-c", _TRIAL, str(_SECONDS * (1 + len(data) / 100_000))]
    try:
        trial = subprocess.run(  # noqa: S603 -- Python itself, and what is above
            words, input=data, capture_output=True, timeout=_LOADED, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return True
    return trial.returncode != 0


@functools.cache
def parser(language: str) -> Parser:
    """Give the reader of a language, made once."""
    package, function = _PACKAGES[language]
    module = importlib.import_module(package)
    with warnings.catch_warnings():
        # the Perl wheel hands its grammar over as an int, as all did once
        warnings.simplefilter("ignore", DeprecationWarning)
        grammar: object = getattr(module, function)()
        return Parser(Language(grammar))


# a grammar's search for the least broken reading of what is broken may not end: TSX
# (py-tree-sitter before 0.26.1 crashes where it is to tell of its progress)
_CHUNK: Final = 128  # bytes: what the Perl scanner reads again and again is short
_STEPS: Final = (
    2000  # of a hundred operations each, and one for each four bytes: ten times what real files take
)


def parse(data: bytes, language: str) -> Tree | None:
    """Parse a file; what is broken in it becomes ERROR nodes. None: the grammar does not come to an end."""
    if language == "perl" and is_endless(data):
        return None
    reader = parser(language)
    steps = itertools.count()
    most = _STEPS + len(data) // 4
    try:
        return reader.parse(
            lambda at, _: data[at : at + _CHUNK], progress_callback=lambda *_: next(steps) > most
        )
    except ValueError:
        reader.reset()
        return None
