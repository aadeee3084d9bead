"""Reads a `query-qmp-schema` answer into a Release: what the schema shows, and by its marks the rest."""

from __future__ import annotations

from typing import Final, TypeAlias

import attrs

from migaddr.errors import UnknownReleaseError
from migaddr.model import ChannelType
from migaddr.releases import RELEASES, CommandArguments, Release

_Json: TypeAlias = dict[str, object]
_Schema: TypeAlias = dict[str, _Json]  # entity name -> SchemaInfo

# What first appeared in a release, as a path: a command, then members, cases of a union or enum values.
# "?": the member is optional. "!": it is gone.
_MARKS: Final = {
    "8.0": "query-cryptodev",
    "8.1": "migrate-set-capabilities.capabilities.capability.switchover-ack",
    "8.2": "migrate-incoming.channels",
    "8.2.2": "migrate.uri?",
    "9.0": "migrate-set-capabilities.capabilities.capability.mapped-ram",
    "9.1": "migrate-incoming.exit-on-error",
    "9.2": "migrate-set-parameters.multifd-qatzip-level",
    "10.0": "migrate-incoming.channels.channel-type.cpr",
    "10.1": "migrate-incoming.channels.addr.socket.inet.keep-alive-count",
    "10.2": "migrate-set-parameters.mode.cpr-exec",
    "11.0": "migrate.detach!",
    "11.1": "migrate-set-parameters.x-rdma-chunk-size",
}


def read_schema(answer: object, named: Release | None = None) -> Release:
    """Give the release that this answer shows.

    `named` is what the QEMU calls itself, where that is known: what the schema does not show is then not
    that of an older one, though the schema may lack a mark.

    :raises UnknownReleaseError: it is no `query-qmp-schema` answer, or lacks `migrate`.
    """
    schema = _by_name(answer)
    nearest = RELEASES[0]
    for release in RELEASES[1:]:
        mark = _MARKS[str(release)]
        if mark.partition(".")[0] not in schema:
            continue  # a part of a schema: the other marks must tell
        if not _is_marked(schema, mark):
            break
        nearest = release
    if named is not None and named.version > nearest.version:
        nearest = named
    shown = attrs.evolve(
        nearest,
        transports=_names(schema, "migrate-incoming.channels.addr.transport", nearest.transports),
        inet_members=_names(schema, "migrate-incoming.channels.addr.socket.inet", nearest.inet_members),
        unix_members=_names(schema, "migrate-incoming.channels.addr.socket.unix", nearest.unix_members),
        channel_types=_channel_types(schema, nearest),
        migrate=_arguments(schema, "migrate", nearest.migrate),
        migrate_incoming=_arguments(schema, "migrate-incoming", nearest.migrate_incoming),
        migrate_recover=_arguments(schema, "migrate-recover", nearest.migrate_recover),
        modes=_names(schema, "migrate-set-parameters.mode", nearest.modes),
    )
    return shown if shown == nearest else attrs.evolve(shown, known=False)


def _by_name(answer: object) -> _Schema:
    found = answer.get("return") if isinstance(answer, dict) else answer
    if not isinstance(found, list):
        what = f"a {type(found).__name__}"
        if isinstance(answer, dict):
            what = "an object without 'return'" if "return" not in answer else f"'return', {what},"
        raise UnknownReleaseError(
            what, "is no answer to query-qmp-schema: give its list, or the reply that holds it as 'return'"
        )
    schema = {
        entity["name"]: entity
        for entity in found
        if isinstance(entity, dict) and isinstance(entity.get("name"), str)
    }
    for command in ("migrate", "migrate-incoming"):
        if not _children(schema, schema.get(command)):
            raise UnknownReleaseError("query-qmp-schema", f"does not show the arguments of {command}")
    return schema


def _is_marked(schema: _Schema, mark: str) -> bool:
    parent, _, name = mark.rstrip("?!").rpartition(".")
    if not parent:
        return name in schema
    members = _children(schema, _find(schema, parent))
    if mark.endswith("!"):
        return name not in members
    return name in members and (not mark.endswith("?") or "default" in members[name])


def _names(schema: _Schema, path: str, otherwise: frozenset[str]) -> frozenset[str]:
    """Name what stands below `path`, or give `otherwise` where the schema has no such path."""
    found = _find(schema, path)
    return frozenset(_children(schema, found)) if found is not None else otherwise


def _channel_types(schema: _Schema, nearest: Release) -> frozenset[ChannelType]:
    known = frozenset(kind.value for kind in nearest.channel_types)
    names = _names(schema, "migrate-incoming.channels.channel-type", known)
    return frozenset(kind for kind in ChannelType if kind.value in names)


def _arguments(schema: _Schema, command: str, otherwise: CommandArguments) -> CommandArguments:
    found = _find(schema, command)
    if found is None:
        return otherwise
    members = _children(schema, found)
    return CommandArguments(
        required=frozenset(name for name, member in members.items() if "default" not in member),
        optional=frozenset(name for name, member in members.items() if "default" in member),
        deprecated=frozenset(
            name
            for name, member in members.items()
            if "deprecated" in _dicts_or_names(member.get("features"))
        ),
    )


def _find(schema: _Schema, path: str) -> _Json | None:
    command, *steps = path.split(".")
    entity = schema.get(command)
    for step in steps:
        member = _children(schema, entity).get(step)
        entity = None if member is None else _entity(schema, member.get("type"))
    return entity


def _children(schema: _Schema, entity: _Json | None) -> dict[str, _Json]:
    """Give the members, union cases and enum values of an entity; a command has its arguments'."""
    for _ in range(8):  # a command leads to its arguments, an array to its element
        if entity is None or not ("arg-type" in entity or "element-type" in entity):
            break
        entity = _entity(schema, entity.get("arg-type", entity.get("element-type")))
    if entity is None:
        return {}
    children: dict[str, _Json] = {}
    for key, label in (("values", ""), ("members", "name"), ("variants", "case")):
        for child in _dicts_or_names(entity.get(key)):
            item: _Json = {label: child} if isinstance(child, str) else child
            name = item.get(label)
            if isinstance(name, str):
                children[name] = item
    return children


def _entity(schema: _Schema, name: object) -> _Json | None:
    return schema.get(name) if isinstance(name, str) else None


def _dicts_or_names(value: object) -> list[_Json | str]:
    if not isinstance(value, list):
        return []
    return [item for item in value if isinstance(item, (dict, str))]
