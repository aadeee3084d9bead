"""`migaddr fuzz`: try generated cases on another program, and say where it differs from QEMU."""

from __future__ import annotations

import json
import random
import re
import shlex
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import click

from migaddr import __version__
from migaddr.carets import printable
from migaddr.cli.options import warn_of_unknown
from migaddr.cli.progress import duration
from migaddr.cli.streaming import fails_with_status_1
from migaddr.cli.streams import argument, write_line
from migaddr.errors import MigaddrError, UnknownReleaseError
from migaddr.fuzz import Campaign, Kind, Target, TargetError
from migaddr.fuzz.campaign import generated
from migaddr.fuzz.program import Argv, Lines
from migaddr.fuzz.qemu import QemuTarget
from migaddr.fuzz.record import CORPUS, REPORT, STATE, as_json, load, read_rows, save, seed_in, title, told
from migaddr.generation import KINDS, Case, Form
from migaddr.generation.generate import EVERY_KIND, OTHER
from migaddr.qmp import JsonObject
from migaddr.releases import LATEST, Release

_QEMU: Final = "qemu:"
_POOL: Final = 16  # of so many cases a slow target gets the rarest
_COUNT: Final = 10_000
_EVERY: Final = 0.5  # seconds between two lines of progress
_SAVED_EVERY: Final = 10.0
_TIME: Final = re.compile(r"(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,9}(?:\.\d{1,9})?)s?)?", re.ASCII)
_LONGEST: Final = 86_400.0  # seconds to wait for an answer
_ERASE: Final = "\r\x1b[K"


def _seconds(ctx: click.Context, param: click.Parameter, value: str | None) -> float | None:
    """Read `90`, `90s`, `5m`, `1h30m`."""
    if value is None:
        return None
    found = _TIME.fullmatch(value)
    if not value or found is None:
        raise click.BadParameter(f"{value!r} is no time: write it as 90s, 5m or 1h30m", ctx, param)
    return int(found[1] or 0) * 3600 + int(found[2] or 0) * 60 + float(found[3] or 0)


def _timeout(ctx: click.Context, param: click.Parameter, value: float) -> float:
    if not 0 < value <= _LONGEST:  # nor nan
        raise click.BadParameter(f"must be above 0, and {_LONGEST:.0f} (a day) at most", ctx, param)
    return value


