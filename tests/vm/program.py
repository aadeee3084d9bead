"""Runs inside of the VM, under its system's Python: proves the cells and prints a line of JSON for each."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import pickle
import re
import struct
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Generator, Iterator
from typing import Any, cast

from migaddr import InetAddress, RdmaAddress, TransportError, UnixAddress, VsockAddress
from migaddr.transport import Stream, connect, listen, rdma, rdma_ram, rdma_wire, receive
from migaddr.transport.base import Deadline
from tests.vm.cells import FAULTS, GUESTS
from tests.vm.lab import MIB, RAM, Guest, LabError, digest_of

HOST = "10.77.0.1"
PATIENCE = 60.0
ANY = VsockAddress("4294967295", "9000")
LOCAL = VsockAddress("1", "9000")

Report = dict[str, Any]


def at(port: int | str = 0) -> RdmaAddress:
    return RdmaAddress(InetAddress(HOST, str(port)))


def port_of(listener: object) -> str:
    address = cast("rdma.RdmaListener", listener).address
    assert isinstance(address, RdmaAddress)
    return address.inet.port


def pieces(stream: Stream, seconds: float = PATIENCE) -> Iterator[bytes]:
    buffer = memoryview(bytearray(MIB))
    while count := stream.read_into(buffer, Deadline(seconds)):
        yield bytes(buffer[:count])


def read(stream: Stream, seconds: float = PATIENCE) -> bytes:
    return b"".join(pieces(stream, seconds))


def cell(name: str, prove: Callable[[], Report]) -> bool:
    start = time.monotonic()
    try:
        report = prove()
    except Exception:  # noqa: BLE001  # it is the report
        report = {"error": traceback.format_exc()[-3000:]}
    report |= {"cell": name, "seconds": round(time.monotonic() - start, 2)}
    print(json.dumps(report), flush=True)
    return "error" not in report


def check(**claims: bool) -> None:
    wrong = [name for name, holds in claims.items() if not holds]
    if wrong:
        raise LabError(f"it does not hold: {', '.join(wrong)}")


# --- transfers ---


def between_us(
    bound: RdmaAddress | VsockAddress, there: Callable[[object], RdmaAddress | VsockAddress]
) -> Report:
    block = os.urandom(MIB)
    sent, errors = hashlib.sha256(), list[BaseException]()
    for _ in range(RAM // MIB):
        sent.update(block)

    with listen(bound) as listener:

        def send() -> None:
            try:
                with connect(there(listener), deadline=PATIENCE) as out:
                    for _ in range(RAM // MIB):
                        out.write(block, Deadline(PATIENCE))
                    out.end(Deadline(PATIENCE))
            except BaseException as error:  # noqa: BLE001  # raised by the other thread
                errors.append(error)

        sender = threading.Thread(target=send)
        sender.start()
        got, count = hashlib.sha256(), 0
        with listener.accept(Deadline(PATIENCE)) as stream:
            for piece in pieces(stream):
                got.update(piece)
                count += len(piece)
        sender.join(PATIENCE)
    if errors:
        raise errors[0]
    check(bytes=count == RAM, hash=got.digest() == sent.digest())
    return {"bytes": count, "sha256": got.hexdigest()}


def qemu_rdma(series: str, how: str) -> None:
    """Guest to migaddr over rdma, from there on to others over unix and over rdma."""
    pin_all = how == "pinned"
    kept: dict[str, Any] = {}

    def settle(guest: Guest) -> None:
        if pin_all:
            guest.capability("rdma-pin-all")
        if how.endswith("64 MiB"):
            guest.tell("migrate-set-parameters", **{"x-rdma-chunk-size": 64 * MIB})

    def arrive() -> Report:
        with listen(at()) as listener, Guest(series, machine="pc", ram=True) as guest:
            settle(guest)
            guest.migrate(f"rdma:{HOST}:{port_of(listener)}")
            with listener.accept(Deadline(PATIENCE)) as stream:
                data = read(stream)
                guest.completed()
                blocks = cast("rdma.RdmaStream", stream).blocks
                ram = next(block for block in blocks if block.name == "r")
                digest = hashlib.sha256(ram.memory).hexdigest()
                check(
                    ram=digest == guest.hash,
                    length=ram.length == RAM,
                    more=len(blocks) == 6,
                )
            kept.update(data=data, hash=guest.hash)
        return {"bytes": len(data), "sha256": digest}

    def go_on() -> Report:
        place = UnixAddress("/run/on")
        with Guest(series, machine="pc", incoming="unix:/run/on") as guest:
            with connect(place, deadline=PATIENCE) as out:
                out.write(kept["data"], Deadline(PATIENCE))
                out.end(Deadline(PATIENCE))
            guest.completed()
            check(ram=digest_of(guest.ram) == kept["hash"])
        return {"bytes": len(kept["data"]), "sha256": kept["hash"]}

    def go_back() -> Report:
        with Guest(series, machine="pc", incoming="") as guest:
            settle(guest)
            guest.tell("migrate-incoming", uri=f"rdma:{HOST}:4444")
            with connect(at(4444), deadline=PATIENCE, pin_all=pin_all) as out:
                # in odd pieces: records are cut anywhere
                for start in range(0, len(kept["data"]), 777_777):
                    out.write(kept["data"][start : start + 777_777], Deadline(PATIENCE))
                out.end(Deadline(PATIENCE))
                written = cast("rdma.RdmaStream", out).ram_bytes
            guest.completed()
            check(ram=digest_of(guest.ram) == kept["hash"], by_rdma=written >= RAM)
        return {"bytes": len(kept["data"]), "sha256": kept["hash"], "by_rdma": written}

    cell(f"rdma: QEMU {series} to migaddr, {how}", arrive)
    cell(f"unix: that stream, on to QEMU {series}, {how}", go_on)
    cell(f"rdma: that stream, on to QEMU {series}, {how}", go_back)


# --- faults: each function ends with the TransportError that is wanted ---

CHILD = """
import os, pickle, sys
from migaddr import InetAddress, RdmaAddress, TransportError
from migaddr.transport import connect, listen, rdma, rdma_pyverbs
from migaddr.transport.base import Deadline
address = RdmaAddress(InetAddress(sys.argv[2], sys.argv[3]))
if sys.argv[1] == "read":
    with listen(address) as listener:
        print("ready", flush=True)
        with listener.accept(Deadline(60)) as stream:
            buffer = memoryview(bytearray(1 << 20))
            print(stream.read_into(buffer, Deadline(60)), flush=True)
            sys.stdin.readline()
            if sys.argv[4] == "on":
                while stream.read_into(buffer, Deadline(60)):
                    pass
