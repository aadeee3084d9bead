"""What a real QEMU must say to an address, if it read it as migaddr did.

`judge` sends an address to a fresh or refused QEMU and gives None, or a sentence that says how it disagreed.
An address that is understood can still fail at use: then QEMU's words quote it, and that is compared.
"""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias, assert_never, final

from migaddr.errors import ParseError
from migaddr.jail.qemu import Qemu, QemuDiedError
from migaddr.model import (
    ExecAddress,
    FdAddress,
    FileAddress,
    InetAddress,
    MigrateAddress,
    RdmaAddress,
    SocketAddress,
    UnixAddress,
    VsockAddress,
)
from migaddr.qmp import addresses_from_query_migrate
from migaddr.releases import Release

Direction: TypeAlias = Literal["incoming", "outgoing"]

MAGIC = b"QEVM"
HINTS = (
    "\nIdentifiers consist of letters, digits, '-', '.', '_', starting with a letter.",
    "\nPath must be less than 108 bytes",
)
COMMANDS = {"incoming": "migrate-incoming", "outgoing": "migrate"}


@final
class Told(NamedTuple):
    """What came of telling QEMU an address."""

    said: str | None
    """The error with which it answered the command, or None."""
    disagreement: str | None
    """How what it did disagrees with what migaddr expects; None: not at all."""


def tell(
    qemu: Qemu,
    expected: MigrateAddress | ParseError,
    direction: Direction,
    release: Release,
    **argument: object,
) -> Told:
    """Send `uri=...` or `channels=...`; compare what happens with what migaddr expects.

    :raises QemuDiedError: the process ends.
    """
    said = qemu.answer(COMMANDS[direction], **argument)
    if isinstance(expected, ParseError):
        return Told(said, _refused(expected, direction, release, said))
    if direction == "incoming":
        return Told(said, incoming_verdict(qemu, expected, said))
    if said is None:
        state = qemu.migration()
        why = state.get("error-desc")
        words = None if why is None else str(why)
        return Told(said, outgoing_verdict(qemu, expected, words, str(state["status"])))
    return Told(said, outgoing_verdict(qemu, expected, said, "refused"))


def judge(
    qemu: Qemu,
    expected: MigrateAddress | ParseError,
    direction: Direction,
    release: Release,
    **argument: object,
) -> str | None:
    """Do as `tell`, where an end of the process is expected or not as well; give None, or a sentence."""
    try:
        return tell(qemu, expected, direction, release, **argument).disagreement
    except QemuDiedError as died:
        if isinstance(expected, ParseError) and expected.crashes_qemu:
            return None if died.status == -6 else f"died of {-died.status}"
        return f"died of {-died.status}: {died.output[-200:]}"


def without_hint(text: str) -> str:
    """What QEMU prints for people, without the hint that follows some errors."""
    for hint in HINTS:
        text = text.replace(hint, "")
    return text


