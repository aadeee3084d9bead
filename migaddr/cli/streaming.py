"""What receive, send and relay share: options, the address, signals, and how a failure is told."""

from __future__ import annotations

import contextlib
import errno
import functools
import json
import math
import os
import signal
import stat
import time
from collections.abc import Callable, Generator
from typing import Final, ParamSpec

import attrs
import click

from migaddr import carets
from migaddr.cli.formats import channels_of, read_text
from migaddr.cli.options import complete_release, to_release
from migaddr.cli.streams import argument, write_error
from migaddr.errors import InexpressibleError, MigaddrError, TransportError
from migaddr.model import ChannelType, FileAddress, MigrateAddress
from migaddr.qmp import QAPI, JsonObject, address_to_qmp
from migaddr.releases import LATEST, Release
from migaddr.transport import Digest
from migaddr.uri import format_uri

_DIGESTS: Final = {"xxh3": Digest.XXH3, "crc32": Digest.CRC32, "sha256": Digest.SHA256, "none": Digest.NONE}
_SIGNALS: Final = (signal.SIGTERM, signal.SIGHUP)
_ENDING: Final = 5.0  # seconds in which one more of them says nothing new

_P = ParamSpec("_P")


@attrs.frozen
class Settings:
    """The options that these commands share."""

    release: Release
    framed: bool
    digest: Digest | None
    deadline: float | None
    stall: float | None
    fds: dict[str, int]
    peer_uids: frozenset[int] | None
    quiet: bool
    verbose: bool
    as_json: bool


def options(command: Callable[_P, int]) -> Callable[_P, int]:
    """Add the shared options to a command, which reads them with `settings`."""
    for option in reversed(
        (
            click.option("--framed", is_flag=True, help="Length and digest go with the bytes: on both ends."),
            click.option(
                "--digest",
                type=click.Choice(list(_DIGESTS)),
                help="Of what is reported, and of a framed stream that is sent.  [default: xxh3, else crc32]",
            ),
            click.option("--deadline", type=float, metavar="S", help="Give up after S seconds in all."),
            click.option(
                "--stall", type=float, metavar="S", help="Give up where nothing moves for S seconds."
            ),
            click.option(
                "--fd", "fds", multiple=True, metavar="NAME=N", help="Call descriptor N NAME, for fd:."
            ),
            click.option(
                "--peer-uid",
                "peer_uids",
                type=int,
                multiple=True,
                metavar="UID",
                help="unix: accept from this user alone.",
            ),
            click.option(
                "--release",
                callback=to_release,
                shell_complete=complete_release,
                metavar="R",
                help=f"Read addresses as QEMU R.  [default: {LATEST}]",
            ),
            click.option("-q", "--quiet", is_flag=True, help="Say nothing on a terminal either, but errors."),
            click.option(
                "-v", "--verbose", is_flag=True, help="Say in a pipe too what is said on a terminal."
            ),
            click.option("--json", "as_json", is_flag=True, help="Say it as JSON, an object a line."),
        )
    ):
        command = option(command)
    return command


def settings(
    *,
    framed: bool,
    digest: str | None,
    deadline: float | None,
    stall: float | None,
    fds: tuple[str, ...],
    peer_uids: tuple[int, ...],
    release: Release | None,
    quiet: bool,
    verbose: bool,
    as_json: bool,
) -> Settings:
    """Make sense of the shared options.

    :raises click.UsageError: they make none.
    """
    if framed and digest == "none":
        raise click.UsageError("a framed stream has a digest: --digest none is for one that is not")
    for name, seconds in (("--deadline", deadline), ("--stall", stall)):
        if seconds is not None and not seconds >= 0:  # which is true of nan, too
            raise click.BadParameter(f"{seconds} is not a number of seconds", param_hint=name)
    names: dict[str, int] = {}
    for text in fds:
        name, equals, number = text.rpartition("=")
        if not equals or not name or not (number.isascii() and number.isdigit()):
            raise click.BadParameter(
                f"{text!r} is not NAME=N, with N the number of a descriptor", param_hint="--fd"
            )
        names[argument(name)] = int(number)
    return Settings(
        LATEST if release is None else release,
        framed,
        None if digest is None else _DIGESTS[digest],
        deadline,
        stall,
        names,
        frozenset(peer_uids) or None,
        quiet,
        verbose,
        as_json,
    )


def read_address(text: str, release: Release) -> MigrateAddress:
    """Read an address in any spelling: its main channel alone can be opened.

    :raises MigaddrError: it cannot be read, or says more than one channel.
    """
    _, value = read_text(argument(text), None, release)
    channels = channels_of(value, "one stream")
    if len(channels) != 1 or channels[0].channel_type is not ChannelType.MAIN:
        raise InexpressibleError(channels, "one stream", "give one main channel")
    return channels[0].addr


def not_into_itself(source: int | str, target: MigrateAddress) -> None:
    """See that what is read, a descriptor or a file's name, is not the file that is about to be cut off.

    :raises TransportError: it is.
    """
    if not isinstance(target, FileAddress):
        return
    try:
        found = os.stat(source if isinstance(source, int) else _path(source))
        same = stat.S_ISREG(found.st_mode) and os.path.samestat(found, os.stat(_path(target.filename)))
    except OSError:  # opening tells
        return
    if same:
        raise TransportError(target, "this is the file that is read: it would be emptied", errno.EINVAL)


def _path(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")


def spelled(address: MigrateAddress) -> str:
    """Write an address for a person: as a URI, or as JSON where no URI says it."""
    try:
        return carets.printable(format_uri(address, LATEST))
    except InexpressibleError:
        try:
            return json.dumps(address_to_qmp(address))
        except InexpressibleError:  # raw bytes
            return carets.printable(str(address))


def as_value(address: MigrateAddress) -> JsonObject:
    """Write an address for a program."""
    try:
        return address_to_qmp(address, QAPI)
    except InexpressibleError:
        return {"text": spelled(address)}


def fails_with_status_1(command: Callable[_P, int]) -> Callable[_P, int]:
    """Tell what went wrong, on standard error, and give status 1 for it; end cleanly on signals."""

    @functools.wraps(command)
    def wrapped(*args: _P.args, **kwargs: _P.kwargs) -> int:
        with _signals():
            try:
                return command(*args, **kwargs)
            except KeyboardInterrupt:
                raise SystemExit(128 + signal.SIGINT) from None
            except TransportError as error:
                lines = f"{spelled(error.address)}: {carets.printable(error.cause)}"
                hint = "" if error.hint is None else f"\nhint: {error.hint}"
                write_error(f"migaddr: {lines}{hint}")
            except MigaddrError as error:
                write_error(f"migaddr: {error}")
            except OSError as error:
                where = "" if error.filename is None else f"{carets.printable(str(error.filename))}: "
                write_error(f"migaddr: {where}{error.strerror or error}")
            return 1

    return wrapped


@contextlib.contextmanager
def _signals() -> Generator[None]:
    """Let SIGTERM and SIGHUP unwind the program like SIGINT, and a write that nobody reads be an error."""
    first = -math.inf

    def end(number: int, _: object) -> None:
        nonlocal first
        if time.monotonic() > first + _ENDING:  # else it is at its end already, and would be cut off there
            first = time.monotonic()
            raise SystemExit(128 + number)

    before: dict[signal.Signals, object] = {}
    try:
        for number in _SIGNALS:
            if signal.getsignal(number) is signal.SIG_DFL:  # nohup keeps ignoring
                before[number] = signal.signal(number, end)
        before[signal.SIGPIPE] = signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    except ValueError:  # not the main thread: whoever runs it there sees to signals
        before.clear()
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # what it was
