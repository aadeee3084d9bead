"""The end of QEMU's stream: sections of devices, the end mark, and the description, a JSON object.

The description lists every device with the sizes of its fields, in the order of the stream.
"""

from __future__ import annotations

import json
import struct
from typing import Final, TypeAlias

_FULL, _SUBSECTION = 0x04, 0x05
_END_AND_DESCRIPTION: Final = b"\x00\x06"
_FOOTER: Final = 0x7E
_LONGEST: Final = 8 << 20  # bytes of a description; QEMU's have some 100 KB
_WORD: Final = struct.Struct(">I")

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"


def description_of(tail: bytes | bytearray) -> tuple[int, dict[str, Json] | None] | None:
    """Find the end mark: give its place and the description behind it; None: it is not there.

    Old machine types write none: then the mark follows a section's footer, and the description is None.
    """
    # JSON has no NUL: the last one is in the mark or in the length behind it
    last = tail.rfind(b"\x00")
    for at in range(last - _WORD.size - 1, last + 1):
        start = at + len(_END_AND_DESCRIPTION) + _WORD.size
        if at < 0 or tail[at : at + 2] != _END_AND_DESCRIPTION or not 0 <= len(tail) - start <= _LONGEST:
            continue
        if _WORD.unpack_from(tail, at + 2)[0] == len(tail) - start:
            try:
                found: Json = json.loads(tail[start:])
            except (ValueError, RecursionError):
                found = None
            if isinstance(found, dict) and isinstance(found.get("devices"), list):
                return at, found
    if tail[-1:] == b"\x00" and (len(tail) == 1 or tail[-6:-5] == bytes([_FOOTER])):
        return len(tail) - 1, None
    return None


def walk(
    sections: bytes | bytearray, description: dict[str, Json], *, whole: bool
) -> tuple[tuple[str, ...], str | None]:
    """Go through the devices' sections by what the description says of them.

    Gives the devices' names, and what does not fit, or None. If `sections` is not `whole`, only the names.
    """
    devices = [device for device in _items(description.get("devices")) if isinstance(device.get("name"), str)]
    names = tuple(str(device["name"]) for device in devices)
    if not whole:
        return names, None
    at = 0
    for device, name in zip(devices, names, strict=True):
        try:
            at = _section(sections, at, device, name)
        except RecursionError:
            return names, f"device {name!r}: its parts have parts too deep"
        except (_MismatchError, struct.error) as error:
            return names, f"device {name!r}: {error or 'its section is cut off'}"
    if at != len(sections):
        return names, f"devices: the description does not know the last {len(sections) - at} bytes"
    return names, None


class _MismatchError(Exception):
    pass


def _section(data: bytes | bytearray, at: int, device: dict[str, Json], name: str) -> int:
    if data[at : at + 1] != bytes([_FULL]):
        raise _MismatchError("its section is not where it should be")
    (number,) = _WORD.unpack_from(data, at + 1)
    length = data[at + 5] if at + 5 < len(data) else 0
    at += 6
    if data[at : at + length] != _bytes(name):
        raise _MismatchError(f"the section is that of {bytes(data[at : at + length])!r}")
    at += length
    _instance, version = struct.unpack_from(">II", data, at)
    if version != device.get("version", version):
        raise _MismatchError(f"the section has version {version}")
    at = _body(data, at + 8, device)
    if data[at : at + 1] == bytes([_FOOTER]):
        (found,) = _WORD.unpack_from(data, at + 1)
        if found != number:
            raise _MismatchError(f"section {number} ends as section {found}")
        at += 5
    return at


def _body(data: bytes | bytearray, at: int, device: dict[str, Json]) -> int:
    """Pass over the fields and the subsections behind them."""
    for field in _items(device.get("fields")):
        size, count = field.get("size", 0), field.get("array_len", 1)
        if not isinstance(size, int) or not isinstance(count, int) or size < 0 or count < 0:
            raise _MismatchError("a field has no size")
        at += size * count
    for part in _items(device.get("subsections")):
        name = _bytes(str(part.get("vmsd_name", "")))
        if data[at : at + 2 + len(name)] != bytes([_SUBSECTION, len(name) & 0xFF]) + name:
            raise _MismatchError(f"the part {name!r} is not where it should be")
        at = _body(data, at + 2 + len(name) + _WORD.size, part)
    if at > len(data):
        raise _MismatchError("its section is cut off")
    return at


def _bytes(name: str) -> bytes:
    """Encode a name that JSON may have spelled with half a character."""
    return name.encode("utf-8", "surrogatepass")


def _items(value: Json) -> list[dict[str, Json]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
