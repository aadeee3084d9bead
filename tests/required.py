"""What MIGADDR_REQUIRE asks for: there a test fails where it would skip."""

from __future__ import annotations

import os


def required(what: str) -> bool:
    """Tell whether `what` (qemu, vm, browser) must be there."""
    return what in os.environ.get("MIGADDR_REQUIRE", "").split(",")
