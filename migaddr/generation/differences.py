"""The differences between releases in what they read, each found by taking one fact of a release back."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any, Final, NamedTuple, final

import attrs

from migaddr.generation import alphabets as words
from migaddr.generation.cases import Case, Form, Outcome, Verdict, judge
from migaddr.generation.reasons import reason_of
from migaddr.releases import RELEASES, CommandArguments, Release

_URI: Final = frozenset({Form.URI, Form.COMMAND})
_CHANNELS: Final = frozenset({Form.CHANNELS, Form.COMMAND})
_COMMAND: Final = frozenset({Form.COMMAND})

FACTS: Final = {
    "uri_schemes": _URI,
    "inet_syntax": frozenset({Form.URI}),
    "tcp_reads_schemes": _URI,
    "empty_fd_uri": _URI,
    "bad_rdma_uri_crashes": _URI,
    "unknown_scheme": _COMMAND,
    "transports": _CHANNELS,
    "inet_members": _CHANNELS,
    "unix_members": _CHANNELS,
    "channel_types": _CHANNELS,
    "list_rule": _CHANNELS,
    "exclusivity": _CHANNELS,
    "incoming_uses_any_type": _COMMAND,
    "migrate": _COMMAND,
    "migrate_incoming": _COMMAND,
    "migrate_recover": _COMMAND,
}
"""The facts of a release that decide how it reads something, and in which forms that shows."""
NOT_READ: Final = frozenset(
    {
        "version", "known", "incoming_takes_channels", "json_reader", "modes", "mapped_ram", "single_stream",
        "outgoing_rdma_conflicts", "incoming_rdma_conflicts", "cpr_conflicts", "uri_kills_cpr_transfer",
        "plain_file_fd", "windows_shell",
    }
)  # fmt: skip
"""Those that decide about something else: settings, the option -incoming, what happens at use."""


@final
class Difference(NamedTuple):
    """One fact that two neighbouring releases do not share."""

    name: str
    forms: frozenset[Form]
    after: Release
    """The later of the two."""
    without: Release
    """The later one, with this fact as in the earlier."""


def differences() -> Iterator[Difference]:
    """List every difference, oldest first; sets item by item."""
    for before, after in itertools.pairwise(RELEASES):
        for fact, forms in FACTS.items():
            old, new = getattr(before, fact), getattr(after, fact)
            for item, taken_back in _taken_back(old, new):
                name = f"{before} -> {after}: {fact.replace('_', '-')}{item}"
                changed: dict[str, Any] = {fact: taken_back}
                yield Difference(name, forms, after, attrs.evolve(after, **changed))


def _taken_back(old: Any, new: Any) -> Iterator[tuple[str, object]]:
    """Give the changes, each with the new value without it."""
    if old == new:
        return
    if isinstance(new, frozenset):
        for item in sorted(old ^ new, key=str):
            sign = "+" if item in new else "-"
            yield f" {sign}{getattr(item, 'value', item)}", new ^ {item}
    elif isinstance(new, CommandArguments):
        names = old.required | old.optional | new.required | new.optional
        for name in sorted(names):
            places = [(name in part.required, name in part.optional) for part in (old, new)]
            if places[0] != places[1]:
                yield (
                    f" {name}",
                    CommandArguments(
                        _as_in(name, new.required, old.required),
                        _as_in(name, new.optional, old.optional),
                        new.deprecated,
                    ),
                )
    else:
        yield f" {getattr(new, 'value', new)}", old


def _as_in(name: str, names: frozenset[str], old: frozenset[str]) -> frozenset[str]:
    return names | {name} if name in old else names - {name}


INET_DETAILS: Final = (
    *(f"inet: both read it, another {name}" for name in ("host", "port", *words.OPTIONS)),
    *(
        f"inet: refused up to 10.0 alone, {reason}"
        for reason in (
            "port-missing", "bracket-empty", "bracket-tail", "host-too-long", "to-not-decimal",
            "flag-two-commas", "flag-value",
        )
    ),
    *(
        f"inet: refused since 10.1 alone, {reason}"
        for reason in (
            "flag-value", "bad-id", "not-a-number", "number-too-large", "unknown-option", "empty-option",
            "port-missing", "colon-missing", "bracket-colon-missing", "bracket-empty",
        )
    ),
)  # fmt: skip
"""What the change of the whole grammar in 10.1 means for a text: one or more of these."""


def inet_details(before: Verdict, after: Verdict) -> list[str]:
    """Say how two readings of an inet URI differ, up to 10.0 and since, in words of `INET_DETAILS`."""
    if before.outcome is Outcome.EXPECT and after.outcome is Outcome.EXPECT:
        old, new = before.expect, after.expect
        return [
            f"inet: both read it, another {name}"
            for name in ("host", "port", *words.OPTIONS)
            if old.get(name) != new.get(name)
        ]
    if after.fault is None and before.fault is not None:
        return [f"inet: refused up to 10.0 alone, {reason_of(before.fault)}"]
    if before.fault is None and after.fault is not None:
        return [f"inet: refused since 10.1 alone, {reason_of(after.fault)}"]
    return []


def shown_by(case: Case, among: list[Difference]) -> Iterator[str]:
    """Name those differences that a case shows: taken back, the release reads it otherwise."""
    verdicts: dict[int, Verdict | None] = {}
    for difference in among:
        if case.form not in difference.forms:
            continue
        key = id(difference.after)
        if key not in verdicts:
            verdicts[key] = judge(case.form, case.value, difference.after)
        now = verdicts[key]
        was = judge(case.form, case.value, difference.without)
        if now is None or was is None or now.expect == was.expect:
            continue
        yield difference.name
        if difference.without.inet_syntax is not difference.after.inet_syntax:
            yield from inet_details(was, now)
