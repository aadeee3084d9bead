"""The option -incoming, wholesale: generated values against one release. Run by hand:

    python -m tests.qemu.incoming_texts --series 11.1 --count 3000 [--seed N]

Each value is a start of QEMU. What it refuses it prints; what it takes is compared as far as it can be seen: by the
address bound, or by the words with which the use fails. Differences belong into tests/corpus/incoming.json.
"""

from __future__ import annotations

import json
import random
import re

from migaddr import ChannelType, ParseError, Release, WireError, incoming
from migaddr.incoming import DEFER
from migaddr.jail.verdict import incoming_verdict, shown, without_hint
from tests.qemu.bench import Qemu, QemuDiedError, binary
from tests.qemu.channel_lists import generate as generate_channels
from tests.qemu.report import Differences, by_hand
from tests.qemu.wholesale import generate as generate_inet

AT_PARSING = (
    "Parameter", "Invalid parameter", "Expected '='", "Help is not", "JSON ", "Expecting ", "unknown migration protocol",
    "error parsing", "invalid file descriptor address", "file URI", "trailing",
)  # fmt: skip
LOCATED = re.compile(r"[0-9]+:[0-9]+: JSON ")
KEYS = [
    "channel-type", "addr", "addr.transport", "addr.type", "addr.host", "addr.port", "addr.to", "addr.ipv4", "addr.ipv6",
    "addr.numeric", "addr.keep-alive", "addr.keep-alive-count", "addr.mptcp", "addr.path", "addr.abstract", "addr.tight",
    "addr.cid", "addr.str", "addr.args", "addr.args.0", "addr.args.1", "addr.args.2", "addr.args.00", "addr.args.x",
    "addr.args.0.x", "addr.filename", "addr.offset", "addr.x", "addr.0", "addr.1", "x", "0", "", ".", "addr.", "addr..x", "a.b.c",
    "__a.b_c", "__a.b_", "_x", "__x-y.z_q.r", "addr.host.x", "channel-type.x", "channel-type.0", "addr.transport.0", "help", "?",
    "é", "a" * 127, "a" * 128, "x." + "y" * 128, "1" * 130, "x." + "1" * 20, "x." + "1" * 128, "addr.port.1", "ADDR", "addr.Type", "a b", "a_b-c",
]  # fmt: skip
VALUES = [
    "main", "cpr", "data", "socket", "exec", "rdma", "file", "inet", "unix", "vsock", "fd", "x", "", "1", "0", "0x10", "010", "08", "-1",
    "+1", " 1", "1 ", "65535", "65536", "4294967296", "18446744073709551615", "18446744073709551616", "-18446744073709551616", "1k", "0b11", "1e3", "on", "off", "yes", "no",
    "true", "false", "y", "n", "ON", "a,,b", ",,", "a=b", "127.0.0.1", "/none/x", "é", "\udc80", "help", "a:b", "\n",
]  # fmt: skip
JSON_PIECES = [
    *"{}[]:,\"'\\ \n\t%/x0é-.", '"a"', "'a'", "1", "-0", "01", "1.5", "1e3", "0e1", "true", "false", "null", "nul", "NaN", "\\u0041", "\\ud83d\\ude00",
    "\\ud800", "\\uffff", "\\u12", "\\'", "\x01", "\udc80", "\uffff", '"addr"', '"channel-type":"main"', "\udcff", "True", "\\q", "[[", "]]", "}}",
]  # fmt: skip


def _valid_keyval(source: random.Random, release: Release) -> str:
    channel = generate_channels(source, release, may_break=False)[0]
    if source.getrandbits(3):
        channel["channel-type"] = "main"
    items: list[tuple[str, str]] = [("channel-type", channel["channel-type"])]

    def walk(value: object, path: str) -> None:
        if isinstance(value, dict):
            for name, child in value.items():
                walk(child, f"{path}.{name}")
        elif isinstance(value, list):
            for index, child in enumerate(value):
                walk(child, f"{path}.{index}")
        else:
            text = (
                source.choice(("on", "yes", "true", "y"))
                if value is True
                else "off"
                if value is False
                else str(value)
            )
            items.append((path, text.replace(",", ",,")))

    walk(channel["addr"], "addr")
    first = items.pop(0)
    if not source.getrandbits(2):
        source.shuffle(items)
        items.insert(0, first)
        return ",".join(f"{key}={value}" for key, value in items)
    return ",".join([first[1], *(f"{key}={value}" for key, value in items)])


