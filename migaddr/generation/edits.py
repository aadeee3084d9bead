"""Edits: what turns something valid into something almost valid, at one place."""

from __future__ import annotations

import enum
from typing import TypeAlias

from migaddr.generation import alphabets as words
from migaddr.generation.source import Source
from migaddr.qmp import JsonObject, JsonValue

Place: TypeAlias = "JsonObject | list[JsonValue]"


class TextEdit(enum.Enum):
    """One edit of a text, at a place in it."""

    DELETE = "delete"
    """The character there goes."""
    INSERT = "insert"
    """A piece comes in front of it."""
    REPLACE = "replace"
    """A piece comes in its place."""
    DOUBLE = "double"
    """It stands there twice."""
    SWAP = "swap"
    """It changes places with the next one."""
    CASE = "case"
    """Its case changes."""
    CUT = "cut"
    """It goes, with all behind it."""
    REPEAT = "repeat"
    """All up to there stands twice."""


TEXT_EDITS = tuple(TextEdit)


def edited(text: str, edit: TextEdit, at: int, piece: str = "") -> str:
    """Give the text after one edit at character `at`, which may be the end of the text."""
    before, here, after = text[:at], text[at : at + 1], text[at + 1 :]
    match edit:
        case TextEdit.DELETE:
            return before + after
        case TextEdit.INSERT:
            return before + piece + here + after
        case TextEdit.REPLACE:
            return before + piece + after
        case TextEdit.DOUBLE:
            return before + here + here + after
        case TextEdit.SWAP:
            return before + after[:1] + here + after[1:]
        case TextEdit.CASE:
            return before + here.swapcase() + after
        case TextEdit.CUT:
            return before
        case TextEdit.REPEAT:
            return before + text


def edit_text(source: Source, text: str) -> str:
    """Make one edit, anywhere."""
    edit = source.choice(TEXT_EDITS)
    at = source.below(len(text) + 1)
    piece = source.choice(words.PIECES) if edit in (TextEdit.INSERT, TextEdit.REPLACE) else ""
    return edited(text, edit, at, piece)


class JsonEdit(enum.Enum):
    """One edit of a JSON value, somewhere in an array or an object."""

    REPLACE = "replace"
    """An item has another value."""
    REMOVE = "remove"
    ADD = "add"
    """There is one more."""
    RENAME = "rename"
    """A member has another name; an item of an array stands there twice."""


JSON_EDITS = tuple(JsonEdit)


def copied(value: JsonValue) -> JsonValue:
    """Copy a JSON value in depth."""
    if isinstance(value, dict):
        return {
            name: copied(item) if isinstance(item, (dict, list)) else item for name, item in value.items()
        }
    if isinstance(value, list):
        return [copied(item) if isinstance(item, (dict, list)) else item for item in value]
    return value


def places(value: JsonValue) -> list[Place]:
    """List every array and object in a JSON value, the outermost first."""
    if not isinstance(value, (dict, list)):
        return []
    found: list[Place] = [value]
    for item in value.values() if isinstance(value, dict) else value:
        if isinstance(item, (dict, list)):
            found += places(item)
    return found


def edit_json(source: Source, value: JsonValue) -> JsonValue:
    """Make one edit, anywhere in a copy of the value. What is neither an array nor an object is replaced."""
    value = copied(value)
    found = places(value)
    if not found:
        return copied(source.choice(words.WRONG))
    # deep inside mostly: what an edit of the outermost leaves is soon always the same
    place = (
        found[0] if source.one_in(24) else found[source.below(len(found) - 1) + 1] if found[1:] else found[0]
    )
    edit = source.choice(JSON_EDITS)
    if isinstance(place, dict):
        _edit_object(source, place, edit)
    else:
        _edit_array(source, place, edit)
    return value


def _edit_object(source: Source, place: JsonObject, edit: JsonEdit) -> None:
    if edit is JsonEdit.ADD or not place:
        place[source.choice(words.MEMBER_NAMES)] = copied(source.choice(words.WRONG))
        return
    name = source.choice(list(place))
    scalars = [one for one, item in place.items() if not isinstance(item, (dict, list))]
    if edit is not JsonEdit.RENAME and len(scalars) < len(place) and scalars and source.below(16):
        name = source.choice(scalars)
    if edit is JsonEdit.REMOVE:
        del place[name]
    elif edit is JsonEdit.RENAME:
        new = source.choice((f"{name}x", name.replace("-", "_"), name.upper(), *words.MEMBER_NAMES))
        place[new] = place.pop(name)
    elif isinstance(place[name], str) and source.below(2):
        place[name] = source.choice(words.TAGS)
    else:
        place[name] = copied(source.choice(words.WRONG))


def _edit_array(source: Source, place: list[JsonValue], edit: JsonEdit) -> None:
    if edit is JsonEdit.ADD or not place:
        place.insert(source.below(len(place) + 1), copied(source.choice(words.WRONG)))
        return
    at = source.below(len(place))
    if edit is JsonEdit.REMOVE:
        del place[at]
    elif edit is JsonEdit.RENAME:
        place.insert(at, copied(place[at]))
    else:
        place[at] = copied(source.choice(words.WRONG))
