"""Campaigns: they find what is planted, shrink it, keep its kind, and go on where they were stopped."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from migaddr import LATEST, MigaddrError, Release
from migaddr.fuzz import Campaign, Kind, TargetError
from migaddr.fuzz.answers import Answer, Read, Refused
from migaddr.fuzz.campaign import generated, made, sort_of
from migaddr.fuzz.differences import Difference, compare
from migaddr.fuzz.program import Lines
from migaddr.fuzz.record import CORPUS, REPORT, as_json, load, read_rows, save
from migaddr.generation import Case, Form, Outcome
from migaddr.generation.generate import EVERY_KIND
from tests.fuzz.programs import program, script

OLD = Release.parse("10.0")


class Parser:
    """A target in this process: right, but that it reads nothing after a comma of an inet address."""

    def __init__(self, *, dull: bool = False) -> None:
        self.dull = dull
        self.tried: list[Case] = []

    def difference(self, case: Case) -> Difference | None:
        self.tried.append(case)
        return compare(case, self._answer(case))

    def _answer(self, case: Case) -> Answer:
        if case.verdict.fault is not None:
            return Refused("no")
        expect = dict(case.verdict.expect)
        if not self.dull and case.form is Form.URI and expect.get("type") == "inet":
            return Read({name: expect[name] for name in ("transport", "type", "host", "port")})
        return Read(expect)

    def takes(self, case: Case) -> bool:
        return case.kind != "vsock"

    def close(self) -> None:
        pass


def _cases(seed: int = 1, **more: int) -> Iterator[Case]:
    return generated(seed, [OLD], tuple(Form), EVERY_KIND, **more)


def test_the_right_program_differs_in_nothing() -> None:
    campaign = Campaign(Parser(dull=True))
    campaign.run(_cases(count=500))
    assert not campaign.findings
    assert campaign.tried + campaign.skipped == 500
    assert campaign.skipped > 10


def test_what_is_planted_is_found_and_shrunk() -> None:
    campaign = Campaign(Parser())
    campaign.run(_cases(count=2000))
    found = {detail: finding for (_, detail), finding in campaign.findings.items()}
    assert {kind for kind, _ in campaign.findings} == {Kind.STRUCTURE}
    assert found["to is missing"].case.value in ("tcp::1,to=0", "tcp::1,to=1", "tcp::a,to=1", "tcp::a,to=0")
    for finding in found.values():
        assert len(str(finding.case.value)) <= len(str(finding.original.value))
        assert finding.case.verdict.outcome is Outcome.EXPECT
        again = Parser().difference(finding.case)
        assert again == finding.difference  # the same kind, and of this very case
        assert Parser().difference(finding.original)[:2] == again[:2]  # type: ignore[index]  # it differs
    assert sum(finding.count for finding in found.values()) >= len(found)


def test_what_is_ignored_is_passed_over() -> None:
    campaign = Campaign(Parser(), frozenset({Kind.STRUCTURE}))
    campaign.run(_cases(count=500))
    assert not campaign.findings


def test_what_never_answers_is_not_shrunk(tmp_path: Path) -> None:
    """A program that does not flush: it is given up after a few cases, and told so."""
    target = Lines(script(tmp_path, "import time; time.sleep(600)"), timeout=0.3)
    campaign = Campaign(target)
    try:
        with pytest.raises(TargetError, match=r"first 5 cases.*flush it"):
            campaign.run(_cases())
    finally:
        target.close()
    assert campaign.tried == 5
    assert not any(finding.shrunk for finding in campaign.findings.values())


def test_a_few_cases_without_an_answer_are_no_campaign_unless_they_are_known(tmp_path: Path) -> None:
    target = Lines(script(tmp_path, "print('hello')"))
    try:
        with pytest.raises(TargetError, match="any of the first 3 cases"):
            Campaign(target).run(_cases(count=3))
        known = Campaign(target)
        known.run(_cases(count=3), patient=True)
        assert known.findings
    finally:
        target.close()


def test_what_was_cut_off_is_shrunk_when_it_goes_on(tmp_path: Path) -> None:
    class Cut(Parser):
        """Is interrupted in the middle of the first shrinking."""

        def difference(self, case: Case) -> Difference | None:
            found = super().difference(case)
            if len(self.tried) == self.cut:
                raise KeyboardInterrupt
            return found

        cut = 0

    whole = Campaign(Parser())
    whole.run(_cases(count=300))
    first = next(iter(whole.findings.values())).tried
    target = Cut()
    target.cut = first + 5
    stopped = Campaign(target)
    positions: list[int] = []
    with pytest.raises(KeyboardInterrupt):
        stopped.run(
            _cases(count=300), progress=lambda campaign: positions.append(campaign.tried + campaign.skipped)
        )
    assert stopped.tried == first
    assert not next(iter(stopped.findings.values())).shrunk
    save(tmp_path, {"against": "x", "seed": 1}, positions[-1], stopped)
    again = Campaign(Parser())
    again.run(_cases(start=load(tmp_path, {"against": "x", "seed": 1}, again), count=300))
    assert (again.tried, again.skipped) == (whole.tried, whole.skipped)
    assert {key: one.count for key, one in again.findings.items()} == {
        key: one.count for key, one in whole.findings.items()
    }
    assert [one.case.value for one in again.findings.values()] == [
        one.case.value for one in whole.findings.values()
    ]


@pytest.mark.parametrize("stop", [1, 137, 400])
def test_stopped_and_gone_on_with_is_as_if_never_stopped(tmp_path: Path, stop: int) -> None:
    whole = Campaign(Parser())
    whole.run(_cases(count=600))
    first = Campaign(Parser())
    first.run(_cases(count=stop))
    save(tmp_path, {"against": "x", "seed": 1}, stop, first)
    second = Campaign(Parser())
    start = load(tmp_path, {"against": "x", "seed": 1}, second)
    assert start == stop
    second.run(_cases(start=start, count=600))
    assert (second.tried, second.skipped) == (whole.tried, whole.skipped)

    def shown(campaign: Campaign) -> list[object]:
        return [{**as_json(finding), "after": 0} for finding in campaign.findings.values()]

    assert shown(second) == shown(whole)


def test_a_campaign_for_something_else_is_not_gone_on_with(tmp_path: Path) -> None:
    with pytest.raises(MigaddrError, match="nothing to go on with"):
        load(tmp_path, {"against": "x"}, Campaign(Parser()))
    save(tmp_path, {"against": "x", "seed": 1}, 0, Campaign(Parser()))
    with pytest.raises(MigaddrError, match="other seed"):
        load(tmp_path, {"against": "x", "seed": 2}, Campaign(Parser()))
    (tmp_path / "state.json").write_text("{")
    with pytest.raises(MigaddrError, match="nothing to go on with"):
        load(tmp_path, {"against": "x"}, Campaign(Parser()))
    for damage in ('"position": -5', '"tried": "x"', '"findings": [{}]', '"findings": 7, "seconds": null'):
        save(tmp_path, {"against": "x"}, 0, Campaign(Parser()))
        state = json.loads((tmp_path / "state.json").read_text())
        state.update(json.loads(f"{{{damage}}}"))
        (tmp_path / "state.json").write_text(json.dumps(state))
        with pytest.raises(MigaddrError, match=r"state\.json: was not written by migaddr"):
            load(tmp_path, {"against": "x"}, Campaign(Parser()))
    (tmp_path / "state.json").write_text('{"format": 0}')
    with pytest.raises(MigaddrError, match="another version"):
        load(tmp_path, {"against": "x"}, Campaign(Parser()))


def test_the_corpus_shows_it_all_again(tmp_path: Path) -> None:
    campaign = Campaign(Parser())
    campaign.run(_cases(count=600))
    save(tmp_path, {"against": "x"}, 600, campaign)
    again = Campaign(Parser())
    again.run(filter(None, read_rows(tmp_path / CORPUS, [LATEST])))
    assert set(again.findings) == set(campaign.findings)
    assert again.tried == len(campaign.findings)
    mended = Campaign(Parser(dull=True))
    mended.run(filter(None, read_rows(tmp_path, [LATEST])))
    assert not mended.findings
    report = (tmp_path / REPORT).read_text()
    for finding in campaign.findings.values():
        assert json.dumps(finding.case.value) in report


def test_rows_have_a_release_or_are_tried_with_all(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"uri": "tcp:h:80"}\n\n{"uri": "tcp:h:80", "release": "10.0", "expect": {}}\n')
    found = [case and str(case.release) for case in read_rows(path, [LATEST, OLD])]
    assert found == [str(LATEST), "10.0", "10.0"]
    path.write_text('{"uri": "unix:/a\u2028b", "release": "10.0"}\n{"uri": 5, "release": "10.0"}\n', "utf-8")
    assert [case and case.value for case in read_rows(path, [LATEST])] == ["unix:/a\u2028b", None]
    for line, words in (
        ("{", "nothing"),
        ("[]", "one of"),
        ('{"uri": "x", "channels": []}', "one of"),
        ('{"uri": "x", "release": "1.0"}', "older"),
        ('{"uri": "\udcff", "release": "10.0"}', "nothing"),
    ):
        path.write_bytes(f"\n{line}\n".encode("utf-8", "surrogateescape"))
        with pytest.raises(MigaddrError, match=f"rows.jsonl:2: .*{words if words != 'nothing' else ''}"):
            list(read_rows(path, [LATEST]))


def test_a_program_that_never_answers_is_given_up(tmp_path: Path) -> None:
    target = Lines(script(tmp_path, "import sys; sys.stdin.readline(); print('hello')"))
    try:
        with pytest.raises(TargetError, match="any of the first 50 cases"):
            Campaign(target).run(_cases())
    finally:
        target.close()


@pytest.mark.parametrize(
    ("name", "kind", "least"),
    [
        ("no-options", Kind.STRUCTURE, "to is missing"),
        ("dies", Kind.CRASH, "SIGSEGV, uri unix"),
        ("exits", Kind.CRASH, "status 3, uri fd"),
        ("refuses", Kind.REFUSES, "uri exec: exec N is not '...'"),
        ("accepts", Kind.ACCEPTS, "uri vsock: vsock-options"),
    ],
)
def test_programs_with_one_fault_show_it(tmp_path: Path, name: str, kind: Kind, least: str) -> None:
    target = Lines(program(tmp_path, name))
    try:
        campaign = Campaign(target)
        campaign.run(generated(3, [OLD], [Form.URI], EVERY_KIND, count=700))
    finally:
        target.close()
    assert (kind, least) in campaign.findings
    assert {kind for kind, _ in campaign.findings} == {kind}


def test_a_slow_target_meets_more_sorts_of_case() -> None:
    plain = {sort_of(case) for case in _cases(count=200)}
    chosen = {sort_of(case) for case in _cases(pool=16, count=200)}
    assert len(chosen) > 1.2 * len(plain)
    assert [case.value for case in _cases(pool=16, count=50)] == [
        case.value for case in _cases(pool=16, count=50)
    ]


def test_time_ends_it() -> None:
    campaign = Campaign(Parser(dull=True))
    campaign.run(_cases(), seconds=0.3)
    assert 0 < campaign.seconds < 5


def test_a_value_without_a_known_answer_is_no_case() -> None:
    assert made(Form.URI, 7, LATEST, "other") is None