def _edited(source: random.Random, text: str, pieces: list[str]) -> str:
    for _ in range(source.choice((0, 1, 1, 2))):
        at = source.randrange(len(text) + 1)
        text = text[:at] + source.choice(pieces) + text[at + source.choice((0, 0, 1, 3)) :]
    return text


def generate(source: random.Random, release: Release) -> str:
    """Make one value."""
    kind = source.choice(
        ("keyval", "keyval", "items", "items", "json", "json", "broken-json", "pieces", "uri")
    )
    if not release.incoming_takes_channels and source.getrandbits(2):
        kind = "uri"
    match kind:
        case "keyval":
            return _edited(source, _valid_keyval(source, release), [",", "=", ".", ",,", "addr", *VALUES])
        case "items":
            count = source.choice((1, 1, 2, 3, 4, 6))
            items = [
                f"{source.choice(KEYS)}={source.choice(VALUES)}"
                if source.getrandbits(3)
                else source.choice(KEYS)
                for _ in range(count)
            ]
            if source.getrandbits(1):
                items.insert(
                    0,
                    source.choice(
                        (
                            "main",
                            "main,addr.transport=exec",
                            "main,addr.transport=socket,addr.type=unix,addr.path=/none/x",
                        )
                    ),
                )
            return ",".join(items)
        case "json":
            value = generate_channels(source, release)
            return json.dumps(
                value[0] if isinstance(value, list) and value else value,
                ensure_ascii=bool(source.getrandbits(1)),
            )
        case "broken-json":
            text = json.dumps(generate_channels(source, release, may_break=False)[0])
            if source.getrandbits(1):
                text = text.replace('"', "'")
            return "{" + _edited(source, text, JSON_PIECES)[1:]
        case "pieces":
            return source.choice(("{", "{", '{"a":', "{'a':[", "")) + "".join(
                source.choices(JSON_PIECES, k=source.randrange(1, 9))
            )
        case _:
            scheme = source.choice(
                (
                    "tcp:",
                    "tcp:",
                    "rdma:",
                    "unix:/none/",
                    "file:/none/",
                    "fd:",
                    "vsock:",
                    "exec:",
                    "TCP:",
                    "x-y:",
                    "",
                    ":",
                    "defer",
                    "foo:",
                )
            )
            return scheme + generate_inet(source)


def difference(series: str, text: str, release: Release) -> str | None:
    """Start QEMU with the value; say how it read it otherwise than migaddr."""
    error: ParseError | WireError | None = None
    value: object = None
    try:
        value = incoming.parse(text, release)
    except (ParseError, WireError) as refused:
        error = refused
    if error is not None and error.qemu_message is None and not error.crashes_qemu:
        return None  # stricter on purpose
    if isinstance(value, tuple) and value[0].channel_type is ChannelType.CPR and "unix" in text:
        return None  # QEMU would wait there for somebody to connect
    try:
        with Qemu(binary(series), incoming=text) as qemu:
            if error is not None:
                return f"takes it, but migaddr says {error.qemu_message!r}"
            if value is DEFER:
                return (
                    None
                    if qemu.answer("migrate-incoming", uri="x:") == "unknown migration protocol: x:"
                    else "is not deferred"
                )
            assert isinstance(value, tuple)
            return incoming_verdict(qemu, value[0].addr, None)
    except QemuDiedError as died:
        if died.status != 1:
            return (
                None
                if error is not None and error.crashes_qemu
                else f"died of {-died.status}: {died.output[-200:]}"
            )
        said = without_hint(died.output)
    full = re.sub(r"\A[^:]*: ", "", said)
    prefix = f"-incoming {shown(text)}: "
    if error is not None:
        wanted = f"{prefix}{shown(error.qemu_message or 'a crash')}\n"
        same = full == wanted or (
            text.startswith("rdma:") and full.endswith(wanted)
        )  # up to 8.1 another line first
        return None if same else f"{full!r}, not {wanted!r}"
    message = full.removeprefix(prefix).removesuffix("\n")
    parsing = message.startswith(AT_PARSING) or LOCATED.match(message) is not None
    return f"{full!r}, but migaddr takes it" if parsing else None


def run(series: str, count: int, seed: int) -> Differences:
    """Try `count` values; the same seed gives the same values."""
    source = random.Random(seed)
    release = Release.parse(series)
    differences = Differences(series)
    for _ in range(count):
        text = generate(source, release)
        if "\0" in text:
            continue
        differences.note(repr(text), difference(series, text, release))
    return differences


if __name__ == "__main__":
    by_hand(__doc__, run, "values", 3000)
