"""What migaddr costs beside other readers, as ratios. Run by hand:

    pip install -e '.[bench]' && python -m tests.benchmarks.compare [--json docs/data/reading.json]

Every contender does its work on the same distinct values in turn, round after round, and its best round counts: so a busy
machine slows all alike. The floor is `str.split(':')` into a plain slotted object. What is not installed is left out.
"""

from __future__ import annotations

import importlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import migaddr

DISTINCT = 2000
ROUNDS = 60
IMPORTS = 25
Work: TypeAlias = Callable[[Any], object]


class Slotted:
    """The least that a parser can give back."""

    __slots__ = ("host", "port", "scheme")

    def __init__(self, scheme: str, host: str, port: str) -> None:
        self.scheme, self.host, self.port = scheme, host, port


def split(text: str) -> Slotted:
    scheme, host, port = text.split(":", 2)
    return Slotted(scheme, host, port)


def split_url(text: str) -> object:
    parts = urlsplit(text)
    return parts.scheme, parts.hostname, parts.port


def inet_uris(source: random.Random, count: int) -> list[str]:
    """`tcp:HOST:PORT`, no two alike."""
    return [
        f"tcp:10.{source.randrange(256)}.{source.randrange(256)}.{at % 256}:{1024 + at}"
        for at in range(count)
    ]


def mixed_uris(source: random.Random, count: int) -> list[str]:
    """Valid URIs of all schemes, no two alike."""
    shapes: list[Callable[[int], str]] = [
        lambda at: f"tcp:10.0.{at % 256}.{source.randrange(256)}:{1024 + at}",
        lambda at: f"tcp:[fe80::{at:x}]:{1024 + at}",
        lambda at: f"tcp:host{at}.example:{1024 + at},to={2024 + at},ipv4=on",
        lambda at: f"unix:/run/qemu/migrate-{at}.sock",
        lambda at: f"vsock:{at + 3}:4444",
        lambda at: f"fd:migrate-{at}",
        lambda at: f"exec:gzip -c >/var/tmp/guest-{at}.gz",
        lambda at: f"rdma:10.0.0.{at % 256}:{1024 + at}",
        lambda at: f"file:/var/tmp/guest-{at}.mig,offset={at * 4096}",
    ]
    return [shapes[at % len(shapes)](at) for at in range(count)]


def best(contenders: dict[str, tuple[Work, Sequence[object]]]) -> dict[str, float]:
    """Give each contender's shortest round, in seconds, of rounds that they take in turn."""
    found = dict.fromkeys(contenders, float("inf"))
    for _ in range(ROUNDS):
        for name, (work, values) in contenders.items():
            begin = time.perf_counter()
            for value in values:
                work(value)
            found[name] = min(found[name], time.perf_counter() - begin)
    return found


MADE: list[dict[str, Any]] = []
"""The tables as data, for `--json FILE`: seconds for each value, or for one import."""


def table(title: str, found: dict[str, float], of: str) -> None:
    """Print the contenders, cheapest first, as ratios to one of them."""
    rows = {name: found[name] / DISTINCT for name in sorted(found, key=lambda name: found[name])}
    MADE.append({"title": title, "of": of, "seconds": rows})
    print(f"\n{title}: microseconds each, and times {of}\n")
    for name, seconds in sorted(found.items(), key=lambda item: item[1]):
        print(f"  {seconds / DISTINCT * 1e6:8.2f}  {seconds / found[of]:6.2f}  {name}")


def other(module: str, attribute: str) -> Any:
    """A thing from another library, or None where it is not installed."""
    try:
        found: Any = importlib.import_module(module)
    except ImportError:
        print(f"({module} is not installed)")
        return None
    for name in attribute.split("."):
        found = getattr(found, name)
    return found


def host_and_port(make: Work) -> Work:
    """Read a URL and ask it for both."""

    def read(text: str) -> object:
        url: Any = make(text)
        return url.host, url.port

    return read


def parsers() -> None:
    source = random.Random(1)
    plain = inet_uris(source, DISTINCT)
    urls = [text.replace("tcp:", "tcp://", 1) for text in plain]
    contenders: dict[str, tuple[Work, Sequence[object]]] = {
        "split into a slotted object": (split, plain),
        "urlsplit + host + port": (split_url, urls),
        "migaddr.parse_uri": (migaddr.parse_uri, plain),
        "migaddr.parse_uri for 10.0": (lambda text: migaddr.parse_uri(text, "10.0"), plain),
    }
    for module, attribute in (
        ("yarl", "URL"),
        ("hyperlink", "parse"),
        ("rfc3986", "urlparse"),
        ("can_ada", "parse"),
    ):
        if (make := other(module, attribute)) is not None:
            contenders[f"{module}.{attribute} + host + port"] = (host_and_port(make), urls)
    if (adapter := other("pydantic", "TypeAdapter")) is not None:
        validate = adapter(other("pydantic", "AnyUrl")).validate_python
        contenders["pydantic AnyUrl + host + port"] = (host_and_port(validate), urls)
    table("tcp:HOST:PORT, distinct", best(contenders), "urlsplit + host + port")

    mixed = mixed_uris(source, DISTINCT)
    addresses = [migaddr.parse_uri(text) for text in mixed]
    found = best(
        {
            "urlsplit alone": (urlsplit, mixed),
            "urlsplit + host + port": (split_url, urls),
            "migaddr.parse_uri": (migaddr.parse_uri, mixed),
            "migaddr.format_uri": (migaddr.format_uri, addresses),
            "migaddr.format_uri for 11.1": (lambda address: migaddr.format_uri(address, "11.1"), addresses),
        }
    )
    table("all schemes, distinct", found, "urlsplit + host + port")


