"""The command `migaddr`: one file a sub-command, each loaded when it is called.

Exit status of every sub-command: 0 all done, 1 some input could not be handled, 2 wrong usage.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

_NEEDS_EXTRA = "migaddr: the command line needs the extra 'cli': pip install 'migaddr[cli]'"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command with these arguments (the process's own without) and give its exit status."""
    try:
        from migaddr.cli.app import invoke
    except ModuleNotFoundError as error:
        if error.name not in ("click", "rich"):
            raise
        sys.stderr.write(f"{_NEEDS_EXTRA}\n")
        return 2
    return invoke(sys.argv[1:] if argv is None else list(argv))


def run() -> NoReturn:
    """Run the command and end the process; like other Unix tools it ends when nobody reads it."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.exit(main())
