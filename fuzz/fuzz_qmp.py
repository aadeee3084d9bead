"""Channels and addresses of QMP and its drafts: any value is read or refused with a path, by Hypothesis."""

from __future__ import annotations

from fuzz.harness import drawn, fuzz, load

load()

from tests.laws import test_qmp_laws as laws  # noqa: E402 -- counted from here on

law = drawn(*[getattr(laws, name) for name in dir(laws) if name.startswith("test_any")])

if __name__ == "__main__":
    fuzz(law)
