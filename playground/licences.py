"""The licences of what the playground ships, and the page that lists them.

The packages have no text of Pyodide's and Python's licences; the very same texts come from packages that do.
"""

from __future__ import annotations

import html
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from playground.fetching import ATTRS, AXE, PSF, npm_member, wheel_member


class Shipped(NamedTuple):
    """Something that is shipped under a licence of its own."""

    name: str
    licence: str
    """As SPDX names it."""
    file: str
    text: Callable[[], bytes]
    note: str


def shipped(root: Path, pyodide: str, python: str) -> tuple[Shipped, ...]:
    """List it; `root` is that of the checkout."""
    return (
        Shipped(
            "migaddr and this page", "MIT", "migaddr.txt", (root / "LICENSE").read_bytes, "The project's own."
        ),
        Shipped(
            f"attrs {ATTRS.version}",
            "MIT",
            "attrs.txt",
            lambda: wheel_member(ATTRS, "LICENSE"),
            "In python/, as its wheel.",
        ),
        Shipped(
            f"Pyodide {pyodide}",
            "MPL-2.0",
            "pyodide.txt",
            lambda: npm_member(AXE, "LICENSE"),
            f"In pyodide/, unmodified, from the package pyodide {pyodide} of npm. Its source is the tag "
            f"{pyodide} of github.com/pyodide/pyodide.",
        ),
        Shipped(
            f"Python {python}",
            "PSF-2.0",
            "python.txt",
            lambda: wheel_member(PSF, "LICENSE"),
            "Within Pyodide: the interpreter and its library. Copyright (c) 2001-2024 Python Software "
            "Foundation; All Rights Reserved.",
        ),
    )


class Linked(NamedTuple):
    """A library within Pyodide's program."""

    name: str
    licence: str
    """As SPDX names it."""
    holders: str
    """Who has the copyright, as its source says."""
    place: str


# what else is linked into pyodide.asm.wasm: sys.builtin_module_names of that Python, and what these need
LINKED: Final = (
    Linked("bzip2", "bzip2-1.0.6", "1996-2019 Julian R Seward", "sourceware.org/bzip2"),
    Linked(
        "Emscripten's system library",
        "MIT",
        "2010-2014 Emscripten authors, see AUTHORS file",
        "github.com/emscripten-core/emscripten",
    ),
    Linked(
        "Expat",
        "MIT",
        "1998-2000 Thai Open Source Software Center Ltd and Clark Cooper; 2001-2025 Expat maintainers",
        "github.com/libexpat/libexpat",
    ),
    Linked(
        "HACL*",
        "MIT",
        "2016-2022 INRIA, CMU and Microsoft Corporation; 2022-2023 HACL* Contributors",
        "github.com/hacl-star/hacl-star",
    ),
    Linked("libffi", "MIT", "1996-2024 Anthony Green, Red Hat, Inc and others", "github.com/libffi/libffi"),
    Linked(
        "libmpdec", "BSD-2-Clause", "2008-2020 Stefan Krah. All rights reserved", "bytereef.org/mpdecimal"
    ),
    Linked(
        "LLVM's compiler-rt, libc++ and libunwind",
        "Apache-2.0 WITH LLVM-exception",
        "the LLVM contributors",
        "github.com/llvm/llvm-project",
    ),
    Linked("musl", "MIT", "2005-2020 Rich Felker, et al.", "musl.libc.org"),
    Linked("zlib", "Zlib", "1995-2024 Jean-loup Gailly and Mark Adler", "zlib.net"),
)
_BSD_2_CLAUSE: Final = """\
Redistribution and use in source and binary forms, with or without modification, are permitted provided that
the following conditions are met:

1. Redistributions of source code must retain the above copyright notice, this list of conditions and the
   following disclaimer.

2. Redistributions in binary form must reproduce the above copyright notice, this list of conditions and the
   following disclaimer in the documentation and/or other materials provided with the distribution.

THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS" AND ANY EXPRESS OR IMPLIED
WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A
PARTICULAR PURPOSE ARE DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT HOLDER OR CONTRIBUTORS BE LIABLE FOR ANY
DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR CONSEQUENTIAL DAMAGES (INCLUDING, BUT NOT LIMITED TO,
PROCUREMENT OF SUBSTITUTE GOODS OR SERVICES; LOSS OF USE, DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER
CAUSED AND ON ANY THEORY OF LIABILITY, WHETHER IN CONTRACT, STRICT LIABILITY, OR TORT (INCLUDING NEGLIGENCE OR
OTHERWISE) ARISING IN ANY WAY OUT OF THE USE OF THIS SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH
DAMAGE.
"""


def libraries(root: Path) -> str:
    """The notices of what is linked, and the two texts that have to go with a program made of it.

    The others ask for none with a program: bzip2 and Zlib speak of sources, LLVM has its exception.
    """
    mit = (root / "LICENSE").read_text().partition("authors\n\n")[2]
    assert mit.startswith("Permission is hereby granted")
    notices = [f"{one.name} ({one.place}): {one.licence}\nCopyright (c) {one.holders}\n" for one in LINKED]
    return "\n".join([*notices, "---- MIT\n", mit, "---- BSD-2-Clause\n", _BSD_2_CLAUSE])


_PAGE: Final = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Licences - migaddr playground</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="page.css">
<script src="theme.js"></script>
</head>
<body>
<header><p class="home"><a href="index.html">Playground</a></p><h1>Licences</h1></header>
<main>
<p>What the playground ships, each under its own licence:</p>
<ul>
{shipped}
</ul>
<p>Linked into Pyodide's program are, beside Python, these libraries;
<a href="licences/libraries.txt">their notices</a>:</p>
<ul>
{within}
</ul>
</main>
</body>
</html>
"""


def write_licences(out: Path, root: Path, items: tuple[Shipped, ...]) -> None:
    """Write the texts to `licences/`, and the page."""
    (out / "licences").mkdir()
    for item in items:
        (out / "licences" / item.file).write_bytes(item.text())
    (out / "licences" / "libraries.txt").write_text(libraries(root))
    shown = [
        f'<li><a href="licences/{item.file}">{html.escape(item.name)}</a>: '
        f"{item.licence}. {html.escape(item.note)}</li>"
        for item in items
    ]
    within = [f"<li>{html.escape(one.name)}: {one.licence} ({one.place})</li>" for one in LINKED]
    page = _PAGE.format(shipped="\n".join(shown), within="\n".join(within))
    (out / "licences.html").write_text(page)
