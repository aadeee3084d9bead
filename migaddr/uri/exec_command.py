"""The shell around the command of `exec:`: what QEMU adds to it, and the way back."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from migaddr.errors import AddressError, InexpressibleError
from migaddr.model import ExecAddress

HostOs: TypeAlias = Literal["posix", "windows"]

_SHELLS: Final[dict[HostOs, tuple[str, str]]] = {
    "posix": ("/bin/sh", "-c"),
    # QEMU asks Windows for its system directory and falls back to this one
    "windows": ("C:\\Windows\\System32\\cmd.exe", "/c"),
}


def exec_address(command: str, host_os: HostOs = "posix") -> ExecAddress:
    """Give the argument vector that QEMU runs for `exec:<command>`.

    On POSIX that is `/bin/sh -c <command>`, in every release; on Windows `cmd.exe /c <command>` from its
    usual system directory, since QEMU 8.0 (7.2 called /bin/sh there too).

    :raises AddressError: the command is not text, or holds a NUL, or there is no such host.
    """
    return ExecAddress((*_shell(host_os), command))


def exec_command(address: ExecAddress, host_os: HostOs = "posix", *, quote: bool = False) -> str:
    """Give the command that stands after `exec:` for this argument vector: the inverse of `exec_address`.

    With `quote`, a vector that runs without a shell becomes a shell command that runs the same program
    with the same arguments (`exec` and quoted words). It is not the same address: the vector that QEMU
    then runs is the shell's, and the shell looks a program without a slash up in PATH.

    :raises AddressError: this is no ExecAddress, or there is no such host.
    :raises InexpressibleError: the vector is not the shell's, and `quote` is false or the host is Windows,
        whose shell has no quoting that every program undoes.
    """
    shell = _shell(host_os)
    if not isinstance(address, ExecAddress):
        raise AddressError("address", f"must be an ExecAddress, not {type(address).__name__}")
    if len(address.args) == 3 and address.args[:2] == shell:
        return address.args[2]
    if not quote or host_os == "windows":
        raise InexpressibleError(
            address,
            "an exec: command",
            f"a command is run as {' '.join(shell)} COMMAND, and this is another argument vector"
            + (
                "; a shell command that runs the same program is exec_command(..., quote=True)"
                if host_os == "posix"
                else ""
            ),
        )
    import shlex  # pulls in modules that nothing else here needs

    if address.args[0].startswith("-"):
        # exec would take it for an option, and dash knows no "--"; the quotes keep the shell from doing so
        program = address.args[0].replace("'", "'\"'\"'")
        return " ".join([f"'{program}'", *map(shlex.quote, address.args[1:])])
    return f"exec {shlex.join(address.args)}"


def _shell(host_os: HostOs) -> tuple[str, str]:
    if host_os not in ("posix", "windows"):
        raise AddressError("host_os", "must be 'posix' or 'windows'")
    return _SHELLS[host_os]
