"""The folder of a campaign: its state, its report, and a corpus that can be tried again.

state.json     what was asked for, how far it is, and the findings: with it a campaign goes on
corpus.jsonl   a row for each finding, shrunk, as `migaddr generate` prints rows
report.md      for people
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from migaddr.carets import printable
from migaddr.errors import MigaddrError, ParseError
from migaddr.fuzz.campaign import Campaign, Finding, made
from migaddr.fuzz.differences import Difference, Kind
from migaddr.generation import Case, Form
from migaddr.qmp import JsonObject, JsonValue, parse_json
from migaddr.releases import Release

STATE: Final = "state.json"
CORPUS: Final = "corpus.jsonl"
REPORT: Final = "report.md"
_MOST: Final = 1 << 53  # no campaign has so many cases, or seconds
_FORMAT: Final = 2


def save(folder: Path, asked: JsonObject, position: int, campaign: Campaign) -> None:
    """Write the folder anew; the state is replaced in one step."""
    findings: list[JsonValue] = [as_json(finding) for finding in campaign.findings.values()]
    state: JsonObject = {
        "format": _FORMAT,
        "asked": asked,
        "position": position,
        "tried": campaign.tried,
        "skipped": campaign.skipped,
        "seconds": round(campaign.seconds, 1),
        "findings": findings,
    }
    rows = [json.dumps(finding.case.row()) + "\n" for finding in campaign.findings.values()]
    for name, text in (
        (CORPUS, "".join(rows)),
        (REPORT, report(asked, campaign)),
        (STATE, json.dumps(state, indent=1) + "\n"),
    ):
        beside = folder / f".{name}.part"
        beside.write_bytes(text.encode())
        beside.replace(folder / name)


def load(folder: Path, asked: JsonObject, campaign: Campaign) -> int:
    """Put into a campaign what an earlier one has found; give the position from which it goes on.

    :raises MigaddrError: there is none, or it was asked for something else.
    """
    state, before = _state(folder)
    if before != asked:
        names = sorted({name for name in (*asked, *before) if before.get(name) != asked.get(name)})
        raise MigaddrError(f"{folder}: the campaign there was asked for other {', '.join(names)}")
    try:
        campaign.tried, campaign.skipped = int(_number(state, "tried")), int(_number(state, "skipped"))
        campaign.seconds = _number(state, "seconds")
        findings = state["findings"]
        for item in findings if isinstance(findings, list) else []:
            finding = _from_json(item)
            if finding is not None:
                campaign.findings[finding.difference.kind, finding.difference.detail] = finding
        return int(_number(state, "position"))
    except (KeyError, TypeError, ValueError) as error:
        raise MigaddrError(f"{folder / STATE}: was not written by migaddr: {error}") from error


def seed_in(folder: Path) -> int:
    """Give the seed of the campaign in a folder.

    :raises MigaddrError: there is none.
    """
    _, asked = _state(folder)
    seed = asked.get("seed")
    if not isinstance(seed, int):
        raise MigaddrError(f"{folder / STATE}: was not written by migaddr: it has no seed")
    return seed


def _state(folder: Path) -> tuple[JsonObject, JsonObject]:
    """Read the state of a campaign, and what it was asked for."""
    try:
        state = parse_json((folder / STATE).read_text("utf-8"))
    except (OSError, UnicodeDecodeError, ParseError) as error:
        raise MigaddrError(f"{folder / STATE}: nothing to go on with: {error}") from error
    if not isinstance(state, dict) or state.get("format") != _FORMAT:
        raise MigaddrError(f"{folder / STATE}: is of another version of migaddr")
    asked = state.get("asked")
    return state, asked if isinstance(asked, dict) else {}


def _number(value: JsonObject, name: str) -> float:
    found = value.get(name)
    if not isinstance(found, (int, float)) or not 0 <= found < _MOST:
        raise MigaddrError(f"{name} is no number")
    return found


def as_json(finding: Finding) -> JsonObject:
    """Give a finding as one JSON object: the smallest case, and the first one."""
    kind, detail, said = finding.difference
    return {
        "kind": kind.value,
        "detail": detail,
        "said": said,
        "count": finding.count,
        "tried": finding.tried,
        "after": round(finding.after, 1),
        "shrunk": finding.shrunk,
        "case": finding.case.row(),
        "original": finding.original.row(),
    }


def _from_json(item: JsonValue) -> Finding | None:
    if not isinstance(item, dict):
        return None
    case, original = case_of(item["case"]), case_of(item["original"])
    if case is None or original is None:
        return None
    difference = Difference(Kind(item["kind"]), str(item["detail"]), str(item["said"]))
    count, tried, after = (_number(item, name) for name in ("count", "tried", "after"))
    return Finding(difference, case, original, int(count), int(tried), after, item["shrunk"] is True)


def case_of(row: JsonValue, release: Release | None = None) -> Case | None:
    """Make a case of a row as `migaddr generate` prints it; None: what QEMU does with it is not known.

    `release` stands in where the row names none.

    :raises MigaddrError: it is no such row, or of an unknown release.
    """
    forms = [form for form in Form if isinstance(row, dict) and form.value in row]
    if not isinstance(row, dict) or len(forms) != 1:
        raise MigaddrError("a row is an object with one of uri, channels and command")
    named = row.get("release")
    if isinstance(named, str):
        release = Release.parse(named)
    if release is None:
        raise MigaddrError("a row has a release")
    return made(forms[0], row[forms[0].value], release, "other")


def read_rows(path: Path, releases: Iterable[Release]) -> Iterator[Case | None]:
    """Read the cases of a file of JSON lines, or of every `.jsonl` file below a folder.

    Blank lines are passed over. A row without a release is tried with each of `releases`. None stands for
    a case of which it is not known what QEMU does with it.

    :raises MigaddrError: a line is no row; OSError: a file cannot be read.
    """
    releases = tuple(releases)
    for file in sorted(path.rglob("*.jsonl")) if path.is_dir() else [path]:
        for number, line in enumerate(file.read_bytes().split(b"\n"), 1):
            if not line.strip():
                continue
            try:
                row = parse_json(line.decode("utf-8", "surrogateescape"))
                has_release = isinstance(row, dict) and "release" in row
                found = [case_of(row, release) for release in (releases[:1] if has_release else releases)]
            except MigaddrError as error:
                raise MigaddrError(f"{file}:{number}: {error}") from error
            yield from found


def report(asked: JsonObject, campaign: Campaign) -> str:
    """Write the report."""
    findings = sorted(campaign.findings.values(), key=lambda one: (one.difference.kind.value, -one.count))
    lines = [
        f"# {asked['against']}",
        "",
        f"{campaign.tried} cases tried, {campaign.skipped} passed over, {len(findings)} kinds of difference.",
        "",
        *(f"* {name}: {json.dumps(value)}" for name, value in asked.items()),
    ]
    for number, finding in enumerate(findings, 1):
        lines += ["", f"## {number}. {title(finding)}", "", *(f"    {line}" for line in told(finding))]
    return "\n".join(lines) + "\n"


def title(finding: Finding) -> str:
    """Name a finding in one line."""
    times = "once" if finding.count == 1 else f"{finding.count} times"
    return f"{finding.difference.kind.value} ({times}): {printable(finding.difference.detail)}"


def told(finding: Finding) -> list[str]:
    """Tell of a finding: what was given, what QEMU does, what the program does."""
    case = finding.case
    expect = case.verdict.expect
    qemu = f"reads it as {json.dumps(expect)}"
    if "crash" in expect:
        qemu = f"dies of it: {expect['crash']}"
    elif "error" in expect:
        qemu = (
            "refuses it, and does not say so" if expect["error"] is None else f"refuses it: {expect['error']}"
        )
    lines = [
        f"{case.form.value}: {json.dumps(case.value)}",
        f"QEMU {case.release} {qemu}",
        f"the program {finding.difference.said}",
    ]
    if finding.original.value != case.value:
        lines.append(f"first seen as {json.dumps(finding.original.value)}")
    return [printable(line.replace("\n", " ")) for line in lines]