def wire() -> None:
    addresses = [migaddr.parse_uri(text) for text in mixed_uris(random.Random(1), DISTINCT)]
    objects = [migaddr.address_to_qmp(address) for address in addresses]
    contenders: dict[str, tuple[Work, Sequence[object]]] = {
        "json.loads of its text": (json.loads, [json.dumps(value) for value in objects]),
        "migaddr.address_from_qmp": (migaddr.address_from_qmp, objects),
        "migaddr.address_to_qmp": (migaddr.address_to_qmp, addresses),
    }
    # the others cannot tell the two tags of a flat union apart: they get the inet addresses alone, as a plain class
    flat = [
        {"host": value["host"], "port": value["port"]} for value in objects if value.get("type") == "inet"
    ]
    flat = (flat * (DISTINCT // len(flat) + 1))[:DISTINCT]
    contenders["json.loads of host and port"] = (json.loads, [json.dumps(value) for value in flat])
    inet = [{"transport": "socket", "type": "inet", **value} for value in flat]
    contenders["migaddr.address_from_qmp, inet"] = (migaddr.address_from_qmp, inet)
    if (structure := other("cattrs", "structure")) is not None:
        contenders["cattrs, host and port"] = (
            lambda value: structure(value, migaddr.InetAddress),
            flat,
        )
    if (convert := other("msgspec", "convert")) is not None:
        contenders["msgspec, host and port"] = (
            lambda value: convert(value, migaddr.InetAddress),
            flat,
        )
    if (create := other("pydantic", "create_model")) is not None:
        model = create("Inet", host=(str, ...), port=(str, ...))
        contenders["pydantic, host and port"] = (model.model_validate, flat)
    table("one addr object", best(contenders), "json.loads of its text")


def imports() -> None:
    """Time both imports in fresh processes, with bytecode, in turn."""
    modules = ("attrs", "migaddr")
    with tempfile.TemporaryDirectory(prefix="migaddr-bench.") as cache:
        env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        env["PYTHONPYCACHEPREFIX"] = cache
        found = dict.fromkeys(modules, float("inf"))
        for at in range(IMPORTS + 1):
            for module in modules:
                script = (
                    f"import time; b = time.perf_counter(); import {module}; print(time.perf_counter() - b)"
                )
                command = [sys.executable, "-c", script]
                done = subprocess.run(command, env=env, check=True, capture_output=True, text=True)
                if at:  # the first writes the bytecode
                    found[module] = min(found[module], float(done.stdout))
    rows = {f"import {module}": found[module] for module in modules}
    MADE.append({"title": "import", "of": "import attrs", "seconds": rows})
    print("\nimport: milliseconds, and times import attrs\n")
    for module, seconds in found.items():
        print(f"  {seconds * 1e3:8.2f}  {seconds / found['attrs']:6.2f}  import {module}")


def lengths() -> None:
    print("\ncost against length: microseconds, and microseconds a kilobyte\n")
    for shape, text in (
        ("exec: command", "exec:{}"),
        ("tcp: host, since 10.1", "tcp:{}:1"),
        ("file: name", "file:{}"),
    ):
        for length in (10, 1000, 100_000, 1_000_000):
            uri = text.format("x" * length)
            seconds = min(best({"x": (migaddr.parse_uri, [uri])}).values())
            MADE.append({"title": "length", "shape": shape, "bytes": length, "seconds": seconds})
            print(f"  {seconds * 1e6:10.2f}  {seconds * 1e9 / length:8.2f}  {shape}, {length} bytes")


def main() -> None:
    print(f"Python {sys.version.split()[0]}, best of {ROUNDS} rounds over {DISTINCT} distinct values")
    parsers()
    wire()
    lengths()
    imports()
    if sys.argv[1:2] == ["--json"]:
        Path(sys.argv[2]).write_text(
            json.dumps({"python": sys.version.split()[0], "tables": MADE}, indent=1) + "\n"
        )


if __name__ == "__main__":
    main()