@click.command()
@click.option(
    "--against", required=True, metavar="CMD", help="The program, with its arguments; or qemu:PATH."
)
@click.option(
    "--argv", is_flag=True, help="Start it for each case, with the case as an argument, in place of {}."
)
@click.option(
    "--release", "releases", multiple=True, metavar="RELEASE", help="Be this QEMU.  [default: the latest]"
)
@click.option(
    "--form",
    "forms",
    multiple=True,
    type=click.Choice([form.value for form in Form]),
    help="Only such cases.",
)
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice([*KINDS, OTHER]),
    help="Only addresses of this kind.",
)
@click.option("--seed", type=click.IntRange(0), metavar="N", help="Which cases.  [default: at random]")
@click.option(
    "--count",
    type=click.IntRange(1, 10**12),
    metavar="N",
    help=f"How many.  [default: {_COUNT}; no end with --time]",
)
@click.option("--time", "seconds", callback=_seconds, metavar="TIME", help="Stop after 90s, 5m or 1h30m.")
@click.option(
    "--timeout",
    default=5.0,
    show_default=True,
    callback=_timeout,
    metavar="SECONDS",
    help="Wait so long for an answer.",
)
@click.option("--words", is_flag=True, help="QEMU's words in errors must be the same, too.")
@click.option(
    "--ignore",
    "ignored",
    multiple=True,
    type=click.Choice([kind.value for kind in Kind]),
    help="Pass these over.",
)
@click.option("--out", metavar="DIR", help="Keep the state, a report and a corpus there.")
@click.option("--resume", is_flag=True, help="Go on with what is in --out.")
@click.option("--replay", metavar="PATH", help="Try the rows of this file or folder (JSON lines) instead.")
@click.option("--json", "json_lines", is_flag=True, help="Print a JSON object for each finding.")
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
@fails_with_status_1
def command(
    against: str,
    argv: bool,
    releases: tuple[str, ...],
    forms: tuple[str, ...],
    kinds: tuple[str, ...],
    seed: int | None,
    count: int | None,
    seconds: float | None,
    timeout: float,
    words: bool,
    ignored: tuple[str, ...],
    out: str | None,
    resume: bool,
    replay: str | None,
    json_lines: bool,
    quiet: bool,
) -> int:
    """Try generated addresses on another program, and say where it differs from QEMU.

    CMD reads a JSON object a line, {"id": 1, "uri": "tcp:h:80", "release": "10.0"} (or "channels", or
    "command"), and answers {"id": 1, "expect": {...}} with what it read, {"id": 1, "expect": true} if it does
    not say what, or {"id": 1, "error": "why"}. docs/fuzzing.md has all of it. Each difference is shrunk while
    it stays of the same kind. qemu:PATH is a real QEMU, in a jail.

    \b
    Examples:
      migaddr fuzz --against ./my-parser --release 10.0 --form uri
      migaddr fuzz --against './my-parser --parse {}' --argv --time 5m --out found
      migaddr fuzz --against ./my-parser --replay found/corpus.jsonl
      migaddr fuzz --against qemu:/usr/bin/qemu-system-x86_64 --time 5m --seed 1

    Exit status: 0 nothing was found, 1 something was, 2 wrong usage, a program that cannot be run or never
    answers, nothing that could be tried, or a folder that cannot be written.
    """  # noqa: D301 -- click wants the character
    target, chosen = _target(argument(against), argv, tuple(map(_release, releases)), timeout, words)
    try:
        if resume and out is None:
            raise click.UsageError("--resume needs --out, which says where it goes on")
        if resume and replay is not None:
            raise click.UsageError(
                "--resume goes on with the cases of a seed, --replay has others: run each by itself"
            )
        folder = None if out is None else Path(out)
        campaign = Campaign(target, frozenset(map(Kind, ignored)))
        asked: JsonObject = {
            "against": printable(argument(against)),
            "argv": argv,
            "releases": [str(release) for release in chosen],
            "forms": list(forms),
            "kinds": list(kinds),
            "words": words,
            "ignore": list(ignored),
            "replay": None if replay is None else printable(argument(replay)),
            "migaddr": __version__,
        }
        start = 0
        if folder is not None:
            seed, start = _open(folder, asked, campaign, seed, resume=resume)
        elif seed is None:
            seed = random.SystemRandom().getrandbits(32)
        asked["seed"] = seed
        if replay is not None:
            given = _replayed(Path(replay), chosen, campaign)
        else:
            most = count if count is not None else None if seconds is not None else _COUNT
            given = generated(
                seed,
                chosen,
                [Form(form) for form in forms] or tuple(Form),
                kinds or EVERY_KIND,
                pool=_POOL if isinstance(target, QemuTarget) else 1,
                start=start,
                count=most,
            )
        show = _Progress(folder, asked, start, quiet=quiet)
        try:
            fault = _tried(campaign, given, seconds, show, patient=replay is not None)
        except KeyboardInterrupt:
            fault = None
    finally:
        target.close()
    if campaign.tried:
        _print(campaign, json_lines, "" if replay is not None else f", seed {seed}")
    if fault is None:
        raise KeyboardInterrupt
    if fault:
        raise click.UsageError(fault)
    return 1 if campaign.findings else 0


def _tried(
    campaign: Campaign, given: Iterable[Case], seconds: float | None, show: _Progress, *, patient: bool
) -> str:
    """Run the campaign; say why it cannot be counted on, if so."""
    try:
        campaign.run(given, seconds=seconds, progress=show, patient=patient)
    except MigaddrError as error:
        return str(error)
    finally:
        show.end(campaign)
    if not campaign.tried:
        return "no case was tried: " + ("all were passed over" if campaign.skipped else "there was none")
    return show.fault


def _print(campaign: Campaign, json_lines: bool, seed: str) -> None:
    for finding in campaign.findings.values():
        if json_lines:
            write_line(json.dumps(as_json(finding)))
        else:
            write_line(title(finding))
            for line in told(finding):
                write_line(f"    {line}")
    if not json_lines:
        skipped = f", {campaign.skipped} passed over" if campaign.skipped else ""
        found = len(campaign.findings)
        what = (
            "no difference"
            if not found
            else f"{found} kinds of difference"
            if found > 1
            else "one kind of difference"
        )
        write_line(f"{campaign.tried} cases{skipped}{seed}: {what}")


