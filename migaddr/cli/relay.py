"""`migaddr relay`: from one address to another, whatever their transports."""

from __future__ import annotations

from typing import Any

import click

from migaddr.cli.progress import Progress
from migaddr.cli.streaming import (
    as_value,
    fails_with_status_1,
    not_into_itself,
    options,
    read_address,
    settings,
    spelled,
)
from migaddr.model import FileAddress
from migaddr.transport import Deadline, Digest, connect, listen, send


@click.command()
@options
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@fails_with_status_1
def command(source: str, target: str, **shared: Any) -> int:
    """Wait for one stream at FROM and send it on to TO, byte for byte: an address translated on the wire.

    TO is connected to when somebody has come to FROM. A stream that breaks off on one side is broken off on
    the other. Framed streams pass as they are: --framed is for the two ends.

    \b
    Examples:
      migaddr relay tcp:127.0.0.1:4446 unix:/run/user/1000/m.sock
      migaddr relay vsock:4294967295:4446 tcp:127.0.0.1:4446
      migaddr relay 'exec:zstd -dc <stream.zst' file:guest.migration

    Exit status: 0 all was taken, 1 it was not, 2 wrong usage; 128 and the signal's number where one ended it.
    """  # noqa: D301 -- click wants the character
    given = settings(**shared)
    if given.framed:
        raise click.UsageError("--framed is for the two ends: a framed stream passes as it is")
    inward, outward = read_address(source, given.release), read_address(target, given.release)
    if isinstance(inward, FileAddress):
        not_into_itself(inward.filename, outward)
    limit = Deadline(given.deadline)
    with (
        Progress("relayed", quiet=given.quiet, verbose=given.verbose, as_json=given.as_json) as progress,
        listen(inward, deadline=limit.left(), fds=given.fds, peer_uids=given.peer_uids) as listener,
    ):
        places = [spelled(place) for place in listener.addresses]
        progress.say(
            f"waiting at {', '.join(places)}",
            {"listening": [as_value(place) for place in listener.addresses]},
        )
        with (
            listener.accept(limit) as incoming,
            connect(outward, deadline=limit.left(), fds=given.fds) as outgoing,
        ):
            progress.say(f"sending to {spelled(outward)}", {"connected": as_value(outward)})
            progress.started()
            report = send(
                outgoing,
                incoming,
                digest=given.digest or Digest.NONE,
                deadline=limit.left(),
                stall=given.stall,
                progress=progress,
            )
        progress.report(report, {})
    return 0
