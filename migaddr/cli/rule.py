"""`migaddr rule CODE`: explain one of the linter's rules."""

from __future__ import annotations

import click

from migaddr.cli.streams import write_line


@click.command("rule")
@click.argument("code")
def command(code: str) -> int:
    """Explain a rule of migaddr lint: why it is, and examples.

    \b
    Examples:
      migaddr rule MIG102

    Exit status: 0 printed, 2 there is no such rule.
    """  # noqa: D301 -- click wants the character
    from migaddr.lint.rules import RULES
    from migaddr.lint.rules.page import page

    if code.upper() not in RULES:
        raise click.BadParameter(f"there is no rule {code}; see migaddr rules", param_hint="CODE")
    write_line(page(RULES[code.upper()]).rstrip("\n"))
    return 0
