"""Finds addresses in source texts: `finder` is its one way in."""
