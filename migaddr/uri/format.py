"""Writes addresses as URIs, each so that reading it gives the same address again, or not at all."""

from __future__ import annotations

from typing import Final, NoReturn

from migaddr.errors import InexpressibleError, ParseError
from migaddr.model import (
    ExecAddress,
    FdAddress,
    FileAddress,
    InetAddress,
    MigrateAddress,
    RdmaAddress,
    UnixAddress,
    VsockAddress,
    not_an_address,
)
from migaddr.releases import InetSyntax, Release, ReleaseLike, as_release, first_release
from migaddr.uri import inet_options, inet_scan
from migaddr.uri.cursor import Cursor, byte_length
from migaddr.uri.exec_command import exec_command
from migaddr.uri.scheme import OFFSET_OPTION, VSOCK_BYTES

_SCHEME_HOSTS: Final = frozenset({"unix", "fd", "vsock", "tcp"})


class _Target:
    """What the URI is written for: one release, or all that have the scheme."""

    __slots__ = ("release",)

    def __init__(self, release: Release | None) -> None:
        self.release = release

    @property
    def name(self) -> str:
        """Name it, in an error."""
        return "a URI" if self.release is None else f"a URI for QEMU {self.release}"

    def reads(self, syntax: InetSyntax) -> bool:
        """Tell whether some release that must read this URI has this inet syntax."""
        return self.release is None or self.release.inet_syntax is syntax


def format_uri(address: MigrateAddress, release: ReleaseLike | None = None) -> str:
    """Write an address as a URI that reads as exactly this address.

    Without a release it is the portable spelling: every release that has the scheme reads it as this
    address (`file:` since 8.2). With one, it is the fullest spelling that this release reads so.

    :raises InexpressibleError: there is no such URI; the reason says why.
    :raises UnknownReleaseError: as `Release.parse`.
    """
    target = _Target(None if release is None else as_release(release))
    match address:
        case InetAddress():
            return f"tcp:{_inet(address, address, target)}"
        case RdmaAddress(inet):
            return f"rdma:{_inet(inet, address, target)}"
        case UnixAddress(path, abstract=abstract, tight=tight):
            if abstract:
                _refuse(address, target, "unix: cannot name an abstract socket; channels can")
            if abstract is not None or tight is not None:
                given = "abstract" if abstract is not None else "tight"
                reason = f"unix: has no option for {given}; it means nothing here, leave it out"
                _refuse(address, target, reason)
            if not path:
                _refuse(address, target, "unix: needs a path")
            return f"unix:{path}"
        case VsockAddress(cid, port):
            _check_vsock(address, "CID", cid, ":", target)
            _check_vsock(address, "port", port, ",", target)
            return f"vsock:{cid}:{port}"
        case FdAddress(name):
            if not name and (target.release is None or not target.release.empty_fd_uri):
                _refuse(address, target, "fd: needs a name since QEMU 8.2")
            return f"fd:{name}"
        case ExecAddress():
            try:
                return f"exec:{exec_command(address)}"
            except InexpressibleError as error:
                _refuse(address, target, error.reason)
        case FileAddress(filename, offset=offset):
            if target.release is not None and "file" not in target.release.uri_schemes:
                since = first_release("uri_schemes", "file")
                _refuse(address, target, f"file: came with QEMU {since}")
            if OFFSET_OPTION in filename:
                _refuse(
                    address,
                    target,
                    f"the file's name holds {OFFSET_OPTION!r}, which starts the offset",
                )
            return f"file:{filename}{OFFSET_OPTION}{offset}" if offset else f"file:{filename}"
        case _:
            raise not_an_address(address)


def _check_vsock(address: VsockAddress, member: str, value: str, delimiter: str, target: _Target) -> None:
    if not value:
        _refuse(address, target, f"vsock: needs a {member}")
    if delimiter in value:
        _refuse(address, target, f"the {member} holds {delimiter!r}, which ends it")
    if byte_length(value) > VSOCK_BYTES:
        _refuse(address, target, f"the {member} is longer than {VSOCK_BYTES} bytes")


