"""How a project wants to be judged: `[tool.migaddr.lint]` of pyproject.toml, or `[lint]` of migaddr.toml.

The nearest of these files above a source decides, and only that one. In one directory migaddr.toml comes
first; a pyproject.toml without the table is passed over.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias, final

import attrs

from migaddr import carets
from migaddr.errors import MigaddrError, UnknownReleaseError
from migaddr.lint.find.vocabulary import Confidence
from migaddr.lint.gitignore import RuleFile, Rules, is_ignored, parse_rule
from migaddr.lint.rules import RULES
from migaddr.lint.rules.rule import Targets
from migaddr.lint.targets import parse_targets

OWN_FILE: Final = "migaddr.toml"
PYPROJECT: Final = "pyproject.toml"
ALL: Final = "ALL"
"""Stands for every code."""

LEVELS: Final = {"guess": Confidence.GUESS, "likely": Confidence.LIKELY, "certain": Confidence.CERTAIN}

Codes: TypeAlias = frozenset[str]

_KEYS: Final = (
    "select",
    "extend-select",
    "ignore",
    "per-file-ignores",
    "target-release",
    "min-confidence",
    "exclude",
)


@final
class ConfigError(MigaddrError):
    """A configuration that cannot be used."""

    path: Final[str]
    """The file."""
    key: Final[str]
    """What is at fault in it: `lint.select[0]`; empty: the file as a whole."""
    reason: Final[str]
    """What is wrong, and what to write."""

    def __init__(self, path: str, key: str, reason: str) -> None:
        super().__init__(path, key, reason)
        self.path = path
        self.key = key
        self.reason = reason

    def __str__(self) -> str:
        return carets.printable(": ".join(filter(None, (self.path, self.key, self.reason))))


@final
@attrs.frozen
class Config:
    """What one file says. Patterns are those of gitignore(5), below the directory of the file."""

    path: str = ""
    """The file; empty: there is none."""
    select: Codes | None = None
    """None: the rules that are on by default."""
    extend_select: Codes = frozenset()
    ignore: Codes = frozenset()
    per_file_ignores: tuple[tuple[Rules, Codes], ...] = ()
    targets: Targets | None = None
    """None: nobody has chosen."""
    least: Confidence | None = None
    """How sure an address must be; None: likely."""
    exclude: Rules = ()

    def codes(self, path: str) -> Codes:
        """Give the rules to ask about a source."""
        chosen = (default_codes() if self.select is None else self.select) | self.extend_select
        place = os.path.abspath(path)
        for rules, codes in self.per_file_ignores:
            if _covers(rules, place, is_directory=False):
                chosen -= codes
        return chosen - self.ignore

    def excludes(self, path: str, *, is_directory: bool = False) -> bool:
        """Tell whether a file or directory, or one that it is in, is not to be looked at."""
        return bool(self.exclude) and _covers(self.exclude, os.path.abspath(path), is_directory=is_directory)


@final
class Configs:
    """Finds the configuration of each source; every file is read once."""

    def __init__(self, fixed: Config | None = None) -> None:
        """Look upward from each source, or take `fixed` for all."""
        self._fixed = fixed
        self._known: dict[str, Config] = {}

    def of(self, path: str, *, is_directory: bool = False) -> Config:
        """Give what holds for a file or directory.

        :raises ConfigError: a configuration cannot be used.
        """
        if self._fixed is not None:
            return self._fixed
        place = os.path.abspath(path)
        return self._at(place if is_directory else os.path.dirname(place))

    def _at(self, directory: str) -> Config:
        passed = []
        while (known := self._known.get(directory)) is None:
            found = _config_in(directory)
            parent = os.path.dirname(directory)
            passed.append(directory)
            if found is not None or parent == directory:
                known = found or Config()
                break
            directory = parent
        self._known.update(dict.fromkeys(passed, known))
        return known


def read_config(path: str) -> Config:
    """Read a file; a pyproject.toml without the table says nothing.

    :raises ConfigError: it cannot be read, or is no configuration.
    """
    return _read(path) or Config(path)


def read_codes(texts: Iterable[str], where: str, key: str) -> Codes:
    """Read codes of rules, or ALL.

    :raises ConfigError: one of them is none.
    """
    codes: set[str] = set()
    for text in texts:
        if text == ALL:
            codes |= set(RULES)
        elif text in RULES:
            codes.add(text)
        else:
            near = f": write {text.upper()}" if text.upper() in RULES else ""
            raise ConfigError(where, key, f"there is no rule {text}{near}; see migaddr rules")
    return frozenset(codes)


def default_codes() -> Codes:
    """Give the rules that are on by default."""
    return frozenset(code for code, rule in RULES.items() if rule.on)


def _config_in(directory: str) -> Config | None:
    for name in (OWN_FILE, PYPROJECT):
        path = os.path.join(directory, name)
        if os.path.isfile(path):
            found = _read(path)
            if found is not None:
                return found
    return None


def _read(path: str) -> Config | None:
    try:
        with open(path, "rb") as file:
            data = file.read()
        if os.path.basename(path) == PYPROJECT and b"migaddr" not in data:
            return None  # whatever it is, it does not concern us
        tables: dict[str, object] = tomllib.loads(data.decode())
    except OSError as error:
        raise ConfigError(path, "", error.strerror or str(error)) from None
    except UnicodeDecodeError:
        raise ConfigError(path, "", "is not UTF-8, as TOML is") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(path, "", f"is no TOML: {error}") from None
    if os.path.basename(path) == PYPROJECT:
        inner = tables.get("tool")
        for name in ("migaddr", "lint"):
            inner = inner.get(name) if isinstance(inner, Mapping) else None
        return None if inner is None else _Reader(path, "tool.migaddr.lint").config(inner)
    for name in tables:
        if name != "lint":
            hint = "put it into the table [lint]" if name in _KEYS else "there is only the table [lint]"
            raise ConfigError(path, name, hint)
    return _Reader(path, "lint").config(tables.get("lint", {}))


@final
class _Reader:
    """Reads the table of one file."""

    def __init__(self, path: str, table: str) -> None:
        self._path = path
        self._table = table
        self._base = os.path.dirname(os.path.abspath(path))

    def config(self, value: object) -> Config:
        if not isinstance(value, dict):
            raise ConfigError(self._path, self._table, f"must be a table: write [{self._table}]")
        table: dict[str, object] = value
        for key in table:
            if key not in _KEYS:
                hint = _near(key, _KEYS) or f"; the keys are {', '.join(_KEYS)}"
                raise self._error(key, f"there is no such key{hint}")
        return Config(
            path=self._path,
            select=self._codes(table["select"], "select") if "select" in table else None,
            extend_select=self._codes(table.get("extend-select", []), "extend-select"),
            ignore=self._codes(table.get("ignore", []), "ignore"),
            per_file_ignores=self._per_file(table.get("per-file-ignores", {})),
            targets=self._targets(table["target-release"]) if "target-release" in table else None,
            least=self._level(table["min-confidence"]) if "min-confidence" in table else None,
            exclude=self._patterns(table.get("exclude", []), "exclude"),
        )

    def _error(self, key: str, reason: str) -> ConfigError:
        return ConfigError(self._path, f"{self._table}.{key}", reason)

    def _texts(self, value: object, key: str, example: str) -> list[str]:
        if not isinstance(value, list):
            raise self._error(key, f"must be a list of strings: write {key.rpartition('.')[2]} = [{example}]")
        for index, item in enumerate(value):
            if not isinstance(item, str):
                raise self._error(f"{key}[{index}]", f"must be a string: write {example}")
        return [str(item) for item in value]

    def _codes(self, value: object, key: str) -> Codes:
        texts = self._texts(value, key, '"MIG103"')
        for index, text in enumerate(texts):
            read_codes([text], self._path, f"{self._table}.{key}[{index}]")
        return read_codes(texts, self._path, key)

    def _patterns(self, value: object, key: str) -> Rules:
        texts = self._texts(value, key, '"vendor/"')
        for index, text in enumerate(texts):
            if parse_rule(text) is None:
                reason = "is no pattern: write one as in a .gitignore, such as vendor/ or **/*_test.go"
                raise self._error(f"{key}[{index}]", reason)
        return (RuleFile.of(texts, self._base),)

    def _per_file(self, value: object) -> tuple[tuple[Rules, Codes], ...]:
        if not isinstance(value, dict):
            raise self._error("per-file-ignores", 'must be a table: write "tests/**" = ["MIG114"] in it')
        table: dict[str, object] = value
        read = []
        for pattern, codes in table.items():
            key = f'per-file-ignores."{pattern}"'
            read.append((self._patterns([pattern], key), self._codes(codes, key)))
        return tuple(read)

    def _targets(self, value: object) -> Targets:
        text = value if isinstance(value, str) else None
        if isinstance(value, list):
            text = ",".join(self._texts(value, "target-release", '"10.0"'))
        if text is None:  # 10.10 as a number would be 10.1
            raise self._error("target-release", 'must be a string: write "10.0", "8.2..11.1" or "7.2,10.0.."')
        try:
            targets = parse_targets(text)
        except UnknownReleaseError as error:
            raise self._error("target-release", str(error)) from None
        if not targets.chosen:
            raise self._error("target-release", 'is empty: write "10.0", "8.2..11.1" or "7.2,10.0.."')
        return targets

    def _level(self, value: object) -> Confidence:
        if not isinstance(value, str) or value not in LEVELS:
            raise self._error("min-confidence", f"must be one of {', '.join(map(repr, LEVELS))}")
        return LEVELS[value]


def _covers(rules: Rules, path: str, *, is_directory: bool) -> bool:
    """Tell whether patterns cover an absolute path, or a directory that it is in."""
    base = rules[0].base
    if not path.startswith(base.rstrip("/") + "/"):
        return False
    below = path[len(base) :].strip("/").split("/")
    for depth in range(1, len(below) + 1):
        part = os.path.join(base, *below[:depth])
        if is_ignored(rules, part, is_directory=is_directory or depth < len(below)):
            return True
    return False


def _near(text: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(text, list(known), 1)
    return f": write {near[0]}" if near else ""