def shown(text: str) -> str:
    """A text as QEMU's JSON shows it: a stray byte becomes U+FFFD."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _refused(error: ParseError, direction: Direction, release: Release, said: str | None) -> str | None:
    wanted = None if error.qemu_message is None else shown(error.qemu_message)
    if direction == "outgoing" and wanted is not None and wanted.startswith("unknown migration protocol: "):
        wanted = {
            "same-error": wanted,
            "other-error": "Parameter 'uri' expects a valid migration protocol",
            "no-error": None,
        }[release.unknown_scheme.value]
    return None if said == wanted else f"answered {said!r}, not {wanted!r}"


def _matches(said: str | None, *patterns: str) -> str | None:
    if said is not None and any(re.fullmatch(pattern, said, re.DOTALL) for pattern in patterns):
        return None
    return f"answered {said!r}, none of {patterns}"


def incoming_verdict(qemu: Qemu, address: MigrateAddress, said: str | None) -> str | None:
    """Compare where QEMU listens, or why it does not, with the address that it should have read."""
    bound = addresses_from_query_migrate(qemu.execute("query-migrate"))
    match address:
        case InetAddress():
            return _bound_inet(address, bound) if said is None else _quoted_inet(address, said, "incoming")
        case UnixAddress(path):
            if said is None:
                match bound:
                    case (UnixAddress(found) as one,) if bool(one.abstract) == bool(address.abstract):
                        if found == path or (path == "" and not address.abstract):
                            return None  # without a path QEMU makes a name of its own
                    case _:
                        pass
                return f"listens on {bound}, not on {address}"
            name = re.escape(shown(path))
            return _matches(
                said,
                f"UNIX socket path '{name}' is too long",
                f"Failed to (?:unlink socket|bind socket to) {name}: .*",
            )
        case VsockAddress(cid, port):
            if said is None:
                meant = VsockAddress(_decimal(cid), _decimal(port))
                return None if bound in ((), (meant,)) else f"listens on {bound}"
            return _matches(
                said,
                f"Failed to parse cid '{re.escape(shown(cid))}'",
                f"Failed to parse port '{re.escape(shown(port))}'",
                "Failed to (?:create|bind|listen on) socket.*",
            )
        case FdAddress(name):
            return _quoted_fd(name, said)
        case ExecAddress(args):
            return _called(qemu, args, said)
        case RdmaAddress():
            return _matches(
                said, "RDMA ERROR: .*", "rdma_.*", ".*rdma.*", "librdmacm.*", ".*RDMA.*", ".*could not.*"
            )
        case FileAddress(filename):
            if said is None:
                return None if filename.startswith("/") or not filename else f"{filename} was opened"
            return _matches(
                said,
                f"Could not open '{re.escape(shown(filename))}': .*",
                f"(?:Failed to find|Could not parse) fdset {re.escape(shown(filename))}",
                f"Unable to seek to offset {_signed(address.offset)} whence 0 in file: .*",
            )
        case _:
            assert_never(address)


def outgoing_verdict(qemu: Qemu, address: MigrateAddress, said: str | None, status: str) -> str | None:
    """Compare how an outgoing migration ended, and its words, with the address that QEMU should have read."""
    match address:
        case InetAddress():
            return None if status == "completed" else _quoted_inet(address, said, "outgoing")
        case UnixAddress(path):
            name = re.escape(shown(path))
            return _matches(
                said, f"UNIX socket path '{name}' is too long", f"Failed to connect to '{name}': .*"
            )
        case VsockAddress(cid, port):
            cid, port = re.escape(shown(cid)), re.escape(shown(port))
            return _matches(
                said,
                f"Failed to parse cid '{cid}'",
                f"Failed to parse port '{port}'",
                "Failed to create socket.*",
                f"Failed to connect to '{cid}:{port}': .*",
            )
        case FdAddress(name):
            return _quoted_fd(name, said)
        case ExecAddress(args):
            return _called(qemu, args, said)
        case RdmaAddress():
            return _matches(
                said, "RDMA ERROR: .*", "rdma_.*", ".*rdma.*", "librdmacm.*", ".*RDMA.*", ".*could not.*"
            )
        case FileAddress(filename, offset=offset):
            if status == "completed":
                return _written(qemu, filename, offset)
            return _matches(
                said,
                f"Could not create '{re.escape(shown(filename))}': .*",
                f"(?:Failed to find|Could not parse) fdset {re.escape(shown(filename))}",
                f"Unable to seek to offset {_signed(offset)} whence 0 in file: .*",
                f"failed to truncate migration file to offset {offset:x}: .*",
                "Unable to write to file: .*",
                ".*File too large.*",
            )
        case _:
            assert_never(address)


def _decimal(number: str) -> str:
    """Write a number as the kernel tells it: without sign, blanks and zeros before it."""
    return str(int(number)) if re.fullmatch(r"\s*[-+]?[0-9]+", number) else number


def _signed(offset: int) -> int:
    return offset - 2**64 if offset >= 2**63 else offset


def _written(qemu: Qemu, filename: str, offset: int) -> str | None:
    """The stream must begin at the offset of the file that was named."""
    path = qemu.folder / Path("/tmp", filename).relative_to("/tmp")
    with path.open("rb") as file:
        file.seek(offset)
        found = file.read(len(MAGIC))
    return None if found == MAGIC else f"no stream at {offset} of {filename}"


def _called(qemu: Qemu, args: tuple[str, ...], said: str | None) -> str | None:
    """The program must have been run with these arguments; that it did nothing may fail the migration."""
    if said is not None and said.startswith("Failed to execute child process"):
        return _matches(said, f"Failed to execute child process .{re.escape(shown(args[0]))}. .*")
    if args[0] != "/bin/sh":
        return None  # another program ran: nothing here records its arguments
    calls = qemu.shell_calls(1)
    return None if calls == [list(args)] else f"ran {calls}, not {args}"


def _quoted_fd(name: str, said: str | None) -> str | None:
    quoted = re.escape(shown(name))
    return (
        _matches(
            said,
            f"File descriptor named '{quoted}' has not been found",
            f"File descriptor '{quoted}' is not a socket",
            f"Invalid file descriptor number '{quoted}'",
            "fd: migration to a file is not supported. Use file: instead.",
            "Unable to .*",
        )
        if not (said is None and re.match(r"\s*[+-]?[0-9]", name))  # one of its own, as strtol reads it
        else None
    )


def _quoted_inet(address: InetAddress, said: str | None, direction: Direction) -> str | None:
    if address.ipv4 is False and address.ipv6 is False:
        return _matches(said, "Cannot disable IPv4 and IPv6 at same time")
    both = re.escape(shown(f"{address.host}:{address.port}"))
    short = both
    if direction == "incoming":  # a listener uses 32 bytes of the port
        port = address.port.encode("utf-8", "surrogateescape")[:32].decode("utf-8", "replace")
        short = re.escape(shown(f"{address.host}:") + port)
    return _matches(
        said,
        f"address resolution failed for (?:{both}|{short}): .*",
        f"Failed to connect to '{both}': .*",
        "Failed to (?:bind socket|find an available port|create socket family [0-9]+): .*",
        # it tries the ports up to `to`, and there is none
        *(("Failed to create a socket",) if address.to is not None else ()),
    )


def _bound_inet(address: InetAddress, bound: tuple[SocketAddress, ...]) -> str | None:
    """Every address bound must be one that this host, port, `to` and family can mean."""
    if not bound:
        return "listens on nothing"
    port = int(address.port or "0") & 0xFFFF
    last = max(port, address.to) if address.to is not None else port
    for one in bound:
        if not isinstance(one, InetAddress):
            return f"listens on {one}"
        family = ipaddress.ip_address(one.host.partition("%")[0])
        host_fits = not address.host or _same_host(address.host, one.host)
        port_fits = port == 0 or port <= int(one.port) <= last
        family_fits = (address.ipv4 is not False or family.version == 6) and (
            address.ipv6 is not False or family.version == 4
        )
        if not (host_fits and port_fits and family_fits and (one.ipv4 or one.ipv6)):
            return f"listens on {one}, not on {address}"
    return None


def _same_host(wanted: str, found: str) -> bool:
    try:
        return ipaddress.ip_address(wanted) == ipaddress.ip_address(found)
    except ValueError:
        # a name, or an old notation of an IPv4 address such as "0"
        return found in ("127.0.0.1", "::1", "0.0.0.0") or wanted.partition("%")[0] == found.partition("%")[0]
