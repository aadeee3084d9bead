"""Keeps what fuzzing met: an input of a corpus that runs what no seed does becomes a seed.

    python -m fuzz.keep TARGET [FOLDER...]

FOLDER is a corpus, that of `fuzz/run` if none is named. `kept/TARGET.jsonl` gets a line for each input:
its bytes, as a JSON string of Latin-1. libFuzzer chooses them, by edges alone; a hit more or less of the
same edge is no reason.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from fuzz import make_seeds

_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")

_RUN = """\
import runpy, sys
del sys.argv[0]
target = sys.argv.pop(1)
runpy.run_module(f"fuzz.fuzz_{target}", run_name="__main__")
"""
"""libFuzzer merges in runs of `sys.argv[0]`, which must be a program."""


def main(target: str, *folders: str) -> None:
    """Choose, and write the file anew with what it had."""
    corpora = folders or [str(_CACHE / "migaddr" / "fuzz" / "corpus" / target)]
    with tempfile.TemporaryDirectory(prefix="migaddr-keep.") as named:
        make_seeds.main(Path(named))
        chosen = Path(named, target)
        known = {path.name for path in chosen.iterdir()}
        again = Path(named, "again")
        again.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m fuzz.fuzz_{target} "$@"\n')
        again.chmod(0o755)
        words = ["-merge=1", "-use_counters=0", "-timeout=30", "-max_len=512", str(chosen), *corpora]
        subprocess.run([sys.executable, "-c", _RUN, str(again), target, *words], check=True)  # noqa: S603 -- itself
        found = [path.read_bytes() for path in chosen.iterdir() if path.name not in known]
    rows = {json.dumps(seed.decode("latin-1")) for seed in [*make_seeds.kept(target), *found]}
    make_seeds.KEPT.mkdir(exist_ok=True)
    (make_seeds.KEPT / f"{target}.jsonl").write_text("".join(f"{row}\n" for row in sorted(rows)))


if __name__ == "__main__":
    main(*sys.argv[1:])
