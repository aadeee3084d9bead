r"""Lines for QEMU's human monitor (HMP): `migrate`, `migrate_incoming`, `migrate_recover`.

    line     = *blank (migrate | incoming | recover) *blank
    migrate  = "migrate" [flag "-d"] [flag "-b"] [flag "-i"] [flag "-r"] uri   ; -b and -i up to 9.0
    incoming = "migrate_incoming" uri
    recover  = "migrate_recover" uri
    flag x   = *blank x                  ; in this order; nothing need follow it: -dtcp:... is -d tcp:...
    uri      = *blank (word | quoted)    ; a "/" ends the name of the command too, and begins the URI
    word     = 1*(byte except blank)
    quoted   = '"' *(byte except '"' and "\\" | "\\" ("n" | "r" | "\\" | "'" | '"')) '"'

A blank is a space, tab, newline, vertical tab, form feed or carriage return. Of a URI 1023 bytes are read,
the rest is dropped. A flag that is not there is None: a line says what is on, and nothing of what is off.
"""

from __future__ import annotations

import re
from typing import Final, NoReturn

from migaddr.commands import Command, Migrate, MigrateIncoming, MigrateRecover
from migaddr.commands.read import read_uri
from migaddr.errors import AddressError, InexpressibleError, ParseError
from migaddr.model import UNSPEAKABLE, MigrateAddress
from migaddr.releases import LATEST, RELEASES, Release, ReleaseLike, as_release
from migaddr.uri import format_uri
from migaddr.uri.cursor import byte_length, first_bytes

__all__ = ["format", "parse"]

_URI_BYTES: Final = 1023
_BLANKS: Final = re.compile(r"[ \t\n\v\f\r]*")
_NAME: Final = re.compile(r"[^ \t\n\v\f\r/]*")
_WORD: Final = re.compile(r"[^ \t\n\v\f\r]+")
_PIECE: Final = re.compile(r"[^\"\\]+|\\[nr\\'\"]")
_ESCAPES: Final = {"n": "\n", "r": "\r", "\\": "\\", "'": "'", '"': '"'}
_WRITTEN: Final = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r"})
_BARE: Final = re.compile(r"[^ \t\n\v\f\r\"][^ \t\n\v\f\r]*")
_FLAGS: Final = {"d": "detach", "b": "blk", "i": "inc", "r": "resume"}
"""The flags of `migrate`, in the order in which QEMU looks for them."""
_GONE: Final = frozenset({"blk", "inc"})
"""Those that went when the argument of `migrate` went; -d stayed, it is the monitor's own."""
_COMMANDS: Final = ("migrate", "migrate_incoming", "migrate_recover")
_OTHERS: Final = frozenset(
    """
    ? announce_self balloon block_job_cancel block_job_complete block_job_pause block_job_resume
    block_job_set_speed block_resize block_set_io_throttle block_stream boot_set c calc_dirty_rate
    cancel_vcpu_dirty_limit change chardev-add chardev-change chardev-remove chardev-send-break clear
    client_migrate_info closefd commit cont cpu delvm device_add device_del drive_add drive_backup drive_del
    drive_mirror dump-guest-memory dumpdtb eject exit_preconfig expire_password gdbserver getfd gpa2hpa
    gpa2hva gva2gpa help hostfwd_add hostfwd_remove i info loadvm log logfile mce memsave migrate_cancel
    migrate_continue migrate_pause migrate_set_capability migrate_set_parameter migrate_start_postcopy
    mouse_button mouse_move mouse_set nbd_server_add nbd_server_remove nbd_server_start nbd_server_stop
    netdev_add netdev_del nmi o object_add object_del one-insn-per-tb p pcie_aer_inject_error pmemsave print q
    qemu-io qom-get qom-list qom-set quit replay_break replay_delete_break replay_seek ringbuf_read
    ringbuf_write s savevm screendump sendkey set_link set_password set_vcpu_dirty_limit singlestep
    snapshot_blkdev snapshot_blkdev_internal snapshot_delete_blkdev_internal stop stopcapture sum sync-profile
    system_powerdown system_reset system_wakeup trace-event watchdog_action wavcapture x x_colo_lost_heartbeat
    xen-event-inject xen-event-list xp
    """.split()  # noqa: SIM905 -- a list of a hundred names would be a hundred lines
)
"""The other commands of the monitor in 7.2, 10.0 or 11.1 (x86_64): no `unknown command` answers these."""


