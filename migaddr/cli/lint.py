"""`migaddr lint`: say what is wrong with the migration addresses in a source tree, and fix what is safe."""

from __future__ import annotations

import difflib
import errno
import os
import sys
from collections.abc import Callable, Iterator
from typing import TypeAlias

import attrs
import click

from migaddr.carets import printable
from migaddr.cli.lint_progress import Counting
from migaddr.cli.streams import argument, flush_output, write_error
from migaddr.errors import MigaddrError, UnknownReleaseError
from migaddr.lint.baseline import Baseline, baseline_text, is_baseline, read_baseline
from migaddr.lint.config import LEVELS, Codes, Config, ConfigError, Configs, read_codes, read_config
from migaddr.lint.engine import LEAST
from migaddr.lint.find.vocabulary import Confidence
from migaddr.lint.fixing import replace_file, write_file
from migaddr.lint.report import FORMATS, Result, report
from migaddr.lint.rules.rule import Targets
from migaddr.lint.running import Asked, Outcome, Task, run
from migaddr.lint.source import Skipped, Source, read_source, source_of, walk
from migaddr.lint.targets import parse_targets

_STDIN = "-"
_UNNAMED = "<stdin>"

_Predicate: TypeAlias = Callable[[str, bool], bool]


@attrs.frozen
class _Options:
    """What the command line says; None where it leaves a question to the configuration."""

    output: str
    targets: Targets | None
    least: Confidence | None
    select: Codes | None
    extend: Codes
    ignore: Codes
    fix: bool
    unsafe: bool
    diff: bool
    baseline: Baseline | None
    write_baseline: str | None
    gitignore: bool
    stdin_name: str
    jobs: int

    @property
    def mends(self) -> bool:
        return self.fix or self.unsafe or self.diff


@click.command("lint")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--format",
    "output",
    type=click.Choice(FORMATS),
    default="text",
    show_default=True,
    help="How findings are written.",
)
@click.option(
    "--target-release",
    metavar="RELEASES",
    help="The QEMU that the code runs with: 10.0, 8.2..11.1, 7.2,10.0..  [default: all]",
)
@click.option("--select", metavar="CODES", help="Only these rules: MIG101,MIG103, or ALL.")
@click.option("--extend-select", metavar="CODES", help="These rules, too.")
@click.option("--ignore", metavar="CODES", help="Not these rules.")
@click.option(
    "--min-confidence",
    "least",
    type=click.Choice(list(LEVELS)),
    help="How sure it must be.  [default: likely]",
)
@click.option("--fix", is_flag=True, help="Apply the safe fixes.")
@click.option("--unsafe-fixes", is_flag=True, help="Apply the suggested fixes, too.")
@click.option("--diff", is_flag=True, help="Show what the fixes would change, and change nothing.")
@click.option("--baseline", metavar="FILE", help="Leave out the findings that this file knows.")
@click.option("--write-baseline", metavar="FILE", help="Write all findings to a baseline.")
@click.option("--config", "config_file", metavar="FILE", help="This configuration, and no other.")
@click.option("--no-config", is_flag=True, help="No configuration.")
@click.option("--no-gitignore", is_flag=True, help="Look into what .gitignore excludes, too.")
@click.option("--stdin-filename", metavar="NAME", help="What standard input (-) is called.")
@click.option("--jobs", type=click.IntRange(min=0), default=0, help="Processes; 0: one for each processor.")
def command(
    paths: tuple[str, ...],
    output: str,
    target_release: str | None,
    select: str | None,
    extend_select: str | None,
    ignore: str | None,
    least: str | None,
    fix: bool,
    unsafe_fixes: bool,
    diff: bool,
    baseline: str | None,
    write_baseline: str | None,
    config_file: str | None,
    no_config: bool,
    no_gitignore: bool,
    stdin_filename: str | None,
    jobs: int,
) -> int:
    """Say what is wrong with the migration addresses in files and trees.

    A directory is searched, without what its .gitignore excludes; - is standard input. The nearest
    migaddr.toml or pyproject.toml with [tool.migaddr.lint] above each file says how. A comment silences the
    findings of its line: # migaddr: ignore[MIG102]. With --fix, standard input comes out mended, and what is
    left goes to standard error.

    \b
    Examples:
      migaddr lint .
      migaddr lint --target-release 8.2..11.1 --fix src
      migaddr lint --unsafe-fixes --diff save.py
      migaddr lint --format sarif . >findings.sarif

    Exit status: 0 clean, 1 findings (with --diff: something to change), 2 wrong usage, or a file that could
    not be read or written.
    """  # noqa: D301 -- click wants the character
    if write_baseline is not None and (fix or unsafe_fixes or diff or baseline is not None):
        raise click.UsageError("--write-baseline writes all findings: it goes with no fixes and no baseline")
    if _STDIN in paths and len(paths) > 1 and (fix or unsafe_fixes) and not diff:
        raise click.UsageError("mended standard input goes to standard output: name no other path")
    if config_file is not None and no_config:
        raise click.UsageError("--config and --no-config exclude each other")
    try:
        options = _Options(
            output=output,
            targets=None if target_release is None else _targets(target_release),
            least=None if least is None else LEVELS[least],
            select=None if select is None else _codes(select, "--select"),
            extend=_codes(extend_select or "", "--extend-select"),
            ignore=_codes(ignore or "", "--ignore"),
            fix=fix,
            unsafe=unsafe_fixes,
            diff=diff,
            baseline=None if baseline is None else read_baseline(baseline),
            write_baseline=write_baseline,
            gitignore=not no_gitignore,
            stdin_name=stdin_filename or _UNNAMED,
            jobs=jobs,
        )
        fixed = Config() if no_config else None if config_file is None else read_config(config_file)
        return _Run(options, Configs(fixed)).over(paths)
    except click.ClickException:
        raise
    except MigaddrError as error:  # a configuration, or a baseline
        write_error(f"migaddr: {error}")
        return 2
    except OSError as error:
        return _unwritable(error)


