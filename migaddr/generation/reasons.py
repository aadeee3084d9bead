"""Every reason for which a case is refused, by a name. A test compares them with the places that raise."""

from __future__ import annotations

import functools
import re
from typing import Final

from migaddr.generation.cases import Fault

REASONS: Final = {
    # the whole text of a URI
    "no-scheme": "there is no scheme",
    "defer": "defer is no URI",
    "byte-order-mark": "the text begins with a byte order mark",
    "quoted": "the quotes belong to the URI here",
    "looks-like-json": "this looks like JSON",
    "scheme-came-later": "[a-z]+: came with QEMU",
    "scheme-spelling": "the scheme must be written exactly",
    "path-alone": "a path alone is no URI",
    "unknown-scheme": "QEMU has no such scheme",
    # host, port and options
    "port-missing": "the port is missing",
    "colon-missing": "the ':' and the port are missing",
    "bracket-colon-missing": r"the '\]:' and the port are missing",
    "bracket-open": "the bracket is not closed",
    "bracket-empty": "there is no host between the brackets",
    "bracket-tail": r"after '\]' comes ':' and the port",
    "host-too-long": "the host is longer than",
    "to-not-decimal": "to= takes a decimal port number",
    "flag-two-commas": "[a-z0-9-]+ is followed by two commas",
    "flag-value": "[a-z0-9-]+ is either on or off",
    "bad-id": "an id is a letter",
    "not-a-number": "[a-z-]+ takes a number",
    "number-too-large": r"[a-z-]+ is more than 2\*\*64 - 1(?! bytes)",
    "unknown-option": "an option that QEMU does not know",
    "empty-option": "an empty option",
    # the other schemes
    "path-missing": "the path is missing",
    "cid-missing": "the CID is missing",
    "cid-too-long": "the CID is longer than",
    "vsock-port-too-long": "the port is longer than",
    "vsock-options": "vsock: has no options",
    "name-missing": "the name is missing",
    "offset-fraction": "the offset has a fraction of a byte",
    "offset-left-over": "the offset has something left over",
    "offset-too-large": "the offset is more than",
    "offset-negative": "the offset is negative",
    "offset-not-a-size": "the offset is not a size",
    # the shape of JSON
    "not-a-string": "must be a string",
    "not-a-boolean": "must be a boolean",
    "not-an-array": "must be an array",
    "not-an-object": "must be an object",
    "not-an-integer": "must be an integer",
    "out-of-range": "must be between",
    "missing": "is missing",
    "unexpected": "is unexpected here",
    "unknown-tag": "[a-z-]+ cannot be",
    # lists of channels, and commands
    "no-program": "must not be empty$",
    "empty-list": "must not be empty: it counts as absent",
    "no-channels": "QEMU [0-9.]+ has no channels",
    "one-channel-only": "QEMU [0-9.]+ takes one channel only",
    "second-of-its-type": "is a second (?:main|cpr) channel",
    "incoming-takes-main": "migrate-incoming takes the main channel only",
    "no-main-channel": "there is no main channel",
    "uri-and-channels": "migrate(?:-incoming)?: there are both",
    "neither-uri-nor-channels": "migrate(?:-incoming)?: there is neither",
}
"""The name of a reason: how migaddr's own words for it begin."""


@functools.cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    return [(name, re.compile(pattern)) for name, pattern in REASONS.items()]


def reason_of(fault: Fault) -> str | None:
    """Name the reason of a fault; None: it is none that a case can have."""
    return next((name for name, pattern in _patterns() if pattern.match(fault.reason)), None)
