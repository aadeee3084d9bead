"""What the laws draw: the public strategies, under short names."""

from __future__ import annotations

from hypothesis import strategies as st

from migaddr import strategies
from migaddr.strategies.texts import PLAIN

releases = strategies.releases()
hostile_text = strategies.hostile_texts()
any_text = strategies.any_texts()
texts = PLAIN | hostile_text | any_text
flags = st.none() | st.booleans()
addresses = strategies.addresses()
channels = strategies.channels()
uris = strategies.any_uris()
"""Texts that are URIs, or nearly."""
