"""The command `migaddr`: one file a sub-command, each loaded when it is called.

Exit status of every sub-command: 0 all done, 1 some input could not be handled, 2 wrong usage.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

_NEEDS_EXTRA = "migaddr: {what} needs the extra '{extra}': pip install 'migaddr[{extra}]'\n"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command with these arguments (the process's own without) and give its exit status."""
    try:
        from migaddr.cli.app import invoke
    except ModuleNotFoundError as error:
        if error.name not in ("click", "rich"):
            raise
        sys.stderr.write(_NEEDS_EXTRA.format(what="the command line", extra="cli"))
        return 2
    try:
        return invoke(sys.argv[1:] if argv is None else list(argv))
    except ModuleNotFoundError as error:
        if error.name is None or not error.name.startswith("tree_sitter"):
            raise
        sys.stderr.write(_NEEDS_EXTRA.format(what="reading source code", extra="lint"))
        return 2


def run() -> NoReturn:
    """Run the command and end the process; like other Unix tools it ends when nobody reads it."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    status = main()
    if sys.stderr is not None:
        try:
            sys.stderr.flush()
        except OSError:  # Python would try again at its end, and give its own status
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    sys.exit(status)
