"""Hypothesis strategies for migration addresses, in every spelling; extra `strategies`.

Drawn from the model outward: a valid text is the spelling of an address that was drawn, an invalid one is a
valid one with an edit. Every strategy shrinks to the plain word or number that stands first in its table.
`st.from_type(MigrateAddress)` works without importing this.
"""

from __future__ import annotations

from migaddr.strategies.addresses import (
    CommandName,
    Form,
    Kind,
    addresses,
    channel_lists,
    channels,
    commands,
    exec_addresses,
    fd_addresses,
    file_addresses,
    inet_addresses,
    rdma_addresses,
    releases,
    unix_addresses,
    vsock_addresses,
)
from migaddr.strategies.spelled import (
    NearMiss,
    Template,
    any_uris,
    near_misses,
    spellings,
    templates,
    uris,
)
from migaddr.strategies.texts import any_texts, hostile_texts
from migaddr.strategies.wire import (
    Broken,
    broken_qmp_channels,
    broken_qmp_commands,
    qmp_addresses,
    qmp_channels,
    qmp_commands,
)

__all__ = [
    "Broken",
    "CommandName",
    "Form",
    "Kind",
    "NearMiss",
    "Template",
    "addresses",
    "any_texts",
    "any_uris",
    "broken_qmp_channels",
    "broken_qmp_commands",
    "channel_lists",
    "channels",
    "commands",
    "exec_addresses",
    "fd_addresses",
    "file_addresses",
    "hostile_texts",
    "inet_addresses",
    "near_misses",
    "qmp_addresses",
    "qmp_channels",
    "qmp_commands",
    "rdma_addresses",
    "releases",
    "spellings",
    "templates",
    "unix_addresses",
    "uris",
    "vsock_addresses",
]
