"""Laws of commands: what is written is read again; any value gives a command or our error; preflight never fails."""

from __future__ import annotations

import json
from typing import Literal

from hypothesis import example, given
from hypothesis import strategies as st

from migaddr import (
    DRAFT_V1,
    DRAFT_V2,
    DRAFT_V3,
    DRAFT_V4,
    LATEST,
    QAPI,
    RELEASES,
    RFC,
    Command,
    CommandError,
    Dialect,
    InexpressibleError,
    Migrate,
    MigrateAddress,
    MigrateChannel,
    MigrateIncoming,
    MigrateRecover,
    ParseError,
    Refusal,
    Release,
    WireError,
    arguments_for,
    channels_from_qmp,
    command_from_qmp,
    command_notices,
    command_to_qmp,
    parse_uri,
    preflight,
)
from tests.addresses import addresses, channels, flags, releases, uris
from tests.laws.test_qmp_laws import json_values, nearly_channels

DIALECTS: list[Dialect[object]] = [QAPI, QAPI, DRAFT_V1, DRAFT_V2, DRAFT_V3, DRAFT_V4, RFC]

targets = addresses | st.lists(channels, min_size=1, max_size=3).map(tuple)
commands: st.SearchStrategy[Command] = st.one_of(
    st.builds(Migrate, targets, blk=flags, inc=flags, detach=flags, resume=flags),
    st.builds(Migrate, targets, resume=flags),
    st.builds(MigrateIncoming, targets, exit_on_error=flags),
    st.builds(MigrateRecover, addresses),
)
names = st.sampled_from(["migrate", "migrate-incoming", "migrate-recover"])
nearly_commands = st.fixed_dictionaries(
    {
        "execute": names | st.sampled_from(["Migrate", "quit", "", 1, None]),
        "arguments": st.fixed_dictionaries(
            {},
            optional={
                "uri": uris | json_values,
                "channels": nearly_channels | json_values,
                "channel": nearly_channels | json_values,
                "blk": flags | json_values,
                "detach": flags,
                "resume": flags | json_values,
                "exit-on-error": flags,
                "x": json_values,
            },
        )
        | json_values,
    },
    optional={"id": json_values, "exec-oob": json_values},
)
capability_names = st.sampled_from(
    [
        "multifd", "postcopy-preempt", "mapped-ram", "postcopy-ram", "dirty-bitmaps", "background-snapshot", "x-colo",
        "xbzrle", "compress", "release-ram", "block", "none-such",
    ]
)  # fmt: skip
parameters = st.fixed_dictionaries(
    {},
    optional={
        "mode": st.sampled_from(["normal", "cpr-reboot", "cpr-transfer", "cpr-exec"]) | st.text(max_size=3),
        "tls-creds": st.sampled_from(["", "tls0"]) | json_values,
        "multifd-compression": st.sampled_from(["none", "zlib"]) | json_values,
        "cpr-exec-command": st.lists(st.text(max_size=3), max_size=2) | json_values,
        "block-incremental": st.booleans(),
        "direct-io": st.booleans(),
    },
)


@given(commands, releases, st.sampled_from(DIALECTS))
def test_a_written_command_reads_as_the_same(
    command: Command, release: Release, dialect: Dialect[object]
) -> None:
    try:
        written = command_to_qmp(command, dialect, release=release)
    except InexpressibleError as error:
        assert error.address == command.target
        assert error.reason
        return
    assert command_from_qmp(written, dialect, release=release) == command
    assert command_from_qmp(json.loads(json.dumps(written)), dialect, release=release) == command


@given(targets, releases, names)
def test_the_form_chosen_says_the_target(
    target: MigrateAddress | tuple[MigrateChannel, ...], release: Release, name: str
) -> None:
    """Read by the reader of that form alone."""
    meant = Migrate(target).target
    try:
        arguments = arguments_for(target, release, name)
    except InexpressibleError as error:
        assert error.address == meant
        return
    ((form, value),) = arguments.items()
    if form == "uri":
        assert isinstance(value, str)
        assert parse_uri(value, release) == meant
    else:
        assert Migrate(channels_from_qmp(value, release=release)).target == meant


