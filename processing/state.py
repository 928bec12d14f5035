"""Everything the processor knows between two calls, and its shape on disk.

The state is arrays of fixed-size records plus the small :class:`Book`. A checkpoint carries a
version and the ids of its nodes; it is restored by id, so nodes may come, go and change places in
the inventory. What was known of a node that is gone is dropped.
"""

import struct
import zlib
from typing import Final, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from processing.book import DUE_UNSEEN, Book, seen_key
from processing.city import City
from processing.errors import CheckpointForeign, Flaw
from processing.intervals import Level
from processing.missed_beats import event_room, new_clock, rule_of
from processing.records import AP_DTYPE, GATEWAY_DTYPE, NEVER, ApState, GatewayState, Records
from processing.settings import Settings
from vocabulary.units import NS_PER_MS

MAGIC: Final = b"LLSTATE\n"
VERSION: Final = 1
_HEADER: Final = struct.Struct("<8sIII")  # magic, version, size and CRC of what follows


class _Blob(msgspec.Struct):
    """What follows the header, as MessagePack."""

    layout: list[str]
    ap_ids: list[str]
    ap_gateway_ids: list[str]
    gateway_ids: list[str]
    clock: bytes
    aps: bytes
    gateways: bytes
    shown: bytes
    book: Book


class State:
    """A access points, G gateways; owned by one writer, changed by ``step`` in place."""

    __slots__ = ("aps", "book", "clock", "gateways", "room", "rule", "settings", "shown")

    def __init__(self, city: City, settings: Settings, now_ns: int) -> None:
        self.settings = settings
        self.rule = rule_of(settings)
        self.clock = new_clock(now_ns)
        self.aps: Records = np.zeros(city.ap_count, dtype=AP_DTYPE)
        self.gateways: Records = np.zeros(city.gateway_count, dtype=GATEWAY_DTYPE)
        self.gateways["will_ns"] = NEVER
        self.gateways["ts_ms"] = NEVER
        self.shown: NDArray[np.int8] = np.zeros(city.ap_count, dtype=np.int8)
        self.book = Book()
        self.room = event_room(city)
        _expect(self, city, now_ns)

    def to_bytes(self, city: City) -> bytes:
        """The whole state as one blob."""
        blob = _Blob(
            layout=_layout(),
            ap_ids=list(city.node_ids[: city.ap_count]),
            ap_gateway_ids=[_gateway_id(city, ix) for ix in range(city.ap_count)],
            gateway_ids=[city.gateway_id(ix) for ix in range(city.gateway_count)],
            clock=self.clock.tobytes(),
            aps=self.aps.tobytes(),
            gateways=self.gateways.tobytes(),
            shown=self.shown.tobytes(),
            book=self.book,
        )
        body = msgspec.msgpack.encode(blob)
        return _HEADER.pack(MAGIC, VERSION, len(body), zlib.crc32(body)) + body

    @classmethod
    def from_bytes(cls, data: bytes, city: City, settings: Settings, now_ns: int) -> Self:
        """Restore a checkpoint into a city that may have changed since.

        Raises:
            CheckpointForeign: it is damaged, or of another version.
        """
        blob = _decoded(data)
        state = cls(city, settings, now_ns)
        try:
            _restore(state, city, blob)
        except ValueError as error:
            raise CheckpointForeign(Flaw.COLUMNS) from error
        _drop_strangers(state, city)
        _expect(state, city, now_ns)
        return state


def new_state(city: City, settings: Settings, now_ns: int) -> State:
    """Nothing has been seen yet."""
    return State(city, settings, now_ns)


def resume(state: State, now_ns: int) -> None:
    """After a restart, or any time we did not listen: the time since the last call says nothing.

    Everybody gets a fresh full period. If the pause was longer than a beat, every access point
    is unobserved until it is heard again. The next ``step`` reports it.
    """
    clock = state.clock[0]
    back_ns = int(clock["last_ns"]) - now_ns
    if back_ns > 0:  # the host's clock was set back meanwhile
        clock["paused_ns"] -= back_ns
        clock["last_ns"] = clock["sweep_ns"] = now_ns
    clock["restarted"] = 1


