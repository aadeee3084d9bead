"""`python -m migaddr` is the command `migaddr`."""

from migaddr.cli import run

run()
