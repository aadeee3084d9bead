"""JSON text: any text is a value or our error, with Python's reader and QEMU's two as judges."""

from __future__ import annotations

from fuzz.harness import fuzz, load

load()

from migaddr import ParseError, parse_json  # noqa: E402 -- counted from here on
from migaddr.incoming import qemu_json  # noqa: E402
from migaddr.releases import JsonReader  # noqa: E402


def law(data: bytes) -> None:
    """An object that is JSON, is JSON to QEMU, and reads as the same."""
    text = data.decode("utf-8", "surrogateescape")
    try:
        value = parse_json(text)
    except ParseError as error:
        assert error.text == text
        assert 0 <= error.start <= error.end <= len(text)
        assert error.reason
        value = None
    if not text.startswith("{"):
        return  # what -incoming takes for JSON begins so
    for reader in JsonReader:
        try:
            found = qemu_json.read_object(text, reader)
        except ParseError as error:
            assert 0 <= error.start <= error.end <= len(text)
            assert value is None or error.qemu_message is not None, text
            continue
        assert value is None or found == value, text


if __name__ == "__main__":
    fuzz(law)