def _layout() -> list[str]:
    return [str(AP_DTYPE.descr), str(GATEWAY_DTYPE.descr)]


def _decoded(data: bytes) -> _Blob:
    if len(data) < _HEADER.size:
        raise CheckpointForeign(Flaw.SHORT)
    magic, version, body_bytes, crc = _HEADER.unpack_from(data)
    if magic != MAGIC or version != VERSION:
        raise CheckpointForeign(Flaw.VERSION)
    if len(data) != _HEADER.size + body_bytes:
        raise CheckpointForeign(Flaw.SHORT)
    body = data[_HEADER.size :]
    if zlib.crc32(body) != crc:
        raise CheckpointForeign(Flaw.DAMAGED)
    try:
        blob = msgspec.msgpack.decode(body, type=_Blob)
    except (ValueError, RecursionError) as error:
        raise CheckpointForeign(Flaw.DAMAGED) from error
    if blob.layout != _layout():
        raise CheckpointForeign(Flaw.LAYOUT)
    return blob


def _gateway_id(city: City, ap_ix: int) -> str:
    return city.gateway_id(int(city.node_gateway_ix[ap_ix]))


def _restore(state: State, city: City, blob: _Blob) -> None:
    """Put every record where its node is now. ValueError: the columns do not add up."""
    aps = np.frombuffer(blob.aps, dtype=AP_DTYPE)
    shown = np.frombuffer(blob.shown, dtype=np.int8)
    gateways = np.frombuffer(blob.gateways, dtype=GATEWAY_DTYPE)
    state.clock[:] = np.frombuffer(blob.clock, dtype=state.clock.dtype)
    state.book = blob.book
    for old_ix, node in zip(range(gateways.size), blob.gateway_ids, strict=True):
        if node in city.gateway_ix_of:
            state.gateways[city.gateway_ix_of[node]] = gateways[old_ix]
    old = zip(aps, shown.tolist(), blob.ap_ids, blob.ap_gateway_ids, strict=True)
    for record, state_shown, node, gateway in old:
        ix = city.ix_of.get(node, city.node_count)
        if ix < city.ap_count:
            state.aps[ix] = record
            state.shown[ix] = state_shown
            if gateway != _gateway_id(city, ix):  # another observer: its clock runs differently
                observer = state.gateways[city.node_gateway_ix[ix]]
                state.aps[ix]["mark_ns"] = observer["seen_ns"]


def _expect(state: State, city: City, now_ns: int) -> None:
    """Note every node not yet seen, so that its absence will be reported."""
    book, now_ms = state.book, now_ns // NS_PER_MS
    before = len(book.unseen)
    unseen = [
        *(
            seen_key(Level.AP, city.node_ids[ix])
            for ix in np.flatnonzero(state.aps["state"] == ApState.NEVER_SEEN).tolist()
        ),
        *(
            seen_key(Level.GATEWAY, city.gateway_id(ix))
            for ix in np.flatnonzero(state.gateways["state"] == GatewayState.NEVER_SEEN).tolist()
        ),
    ]
    for key in unseen:
        book.unseen.setdefault(key, now_ms)
    if len(book.unseen) > before:
        book.plan(now_ms + state.settings.hole_ms, DUE_UNSEEN, "")


def _drop_strangers(state: State, city: City) -> None:
    """Forget nodes that the inventory no longer has."""
    book = state.book
    aps = set(city.node_ids[: city.ap_count])
    gateways = set(city.gateway_ix_of)
    book.troubles = {node: t for node, t in book.troubles.items() if node in aps}
    book.past = {node: t for node, t in book.past.items() if node in aps}
    book.held = [node for node in book.held if node in aps]
    book.gaps = {node: gap for node, gap in book.gaps.items() if node in gateways}
    book.past_gaps = {node: gap for node, gap in book.past_gaps.items() if node in gateways}
    expected = {seen_key(Level.AP, node) for node in aps}
    expected |= {seen_key(Level.GATEWAY, node) for node in gateways}
    book.unseen = {key: since for key, since in book.unseen.items() if key in expected}
    book.unseen_rows = {key: rows for key, rows in book.unseen_rows.items() if key in expected}