elif sys.argv[1] == "denied":
    os.setresuid(65534, 65534, 65534)
    try:
        listen(address)
    except TransportError as error:
        print(pickle.dumps(error).hex(), flush=True)
else:
    with connect(address, deadline=60) as stream:
        stream.write(sys.argv[5].encode(), Deadline(60))
        print("sent", flush=True)
        sys.stdin.readline()
"""


@contextlib.contextmanager
def child(*arguments: str) -> Generator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def nobody_listens() -> None:
    connect(at(4999), deadline=10)


def no_such_host() -> None:
    connect(RdmaAddress(InetAddress("10.77.0.9", "4999")), deadline=2)


def nobody_answers() -> None:
    with listen(at()) as listener:  # and never accepts
        connect(at(port_of(listener)), deadline=2)


def nobody_connects() -> None:
    with listen(at()) as listener:
        listener.accept(Deadline(1))


def the_port_is_taken() -> None:
    with listen(at(4998)):
        listen(at(4998))


def an_address_without_a_device() -> None:
    listen(RdmaAddress(InetAddress("127.0.0.1", "4444")))


def the_wildcard() -> None:
    listen(RdmaAddress(InetAddress("0", "4444")))


@contextlib.contextmanager
def pair() -> Generator[tuple[Stream, Stream]]:
    """Both ends, in this process."""
    with listen(at()) as listener:
        outs: list[Stream] = []
        opening = threading.Thread(
            target=lambda: outs.append(connect(at(port_of(listener)), deadline=PATIENCE))
        )
        opening.start()
        with listener.accept(Deadline(PATIENCE)) as incoming:
            opening.join()
            with outs[0] as out:
                yield out, incoming


def a_second_connection() -> None:
    with pair() as (_, incoming), contextlib.ExitStack() as stack:
        looking = threading.Thread(target=lambda: stack.enter_context(deaf(incoming, 4)))
        looking.start()
        try:
            address = incoming.address
            assert isinstance(address, RdmaAddress)
            connect(address, deadline=10)
        finally:
            looking.join()


def two_connect_at_once() -> None:
    """The one is served, the other turned away while the first is accepted, or once it is read from."""
    errors: list[TransportError] = []

    def ask(port: str) -> None:
        try:
            with connect(at(port), deadline=10) as out:
                out.write(b"served", Deadline(10))
                out.end(Deadline(10))
        except TransportError as error:
            errors.append(error)

    with listen(at()) as listener:
        askers = [threading.Thread(target=ask, args=(port_of(listener),)) for _ in range(2)]
        for asker in askers:
            asker.start()
        time.sleep(1)
        with listener.accept(Deadline(PATIENCE)) as stream:
            data = read(stream)
            for asker in askers:
                asker.join()
        check(served=data == b"served", one=len(errors) == 1)
    raise errors[0]


@contextlib.contextmanager
def deaf(stream: Stream, seconds: float) -> Generator[None]:
    with contextlib.suppress(TransportError):
        stream.read_into(memoryview(bytearray(1)), Deadline(seconds))
    yield


def versions(asked: int, answered: int) -> list[TransportError]:
    """Connect with these versions of the protocol; give the errors of the listener and of the connection."""
    errors: dict[str, TransportError] = {}
    real = rdma_wire.Capabilities.encode

    def encode(self: rdma_wire.Capabilities) -> bytes:
        who = threading.current_thread().name
        version = asked if who == "asking" else answered
        return version.to_bytes(4, "big") + real(self)[4:]

    def ask(port: str) -> None:
        try:
            connect(at(port), deadline=10).close()
        except TransportError as error:
            errors["ask"] = error

    rdma_wire.Capabilities.encode = encode  # type: ignore[method-assign]  # both ends are here
    try:
        with listen(at()) as listener:
            asking = threading.Thread(target=ask, args=(port_of(listener),), name="asking")
            asking.start()
            try:
                listener.accept(Deadline(10)).close()
            except TransportError as error:
                errors["answer"] = error
            asking.join()
    finally:
        rdma_wire.Capabilities.encode = real  # type: ignore[method-assign]
    return [errors[name] for name in ("answer", "ask") if name in errors]


def another_version_asks() -> None:
    raise versions(2, 1)[0]


def another_version_is_turned_down() -> None:
    raise versions(2, 1)[1]


def another_version_answers() -> None:
    raise versions(1, 9)[-1]


def the_source_sends_nothing() -> None:
    with pair() as (_, incoming):
        read(incoming, 1)


def not_permitted() -> None:
    with child("denied", HOST, "80") as process:  # who has opened the device cannot become another user
        error = pickle.loads(bytes.fromhex(said(process)))  # our own
        assert isinstance(error, TransportError)
        raise error


def the_disk_is_full() -> None:
    with pair() as (out, incoming), open("/dev/full", "wb", buffering=0) as full:
        writing = threading.Thread(target=lambda: out.write(b"x" * 1000, Deadline(5)))
        writing.start()
        try:
            receive(incoming, full, deadline=10)
        finally:
            writing.join()


def the_source_stalls() -> None:
    with (
        listen(at()) as listener,
        child("write", HOST, port_of(listener), "", "half"),
        listener.accept(Deadline(PATIENCE)) as incoming,
    ):
        check(half=incoming.read_into(memoryview(bytearray(9)), Deadline(PATIENCE)) == 4)
        read(incoming, 1)


def the_source_closes_before_the_end() -> None:
    with (
        listen(at()) as listener,
        child("write", HOST, port_of(listener), "", "half") as source,
        listener.accept(Deadline(PATIENCE)) as incoming,
    ):
        check(half=incoming.read_into(memoryview(bytearray(9)), Deadline(PATIENCE)) == 4)
        said(source)
        assert source.stdin is not None
        source.stdin.close()
        read(incoming, 10)


def the_source_sends_garbage() -> None:
    with pair() as (out, incoming):
        link = cast("Any", out)._peer._link
        sending = threading.Thread(target=lambda: link.send(b"12345", Deadline(5)))
        sending.start()
        try:
            read(incoming, 10)
        finally:
            sending.join()


def the_source_is_killed() -> None:
    with listen(at()) as listener, Guest("7.2", ram=True) as guest:
        guest.migrate(f"rdma:{HOST}:{port_of(listener)}")
        with listener.accept(Deadline(PATIENCE)) as incoming:
            check(some=incoming.read_into(memoryview(bytearray(9)), Deadline(PATIENCE)) > 0)
            guest.kill()
            read(incoming, 10)


def the_source_cancels() -> None:
    with listen(at()) as listener, Guest("7.2", ram=True) as guest:
        guest.migrate(f"rdma:{HOST}:{port_of(listener)}")
        with listener.accept(Deadline(PATIENCE)) as incoming:
            check(some=incoming.read_into(memoryview(bytearray(9)), Deadline(PATIENCE)) > 0)
            guest.answered()
            guest.tell("migrate_cancel")
            read(incoming, 10)


def the_destination_reads_nothing() -> None:
    with pair() as (out, _):
        out.write(b"x", Deadline(1))


def the_destination_never_closes() -> None:
    with child("read", HOST, "4996", "off") as reader:
        said(reader)
        with connect(at(4996), deadline=PATIENCE) as out:
            out.write(b"half", Deadline(PATIENCE))
            check(read=said(reader) == "4\n")
            out.end(Deadline(2))


def the_destination_closes_before_the_end() -> None:
    destination("quit")


def the_destination_is_killed() -> None:
    destination("kill")


def destination(how: str) -> None:
    with child("read", HOST, "4997", "off") as reader:
        said(reader)
        with connect(at(4997), deadline=PATIENCE) as out:
            out.write(b"half", Deadline(PATIENCE))
            check(read=said(reader) == "4\n")
            if how == "kill":
                reader.kill()
            else:
                assert reader.stdin is not None
                reader.stdin.close()
            out.write(b"more" * MIB, Deadline(10))
            out.end(Deadline(10))


def beginning(machine: str) -> bytes:
    """The beginning of a stream: its machine, and a RAM of one block."""
    name = machine.encode()
    head = b"QEVM\0\0\0\3\x07" + struct.pack("!I", len(name)) + name
    section = (
        b"\x01\0\0\0\2" + rdma_ram.RAM_HEAD + struct.pack("!Q", RAM | 4) + b"\x01r" + struct.pack("!Q", RAM)
    )
    end = struct.pack("!Q", 0x10) + b"\x7e\0\0\0\2"
    return head + section + end


def to_guest(data: bytes, machine: str) -> None:
    with (
        Guest("7.2", machine=machine, incoming=f"rdma:{HOST}:4444"),
        connect(at(4444), deadline=PATIENCE) as out,
    ):
        out.write(data, Deadline(10))
        out.end(Deadline(10))


def the_destination_has_other_ram() -> None:
    to_guest(beginning("pc-i440fx-7.2"), "pc-i440fx-7.2")


def the_destination_cannot_load_it() -> None:
    to_guest(beginning("nope"), "none")


def place_of(error: TransportError) -> str:
    assert isinstance(error.address, RdmaAddress)
    return error.address.inet.host


def faults() -> None:
    kept: set[str] = set()
    for name, part in FAULTS.items():
        act: Callable[[], None] = globals()[name.replace(" ", "_").lower()]

        def prove(act: Callable[[], None] = act, part: str = part) -> Report:
            before = open_files()
            start = time.monotonic()
            try:
                act()
            except TransportError as error:
                took = time.monotonic() - start
                text = f"{error.cause} [{error.errno}]"
                check(
                    **{f"the cause, {text}": re.search(part, error.cause) is not None},
                    in_time=took < PATIENCE / 2,
                    place=str(error).startswith("RdmaAddress(") and place_of(error) in str(error),
                )
            else:
                raise LabError("nothing was wrong")
            left = [name for name in open_files() if name not in before and name not in kept]
            check(**{f"nothing left, not {left}": not left})
            return {"said": text}

        cell(f"fault: {name}", prove)


def open_files() -> list[str]:
    """What is open, without the device that librdmacm opens once and keeps."""
    names = []
    for number in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            names.append(os.readlink(f"/proc/self/fd/{number}"))
    return (
        sorted(n for n in names if "uverbs" not in n and n != "anon_inode:[infinibandevent]")
        + ["a completion channel" for n in names if n == "anon_inode:[infinibandevent]"][1:]
    )


def main() -> None:
    cell("rdma: migaddr to migaddr", lambda: between_us(at(), lambda listener: at(port_of(listener))))
    cell("vsock: migaddr to migaddr", lambda: between_us(ANY, lambda _: LOCAL))
    faults()
    for series, how in GUESTS:
        qemu_rdma(series, how)


if __name__ == "__main__":
    main()
