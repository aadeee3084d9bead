"""The two pictures of the README and the front page, as SVG: an address in two spellings, and a terminal.

`tools/make-pictures` writes them. Both follow the reader's light or dark page, and show what the program says.
"""

from __future__ import annotations

import html
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from migaddr import address_to_qmp, parse_uri, uri_parts

PICTURES: Final = Path(__file__).parents[2] / "docs" / "pictures"
URI: Final = "tcp:[::1]:4446,to=4450,ipv6=on"

_HEAD: Final = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" aria-label="{label}">
<style>
svg {{ --paper: #ffffff; --ink: #1f2328; --quiet: #59636e; --line: #d1d9e0; --a: #00588a; --b: #a34500; --c: #00664d; --d: #8a3d71; }}
@media (prefers-color-scheme: dark) {{
svg {{ --paper: #0d1117; --ink: #f0f6fc; --quiet: #9198a1; --line: #3d444d; --a: #6cc0f5; --b: #ffa657; --c: #4fd1a5; --d: #e6a3cf; }}
}}
text {{ font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; fill: var(--ink); white-space: pre; }}
.quiet {{ fill: var(--quiet); }}
.paper {{ fill: var(--paper); stroke: var(--line); }}
{css}</style>
"""
_COLOURS: Final = ("a", "b", "c", "d")


def _head(width: int, height: int, label: str, css: str = "") -> str:
    return _HEAD.format(width=width, height=height, label=html.escape(label, quote=True), css=css)


def _text(x: float, y: float, text: str, size: int, *, fill: str | None = None, kind: str = "") -> str:
    colour = f' style="fill: var(--{fill})"' if fill else ""
    name = f' class="{kind}"' if kind else ""
    # a fixed length, so that the places fit whatever the font is
    length = f' textLength="{len(text) * size * 0.6:g}" lengthAdjust="spacingAndGlyphs"'
    return f'<text x="{x:g}" y="{y:g}" font-size="{size}"{length}{name}{colour}>{html.escape(text)}</text>\n'


def address() -> str:
    """A URI, and below it the members that its parts become, joined by lines."""
    size, small, left, begin, top = 22, 17, 24, 190, 56
    step = size * 0.6
    members = address_to_qmp(parse_uri(URI))
    parts = [part for part in uri_parts(URI) if part.name != "scheme"]
    width = int(begin + step * len(URI)) + left
    rows = list(members.items())
    height = 200 + 26 * len(rows)
    label = f"{URI} is the same address as {json.dumps(members)}"
    out = [
        _head(width, height, label),
        f'<rect class="paper" x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="10"/>\n',
    ]
    colours = {part.name: colour for part, colour in zip(parts, _COLOURS, strict=False)}
    at = 0
    for part in [*parts, None]:
        end = len(URI) if part is None else part.start
        if end > at:
            out.append(_text(begin + at * step, top, URI[at:end], size, kind="quiet"))
        if part is not None:
            out.append(
                _text(
                    begin + part.start * step, top, URI[part.start : part.end], size, fill=colours[part.name]
                )
            )
            at = part.end
    first = top + 92
    out.append(_text(left, first - 26, "{", small))
    for row, (name, value) in enumerate(rows):
        y = first + row * 26
        comma = "," if row + 1 < len(rows) else ""
        line = f"  {json.dumps(name)}: {json.dumps(value)}{comma}"
        colour = colours.get(name)
        out.append(_text(left, y, line, small, fill=colour))
        if colour:
            part = next(part for part in parts if part.name == name)
            x = begin + (part.start + part.end) / 2 * step
            stop = left + len(line) * small * 0.6 + 8
            out.append(
                f'<path d="M{x:g} {top + 10}V{y - 6:g}H{stop:g}" fill="none" stroke="var(--{colour})" stroke-width="1.5"/>\n'
            )
    out.append(_text(left, first + len(rows) * 26, "}", small))
    out.append(
        _text(left, height - 18, "the URI, in every QEMU; the addr of a channel, since 8.2", 14, kind="quiet")
    )
    return "".join(out) + "</svg>\n"


class Scene(NamedTuple):
    """One command of the recording, and how long its answer stays, in seconds."""

    argv: tuple[str, ...]
    stays: float


SCENES: Final = (
    Scene(("convert", "tcp:[::1]:4446,to=4450"), 4.0),
    Scene(("convert", '{"transport": "exec", "args": ["/bin/sh", "-c", "cat >/tmp/x"]}'), 3.6),
    Scene(("convert", "--release", "10.0", "tcp:h:4446,keepalive"), 3.6),
    Scene(("convert", "--release", "11.1", "tcp:h:4446,keepalive"), 4.0),
)
_COLUMNS: Final = 92
_PER_LETTER: Final = 0.012
SECONDS: Final = 20.0


def _said(argv: Sequence[str]) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-m", "migaddr", *argv],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )
    lines: list[str] = []
    for line in done.stdout.splitlines():
        lines += [line[at : at + _COLUMNS] for at in range(0, len(line), _COLUMNS)] or [""]
    return lines


def _typed(argv: Sequence[str]) -> str:
    quoted = (word if word.replace("-", "").replace(".", "").isalnum() else f"'{word}'" for word in argv)
    return f"$ migaddr {' '.join(quoted)}"


def terminal() -> str:
    """Twenty seconds of a terminal: what the program itself answers to each command."""
    size, left, top, line = 14, 20, 56, 21
    texts: list[tuple[float, str, str]] = []  # when it appears, its kind, its text
    clock = 0.5
    for scene in SCENES:
        typed = _typed(scene.argv)
        texts.append((clock, "typed", typed))
        clock += len(typed) * _PER_LETTER + 0.3
        texts += [(clock, "said", said) for said in _said(scene.argv)]
        texts.append((clock, "said", ""))
        clock += scene.stays
    assert clock <= SECONDS, clock
    width, height = int(left * 2 + _COLUMNS * size * 0.6), top + line * len(texts)
    rules = ["@media (prefers-reduced-motion: no-preference) {\n"]
    body: list[str] = []
    for at, (when, kind, text) in enumerate(texts):
        share = when / SECONDS * 100
        rules.append(f"#t{at} {{ animation: k{at} {SECONDS:g}s infinite step-end; }}\n")
        rules.append(
            f"@keyframes k{at} {{ 0% {{ opacity: 0; }} {share:.2f}% {{ opacity: 1; }} 100% {{ opacity: 1; }} }}\n"
        )
        if text:
            shown = _text(left, top + line * at, text, size, fill="a" if kind == "typed" else None)
            body.append(f'<g id="t{at}">{shown.strip()}</g>\n')
    rules.append("}\n")
    label = "A terminal: " + "; ".join(text for _, kind, text in texts if kind == "typed")
    bar = (
        f'<rect class="paper" x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="8"/>\n'
        + "".join(f'<circle cx="{20 + 18 * at}" cy="20" r="6" fill="var(--line)"/>\n' for at in range(3))
    )
    return _head(width, height, label, "".join(rules)) + bar + "".join(body) + "</svg>\n"


def files() -> dict[Path, str]:
    """Each picture, and what belongs into it."""
    return {PICTURES / "address.svg": address(), PICTURES / "terminal.svg": terminal()}
