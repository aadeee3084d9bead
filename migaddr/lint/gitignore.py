"""What .gitignore says of a path: the rules of gitignore(5), the last that matches decides.

Global excludes and .git/info/exclude are not read: a check shall not depend on whose machine it runs on.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import Final, TypeAlias, final

import attrs

_WILD: Final = re.compile(r"[*?\[\\]")


@final
@attrs.frozen
class Rule:
    """One line of a .gitignore."""

    text: str
    """The pattern, without what the other members say."""
    anchored: bool
    """It is asked for the whole path below its directory, and not for the name alone."""
    negated: bool
    directories_only: bool
    pattern: re.Pattern[str]

    def matches(self, below: str, name: str, *, is_directory: bool) -> bool:
        """Tell whether a path is meant."""
        if self.directories_only and not is_directory:
            return False
        return self.pattern.fullmatch(below if self.anchored else name) is not None


@final
@attrs.frozen
class RuleFile:
    """The rules of one .gitignore, and what tells fast that none of them can match: nearly always."""

    base: str
    """The directory below which it is asked for, as the paths in question begin."""
    prefix: str
    """What leads from the directory of the .gitignore to `base`: empty, or ends in a slash."""
    rules: tuple[Rule, ...]
    names: frozenset[str]
    """Names that some rule is, without any wildcard."""
    literals: frozenset[str]
    """Whole paths that some rule is."""
    suffixes: tuple[str, ...]
    """Of rules like `*.o`."""
    others: re.Pattern[str] | None
    """Matches wherever another rule for names does."""
    paths: re.Pattern[str] | None
    """The same for rules that are anchored."""

    @classmethod
    def of(cls, lines: Iterable[str], base: str, prefix: str = "") -> RuleFile:
        """Read the lines of a .gitignore."""
        rules = tuple(rule for rule in map(parse_rule, lines) if rule is not None)
        names: set[str] = set()
        literals: set[str] = set()
        suffixes: list[str] = []
        others: list[str] = []
        paths: list[str] = []
        for rule in rules:
            rest = rule.text[1:] if rule.text.startswith("*") and not rule.anchored else rule.text
            if _WILD.search(rest):
                (paths if rule.anchored else others).append(rule.pattern.pattern)
            elif rest == rule.text:
                (literals if rule.anchored else names).add(rest)
            else:
                suffixes.append(rest)
        return cls(
            base,
            prefix,
            rules,
            frozenset(names),
            frozenset(literals),
            tuple(suffixes),
            _either(others),
            _either(paths),
        )

    def judge(self, path: str, *, is_directory: bool) -> bool | None:
        """Tell whether a path is excluded; None where no rule is meant."""
        name = _bytes(path[path.rfind("/") + 1 :])
        if (
            name in self.names
            or name.endswith(self.suffixes)
            or (self.others is not None and self.others.fullmatch(name) is not None)
        ):
            below = self._below(path)
        elif self.paths is not None or self.literals:
            below = self._below(path)
            if below not in self.literals and (self.paths is None or self.paths.fullmatch(below) is None):
                return None
        else:
            return None
        for rule in reversed(self.rules):
            if rule.matches(below, name, is_directory=is_directory):
                return not rule.negated
        return None

    def _below(self, path: str) -> str:
        return _bytes(self.prefix + path[len(self.base) :].lstrip("/"))


Rules: TypeAlias = tuple[RuleFile, ...]


def is_ignored(rules: Rules, path: str, *, is_directory: bool) -> bool:
    """Tell whether the rules exclude a path, given that they do not exclude its directories."""
    for file in reversed(rules):
        verdict = file.judge(path, is_directory=is_directory)
        if verdict is not None:
            return verdict
    return False


def _either(patterns: list[str]) -> re.Pattern[str] | None:
    return re.compile("|".join(f"(?:{one})" for one in patterns), re.DOTALL) if patterns else None


def read_rules(directory: str, base: str | None = None, prefix: str = "") -> Rules:
    """Read the .gitignore of a directory, for paths below `base`; none if it cannot be read."""
    try:
        with open(os.path.join(directory, ".gitignore"), encoding="utf-8", errors="surrogateescape") as file:
            lines = file.read().split("\n")
    except OSError:
        return ()
    return (RuleFile.of(lines, directory if base is None else base, prefix),)


def ignore_rules_above(directory: str) -> Rules:
    """Collect the rules of the directories above one, up to the root of its repository."""
    top = os.path.abspath(directory)
    current = top
    above: list[str] = []
    while not os.path.lexists(os.path.join(current, ".git")):
        parent = os.path.dirname(current)
        if parent == current:
            return ()  # no repository: only what is below counts
        above.append(parent)
        current = parent
    rules: Rules = ()
    for found in reversed(above):
        rules = (*rules, *read_rules(found, directory, os.path.relpath(top, found) + "/"))
    return rules


def parse_rule(line: str) -> Rule | None:
    """Read one line; None for a blank, a comment, or what is no pattern."""
    line = line.removesuffix("\r")
    if line.startswith("#"):
        return None
    while line.endswith(" ") and not line.endswith("\\ "):
        line = line[:-1]
    negated = line.startswith("!")
    line = line[1:] if negated else line
    directories_only = line.endswith("/")
    line = line[:-1] if directories_only else line
    if not line:
        return None
    anchored = "/" in line
    text = _bytes(line.removeprefix("/"))
    try:
        pattern = re.compile(_expression(text), re.DOTALL)
    except re.error:
        return None
    return Rule(text, anchored, negated, directories_only, pattern)


def _bytes(text: str) -> str:
    """Turn every byte into a character: to git, `?` is one byte."""
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("latin-1")


def _expression(text: str) -> str:
    """Turn the pattern into a regular expression: for a name, or for the path below the .gitignore.

    :raises re.error: a class is not closed: to git, such a pattern matches nothing.
    """
    out = ""
    at = 0
    while at < len(text):
        c = text[at]
        if c == "*":
            stars = at
            while text[at : at + 1] == "*":
                at += 1
            # git compares what is before the first wildcard by itself, and a ** then begins what is left
            is_first = not _WILD.search(text[:stars])
            if at - stars < 2 or (not is_first and text[stars - 1] != "/"):
                out += "[^/]*"
            elif text.startswith("/", at):
                out += "(?:.*/)?"
                at += 1
            elif text.startswith("\\/", at):
                out += ".*"
            elif at == len(text):
                out += ".+" if text[stars - 1 : stars] == "/" else ".*"
            else:
                out += "[^/]*"
        elif c == "?":
            out += "[^/]"
            at += 1
        elif c == "[":
            close = _class_end(text, at)
            if close < 0:
                raise re.error("unterminated character class", text)
            inside = text[at + 1 : close]
            if inside[0] in "!^":
                inside = "^" + inside[1:]
            out += "(?!/)[" + inside.replace("[", "\\[") + "]"
            at = close + 1
        elif c == "\\" and at + 1 < len(text):
            out += re.escape(text[at + 1])
            at += 2
        else:
            out += re.escape(c)
            at += 1
    return out


def _class_end(text: str, start: int) -> int:
    """Find the bracket that closes a class; -1 if none does."""
    at = start + 1
    if text[at : at + 1] in ("!", "^"):
        at += 1
    close = text.find("]", at + 1)
    return close if at < len(text) else -1