@given(targets, releases, names)
def test_the_first_release_that_is_named_can_be_told(
    target: MigrateAddress | tuple[MigrateChannel, ...], release: Release, name: str
) -> None:
    try:
        arguments_for(target, release, name)
    except InexpressibleError as error:
        able = []
        for other in RELEASES:
            try:
                arguments_for(target, other, name)
            except InexpressibleError:
                continue
            able.append(other)
        later = [other for other in able if other.version > release.version]
        if later:
            assert error.reason.endswith(f"QEMU {later[0]} is the first that can be told this")
        elif able:
            assert error.reason.endswith(f"QEMU {able[-1]} is the last that can be told this")
        else:
            assert error.reason.endswith(f"no QEMU can be told this with {name}")


@given(nearly_commands | json_values, releases, st.sampled_from(DIALECTS))
@example({"execute": "migrate", "arguments": {"channels": [], "uri": "fd:x"}}, RELEASES[3], QAPI)
@example({"execute": "migrate", "arguments": {"uri": "a\0"}}, LATEST, QAPI)
@example({"execute": "migrate", "arguments": {"uri": "\udc80"}}, LATEST, QAPI)
@example({"execute": "migrate", "arguments": {"channel": []}}, LATEST, DRAFT_V1)
@example({1: 2}, LATEST, QAPI)
def test_any_value_gives_a_command_or_our_error(
    value: object, release: Release, dialect: Dialect[object]
) -> None:
    try:
        command = command_from_qmp(value, dialect, release=release)
    except (WireError, ParseError, CommandError) as error:
        assert error.reason
        assert str(error)
        assert not (error.crashes_qemu and error.qemu_message)
        if not dialect.shipped and not isinstance(error, ParseError):
            assert error.qemu_message is None
        return
    try:
        written = command_to_qmp(command, dialect, release=release)
    except InexpressibleError:
        # a few addresses have a URI that nobody would write, and channels that this command does not take
        assert isinstance(value, dict) and "uri" in value["arguments"]
        return
    assert command_from_qmp(written, dialect, release=release) == command


@given(commands, releases)
def test_a_command_with_a_removed_argument_cannot_be_written(command: Command, release: Release) -> None:
    removed = [
        notice
        for notice in command_notices(command, release)
        if notice.removed_in is not None and notice.removed_in.version <= release.version
    ]
    if removed:
        try:
            command_to_qmp(command, release=release)
        except InexpressibleError:
            return
        raise AssertionError(f"{removed} was written")


@given(
    commands,
    releases,
    st.lists(capability_names, max_size=4),
    parameters,
    st.sampled_from([None, "uri", "channels"]),
    st.booleans(),
)
def test_preflight_foretells_or_says_why_it_cannot(
    command: Command,
    release: Release,
    on: list[str],
    settings: dict[str, object],
    form: Literal["uri", "channels"] | None,
    fd_is_file: bool,
) -> None:
    def foretold(capabilities: object) -> tuple[Refusal, ...]:
        return preflight(
            command,
            release,
            capabilities=capabilities,  # type: ignore[arg-type]  # the two forms in turn
            parameters=settings,
            form=form,
            fd_is_file=fd_is_file,
        )

    try:
        refusals = foretold(on)
    except (InexpressibleError, CommandError) as error:
        assert isinstance(error, InexpressibleError) or settings["mode"] not in LATEST.modes
        return
    assert refusals == foretold({name: name in on for name in [*on, "return-path"]})
    for refusal in refusals:
        assert (refusal.qemu_message is None) == refusal.crashes_qemu
        assert refusal.reason and str(refusal)
    if not on and not settings and not fd_is_file:
        assert refusals == ()
