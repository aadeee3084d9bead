"""`migaddr releases`: what each release takes, as a table."""

from __future__ import annotations

import json
from typing import TypeAlias

import click

from migaddr.cli.streams import write_line
from migaddr.releases import LATEST, RELEASES, CommandArguments, Release

_Fact: TypeAlias = str | bool | list[str]


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line, a release each.")
def command(as_json: bool) -> int:
    """Print what each QEMU release takes, as far as migaddr knows it.

    A column is a release with facts of its own. A dot means the same as in the release before; + and - are
    what came and went; * marks an argument that the release has deprecated.

    Exit status: 0 printed, 2 wrong usage.
    """
    if as_json:
        for release in RELEASES:
            write_line(json.dumps({"release": str(release), **_facts(release)}))
        return 0
    rows = [[name, *_row(name)] for name in _facts(LATEST)]
    for line in _laid_out([["", *map(str, RELEASES)], *rows]):
        write_line(line)
    return 0


def _facts(release: Release) -> dict[str, _Fact]:
    """Give the facts of a release by the names of the rows."""
    return {
        "uri schemes": sorted(release.uri_schemes),
        "inet options": release.inet_syntax.value,
        "inet members": sorted(release.inet_members - RELEASES[0].inet_members),
        "migrate takes channels": _takes_channels(release.migrate),
        "migrate-incoming takes channels": _takes_channels(release.migrate_incoming),
        "-incoming takes channels": release.incoming_takes_channels,
        "channel types": sorted(kind.value for kind in release.channel_types),
        "migrate also has": _others(release.migrate),
        "migrate-incoming also has": _others(release.migrate_incoming),
        "modes": sorted(release.modes),
        "mapped-ram": release.mapped_ram,
        "fd: of a plain file": release.plain_file_fd.value,
        "malformed rdma:": "crash" if release.bad_rdma_uri_crashes else "error",
    }


def _takes_channels(arguments: CommandArguments) -> bool:
    return "channels" in arguments.optional and "uri" not in arguments.required


def _others(arguments: CommandArguments) -> list[str]:
    names = sorted((arguments.required | arguments.optional) - {"uri", "channels"})
    return [f"{name}*" if name in arguments.deprecated else name for name in names]


def _row(name: str) -> list[str]:
    """Give a cell for each release."""
    facts = [_facts(release)[name] for release in RELEASES]
    return [_shown(facts[0]), *map(_change, facts, facts[1:])]


def _shown(fact: _Fact) -> str:
    if isinstance(fact, list):
        return " ".join(fact) or "none"
    return ("yes" if fact else "no") if isinstance(fact, bool) else fact


def _change(before: _Fact, fact: _Fact) -> str:
    if fact == before:
        return "."
    if not isinstance(before, list) or not isinstance(fact, list) or not before or not fact:
        return _shown(fact)
    changes = [f"+{item}" for item in fact if item not in before] + [
        f"-{item}" for item in before if item not in fact
    ]
    return " ".join(changes)


def _laid_out(rows: list[list[str]]) -> list[str]:
    """Give each row as lines: the words of a cell stand below each other."""
    split = [[[row[0]], *(cell.split() for cell in row[1:])] for row in rows]
    widths = [max(len(word) for row in split for word in (*row[at], "")) for at in range(len(rows[0]))]
    lines: list[str] = []
    for row in split:
        for at in range(max(map(len, row))):
            words = (cell[at] if at < len(cell) else "" for cell in row)
            lines.append(
                "  ".join(word.ljust(width) for word, width in zip(words, widths, strict=True)).rstrip()
            )
    return lines
