"""`migaddr rules`: list the linter's rules."""

from __future__ import annotations

import click

from migaddr.cli.streams import write_line


@click.command("rules")
def command() -> int:
    """List the rules of migaddr lint: code, name, severity and what each catches.

    Exit status: 0 printed, 2 wrong usage.
    """
    from migaddr.lint.rules import RULES

    for rule in RULES.values():
        off = "" if rule.on else " (off by default)"
        write_line(f"{rule.code}  {rule.name:<22} {rule.severity.name.lower():<8} {rule.summary}{off}")
    return 0
