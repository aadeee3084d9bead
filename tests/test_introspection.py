"""Releases from schemas: made here from the table, so that what is read back must be what was put in."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from migaddr import LATEST, RELEASES, Release, UnknownReleaseError
from migaddr.introspection import _MARKS
from migaddr.releases import CommandArguments

Schema = list[dict[str, Any]]


def schema_of(release: Release) -> Schema:
    """What query-qmp-schema of this release says of what migaddr looks at."""
    made: Schema = [{"name": "str", "meta-type": "builtin", "json-type": "string"}]

    def names(name: str, members: frozenset[str] | list[str]) -> str:
        listed = [{"name": member} for member in sorted(members)]
        made.append({"name": name, "meta-type": "enum", "members": listed, "values": sorted(members)})
        return name

    def members(name: str, types: dict[str, str], optional: frozenset[str] = frozenset(), **more: Any) -> str:
        listed = [
            {"name": m, "type": t, **({"default": None} if m in optional else {})} for m, t in types.items()
        ]
        made.append({"name": name, "meta-type": "object", "members": listed, **more})
        return name

    def array(of: str) -> str:
        made.append({"name": f"[{of}]", "meta-type": "array", "element-type": of})
        return f"[{of}]"

    def command(name: str, arguments: CommandArguments, types: dict[str, str]) -> None:
        both = sorted(arguments.required | arguments.optional)
        members(f"{name}-arg", {m: types.get(m, "str") for m in both}, arguments.optional)
        for member in made[-1]["members"]:
            if member["name"] in arguments.deprecated:
                member["features"] = ["deprecated"]
        made.append({"name": name, "meta-type": "command", "arg-type": f"{name}-arg", "ret-type": "0"})

    def marked(name: str) -> bool:
        return Release.parse(name).version <= release.version

    types: dict[str, str] = {}
    if release.transports:
        inet = members("inet", dict.fromkeys(sorted(release.inet_members), "str"))
        unix = members("unix", dict.fromkeys(sorted(release.unix_members), "str"))
        cases = [{"case": "inet", "type": inet}, {"case": "unix", "type": unix}]
        socket = members("socket", {"type": names("types", ["inet", "unix"])}, variants=cases)
        transport = names("transports", release.transports)
        addr = members("addr", {"transport": transport}, variants=[{"case": "socket", "type": socket}])
        kinds = names("kinds", frozenset(kind.value for kind in release.channel_types))
        types["channels"] = array(members("channel", {"channel-type": kinds, "addr": addr}))
    command("migrate", release.migrate, types)
    command("migrate-incoming", release.migrate_incoming, types)
    command("migrate-recover", release.migrate_recover, types)
    capabilities = ["xbzrle"]
    capabilities += ["switchover-ack"] if marked("8.1") else []
    capabilities += ["mapped-ram"] if marked("9.0") else []
    capability = members("capability", {"capability": names("capabilities", capabilities)})
    command(
        "migrate-set-capabilities",
        CommandArguments(frozenset({"capabilities"})),
        {"capabilities": array(capability)},
    )
    parameters = {"multifd-channels"}
    parameters |= {"multifd-qatzip-level"} if marked("9.2") else set()
    parameters |= {"x-rdma-chunk-size"} if marked("11.1") else set()
    parameters |= {"mode"} if release.modes else set()
    command(
        "migrate-set-parameters",
        CommandArguments(frozenset(), frozenset(parameters)),
        {"mode": names("modes", release.modes)},
    )
    if marked("8.0"):
        made.append({"name": "query-cryptodev", "meta-type": "command", "arg-type": "0", "ret-type": "0"})
    return made


@pytest.mark.parametrize("release", RELEASES, ids=str)
def test_a_schema_gives_its_release(release: Release) -> None:
    schema = schema_of(release)
    assert Release.from_schema(schema) == release
    assert Release.from_schema({"return": schema, "id": 1}) == release
    assert Release.from_schema(list(reversed(schema))) == release


def test_every_release_but_the_first_has_a_mark() -> None:
    assert list(_MARKS) == [str(release) for release in RELEASES[1:]]


def test_what_the_schema_shows_wins_over_the_table() -> None:
    backported = attrs.evolve(RELEASES[9], modes=frozenset({"normal"}))
    found = Release.from_schema(schema_of(backported))
    assert found.modes == {"normal"}
    assert not found.known
    assert attrs.evolve(found, known=True) == backported


@pytest.mark.parametrize("command", ["migrate", "migrate_incoming", "migrate_recover"])
def test_each_commands_arguments_are_those_of_the_schema(command: str) -> None:
    shown = CommandArguments(frozenset({"uri"}), frozenset({"new"}), frozenset({"new"}))
    change: dict[str, Any] = {command: shown}
    other = attrs.evolve(RELEASES[0], **change)
    found = Release.from_schema(schema_of(other))
    assert getattr(found, command) == shown
    assert not found.known


def test_members_and_transports_are_those_of_the_schema() -> None:
    release = Release.parse("8.2")
    changes: dict[str, Any] = {
        "transports": frozenset({"socket", "new"}),
        "inet_members": frozenset({"host", "new"}),
        "unix_members": frozenset({"path", "new"}),
    }
    for name, shown in changes.items():
        found = Release.from_schema(schema_of(attrs.evolve(release, **{name: shown})))
        assert getattr(found, name) == shown
        assert not found.known


def test_an_enum_may_have_its_values_alone_as_old_schemas_do() -> None:
    release = Release.parse("8.2")
    schema = [
        {name: held for name, held in entity.items() if name != "members" or entity["meta-type"] != "enum"}
        for entity in schema_of(release)
    ]
    assert Release.from_schema(schema) == release


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (
            None,
            "a NoneType: is no answer to query-qmp-schema: give its list, or the reply that holds it as 'return'",
        ),
        (
            {},
            "an object without 'return': is no answer to query-qmp-schema: give its list, or the reply that holds it as 'return'",
        ),
        (
            {"return": {}},
            "'return', a dict,: is no answer to query-qmp-schema: give its list, or the reply that holds it as 'return'",
        ),
        ([], "query-qmp-schema: does not show the arguments of migrate"),
    ],
)
def test_what_is_no_schema_is_named(wrong: object, said: str) -> None:
    with pytest.raises(UnknownReleaseError) as caught:
        Release.from_schema(wrong)
    assert str(caught.value) == said


def test_a_schema_of_the_two_commands_alone_still_tells_the_era() -> None:
    kept = {
        "migrate",
        "migrate-incoming",
        "migrate-arg",
        "migrate-incoming-arg",
        "channel",
        "[channel]",
        "addr",
    }
    kept |= {"transports", "kinds", "socket", "inet", "unix", "types"}
    found = Release.from_schema([entity for entity in schema_of(LATEST) if entity["name"] in kept])
    assert found.inet_syntax is LATEST.inet_syntax
    assert found.migrate == LATEST.migrate
    assert found.migrate_recover == LATEST.migrate_recover


@pytest.mark.parametrize(
    "wrong",
    [None, "x", 5, {}, {"return": {}}, [], [1, None, {}], [{"name": 5}], [{"name": "migrate"}]],
)
def test_what_is_no_schema_is_refused(wrong: object) -> None:
    with pytest.raises(UnknownReleaseError):
        Release.from_schema(wrong)


def test_a_senseless_schema_is_read_without_harm() -> None:
    strange = [
        {"name": "migrate", "arg-type": "x"},
        {"name": "migrate-incoming", "arg-type": "x"},
        {"name": "x", "members": [{"name": 1}, 5, {"name": "channels", "type": ["x"]}], "variants": "none"},
    ]
    assert not Release.from_schema(strange).known
    looping = [{"name": "migrate", "arg-type": "migrate"}, {"name": "migrate-incoming", "arg-type": "x"}]
    with pytest.raises(UnknownReleaseError):
        Release.from_schema(looping)


def test_a_later_mark_alone_is_a_backport() -> None:
    schema = schema_of(Release.parse("10.0"))
    parameters = next(entity for entity in schema if entity["name"] == "migrate-set-parameters-arg")
    parameters["members"].append({"name": "x-rdma-chunk-size", "type": "str", "default": None})
    assert Release.from_schema(schema) == Release.parse("10.0")
