"""A peer that plays QEMU by a script: what real QEMU seldom does."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any, TypeAlias

from qemu.qmp import QMPClient, QMPError

GREETING = {
    "QMP": {"version": {"qemu": {"major": 10, "minor": 0, "micro": 0}, "package": ""}, "capabilities": []}
}
SILENCE, HANG_UP = object(), object()
"""No answer at all; the end of the connection."""

Answer: TypeAlias = object
"""What a command returns; or an exception, whose text is an error's; or bytes, sent as they are; or the two above."""


def version(text: str) -> dict[str, Any]:
    """What query-version returns."""
    return {
        "qemu": dict(zip(("major", "minor", "micro"), map(int, text.split(".")), strict=True)),
        "package": "",
    }


async def _messages(reader: asyncio.StreamReader) -> AsyncGenerator[dict[str, Any], None]:
    """Read JSON objects, which nothing need separate."""
    text = ""
    while data := await reader.read(65536):
        text += data.decode()
        while text := text.lstrip():
            try:
                message, end = json.JSONDecoder().raw_decode(text)
            except json.JSONDecodeError:
                break
            text = text[end:]
            yield message


class Peer:
    """Answers each command with the next of its answers; the last is repeated. What has none succeeds with {}."""

    def __init__(self, answers: Mapping[str, Sequence[Answer]]) -> None:
        self._answers = {name: list(items) for name, items in answers.items()}
        self.heard: list[tuple[str, Any]] = []
        self._writer: asyncio.StreamWriter | None = None

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.heard]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        try:
            self._send(GREETING)
            async for message in _messages(reader):
                name, tag = message["execute"], {key: message[key] for key in ("id",) if key in message}
                if name != "qmp_capabilities":
                    self.heard.append((name, message.get("arguments")))
                items = self._answers.get(name, [{}])
                answer = items.pop(0) if len(items) > 1 else items[0]
                if answer is HANG_UP:
                    return
                if isinstance(answer, bytes):
                    writer.write(answer)
                elif isinstance(answer, Exception):
                    error = {"class": "GenericError", "desc": str(answer)}
                    self._send({"error": error, **tag})
                elif answer is not SILENCE:
                    self._send({"return": answer, **tag})
                await writer.drain()
        except OSError:  # the client went first
            return
        finally:
            writer.close()

    def event(self, name: str) -> None:
        """Send an event."""
        self._send({"event": name, "data": {}, "timestamp": {"seconds": 0, "microseconds": 0}})

    def _send(self, message: object) -> None:
        assert self._writer is not None
        self._writer.write(json.dumps(message).encode() + b"\r\n")


@contextlib.asynccontextmanager
async def playing(answers: Mapping[str, Sequence[Answer]]) -> AsyncGenerator[tuple[Peer, QMPClient], None]:
    """Connect a client to a peer with these answers."""
    peer, client = Peer({"query-version": [version("10.0.0")], **answers}), QMPClient()
    ours, theirs = socket.socketpair()
    task = asyncio.create_task(peer.serve(*await asyncio.open_connection(sock=theirs)))
    await client.connect(ours)
    try:
        yield peer, client
    finally:
        with contextlib.suppress(EOFError, OSError, QMPError):
            await client.disconnect()
        await task
