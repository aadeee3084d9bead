"""The results as a table, as JSON and as a page."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import Final

from migaddr.proof.cells import FAILED, FORMS, PROVEN, Cell, Expected, Reason, Result, Way
from migaddr.qmp import JsonObject, JsonValue

_MIB: Final = 1 << 20
_STYLE: Final = """
body { font: 15px/1.4 system-ui, sans-serif; margin: 2rem; color: #222; background: #fff }
table { border-collapse: collapse }
th, td { border: 1px solid #ccc; padding: .3rem .6rem; text-align: left }
td.proven { background: #e3f4e3 }
td.failed { background: #fbdcdc; font-weight: bold }
td.reason { color: #666 }
@media (prefers-color-scheme: dark) {
  body { color: #ddd; background: #181818 }
  th, td { border-color: #444 }
  td.proven { background: #1d3a1d }
  td.failed { background: #571d1d }
  td.reason { color: #999 }
}
"""


def columns(results: Iterable[Result]) -> list[tuple[Way, str]]:
    """Give the columns: who sends to whom, with which QEMU."""
    found: dict[tuple[Way, str], None] = {}
    for result in results:
        found[result.cell.way, result.cell.qemu] = None
    return list(found)


def heading(way: Way, qemu: str) -> str:
    """Name a column."""
    return way.value.replace("QEMU", f"QEMU {qemu}")


def short(results: Sequence[Result]) -> str:
    """Say a cell of the table: both forms."""
    said = {
        result.cell.form: f"{result.seconds:.2f} s" if result.status == PROVEN else result.status
        for result in results
    }
    if len(set(said.values())) == 1 and not all(result.status == PROVEN for result in results):
        return next(iter(said.values()))
    return ", ".join(f"{form} {said[form]}" for form in FORMS if form in said)


def rows(results: Sequence[Result]) -> list[tuple[str, list[list[Result]]]]:
    """Give the rows: a transport, and for each column the results of both forms."""
    places = columns(results)
    table: dict[str, list[list[Result]]] = {}
    for result in results:
        row = table.setdefault(result.cell.transport, [[] for _ in places])
        row[places.index((result.cell.way, result.cell.qemu))].append(result)
    return list(table.items())


def reasons(results: Iterable[Result]) -> list[str]:
    """Say each reason and each failure once, with what the probe showed."""
    found: dict[str, None] = {}
    for result in results:
        if result.status == FAILED:
            found[f"failed: {result.cell}: {result.detail}"] = None
        elif result.status != PROVEN:
            found[f"{result.status}: {result.detail}"] = None
    return list(found)


def markdown(results: Sequence[Result]) -> str:
    """Write the table for documentation, or for a terminal that wraps."""
    heads = [heading(way, qemu) for way, qemu in columns(results)]
    lines = ["| | " + " | ".join(heads) + " |", "| --- |" + " --- |" * len(heads)]
    for transport, cells in rows(results):
        lines.append(f"| {transport} | " + " | ".join(map(short, cells)) + " |")
    return "\n".join(lines)


def as_json(results: Sequence[Result]) -> JsonObject:
    """Give everything, for a program."""
    cells: list[JsonValue] = [
        {
            "transport": result.cell.transport,
            "way": result.cell.way.value,
            "form": result.cell.form,
            "qemu": result.cell.qemu or None,
            "status": result.status,
            "detail": result.detail,
            "bytes": result.bytes,
            "seconds": round(result.seconds, 6),
            "digest": result.digest,
        }
        for result in results
    ]
    return {"cells": cells}


def from_json(value: JsonValue) -> list[Result]:
    """Read what `as_json` gave, from another run of it."""
    found: list[Result] = []
    cells = value["cells"] if isinstance(value, dict) else None
    for cell in cells if isinstance(cells, list) else ():
        assert isinstance(cell, dict)
        place = Cell(str(cell["transport"]), Way(cell["way"]), str(cell["form"]), str(cell["qemu"] or ""))
        count, seconds = cell["bytes"], cell["seconds"]
        assert isinstance(count, int)
        assert isinstance(seconds, (int, float))
        found.append(
            Result(place, str(cell["status"]), str(cell["detail"]), count, seconds, str(cell["digest"]))
        )
    return found


def read_expected(value: JsonValue) -> Expected | None:
    """Read what is expected of a cell: `"proven"`, or a reason and what its probe says; None: neither."""
    if value == PROVEN:
        return Expected(PROVEN)
    if not isinstance(value, dict) or value.keys() != {"reason", "probe"}:
        return None
    reason, probe = value["reason"], value["probe"]
    if not isinstance(reason, str) or not isinstance(probe, str) or not probe:
        return None
    return Expected(reason, probe) if reason in {each.value for each in Reason} else None


def page(results: Sequence[Result]) -> str:
    """Write a page: the table, with what each cell moved and how long it took, and the reasons."""
    heads = "".join(f"<th>{html.escape(heading(way, qemu))}</th>" for way, qemu in columns(results))
    body = ""
    for transport, cells in rows(results):
        row = "".join(_page_cell(cell) for cell in cells)
        body += f"<tr><th>{html.escape(transport)}</th>{row}</tr>\n"
    notes = "".join(f"<li>{html.escape(reason)}</li>\n" for reason in reasons(results))
    proven = sum(result.status == PROVEN for result in results)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>migaddr prove</title>'
        f"<style>{_STYLE}</style></head>\n<body><h1>Proof matrix</h1>\n"
        f"<p>{proven} of {len(results)} cells proven: RAM arrived with the hash it was sent with.</p>\n"
        f"<table><thead><tr><th>transport</th>{heads}</tr></thead>\n<tbody>\n{body}</tbody></table>\n"
        f"<h2>Reasons</h2>\n<ul>\n{notes}</ul>\n</body></html>\n"
    )


def _page_cell(results: Sequence[Result]) -> str:
    status = "proven" if any(r.status == PROVEN for r in results) else "reason"
    if any(result.status == FAILED for result in results):
        status = "failed"
    lines: list[str] = []
    for result in results:
        what = result.status
        if result.status == PROVEN:
            what = f"{result.bytes / _MIB:.0f} MiB, {result.seconds:.2f} s, {result.digest[:15]}"
        title = html.escape(f"{result.cell}: {result.detail or result.digest}", quote=True)
        lines.append(f'<span title="{title}">{result.cell.form}: {html.escape(what)}</span>')
    return f'<td class="{status}">{"<br>".join(lines)}</td>'
