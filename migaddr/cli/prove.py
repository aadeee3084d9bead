"""`migaddr prove`: run the proof matrix on this machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Final

import attrs
import click

from migaddr.cli.streaming import fails_with_status_1
from migaddr.cli.streams import argument, write_error, write_line
from migaddr.proof.cells import (
    FAILED,
    PROVEN,
    TRANSPORTS,
    Expected,
    ProofError,
    Reason,
    Result,
    matrix,
    worse,
)
from migaddr.proof.qemu import find, release_of
from migaddr.proof.run import Proof
from migaddr.proof.show import as_json, from_json, markdown, page, read_expected, reasons
from migaddr.qmp import parse_json
from migaddr.releases import Release

_IN_A_VM: Final = ("vsock", "rdma")
_VM_RUN: Final = Path(__file__).parents[2] / "tools" / "vm-run"
_VM_SECONDS: Final = "3600"  # it is emulated where there is no KVM
_SYSTEM_PYTHON: Final = "/usr/bin/python3"  # pyverbs is Debian's, for Debian's Python


@click.command()
@click.option(
    "--qemu", "qemus", multiple=True, metavar="PATH", help="Take part with this QEMU.  [default: all found]"
)
@click.option(
    "--transport",
    "transports",
    multiple=True,
    type=click.Choice(TRANSPORTS),
    metavar="T",
    help=f"Only these rows: {', '.join(TRANSPORTS)}.",
)
@click.option("--vm", is_flag=True, help="Run the rows of vsock and rdma in a throw-away virtual machine.")
@click.option(
    "--expect",
    metavar="FILE",
    help="Fail where a cell is worse, or a reason is shown otherwise, than this JSON object says.",
)
@click.option("--json", "json_file", metavar="FILE", help="Write everything to FILE; - is standard output.")
@click.option("--html", "html_file", metavar="FILE", help="Write a page to FILE.")
@click.option("-q", "--quiet", is_flag=True, help="Print no table.")
@fails_with_status_1
def command(
    qemus: tuple[str, ...],
    transports: tuple[str, ...],
    vm: bool,
    expect: str | None,
    json_file: str | None,
    html_file: str | None,
    quiet: bool,
) -> int:
    """Send a stopped guest's 64 MiB of random RAM over every transport, and compare hashes at the far end.

    From migaddr to migaddr, from every QEMU found to migaddr, and from migaddr to a QEMU that has to say
    "completed"; by URI and by channels. A cell is proven, or there is a reason that a probe has just shown,
    or it failed. Only this machine is reached, and nothing stays behind.

    \b
    Examples:
      migaddr prove
      migaddr prove --qemu /usr/bin/qemu-system-x86_64 --transport tcp --transport unix
      migaddr prove --vm --json - --html proof.html

    Exit status: 0 no cell failed (or is worse than --expect says), 1 one did, 2 wrong usage.
    """  # noqa: D301 -- click wants the character
    chosen = transports or TRANSPORTS
    expected = {} if expect is None else _expected(Path(expect), chosen)
    found = _qemus(tuple(map(argument, qemus)))
    here = [name for name in chosen if not (vm and name in _IN_A_VM)]
    results: list[Result] = []
    if here:
        with Proof(found) as proof:
            for result in proof.run(matrix(here, found)):
                results.append(result)
                _tell(result)
    if vm and (there := [name for name in chosen if name in _IN_A_VM]):
        results += _in_a_vm(there, found)
    results.sort(key=lambda result: TRANSPORTS.index(result.cell.transport))
    if json_file == "-":
        write_line(json.dumps(as_json(results)))
    elif json_file is not None:
        Path(json_file).write_text(json.dumps(as_json(results)) + "\n")
    if html_file is not None:
        Path(html_file).write_text(page(results))
    if not quiet and json_file != "-":
        write_line(markdown(results))
        for reason in reasons(results):
            write_line(reason)
    problems = worse(results, expected)
    for problem in problems:
        write_error(f"migaddr: {problem}")
    return 1 if problems else 0


def _qemus(given: tuple[str, ...]) -> dict[str, tuple[Path, Release]]:
    """Give the QEMUs by series, oldest first: those given, or the first found of each series."""
    found: dict[str, tuple[Path, Release]] = {}
    for program in map(Path, given) if given else find():
        try:
            release = release_of(program)
        except ProofError as error:
            if given:
                raise click.UsageError(str(error)) from error
            continue
        name = str(release) if given and release.series in found else release.series
        found.setdefault(name, (program, release))
    return dict(sorted(found.items(), key=lambda item: item[1][1].version))


def _tell(result: Result) -> None:
    """Show a person that it goes on."""
    if sys.stderr is not None and sys.stderr.isatty():
        said = f"{result.seconds:.2f} s" if result.status == PROVEN else f"{result.status} {result.detail}"
        write_error(f"{result.cell}: {said}")


def _in_a_vm(transports: list[str], qemus: Mapping[str, tuple[Path, Release]]) -> list[Result]:
    """Run the rows in a virtual machine that has a vsock loopback and an RDMA device."""
    run = Path(os.environ.get("MIGADDR_VM_RUN") or _VM_RUN)
    if not run.exists():
        raise click.UsageError(
            f"--vm needs {run.name} of a checkout of migaddr; MIGADDR_VM_RUN says where it is"
        )
    path = os.pathsep.join(python_path(attrs, click))
    arguments = [str(run), "/usr/bin/env", f"PYTHONPATH={path}", _SYSTEM_PYTHON, "-m", "migaddr", "prove"]
    arguments += ["--json", "-"]
    for name in transports:
        arguments += ["--transport", name]
    for program, _ in qemus.values():
        arguments += ["--qemu", str(program)]
    environment = {"VM_TIMEOUT": _VM_SECONDS, **os.environ}
    done = subprocess.run(arguments, stdout=subprocess.PIPE, check=False, env=environment)  # noqa: S603 -- ours
    lines = done.stdout.decode(errors="replace").splitlines()
    answer = next((line for line in lines if line.startswith("{")), None)
    if answer is None:
        said = " ".join(lines[-1:])
        why = f"the virtual machine ended with status {done.returncode}: {said}"
        return [Result(cell, FAILED, why) for cell in matrix(transports, qemus)]
    return from_json(parse_json(answer))


def python_path(*modules: ModuleType) -> list[str]:
    """Give the folders of this migaddr and of modules that it needs, for another Python of the series."""
    here = Path(__file__).resolve().parents[2]
    folders = (
        Path(module.__file__).resolve().parents[1] for module in modules if module.__file__ is not None
    )
    return list(dict.fromkeys(map(str, (here, *folders))))


def _expected(file: Path, transports: tuple[str, ...]) -> dict[str, Expected]:
    """Read what is expected of the rows that will be run."""
    value = parse_json(file.read_text())
    found: dict[str, Expected] = {}
    for name, cell in value.items() if isinstance(value, dict) else (("", None),):
        expected = read_expected(cell)
        if expected is None:
            known = ", ".join(reason.value for reason in Reason)
            shape = f'"{PROVEN}" or {{"reason": R, "probe": TEXT}}, R of {known}'
            raise click.UsageError(f"{file}: not an object of cells, each {shape}")
        if name.partition(",")[0] in transports:
            found[name] = expected
    return found
