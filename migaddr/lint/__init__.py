"""The linter: finds every migration address in source texts, says what is wrong, and fixes what is safe.

>>> from migaddr import lint
>>> [finding.code for finding in lint.check('vm.qmp("migrate", uri="tcp:::1:4444")', language="python")]
['MIG103']

`check` is pure: it touches no file, and what it gives pickles, so that any engine can map it over sources.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from migaddr.errors import CommandError, MigaddrError
from migaddr.lint.findings import Edit, Finding, Fix, Severity
from migaddr.releases import ReleaseLike, as_release

if TYPE_CHECKING:
    from migaddr.lint.rules.rule import Targets

__all__ = ["Edit", "Finding", "Fix", "Severity", "check", "check_address"]

_COMMANDS: Final = ("migrate", "migrate-incoming", "migrate-recover", "-incoming")


def check(
    text: str,
    *,
    language: str | None = None,
    release: ReleaseLike | Sequence[ReleaseLike] | None = None,
    path: str = "",
) -> tuple[Finding, ...]:
    """Find what is wrong with the migration addresses in a source text, in order of place.

    `language` is `python`, `c`, `cpp`, `go`, `rust`, `shell`, `perl`, `ruby`, `javascript`, `typescript`,
    `tsx`, `json`, `yaml`, `toml`, `make`, `markdown` or `text`; None: the one that the name in `path` or an
    interpreter in the first line tells, else `text`. `release` is the QEMU that the code shall run with, or
    several; None: every release that migaddr knows. `path` is not opened: its name tells what the file is
    about. Comments that ignore findings are obeyed. Offsets are bytes of the text as UTF-8.

    :raises MigaddrError: there is no such language.
    :raises UnknownReleaseError: as `Release.parse`.
    """
    from migaddr.lint.engine import judge
    from migaddr.lint.ignores import apply_ignores

    data = _encoded(text)
    if language is None:
        from migaddr.lint.source import language_of

        language = language_of(path, data[:200])
    elif language != "text":
        from migaddr.lint.find.grammars import LANGUAGES

        if language not in LANGUAGES:
            raise MigaddrError(
                f"no such language: {language!r}; one of {', '.join(sorted(LANGUAGES))} or text"
            )
    return apply_ignores(judge(data, language, path, _targets(release)), data).kept


def check_address(
    text: str,
    *,
    command: str = "migrate",
    release: ReleaseLike | Sequence[ReleaseLike] | None = None,
) -> tuple[Finding, ...]:
    """Find what is wrong with one address, the whole of a text, that is given to QEMU.

    `command` is `migrate`, `migrate-incoming`, `migrate-recover` or `-incoming`, which its value is given to.
    Releases and offsets are as in `check`; no grammar is needed. What a template writes where a value goes
    (`{host}`, `$PORT`) may be anything.

    :raises CommandError: there is no such command.
    :raises UnknownReleaseError: as `Release.parse`.
    """
    from migaddr.lint.engine import judge
    from migaddr.lint.find.finder import given_to

    if command not in _COMMANDS:
        raise CommandError(f"no such command: {command!r}; one of {', '.join(_COMMANDS)}")
    data = _encoded(text)
    return judge(data, "text", targets=_targets(release), addresses=given_to(data, command))


def _targets(release: ReleaseLike | Sequence[ReleaseLike] | None) -> Targets:
    from migaddr.lint.rules.rule import Targets

    if release is None:
        return Targets()
    several = release if isinstance(release, Sequence) and not isinstance(release, str) else (release,)
    return Targets(tuple(sorted(map(as_release, several), key=lambda r: r.version)), chosen=True)


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape" if _speakable(text) else "surrogatepass")


def _speakable(text: str) -> bool:
    try:
        text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False
    return True
