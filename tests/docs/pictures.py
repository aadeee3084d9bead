"""The plots of the site, each from data that a tool wrote or that the package is, as SVG for a light and a dark page.

Colours are those of Okabe and Ito, which colour-blind people tell apart, as dark as white letters on them want;
nothing is said by colour alone.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from migaddr import RELEASES, ChannelType, Release
from migaddr.proof.cells import PROVEN, TRANSPORTS, Way, matrix
from migaddr.proof.show import read_expected
from migaddr.releases import InetSyntax, PlainFileFd

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROOT: Final = Path(__file__).parents[2]
READING: Final = ROOT / "docs" / "data" / "reading.json"
SERIES: Final = ("7.2", "10.0", "11.1")
BLUE, ORANGE, GREEN, GREY = "#0072B2", "#B34D00", "#00785A", "#5F5F5F"
INK, INK_IN_THE_DARK = "#1a1a1a", "#e6e6e6"

FEATURES: Final[Mapping[str, Callable[[Release], bool]]] = {
    "tcp: obeys one more prefix": lambda release: release.tcp_reads_schemes,
    "blk and inc": lambda release: "blk" in release.migrate.optional,
    "detach": lambda release: "detach" in release.migrate.optional,
    "unknown options are ignored": lambda release: release.inet_syntax is InetSyntax.SCAN,
    "fd: takes a plain file": lambda release: release.plain_file_fd is not PlainFileFd.REFUSED,
    "file:": lambda release: "file" in release.uri_schemes,
    "channels, migrate-incoming": lambda release: "channels" in release.migrate_incoming.optional,
    "channels, migrate": lambda release: (
        "channels" in release.migrate.optional and "uri" not in release.migrate.required
    ),
    "a malformed rdma: kills": lambda release: release.bad_rdma_uri_crashes,
    "mapped-ram": lambda release: release.mapped_ram,
    "exit-on-error": lambda release: "exit-on-error" in release.migrate_incoming.optional,
    "channels, -incoming": lambda release: release.incoming_takes_channels,
    "a cpr channel": lambda release: ChannelType.CPR in release.channel_types,
    "keep-alive timers, strict options": lambda release: release.inet_syntax is InetSyntax.OPTIONS,
    "mode cpr-exec": lambda release: "cpr-exec" in release.modes,
    "a uri kills cpr-transfer": lambda release: release.uri_kills_cpr_transfer,
}
"""What came and went, by the data of the releases."""


def features(figure: Figure, axes: Axes, ink: str) -> None:
    """Which releases have what."""
    figure.set_size_inches(7.6, 5.6)
    shown = [str(release) for release in RELEASES]
    for row, (_, has) in enumerate(FEATURES.items()):
        have = [has(release) for release in RELEASES]
        for at, present in enumerate(have):
            if present:
                axes.barh(row, 1, left=at, height=0.62, color=BLUE, edgecolor="none")
        if not have[0]:
            axes.text(
                have.index(True) + 0.1, row, f"since {shown[have.index(True)]}", color="white", **_MIDDLE
            )
        elif not have[-1]:
            last = len(have) - 1 - have[::-1].index(True)
            axes.text(last + 0.9, row, f"up to {shown[last]}", color="white", **_TO_THE_LEFT)
    axes.set_xlim(0, len(RELEASES))
    axes.set_xticks([at + 0.5 for at in range(len(RELEASES))], shown)
    axes.set_yticks(range(len(FEATURES)), list(FEATURES))
    axes.invert_yaxis()
    axes.xaxis.tick_top()


_MIDDLE: Final[dict[str, Any]] = {"va": "center", "ha": "left", "fontsize": 8}
_TO_THE_LEFT: Final[dict[str, Any]] = {**_MIDDLE, "ha": "right"}
_LETTERS: Final = {PROVEN: "✓", "no-channels": "C", "no-scheme": "S", "no-spelling": "N"}
_FACES: Final = {PROVEN: BLUE, "no-channels": GREY, "no-scheme": ORANGE, "no-spelling": GREEN}
_WORDS: Final = {
    PROVEN: "proven: RAM arrived with the hash it was sent with",
    "no-channels": "this release's migrate has no channels",
    "no-scheme": "this release does not know the transport",
    "no-spelling": "no URI can say it",
}


def proof_statuses() -> dict[str, str]:
    """What the committed matrices expect of each cell: of this machine, and of the virtual one."""
    folder = ROOT / "tests" / "proof"
    statuses: dict[str, str] = {}
    for name in ("here", "vm"):
        for cell, value in json.loads((folder / f"expected-{name}.json").read_text()).items():
            expected = read_expected(value)
            assert expected is not None
            statuses[cell] = expected.status
    return statuses


def proof(figure: Figure, axes: Axes, ink: str) -> None:
    """The proof matrix: URI above, channels below."""
    figure.set_size_inches(7.6, 6.4)
    statuses = proof_statuses()
    places = list(dict.fromkeys((cell.way, cell.qemu) for cell in matrix(TRANSPORTS, SERIES)))
    for cell in matrix(TRANSPORTS, SERIES):
        status = statuses[str(cell)]
        column = places.index((cell.way, cell.qemu))
        row = TRANSPORTS.index(cell.transport) + (0 if cell.form == "uri" else 0.45)
        axes.barh(row, 0.94, left=column + 0.03, height=0.4, align="edge", color=_FACES[status])
        axes.text(column + 0.5, row + 0.2, f"{cell.form} {_LETTERS[status]}", color="white", **_CENTRE)
    axes.set_xlim(0, len(places))
    axes.set_xticks([at + 0.5 for at in range(len(places))], [_heading(*place) for place in places])
    axes.set_yticks([at + 0.42 for at in range(len(TRANSPORTS))], list(TRANSPORTS))
    axes.set_ylim(len(TRANSPORTS), -0.1)
    axes.xaxis.tick_top()
    legend = "\n".join(f"{letter}  {_WORDS[status]}" for status, letter in _LETTERS.items())
    axes.text(0, len(TRANSPORTS) + 0.2, legend, color=ink, va="top", fontsize=9)


_CENTRE: Final[dict[str, Any]] = {"va": "center", "ha": "center", "fontsize": 7}


def _heading(way: Way, qemu: str) -> str:
    return {
        Way.OURS: "migaddr\nto migaddr",
        Way.FROM_QEMU: f"QEMU {qemu}\nto migaddr",
        Way.TO_QEMU: f"migaddr\nto QEMU {qemu}",
    }[way]


def reading() -> dict[str, Any]:
    """What `python -m tests.benchmarks.compare --json` wrote."""
    data: dict[str, Any] = json.loads(READING.read_text())
    return data


def _bars(title: str) -> Callable[[Figure, Axes, str], None]:
    def draw(figure: Figure, axes: Axes, ink: str) -> None:
        (table,) = (table for table in reading()["tables"] if table["title"] == title)
        seconds, of = table["seconds"], table["seconds"][table["of"]]
        figure.set_size_inches(7.6, 0.36 * len(seconds) + 1)
        for row, (name, value) in enumerate(seconds.items()):
            ours = name.startswith("migaddr")
            axes.barh(
                row,
                value * 1e6,
                height=0.7,
                color=BLUE if ours else "#8A8A8A",
                hatch=None if ours else "//",
                edgecolor=ink,
                linewidth=0.4,
            )
            label = f"{value * 1e6:.2f} µs, {value / of:.2f} times"
            place = (value * 1e6, row)
            axes.annotate(
                label, place, (4, 0), textcoords="offset points", color=ink, va="center", fontsize=9
            )
        axes.set_yticks(range(len(seconds)), list(seconds))
        axes.invert_yaxis()
        axes.set_xlim(0, max(seconds.values()) * 1e6 * 1.3)
        axes.set_xlabel(
            f"microseconds each, and times {table['of']} \nless is better; plain: migaddr, hatched: others",
            color=ink,
        )

    return draw


def length(figure: Figure, axes: Axes, ink: str) -> None:
    """Cost against length, both in logarithms: a line with slope one is linear."""
    figure.set_size_inches(7.6, 4)
    shapes: dict[str, list[tuple[int, float]]] = {}
    for table in reading()["tables"]:
        if table["title"] == "length":
            shapes.setdefault(table["shape"], []).append((table["bytes"], table["seconds"] * 1e6))
    lines = (BLUE, ORANGE, GREEN) if ink == INK else ("#56B4E9", "#E69F00", "#4FD1A5")
    styles = zip(lines, ("o-", "s--", "^:"), strict=True)
    for (shape, points), (colour, style) in zip(shapes.items(), styles, strict=True):
        axes.loglog(*zip(*points, strict=True), style, color=colour, label=shape)
    axes.set_xlabel("bytes", color=ink)
    axes.set_ylabel("microseconds", color=ink)
    axes.legend(frameon=False, labelcolor=ink)
    axes.grid(visible=True, alpha=0.3)


PICTURES: Final[Mapping[str, tuple[Callable[[Figure, Axes, str], None], str]]] = {
    "features": (features, "Which releases have which feature, as bars from 7.2 to 11.1"),
    "proof": (
        proof,
        "The proof matrix: each transport, between migaddr and three releases of QEMU, both ways",
    ),
    "plain": (_bars("tcp:HOST:PORT, distinct"), "The cost of reading tcp:HOST:PORT, beside other parsers"),
    "mixed": (_bars("all schemes, distinct"), "The cost of reading and writing URIs of all schemes"),
    "wire": (
        _bars("one addr object"),
        "The cost of reading and writing one addr object of QMP, beside others",
    ),
    "length": (length, "The cost of reading against the length of the text, for three schemes"),
}
"""Each picture: who draws it, and what a reader who does not see it is told."""


def draw(name: str, *, dark: bool) -> str:
    """Draw one, as SVG; the same data give the same text."""
    import matplotlib as mpl
    from matplotlib.figure import Figure as NewFigure

    ink = INK_IN_THE_DARK if dark else INK
    with mpl.rc_context(
        {"svg.hashsalt": name, "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 9}
    ):
        figure = NewFigure(layout="constrained")
        axes = figure.subplots()
        figure.patch.set_alpha(0)
        axes.patch.set_alpha(0)
        axes.tick_params(colors=ink, length=0)
        for spine in axes.spines.values():
            spine.set_visible(False)
        PICTURES[name][0](figure, axes, ink)
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return out.getvalue()
