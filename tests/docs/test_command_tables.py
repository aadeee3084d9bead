"""The tables of docs/commands.md against the data."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from migaddr import RELEASES, Release
from migaddr.commands import refusals
from migaddr.releases import CommandArguments

PAGE = (Path(__file__).parents[2] / "docs" / "commands.md").read_text()
ORDER = ("uri", "channels", "blk", "inc", "detach", "resume", "exit-on-error")


def _cell(arguments: CommandArguments) -> str:
    assert arguments.required | arguments.optional <= set(ORDER)
    return ", ".join(
        f"**{name}**"
        if name in arguments.required
        else f"{name} (deprecated)"
        if name in arguments.deprecated
        else name
        for name in ORDER
        if name in arguments.required | arguments.optional
    )


def _cells(release: Release) -> tuple[str, str, str]:
    return _cell(release.migrate), _cell(release.migrate_incoming), _cell(release.migrate_recover)


def test_the_arguments_by_release() -> None:
    rows = [
        f"| {', '.join(map(str, releases))} | {' | '.join(cells)} |"
        for cells, releases in groupby(RELEASES, key=_cells)
    ]
    head = "| release | `migrate` | `migrate-incoming` | `migrate-recover` |\n| --- | --- | --- | --- |\n"
    assert head + "\n".join(rows) + "\n\n" in PAGE


def test_every_refusal_is_in_the_table() -> None:
    source = Path(refusals.__file__).read_text()
    table = PAGE[PAGE.index("## Preflight") :]
    for text in (
        "Migration requires seekable transport (e.g. file)",
        "Migration requires multi-channel URIs (e.g. tcp)",
        "Migration requires streamable transport (eg unix)",
        "missing 'cpr' migration channel",
        "bad cpr channel address; must be unix",
        "cpr-exec mode requires setting cpr-exec-command",
        "Postcopy recovery cannot work when release-ram capability is set",
        "No disk migration is required in COLO mode",
        "Command options are incompatible with current migration capabilities",
        "fd: migration to a file is not supported. Use file: instead.",
    ):
        assert text in source
        assert f"`{text}`" in table