def parse(line: str, release: ReleaseLike = LATEST) -> Command:
    """Read one line as this release's monitor does; a flag that is not there is None.

    `qemu_message` is what the monitor prints first: for a bad URI without `Error: ` in front, for a bad line
    without `Try "help ..."` behind. It is the answer to the command where nothing but the line is at fault.
    `exit_on_error` is always None, though since QEMU 9.1 an incoming migration that the monitor starts does
    not end the process.

    :raises ParseError: the release refuses the line, or dies of it, or it is another command.
    :raises UnknownReleaseError: as `Release.parse`.
    """
    known = as_release(release)
    if not isinstance(line, str):
        raise ParseError(f"a line is a str, not {type(line).__name__}", "", 0, 0)
    found = re.search(UNSPEAKABLE, line)
    if found is not None:
        what = "a NUL character" if found[0] == "\0" else "a lone surrogate"
        raise ParseError(f"a line cannot hold {what}", str.__str__(line), *found.span())
    return _Line(str.__str__(line), known).read()


def format(command: Command, release: ReleaseLike = LATEST) -> str:  # noqa: A001 -- every dialect has parse and format
    """Write a command as one line, without its end; reading it gives the same command again.

    :raises InexpressibleError: no URI says the target; a flag is given as off, or has no letter in this
        release; `exit_on_error` is given; the URI is too long.
    :raises AddressError: this is no command.
    :raises UnknownReleaseError: as `Release.parse`.
    """
    known = as_release(release)
    words: list[str] = []
    match command:
        case Migrate():
            words.append("migrate")
            words += [f"-{letter}" for letter in _FLAGS if _is_on(command, letter, known)]
        case MigrateIncoming():
            words.append("migrate_incoming")
            if command.exit_on_error is not None:
                reason = (
                    "a line cannot say exit_on_error; since QEMU 9.1 it is off for the monitor, leave it out"
                )
                _refuse(command, known, reason)
        case MigrateRecover():
            words.append("migrate_recover")
        case _:
            raise AddressError("command", "must be a Migrate, MigrateIncoming or MigrateRecover")
    target = command.target
    if isinstance(target, tuple):
        _refuse(command, known, "a line takes a URI, which is one main channel")
    words.append(_quoted(_uri(command, target, known), command, known))
    return " ".join(words)


def _is_on(command: Migrate, letter: str, release: Release) -> bool:
    name = _FLAGS[letter]
    value = getattr(command, name)
    if value is None:
        return False
    if not value:
        _refuse(command, release, f"a line cannot say that {name} is off: leave it out, absent means off")
    if letter not in _letters(release):
        _refuse(command, release, _when_gone(letter))
    return True


def _uri(command: Command, target: MigrateAddress, release: Release) -> str:
    try:
        return format_uri(target, release)
    except InexpressibleError as error:
        _refuse(command, release, error.reason)


def _quoted(uri: str, command: Command, release: Release) -> str:
    if byte_length(uri) > _URI_BYTES:
        _refuse(
            command, release, f"the monitor reads {_URI_BYTES} bytes of a URI, this has {byte_length(uri)}"
        )
    return uri if _BARE.fullmatch(uri) else f'"{uri.translate(_WRITTEN)}"'


def _refuse(command: Command, release: Release, reason: str) -> NoReturn:
    raise InexpressibleError(command.target, f"a line for the monitor of QEMU {release}", reason)


def _letters(release: Release) -> str:
    """Give the letters of the flags that `migrate` has, in order."""
    return "".join(
        letter for letter, name in _FLAGS.items() if name not in _GONE or name in release.migrate.optional
    )


def _when_gone(letter: str) -> str:
    name = _FLAGS[letter]
    last = next(known for known in reversed(RELEASES) if name in known.migrate.optional)
    gone = next(known for known in RELEASES if known.version > last.version)
    return f"-{letter} was removed in QEMU {gone}"


