"""Differential fuzzing: generated cases go to another program, which is compared with QEMU.

`campaign` is the way in: it draws cases from `migaddr.generation`, asks a target (`program` or `qemu`),
and shrinks what differs. `differences` says what a difference is; shrinking keeps its kind.
"""

from __future__ import annotations

from migaddr.fuzz.campaign import Campaign, Finding
from migaddr.fuzz.differences import Difference, Kind
from migaddr.fuzz.target import Target, TargetError

__all__ = ["Campaign", "Difference", "Finding", "Kind", "Target", "TargetError"]
