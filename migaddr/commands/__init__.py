"""The commands that start a migration, as QMP has them, and the choice between `uri` and `channels`.

    command   = {"execute": name, "arguments": arguments, "id": any}     ; the last two may be absent
    migrate          = uri | channels, [blk], [inc], [detach], [resume]
    migrate-incoming = uri | channels, [exit-on-error]
    migrate-recover  = uri

Which of these arguments there are, the release's data says. A command has a target, not a form: which of
`uri` and `channels` says it is decided when it is written.
"""

from __future__ import annotations

from migaddr.commands.command import Command, Migrate, MigrateIncoming, MigrateRecover, Target
from migaddr.commands.facts import Notice, command_notices
from migaddr.commands.read import command_from_qmp
from migaddr.commands.refusals import preflight
from migaddr.commands.write import arguments_for, command_to_qmp

__all__ = [
    "Command",
    "Migrate",
    "MigrateIncoming",
    "MigrateRecover",
    "Notice",
    "Target",
    "arguments_for",
    "command_from_qmp",
    "command_notices",
    "command_to_qmp",
    "preflight",
]
