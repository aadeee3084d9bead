"""`migaddr fuzz`: try generated cases on another program, and say where it differs from QEMU."""

from __future__ import annotations

import json
import random
import re
import shlex
import sys
import time
from pathlib import Path
from typing import Final

import click

from migaddr import __version__
from migaddr.cli.options import warn_of_unknown
from migaddr.cli.progress import duration
from migaddr.cli.streaming import fails_with_status_1
from migaddr.cli.streams import argument, write_error, write_line
from migaddr.errors import MigaddrError, UnknownReleaseError
from migaddr.fuzz import Campaign, Kind, Target, TargetError
from migaddr.fuzz.campaign import generated
from migaddr.fuzz.program import Argv, Lines
from migaddr.fuzz.qemu import QemuTarget
from migaddr.fuzz.record import STATE, as_json, load, read_rows, save, title, told
from migaddr.generation import KINDS, Form
from migaddr.generation.generate import EVERY_KIND, OTHER
from migaddr.qmp import JsonObject
from migaddr.releases import LATEST, Release

_QEMU: Final = "qemu:"
_POOL: Final = 16  # of so many cases a slow target gets the rarest
_COUNT: Final = 10_000
_EVERY: Final = 0.5  # seconds between two lines of progress
_SAVED_EVERY: Final = 10.0
_TIME: Final = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s?)?")
_ERASE: Final = "\r\x1b[K"


def _seconds(ctx: click.Context, param: click.Parameter, value: str | None) -> float | None:
    """Read `90`, `90s`, `5m`, `1h30m`."""
    if value is None:
        return None
    found = _TIME.fullmatch(value)
    if not value or found is None:
        raise click.BadParameter(f"{value!r} is no time: write it as 90s, 5m or 1h30m", ctx, param)
    return int(found[1] or 0) * 3600 + int(found[2] or 0) * 60 + float(found[3] or 0)


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
@click.option("--seed", type=int, metavar="N", help="Which cases.  [default: at random]")
@click.option(
    "--count", type=click.IntRange(1), metavar="N", help=f"How many.  [default: {_COUNT}; no end with --time]"
)
@click.option("--time", "seconds", callback=_seconds, metavar="TIME", help="Stop after 90s, 5m or 1h30m.")
@click.option(
    "--timeout", default=5.0, show_default=True, metavar="SECONDS", help="Wait so long for an answer."
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

    Exit status: 0 nothing was found, 1 something was, 2 wrong usage or no such program.
    """  # noqa: D301 -- click wants the character
    target, chosen = _target(argument(against), argv, tuple(map(_release, releases)), timeout, words)
    try:
        if resume and out is None:
            raise click.UsageError("--resume needs --out, which says where it goes on")
        folder = None if out is None else Path(argument(out))
        campaign = Campaign(target, frozenset(map(Kind, ignored)))
        asked: JsonObject = {
            "against": against,
            "argv": argv,
            "releases": [str(release) for release in chosen],
            "forms": list(forms),
            "kinds": list(kinds),
            "words": words,
            "ignore": list(ignored),
            "migaddr": __version__,
        }
        start = 0
        if folder is not None:
            seed, start = _open(folder, asked, campaign, seed, resume=resume)
        elif seed is None:
            seed = random.SystemRandom().getrandbits(32)
        asked["seed"] = seed
        if replay is not None:
            given = read_rows(Path(argument(replay)), chosen)
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
        stopped = False
        try:
            campaign.run(given, seconds=seconds, progress=show)
        except KeyboardInterrupt:
            stopped = True
        except (TargetError, MigaddrError) as error:
            raise click.UsageError(str(error)) from error
        finally:
            show.end(campaign)
    finally:
        target.close()
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
        write_line(f"{campaign.tried} cases{skipped}, seed {seed}: {what}")
    if stopped:
        raise KeyboardInterrupt
    return 1 if campaign.findings else 0


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
    state = folder / STATE
    if not resume:
        if state.exists():
            raise click.UsageError(
                f"{folder} has a campaign: go on with it with --resume, or give another --out"
            )
        folder.mkdir(parents=True, exist_ok=True)
        return (random.SystemRandom().getrandbits(32) if seed is None else seed), 0
    try:
        known = int(json.loads(state.read_text())["asked"]["seed"]) if state.exists() else 0
        asked["seed"] = chosen = known if seed is None else seed
        return chosen, load(folder, asked, campaign)
    except (MigaddrError, KeyError, TypeError, ValueError) as error:
        raise click.UsageError(str(error)) from error


class _Progress:
    """Draws a line on a terminal, and saves the state now and then."""

    def __init__(self, folder: Path | None, asked: JsonObject, start: int, *, quiet: bool) -> None:
        self._folder = folder
        self._asked = asked
        self._position = start
        self._draws = sys.stderr is not None and sys.stderr.isatty() and not quiet
        self._began = self._drawn = self._saved = time.monotonic()
        self._known = 0

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
            except OSError as error:
                write_error(f"migaddr: {self._folder}: {error.strerror}")

    def end(self, campaign: Campaign) -> None:
        """Take the line away, and save."""
        if self._draws:
            sys.stderr.write(_ERASE)
            sys.stderr.flush()
        self._save(campaign)
