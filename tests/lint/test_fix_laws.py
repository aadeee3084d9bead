"""What a fix promises, in every language: it is gone when it is mended, a second run changes nothing, the rest stays."""

from __future__ import annotations

from json import dumps

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migaddr import channels_from_qmp, channels_to_qmp, parse_json, parse_uri
from migaddr.errors import MigaddrError
from migaddr.lint import running
from migaddr.lint.config import default_codes
from migaddr.lint.engine import LEAST, judge
from migaddr.lint.fixing import apply_fixes
from migaddr.lint.rules import RULES
from migaddr.lint.rules.rule import Targets
from migaddr.lint.running import Asked, work
from migaddr.lint.source import Source
from migaddr.lint.targets import parse_targets
from migaddr.model import ChannelType, MigrateAddress, MigrateChannel
from migaddr.qmp import Dialect, draft_v1, draft_v2, draft_v3, draft_v4
from tests.addresses import addresses
from tests.lint.snippets import SNIPPETS, Snippet

FAULTY = st.sampled_from([
    "tcp:fe80::1:4444", "tcp:::1:4444,ipv6=on", "x-rdma:h:1", "x-rdma:fe80::1:4444", "TCP:h:1", "TCP:fe80::1:4444", "Exec:cat",
    "tcp://h:1", "tcp://[::1]:4444", "rdma://h:1", "unix:///m", "file:/m?offset=4096", "file:/m, offset=1", "FILE:/m,OFFSET=1",
    "tcp:h:1,foo", "tcp:h", "rdma:h", "unix:@m", "fd:7", "defer", "tcp:h:99999", '"exec:cat x"', "tcp:0:1", "X-RDMA:::1:1",
])  # fmt: skip
ALL = frozenset(RULES)


def _work(text: bytes, snippet: Snippet, *, unsafe: bool, targets: Targets | None = None) -> bytes:
    asked = Asked(targets or Targets(), ALL, LEAST, fix=True, unsafe=unsafe)
    outcome = work((Source("vm", text, snippet.language), asked))
    assert outcome.left is not None
    left = [one for one in outcome.left.findings if one.fix is not None and (one.fix.safe or unsafe)]
    assert left == [], (text, outcome.left.data)
    return outcome.left.data


@settings(max_examples=300)
@given(
    snippet=st.sampled_from(SNIPPETS),
    address=FAULTY,
    unsafe=st.booleans(),
    crlf=st.booleans(),
    targets=st.sampled_from([None, "9.0..11.1", "7.2..8.1"]),
)
def test_a_mended_source_has_nothing_to_mend(
    snippet: Snippet, address: str, unsafe: bool, crlf: bool, targets: str | None
) -> None:
    text = (snippet.before + snippet.write(address) + snippet.after).encode()
    text = text.replace(b"\n", b"\r\n") if crlf else text
    chosen = parse_targets(targets)
    fixed = _work(text, snippet, unsafe=unsafe, targets=chosen)
    assert _work(fixed, snippet, unsafe=unsafe, targets=chosen) == fixed
    assert fixed.count(b"\r\n") == text.count(b"\r\n") and fixed.count(b"\n") == text.count(b"\n")


@settings(max_examples=200)
@given(snippet=st.sampled_from(SNIPPETS), address=FAULTY, targets=st.sampled_from([None, "9.0..11.1"]))
def test_each_fix_mends_what_it_is_for(snippet: Snippet, address: str, targets: str | None) -> None:
    text = (snippet.before + snippet.write(address) + snippet.after).encode()
    chosen = parse_targets(targets)
    for finding in judge(text, snippet.language, "vm", chosen, ALL):
        if finding.fix is None:
            continue
        fixed = apply_fixes(text, [finding], unsafe=True)
        assert fixed != text
        codes = [one.code for one in judge(fixed, snippet.language, "vm", chosen, ALL)]
        assert finding.code not in codes, (finding, fixed)
        first, last = finding.fix.edits[0], finding.fix.edits[-1]
        assert fixed.startswith(text[: first.start]) and fixed.endswith(text[last.end :])


JSON = '{{"execute": "migrate", "arguments": {{{}}}}}\n'


@given(addresses)
def test_uri_and_channels_mean_the_same_to_every_target(address: MigrateAddress) -> None:
    """MIG132 and MIG107 are each other's way back, wherever either is offered."""
    try:
        channels = channels_to_qmp((MigrateChannel(ChannelType.MAIN, address),))
        source = JSON.format(f'"channels": {dumps(channels)}').encode()
    except MigaddrError:
        return
    findings = judge(source, "json", "", parse_targets("8.2..11.1"), {"MIG107"})
    for finding in findings:
        if finding.fix is None:
            continue
        fixed = apply_fixes(source, [finding], unsafe=False)
        command = parse_json(fixed.decode())
        assert isinstance(command, dict) and isinstance(command["arguments"], dict)
        uri = command["arguments"]["uri"]
        assert isinstance(uri, str)
        for release in parse_targets("8.2..11.1").releases:
            assert parse_uri(uri, release) == address
        for back in judge(fixed, "json", "", parse_targets("9.0..11.1"), {"MIG132"}):
            if back.fix is None:
                continue
            again = parse_json(apply_fixes(fixed, [back], unsafe=False).decode())
            assert isinstance(again, dict) and isinstance(again["arguments"], dict)
            assert channels_from_qmp(again["arguments"]["channels"])[0].addr == address


DRAFTS: list[Dialect[object]] = [draft_v1.DRAFT_V1, draft_v2.DRAFT_V2, draft_v3.DRAFT_V3, draft_v4.DRAFT_V4]


@pytest.mark.parametrize("draft", DRAFTS, ids=lambda draft: draft.name)
@given(address=addresses)
def test_a_draft_is_mended_to_what_it_meant(draft: Dialect[object], address: MigrateAddress) -> None:
    try:
        written = channels_to_qmp((MigrateChannel(ChannelType.MAIN, address),), draft)
        meant = channels_from_qmp(written, draft)
    except MigaddrError:
        return
    source = JSON.format(f'"{draft.argument}": {dumps(written)}').encode()
    for finding in judge(source, "json", "", None, {"MIG111"}):
        if finding.fix is None:
            continue
        command = parse_json(apply_fixes(source, [finding], unsafe=False).decode())
        assert isinstance(command, dict) and isinstance(command["arguments"], dict)
        assert channels_from_qmp(command["arguments"]["channels"]) == meant


@pytest.mark.parametrize(
    "text",
    [
        'vm.qmp("migrate", uri="exec:cat > {}".format(path))\n',
        'vm.qmp("migrate", uri="exec:cat > {path}".format(path=path))\n',
        'vm.qmp("migrate", uri="exec:cat > {path}")\n',
        'vm.qmp("migrate", uri=f"exec:cat > {path!r}")\n',
        'vm.qmp("migrate", uri="exec:cat > %s" % path)\n',
    ],
)
def test_only_a_field_of_an_f_string_is_quoted_there(text: str) -> None:
    findings = [one for one in judge(text.encode(), "python") if one.code == "MIG101"]
    assert findings and all(one.fix is None for one in findings)


def test_a_fix_that_never_ends_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    text = b'vm.qmp("migrate", uri="x-rdma:h:1")\n'
    monkeypatch.setattr(running, "apply_fixes", lambda data, *_, unsafe: data + b"#")
    outcome = work((Source("vm", text, "python"), Asked(Targets(), ALL, LEAST, fix=True)))
    assert outcome.left is not None and outcome.left.data == text


def test_the_rules_that_are_on_are_few_enough_to_say() -> None:
    assert set(RULES) - default_codes() == {"MIG132"}