def _inet(inet: InetAddress, address: InetAddress | RdmaAddress, target: _Target) -> str:
    host, port = inet.host, inet.port
    if not port:
        _refuse(address, target, "the port is empty")
    bracketed = ":" in host or host.startswith("[")
    if target.reads(InetSyntax.SCAN):
        _check_scan(inet, bracketed, address, target)
    prefix = f"[{host}]" if bracketed or host in _SCHEME_HOSTS else host
    written = f"{prefix}:{port}"
    if ("," in written or "=" in written) and target.reads(InetSyntax.OPTIONS):
        if target.release is None:
            held = "','" if "," in written else "'='"
            reason = f"QEMU up to 10.0 and since 10.1 differ in how they read a {held} in host or port"
            _refuse(address, target, reason)
        written = _with_escapes(inet, bracketed, address, target)
    elif bracketed and "]:" in host:
        _refuse(address, target, "the host needs brackets, and holds ']:', which ends them")
    return written + _options(inet)


def _with_escapes(
    inet: InetAddress, bracketed: bool, address: InetAddress | RdmaAddress, target: _Target
) -> str:
    """Write host and port, of which one holds a comma or an equals sign, for QEMU 10.1 and later."""
    plain = f"{inet.host}:{inet.port}".replace(",", ",,")
    within = f"[{inet.host}]:{inet.port}".replace(",", ",,")
    # behind addr= a bracket is a letter like any other, but a colon still splits
    behind_key = () if ":" in inet.host else (f"addr={plain}",)
    for written in ((within,) if bracketed else (plain,)) + behind_key:
        if _reads_back(written, inet.host, inet.port):
            return written
    if "]:" in inet.host:
        reason = "the host needs brackets, and holds ']:', which ends them"
    elif "=" in within.partition(",")[0]:
        reason = "the host needs brackets, and a '=' before the first comma makes an option of them"
    else:
        reason = "the host needs brackets, and QEMU takes what follows the doubled comma for an id"
    _refuse(address, target, reason)


def _reads_back(written: str, host: str, port: str) -> bool:
    try:
        inet = inet_options.read_inet(Cursor(written, None), 0)
    except ParseError:
        return False
    # an id is not part of the address, and QEMU takes each only once
    return inet == InetAddress(host, port) and inet_options.find_id(written, 0) is None


def _check_scan(
    inet: InetAddress, bracketed: bool, address: InetAddress | RdmaAddress, target: _Target
) -> None:
    """Refuse what the parser up to 10.0 cannot read."""
    if byte_length(inet.host) > inet_scan.HOST_BYTES:
        _refuse(address, target, f"QEMU up to 10.0 reads {inet_scan.HOST_BYTES} bytes of a host at most")
    if byte_length(inet.port) > inet_scan.PORT_BYTES:
        _refuse(address, target, f"QEMU up to 10.0 cuts a port after {inet_scan.PORT_BYTES} bytes")
    if "," in inet.port:
        _refuse(address, target, "QEMU up to 10.0 ends a port at a comma")
    if bracketed and "]" in inet.host:
        _refuse(
            address,
            target,
            "the host needs brackets, and QEMU up to 10.0 ends them at its first ']'",
        )
    for member in ("numeric", "keep_alive_count", "keep_alive_idle", "keep_alive_interval"):
        if getattr(inet, member) is not None:
            _refuse(address, target, f"a URI can say {member.replace('_', '-')} since QEMU 10.1 only")


def _options(inet: InetAddress) -> str:
    """Write every option that is present, each once, in full."""
    written: list[str] = []
    for name, value in (
        ("numeric", inet.numeric),
        ("to", inet.to),
        ("ipv4", inet.ipv4),
        ("ipv6", inet.ipv6),
        ("keep-alive", inet.keep_alive),
        ("keep-alive-count", inet.keep_alive_count),
        ("keep-alive-idle", inet.keep_alive_idle),
        ("keep-alive-interval", inet.keep_alive_interval),
        ("mptcp", inet.mptcp),
    ):
        if value is True or value is False:
            written.append(f",{name}={'on' if value else 'off'}")
        elif value is not None:
            written.append(f",{name}={value}")
    return "".join(written)


def _refuse(address: MigrateAddress, target: _Target, reason: str) -> NoReturn:
    raise InexpressibleError(address, target.name, reason)