class _Line:
    """One line being read."""

    def __init__(self, text: str, release: Release) -> None:
        self.text: Final = text
        self.release: Final = release

    def read(self) -> Command:
        start = self._blanks(0)
        name = _end(_NAME, self.text, start)
        command = self.text[start:name]
        if command not in _COMMANDS:
            raise self._no_command(start, name, command)
        at = self._blanks(name)
        flags: dict[str, bool] = {}
        if command == "migrate":
            at = self._flags(at, flags)
        address = self._address(command, at)
        if command == "migrate":
            return Migrate(address, **flags)
        return MigrateIncoming(address) if command == "migrate_incoming" else MigrateRecover(address)

    def _no_command(self, start: int, end: int, command: str) -> ParseError:
        text = self.text
        if start == len(text):
            return ParseError("an empty line: the monitor does nothing", text, start, start)
        known = ", ".join(_COMMANDS)
        if command in _OTHERS:
            return ParseError(f"this command takes no migration address; {known} do", text, start, end)
        hint = f"the commands are {known}"
        if command.replace("-", "_") in _COMMANDS:
            hint = f"write {command.replace('-', '_')}: QMP has dashes, HMP has underscores"
        elif command == "(qemu)":
            hint = "take the prompt away"
        elif command[:1] == "{":
            hint = "this looks like QMP"
        answer = f"unknown command: '{text[:end]}'"
        return ParseError("no command of the monitor", text, start, max(end, start), answer, hint=hint)

    def _flags(self, at: int, found: dict[str, bool]) -> int:
        """Read the flags into `found`; give where the URI begins."""
        letters = _letters(self.release)
        for index, letter in enumerate(letters):
            at = self._blanks(at)
            if not self.text.startswith("-", at):
                continue
            given = self.text[at + 1 : at + 2]
            if given == letter:
                found[_FLAGS[letter]] = True
                at += 2
            elif given not in letters[index + 1 :] or (not given and index + 1 == len(letters)):
                raise self._unsupported(at, given, letters)
        return at

    def _unsupported(self, at: int, given: str, letters: str) -> ParseError:
        answer = f"migrate: unsupported option -{first_bytes(given, 1)}"
        if given in letters and given:
            reason, hint = (
                "this flag comes too late",
                "write each once, in the order " + " ".join(f"-{one}" for one in letters),
            )
        elif given in _FLAGS:
            reason, hint = _when_gone(given), "take it away"
        else:
            reason, hint = "migrate has no such flag", "it has " + ", ".join(f"-{one}" for one in letters)
        return ParseError(reason, self.text, at, at + 1 + len(given), answer, hint=hint)

    def _address(self, command: str, at: int) -> MigrateAddress:
        text = self.text
        at = self._blanks(at)
        if at == len(text):
            answer = f"{command}: string expected"
            raise ParseError(
                "the URI is missing", text, at, at, answer, hint=f"write {command} tcp:HOST:PORT"
            )
        if text[at] == '"':
            uri, places, end = self._string(command, at)
        else:
            end = _end(_WORD, text, at)
            uri, places = text[at:end], list(range(at, end + 1))
        rest = self._blanks(end)
        if rest < len(text):
            answer = f"{command}: extraneous characters at the end of line"
            raise ParseError(
                "nothing may follow the URI", text, rest, len(text), answer, hint=self._quoting(at, uri)
            )
        if byte_length(uri) > _URI_BYTES:
            uri = first_bytes(uri, _URI_BYTES)
        try:
            return read_uri(command, uri, self.release)
        except ParseError as error:
            # a character that was cut in two has become several
            start, stop = (places[min(offset, len(places) - 1)] for offset in (error.start, error.end))
            raise ParseError(
                error.reason, text, start, stop, error.qemu_message, error.crashes_qemu, error.hint
            ) from None

    def _quoting(self, at: int, uri: str) -> str | None:
        if uri.startswith("-"):
            return "migrate alone has flags, -d before -r, and each only once"
        if self.text[at] == '"' or len(self.text) > 200:
            return 'a URI with blanks is put into double quotes, and a quote in it is written \\"'
        return f'write {self.text[:at]}"{self.text[at:].rstrip().translate(_WRITTEN)}"'

    def _string(self, command: str, opened: int) -> tuple[str, list[int], int]:
        """Read a quoted string: its text, where each character of it stands, and where it ends."""
        text = self.text
        pieces: list[str] = []
        places: list[int] = []
        at = opened + 1
        answer = f"{command}: string expected"
        while (piece := _PIECE.match(text, at)) is not None:
            if piece[0][0] == "\\":
                pieces.append(_ESCAPES[piece[0][1]])
                places.append(at)
            else:
                pieces.append(piece[0])
                places += range(at, piece.end())
            at = piece.end()
        if text[at : at + 1] == "\\":
            reason = "the monitor has no such escape"
            hint = "write \\\\ for a backslash; there are \\n, \\r, \\', \\\" besides"
            raise ParseError(reason, text, at, min(at + 2, len(text)), answer, hint=hint)
        if at == len(text):
            raise ParseError("the string that begins here does not end", text, opened, opened + 1, answer)
        return "".join(pieces), [*places, at], at + 1

    def _blanks(self, at: int) -> int:
        return _end(_BLANKS, self.text, at)


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    assert found is not None  # each matches the empty string, or what is there
    return found.end()
