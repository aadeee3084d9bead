"""Generated cases: addresses valid, almost valid and hostile, with what each QEMU release makes of them.

Depends on nothing but the core. `migaddr.strategies` shares the tables and the edits, `migaddr generate`
prints the cases.
"""

from __future__ import annotations

from migaddr.generation.alphabets import KINDS
from migaddr.generation.cases import Case, Fault, Form, Outcome, Verdict, judge
from migaddr.generation.generate import EVERY_KIND, OTHER, cases
from migaddr.generation.source import Seeded, Source

__all__ = [
    "EVERY_KIND",
    "KINDS",
    "OTHER",
    "Case",
    "Fault",
    "Form",
    "Outcome",
    "Seeded",
    "Source",
    "Verdict",
    "cases",
    "judge",
]