def _targets(text: str) -> Targets:
    try:
        return parse_targets(text)
    except UnknownReleaseError as error:
        raise click.BadParameter(str(error), param_hint="--target-release") from None


def _codes(text: str, option: str) -> Codes:
    try:
        return read_codes((code.strip() for code in text.split(",") if code.strip()), "", "")
    except ConfigError as error:
        raise click.BadParameter(error.reason, param_hint=option) from None


class _Run:
    """One run over all paths."""

    def __init__(self, options: _Options, configs: Configs) -> None:
        self._options = options
        self._configs = configs
        self._trouble = False
        self._changed = False
        self._mended = 0
        self._stdin = b""
        self._counting = Counting()

    def over(self, paths: tuple[str, ...]) -> int:
        """Do it; give the exit status."""
        options = self._options
        results: list[Result] = []
        known: list[Result] = []
        mends_stdin = _STDIN in paths and (options.fix or options.unsafe) and not options.diff
        fixed_stdin: bytes | None = None
        with self._counting:
            for outcome in run(self._tasks(paths), options.jobs):
                if isinstance(outcome, Skipped):
                    self._say(outcome)
                    continue
                known.append(outcome.known)
                self._counting.found(len(outcome.result.findings))
                if mends_stdin and outcome.left is not None:
                    fixed_stdin = outcome.left.data
                    results.append(outcome.left)
                else:
                    results.append(self._settled(outcome))
        if mends_stdin:
            _write(self._stdin if fixed_stdin is None else fixed_stdin)
        if self._mended:
            write_error(f"migaddr: mended {self._mended} file{'s' * (self._mended != 1)}")
        if options.write_baseline is not None:
            return self._write_baseline(options.write_baseline, known)
        if not options.diff:
            self._report(results, to_error=mends_stdin)
            self._changed = any(one.findings for one in results)
        self._tell_gone(known)
        return 2 if self._trouble else 1 if self._changed else 0

    def _tasks(self, paths: tuple[str, ...]) -> Iterator[Task | Skipped]:
        seen: set[str] = set()
        for path in paths:
            for one in self._sources(path):
                if isinstance(one, Skipped):
                    yield one
                elif is_baseline(one.data):
                    continue
                elif (place := os.path.abspath(one.path)) not in seen or path == _STDIN:
                    seen.add(place)
                    yield one, self._asked(one.path)

    def _sources(self, path: str) -> Iterator[Source | Skipped]:
        options = self._options
        if path == _STDIN:
            if sys.stdin is None:
                raise OSError(errno.EBADF, os.strerror(errno.EBADF))
            self._stdin = sys.stdin.buffer.read()
            found = source_of(self._stdin, options.stdin_name)
            if found is not None:
                yield found
            return
        if os.path.lexists(path) and self._configs.of(path).excludes(path, is_directory=os.path.isdir(path)):
            said = f"is excluded by {self._configs.of(path).path}"
            write_error(f"migaddr: {printable(argument(path))}: {printable(argument(said))}")
            return
        for one in walk([path], gitignore=options.gitignore, exclude=self._excludes):
            self._counting.looked_at()
            source = one if isinstance(one, Skipped) else read_source(one)
            if source is not None:
                yield source

    def _excludes(self, directory: str) -> _Predicate | None:
        config = self._configs.of(directory, is_directory=True)
        if not config.exclude:
            return None
        return lambda path, is_directory: config.excludes(path, is_directory=is_directory)

    def _asked(self, path: str) -> Asked:
        options, config = self._options, self._configs.of(path)
        if options.select is not None:
            none: Codes = frozenset()
            config = attrs.evolve(config, select=options.select, extend_select=none, ignore=none)
        if options.extend:
            extend, ignore = config.extend_select | options.extend, config.ignore - options.extend
            config = attrs.evolve(config, extend_select=extend, ignore=ignore)
        return Asked(
            targets=options.targets or config.targets or Targets(),
            codes=config.codes(path) - options.ignore,
            least=next((one for one in (options.least, config.least) if one is not None), LEAST),
            fix=options.mends,
            unsafe=options.unsafe,
            baseline=options.baseline,
        )

    def _settled(self, outcome: Outcome) -> Result:
        """Show or store what was mended; give what is to be reported."""
        result, left = outcome.result, outcome.left
        if left is None:
            return result
        if self._options.diff:
            self._changed |= _show(result, left.data)
            return result
        if left.data == result.data:
            return left
        problem = _store(result, left.data)
        if problem is None:
            self._mended += 1
            return left
        self._say(Skipped(result.path, problem, problem=True))
        return result

    def _say(self, skipped: Skipped) -> None:
        if skipped.problem:
            self._counting.erase()
            write_error(f"migaddr: {printable(argument(skipped.path))}: {skipped.reason}")
            self._trouble = True

    def _report(self, results: list[Result], *, to_error: bool) -> None:
        shown = [attrs.evolve(one, path=argument(one.path)) for one in results]
        text = report(shown, self._options.output)
        if not to_error:
            _write(text.encode("utf-8"))
        elif text:
            write_error(text.removesuffix("\n"))

    def _write_baseline(self, path: str, known: list[Result]) -> int:
        text = baseline_text(path, known)
        try:
            write_file(path, text.encode("utf-8"))
        except OSError as error:
            self._say(Skipped(path, error.strerror or str(error), problem=True))
        else:
            total = sum(len(one.findings) for one in known)
            write_error(f"migaddr: {printable(argument(path))} knows {total} finding{'s' * (total != 1)}")
        return 2 if self._trouble else 0

    def _tell_gone(self, known: list[Result]) -> None:
        gone = 0 if self._options.baseline is None else self._options.baseline.gone(known)
        if gone:
            write_error(f"migaddr: {gone} of the baseline {'is' if gone == 1 else 'are'} gone: write it anew")


def _store(result: Result, fixed: bytes) -> str | None:
    try:
        return None if replace_file(result.path, result.data, fixed) else "has changed meanwhile; not fixed"
    except OSError as error:
        return error.strerror or str(error)


def _show(result: Result, fixed: bytes) -> bool:
    name = argument(os.path.normpath(result.path)).encode("utf-8", "surrogateescape")
    rows = difflib.diff_bytes(
        difflib.unified_diff,
        result.data.splitlines(keepends=True),
        fixed.splitlines(keepends=True),
        b"a/" + name,
        b"b/" + name,
    )
    any_row = False
    for row in rows:
        any_row = True
        _write(row if row.endswith(b"\n") else row + b"\n\\ No newline at end of file\n")
    return any_row


def _write(data: bytes) -> None:
    if sys.stdout is None:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    sys.stdout.buffer.write(data)
    flush_output()


def _unwritable(error: OSError) -> int:
    """End with the status of trouble: nobody reads on, or there is no room."""
    if sys.stdout is not None:  # Python would try again to write at its end, and complain
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if error.errno != errno.EPIPE:
        write_error(f"migaddr: {error.strerror}")
    return 2
