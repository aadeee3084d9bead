"""What a difference is, and when two are of one kind."""

from __future__ import annotations

import enum
import json
import re
from typing import Final, NamedTuple, assert_never, final

from migaddr.errors import WireError
from migaddr.fuzz.answers import Answer, Died, Garbled, Read, Refused, Silent
from migaddr.generation import Case, Fault, Form, Outcome
from migaddr.generation.reasons import reason_of
from migaddr.qmp import JsonObject, JsonValue

_QUOTED: Final = re.compile(r"'.*'|\".*\"|`.*`", re.DOTALL)
_NUMBER: Final = re.compile(r"[0-9]+")
_AFTER_COLON: Final = re.compile(r"(protocol|offset): .*", re.DOTALL)
_PARTS: Final = re.compile(r"[^:,=\[\]/]+")
_LEAST_QUOTED: Final = 3  # characters
_WORD: Final = re.compile(r"[a-z-]+[0-9]?")  # a scheme, an option: the message may mean it
_MOST_SAID: Final = 200


class Kind(enum.Enum):
    """How a program can differ from QEMU."""

    ACCEPTS = "accepts"
    """It reads what QEMU refuses."""
    REFUSES = "refuses"
    """It refuses what QEMU reads."""
    STRUCTURE = "structure"
    """Both read it, each as something else."""
    WORDS = "words"
    """Both refuse it, in different words."""
    CRASH = "crash"
    """Its process ends."""
    FORETOLD_CRASH = "foretold-crash"
    """It is a QEMU, and dies of what migaddr says that it dies of."""
    SURVIVES = "survives"
    """It is a QEMU, and does not die of what migaddr says that it dies of."""
    HANG = "hang"
    """It does not answer in time."""
    GARBAGE = "garbage"
    """What it answers is no answer."""


@final
class Difference(NamedTuple):
    """One difference. Two are of the same kind if their `kind` and `detail` are equal."""

    kind: Kind
    detail: str
    """What all differences with this cause have in common, as far as one can see; no text of the case."""
    said: str
    """What the program did, for people."""


def compare(case: Case, answer: Answer, *, words: bool = False) -> Difference | None:
    """Compare an answer with the verdict of the case; with `words` QEMU's words must be the same too."""
    verdict = case.verdict
    match answer:
        case Died(how, said):
            return Difference(
                Kind.CRASH, f"{how}, {about(case)}", f"ended by {how}: {said}" if said else f"ended by {how}"
            )
        case Silent(seconds):
            return Difference(Kind.HANG, about(case), f"gave no answer in {seconds:g} s")
        case Garbled(reason, said):
            return Difference(Kind.GARBAGE, reason, f"failed: {reason}: {said[:_MOST_SAID]!r}")
        case Refused(said):
            if verdict.outcome is Outcome.EXPECT:
                detail = f"{about(case)}: {general(without(case.value, said))}"
                return Difference(Kind.REFUSES, detail, f"refused it: {said}")
            wanted = verdict.expect.get("error")
            if words and verdict.outcome is Outcome.ERROR and said != wanted:
                return Difference(Kind.WORDS, f"{general(str(wanted))}", f"said: {said}")
            return None
        case Read(structure):
            if verdict.fault is not None:
                detail = f"{about(case)}: {why(verdict.fault)}"
                return Difference(Kind.ACCEPTS, detail, read_as(structure))
            place = None if structure is True else unlike(verdict.expect, structure)
            if place is None:
                return None
            return Difference(
                Kind.STRUCTURE, re.sub(r"\[[0-9]+\]", "[]", place), f"{read_as(structure)}: {place}"
            )
        case _:
            assert_never(answer)


def read_as(structure: JsonValue) -> str:
    """Say that it read the case, and as what if it tells."""
    return "read it" if structure is True else f"read it as {json.dumps(structure)}"


def about(case: Case) -> str:
    """Say what sort of case it is: `uri tcp`, `channels`, `command`."""
    if case.form is Form.URI and isinstance(case.value, str):
        scheme, colon, _ = case.value.partition(":")
        return f"uri {scheme}" if colon and scheme in _SCHEMES else "uri"
    return case.form.value


_SCHEMES: Final = frozenset({"tcp", "rdma", "unix", "vsock", "fd", "exec", "file"})


def why(fault: Fault) -> str:
    """Name the reason of a fault, and the member of a WireError that has it."""
    reason = reason_of(fault) or general(fault.reason)
    path = fault.path if isinstance(fault, WireError) else ""
    if not path or reason == "unexpected":
        return reason
    return f"{path.rpartition('.')[2].partition('[')[0]} {reason}"


def without(value: JsonValue, words: str) -> str:
    """Take from a message the texts of a case, and their parts."""
    parts: set[str] = set()
    for text in _texts(value):
        parts |= {text, text.partition(":")[2], *_PARTS.findall(text)}
    for text in sorted(parts, key=lambda part: (-len(part), part)):
        if len(text) >= _LEAST_QUOTED and not _WORD.fullmatch(text):
            words = words.replace(text, "...")
    return words


def _texts(value: JsonValue) -> list[str]:
    if isinstance(value, str):
        return [value]
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for item in items for text in _texts(item)]


def general(words: str) -> str:
    """Take from a message what it quotes of the case, and its numbers."""
    return _NUMBER.sub("N", _AFTER_COLON.sub(r"\1: ...", _QUOTED.sub("'...'", words)))[:_MOST_SAID]


def unlike(wanted: JsonValue, found: JsonValue, path: str = "") -> str | None:
    """Say where two JSON values differ; numbers and booleans are never equal. None: nowhere."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        return _unlike_objects(wanted, found, path)
    if isinstance(wanted, list) and isinstance(found, list):
        for index, (one, other) in enumerate(zip(wanted, found, strict=False)):
            if (place := unlike(one, other, f"{path}[{index}]")) is not None:
                return place
        return None if len(wanted) == len(found) else f"{path or 'it'} has another length"
    if type(wanted) is not type(found):
        return f"{path or 'it'} is of another type"
    return None if wanted == found else f"{path or 'it'} has another value"


def _unlike_objects(wanted: JsonObject, found: JsonObject, path: str) -> str | None:
    for name, value in wanted.items():
        place = f"{path}.{name}" if path else name
        if name not in found:
            return f"{place} is missing"
        if (inner := unlike(value, found[name], place)) is not None:
            return inner
    for name in found:
        if name not in wanted:
            return f"{path}.{name} is unexpected" if path else f"{name} is unexpected"
    return None
