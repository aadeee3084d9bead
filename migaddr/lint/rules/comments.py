"""MIG001 and MIG002: comments that silence findings are judged themselves, by migaddr.lint.ignores."""

from __future__ import annotations

from migaddr.lint.findings import Severity
from migaddr.lint.rules.rule import Example, Rule

UNKNOWN_CODE = Rule(
    "MIG001",
    "unknown-code",
    Severity.WARNING,
    "A comment ignores a rule that does not exist.",
    (
        (
            "A comment such as migaddr: ignore[MIG102] silences the findings of its line, or of the "
            "next line if it "
            "stands alone. With a code that is none it silences nothing, and the finding it was "
            "meant for comes back."
        ),
    ),
    bad=(Example('vm.qmp("migrate", uri="x-rdma:h:1")  # migaddr: ignore[MIG117, MIG999]\n'),),
    good=(Example('vm.qmp("migrate", uri="x-rdma:h:1")  # migaddr: ignore[MIG117]\n'),),
)

UNUSED_IGNORE = Rule(
    "MIG002",
    "unused-ignore",
    Severity.WARNING,
    "A comment silences nothing.",
    (
        (
            "What it was for has been mended, or stands on another line. A comment that stays would "
            "silence the next "
            "fault there."
        ),
    ),
    bad=(Example('vm.qmp("migrate", uri="rdma:h:1")  # migaddr: ignore[MIG117]\n'),),
    good=(Example('vm.qmp("migrate", uri="x-rdma:h:1")  # migaddr: ignore[MIG117]\n'),),
)