def _replayed(path: Path, releases: tuple[Release, ...], campaign: Campaign) -> Iterator[Case]:
    """Give the cases of which it is known what QEMU does with them, and count the others."""
    try:
        for case in read_rows(path, releases):
            if case is None:
                campaign.skipped += 1
            else:
                yield case
    except OSError as error:
        raise MigaddrError(f"{printable(str(error.filename))}: {error.strerror}") from error


def _release(text: str) -> Release:
    try:
        release = Release.parse(text)
    except UnknownReleaseError as error:
        raise click.BadParameter(str(error), param_hint="--release") from None
    warn_of_unknown(release)
    return release


def _target(
    against: str, argv: bool, releases: tuple[Release, ...], timeout: float, words: bool
) -> tuple[Target, tuple[Release, ...]]:
    try:
        if not against.startswith(_QEMU):
            kind = Argv if argv else Lines
            try:
                split = shlex.split(against)
            except ValueError as error:
                raise click.BadParameter(f"{against!r}: {error}", param_hint="--against") from None
            return kind(split, timeout=timeout, compare_words=words), releases or (LATEST,)
        if argv or words or releases:
            raise click.UsageError("--release, --words and --argv are for programs: a real QEMU says itself")
        target = QemuTarget(Path(against.removeprefix(_QEMU)))
    except TargetError as error:
        raise click.UsageError(str(error)) from error
    return target, (target.release,)


def _open(
    folder: Path, asked: JsonObject, campaign: Campaign, seed: int | None, *, resume: bool
) -> tuple[int, int]:
    """Make the folder, or go on with what is in it; give the seed and the position."""
    shown = printable(str(folder))
    try:
        if not resume:
            if (folder / STATE).exists():
                raise click.UsageError(
                    f"{shown} has a campaign: go on with it with --resume, or give another --out"
                )
            for name in (CORPUS, REPORT):
                if (folder / name).exists():
                    raise click.UsageError(
                        f"{shown} has a {name} that is not of a campaign: give another --out"
                    )
            folder.mkdir(parents=True, exist_ok=True)
            return (random.SystemRandom().getrandbits(32) if seed is None else seed), 0
        asked["seed"] = chosen = seed_in(folder) if seed is None else seed
        return chosen, load(folder, asked, campaign)
    except MigaddrError as error:
        raise click.UsageError(str(error)) from error
    except OSError as error:
        raise click.UsageError(f"{shown}: {error.strerror}") from error


class _Progress:
    """Draws a line on a terminal, and saves the state now and then."""

    def __init__(self, folder: Path | None, asked: JsonObject, start: int, *, quiet: bool) -> None:
        self._folder = folder
        self._asked = asked
        self._position = start
        self._draws = sys.stderr is not None and sys.stderr.isatty() and not quiet
        self._began = self._drawn = self._saved = time.monotonic()
        self._known = 0
        self.fault = ""
        """Why the folder could not be written."""

    def __call__(self, campaign: Campaign) -> None:
        """Count a case."""
        self._position += 1
        now = time.monotonic()
        if self._draws and now - self._drawn >= _EVERY:
            self._drawn = now
            rate = campaign.tried / (now - self._began)
            so_far = f"{duration(now - self._began)}, {len(campaign.findings)} found"
            text = f"{campaign.tried} cases, {rate:.0f}/s, {so_far}"
            sys.stderr.write(_ERASE + text)
            sys.stderr.flush()
        if now - self._saved >= _SAVED_EVERY or len(campaign.findings) != self._known:
            self._known = len(campaign.findings)
            self._saved = now
            self._save(campaign)

    def _save(self, campaign: Campaign) -> None:
        if self._folder is not None:
            try:
                save(self._folder, self._asked, self._position, campaign)
                self.fault = ""
            except OSError as error:
                self.fault = f"{printable(str(self._folder))}: {error.strerror}: what was found is not kept"

    def end(self, campaign: Campaign) -> None:
        """Take the line away, and save."""
        if self._draws:
            sys.stderr.write(_ERASE)
            sys.stderr.flush()
        self._save(campaign)
