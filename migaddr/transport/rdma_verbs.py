"""Connections, messages and memory of RDMA, by pyverbs (rdma-core's own Python binding).

pyverbs' calls hold the interpreter's lock while they block, and know no deadline. So
nothing here calls what may block: all waiting is one `poll` on two descriptors, that of the connection
manager's events and that of completions. pyverbs does not tell their numbers; they are the ones that
appear when it opens them.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import mmap
from collections import deque
from collections.abc import Callable
from typing import Final, final

from migaddr.errors import TransportError
from migaddr.model import RdmaAddress
from migaddr.transport.base import Deadline
from migaddr.transport.rdma_manager import (
    CONNECT_REQUEST,
    DISCONNECTED,
    ESTABLISHED,
    TIMEWAIT_EXIT,
    Events,
    established,
    meaning,
    opened,
    poll,
    turn_away,
)
from migaddr.transport.rdma_pyverbs import (
    CmId,
    Completion,
    CompletionChannel,
    Event,
    Pyverbs,
    Queue,
    Region,
    told,
)
from migaddr.transport.rdma_wire import CHUNK, MAX_MESSAGE, Capabilities

_INBOXES: Final = 4
_SLOTS: Final = 8  # writes under way at once
_RC: Final = 2
_LOCAL_WRITE, _REMOTE_WRITE, _SIGNALED = 1, 2, 2
_SEND_DONE, _WRITE_DONE, _RECEIVED = 0, 1, 128

_GRACE: Final = 1.0  # seconds for the connection manager to say what the queues have noticed
_NO_ANSWER: Final = 12
# how a work request ended (enum ibv_wc_status)
_STATUS: Final = {
    4: "local protection error",
    5: "flushed: the connection is gone",
    9: "the other side could not take the request",
    10: "the other side gave no access to this memory",
    11: "the other side failed",
    _NO_ANSWER: "the other side does not answer any more",
    13: "the other side has no room for messages",
}


@final
class Area:
    """Memory that can be registered, whole or in parts."""

    def __init__(self, verbs: Pyverbs, cm_id: CmId, address: RdmaAddress, length: int, access: int) -> None:
        self._verbs, self._id, self._at, self._access = verbs, cm_id, address, access
        try:
            self._map = mmap.mmap(-1, length)  # shared, so that a fork does not move it
        except (OSError, ValueError, OverflowError) as error:
            raise TransportError(
                address, f"no memory for {length} bytes of RAM: {error}", errno.ENOMEM
            ) from None
        self.view: memoryview = memoryview(self._map)
        self.address: int = ctypes.addressof(ctypes.c_char.from_buffer(self._map))
        self._regions: dict[tuple[int, int], Region] = {}

    def region(self, start: int, end: int) -> Region:
        """Register these bytes, unless they are."""
        made = self._regions.get((start, end))
        if made is None:
            with told(self._verbs, self._at, "registering memory"):
                made = self._verbs.MR(self._id, end - start, self._access, address=self.address + start)
            self._regions[start, end] = made
        return made

    def key(self, start: int, end: int) -> int:
        """Give the key to these bytes."""
        return self.region(start, end).rkey

    def close(self) -> None:
        """Let go of all of it; the memory itself goes when nobody looks at it any more."""
        for region in self._regions.values():
            with contextlib.suppress(self._verbs.Error):
                region.close()
        self._regions.clear()
        self.view.release()
        with contextlib.suppress(BufferError):  # somebody holds a view of it: then it goes with that
            self._map.close()


@final
class Connection:
    """One connection: the `Link` of rdma_link over real RDMA."""

    def __init__(self, verbs: Pyverbs, events: Events, cm_id: CmId, address: RdmaAddress) -> None:
        self._verbs, self._events, self._id, self._address = verbs, events, cm_id, address
        self.pin_all: bool = False
        self._areas: list[Area] = []
        self._slots: list[Area] = []
        self._free = 0  # of the slots, the next one's number
        self._writes = 0  # under way
        self._sends = 0
        self._order: deque[int] = deque()  # inboxes, in the order in which they fill
        self._arrived: deque[bytes] = deque()
        self._gone: TransportError | None = None  # the other side has disconnected, or worse
        self._gone_well = False
        self._unanswered: TransportError | None = None
        self._connected = False
        self.closed: bool = False
        self._comp: CompletionChannel | None = None
        self._queue: Queue | None = None

    def prepare(self) -> None:
        """Make queues and mailboxes. The device is known."""
        with told(self._verbs, self._address, "making RDMA queues"):
            context = self._id.context
            try:
                comp, self._fd = opened(lambda: self._verbs.CompChannel(context), "infinibandevent")
            except OSError as error:
                raise TransportError(
                    self._address, f"making RDMA queues: {error.strerror}", error.errno
                ) from None
            self._comp = comp
            queue = self._queue = self._verbs.CQ(context, 64, None, comp)
            queue.req_notify()
            cap = self._verbs.QPCap(
                max_send_wr=_SLOTS + 4,
                max_recv_wr=_INBOXES,
                max_send_sge=1,
                max_recv_sge=1,
                max_inline_data=0,
            )
            self._id.create_qp(
                self._verbs.QPInitAttr(qp_type=_RC, scq=queue, rcq=queue, cap=cap, sq_sig_all=1)
            )
        self._outbox = self._area(MAX_MESSAGE, _LOCAL_WRITE)
        self._inboxes = [self._area(MAX_MESSAGE, _LOCAL_WRITE) for _ in range(_INBOXES)]
        for index in range(_INBOXES):
            self._post_inbox(index)

    def _area(self, length: int, access: int) -> Area:
        area = Area(self._verbs, self._id, self._address, length, access)
        self._areas.append(area)
        return area

    def _post_inbox(self, index: int) -> None:
        with told(self._verbs, self._address, "posting a mailbox"):
            self._id.post_recv(self._inboxes[index].region(0, MAX_MESSAGE), MAX_MESSAGE)
        self._order.append(index)

    def connect(self, deadline: Deadline, *, pin_all: bool) -> None:
        """Ask the other side, and agree on what both can do."""
        param = self._verbs.ConnParam(resources=0, depth=2, retry=5, rnr_retry=7, data_len=8)
        param.set_private_data(Capabilities(flags=int(pin_all)).encode())
        with told(self._verbs, self._address, "connecting"):
            self._id.connect(param)
        theirs = established(self._events, self._address, deadline, "connecting")
        self._connected = True
        # QEMU sends the flags that it can do back
        self.pin_all = pin_all and theirs.pin_all

    def accept(self, theirs: Capabilities, deadline: Deadline) -> None:
        """Take a connection that was asked for."""
        param = self._verbs.ConnParam(resources=2, depth=0, retry=5, rnr_retry=7, data_len=8)
        param.set_private_data(Capabilities(flags=int(theirs.pin_all)).encode())
        with told(self._verbs, self._address, "accepting"):
            self._id.accept(param)
            while (event := self._events.wait(deadline, "accepting")).event_type != ESTABLISHED:
                self._other(event, "accepting")
            event.close()
        self._connected = True
        self.pin_all = theirs.pin_all

    # --- the Link ---

    def allocate(self, length: int) -> Area:
        """Make memory that the other side can be given."""
        return self._area(length, _REMOTE_WRITE)

    def send(self, message: bytes, deadline: Deadline) -> bool:
        """Deliver one message; False: the other side has disconnected."""
        self._look()
        if self._gone is not None:
            if self._gone_well:
                return False
            raise self._gone
        self._outbox.view[: len(message)] = message
        with told(self._verbs, self._address, "sending"):
            self._id.post_send(self._outbox.region(0, MAX_MESSAGE), _SIGNALED, len(message))
        self._sends += 1
        try:
            self._until(lambda: self._sends == 0, deadline, "sending")
        except TransportError:
            if self._gone_well:
                return False
            raise
        return True

    def receive(self, deadline: Deadline) -> bytes | None:
        """Wait for the next message; None: the other side has disconnected, and no more messages are here."""
        self._look()
        while not self._arrived:
            if self._gone is not None:
                if self._gone_well:
                    return None
                raise self._gone
            self._wait(deadline, "waiting for the other side")
        return self._arrived.popleft()

    def write(self, data: bytes | bytearray, address: int, key: int, deadline: Deadline) -> None:
        """Write into the other side's memory."""
        self._until(lambda: self._writes < _SLOTS, deadline, "writing memory")
        if len(self._slots) < _SLOTS:
            self._slots.append(self._area(CHUNK, _LOCAL_WRITE))
        slot = self._slots[self._free]  # they are done in the order in which they were posted
        self._free = (self._free + 1) % _SLOTS
        slot.view[: len(data)] = data
        with told(self._verbs, self._address, "writing memory"):
            self._id.post_write(slot.region(0, CHUNK), len(data), address, key, _SIGNALED)
        self._writes += 1

    def flush(self, deadline: Deadline) -> None:
        """Wait until all that was written has arrived."""
        self._until(lambda: self._writes == 0, deadline, "writing memory")

    def refuse(self) -> None:
        """Turn down a connection that was not accepted yet."""
        if not self._connected:
            with contextlib.suppress(self._verbs.Error):
                self._id.reject()
        self.close()

    def close(self) -> None:
        """Disconnect, and let go of everything."""
        if self.closed:
            return
        self.closed = True
        quiet = contextlib.suppress(self._verbs.Error)
        if self._connected:
            with quiet:
                self._id.disconnect()  # the queues' requests are flushed: no memory is in use any more
        for area in self._areas:
            area.close()
        with quiet:
            self._id.close()
        if self._queue is not None:
            with quiet:
                self._queue.close()
        if self._comp is not None:
            with quiet:
                self._comp.close()
        self._events.release()

    # --- waiting ---

    def _until(self, done: Callable[[], bool], deadline: Deadline, doing: str) -> None:
        self._look()
        while not done():
            if self._gone is not None:
                raise self._gone
            self._wait(deadline, doing)

    def _wait(self, deadline: Deadline, doing: str) -> None:
        if deadline.passed():
            raise deadline.error(self._address, doing)
        poll([self._fd, self._events.fd], deadline.tick())
        self._look()

    def _look(self) -> None:
        """Take what is there: completions, and events."""
        assert self._queue is not None
        assert self._comp is not None
        with told(self._verbs, self._address, "looking for completions"):
            while poll([self._fd], 0):
                self._comp.get_cq_event(self._queue)
                self._queue.req_notify()
            self._completions(self._queue)
            if self._unanswered is not None and self._gone is None:
                # it may just have disconnected, and then that is what happened
                poll([self._events.fd], _GRACE)
                if not self._events.ready():
                    self._gone = self._unanswered
            if self._gone is None and self._events.ready():
                self._event()
                self._completions(self._queue)  # what came before the event

    def _completions(self, queue: Queue) -> None:
        while True:
            count, found = queue.poll(_INBOXES)
            for one in found:
                self._completion(one)
            if count < _INBOXES:
                return

    def _completion(self, one: Completion) -> None:
        if one.status != 0:
            what = _STATUS.get(one.status, f"work request status {one.status}")
            error = TransportError(self._address, f"the connection broke: {what}", errno.ECONNRESET)
            if one.status == _NO_ANSWER:
                self._unanswered = error
            elif self._gone is None:
                self._gone = error
        elif one.opcode == _RECEIVED:
            index = self._order.popleft()
            self._arrived.append(bytes(self._inboxes[index].view[: one.byte_len]))
            if self._gone is None:
                self._post_inbox(index)
        elif one.opcode == _WRITE_DONE:
            self._writes -= 1
        elif one.opcode == _SEND_DONE:
            self._sends -= 1

    def _event(self) -> None:
        event = self._events.get()
        if event.event_type == DISCONNECTED:
            event.close()
            self._gone_well = True
            self._gone = TransportError(
                self._address, "the other side disconnected before the end of the stream", errno.ECONNRESET
            )
            return
        try:
            self._other(event, "the connection broke")
        except TransportError as error:
            self._gone = error

    def _other(self, event: Event, doing: str) -> None:
        """Take an event that is not what is waited for."""
        kind, name = event.event_type, event.event_str()
        if kind == CONNECT_REQUEST:
            turn_away(self._verbs, self._id, event)
            return
        event.close()
        if kind != TIMEWAIT_EXIT:  # of a connection that was before this one
            raise TransportError(self._address, f"{doing}: {meaning(kind, name)}", errno.EIO)
