"""Edge nodes made with foreign libraries, towards our host: their readings arrive in the database,
and their faults still occur and cost nothing.

The faults are data: what is wrong, where it shows, what we do. When a library mends one, its row
fails and goes.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

import pytest

from simulators.servers import InfluxDb
from simulators.waiting import until
from tests.interop.foreign_town import DISTRICT, ForeignTown, ap_of, metric
from tests.interop.peer_process import PeerProcess
from vocabulary import delivery
from vocabulary.payload import Datatype, Metric, Payload, interpret

CLIENTS: Final = 7


class EdgePeer(NamedTuple):
    """A library in the role of an edge node."""

    library: str
    program: str
    node: str
    settings: dict[str, str] = {}  # noqa: RUF012 - never changed


PYSPARKPLUG: Final = EdgePeer("pysparkplug", "pysparkplug_edge.py", "gw-pysparkplug")
SPB_WRAPPER: Final = EdgePeer("mqtt-spb-wrapper", "mqtt_spb_wrapper_edge.py", "gw-spb-wrapper")
NODE_JS: Final = EdgePeer("sparkplug-client", "sparkplug_client_edge.js", "gw-node-js")
NODE_JS_DIES: Final = NODE_JS._replace(node="gw-node-js-dies", settings={"PUBLISH_DEATH": "yes"})
EdgeKey = str
PEERS: Final = (PYSPARKPLUG, SPB_WRAPPER, NODE_JS, NODE_JS_DIES)


class Seen(NamedTuple):
    """Two lives of a peer: one that ends in order, one that is cut off."""

    town: ForeignTown
    peer: EdgePeer
    births_when_asked: int
    """NBIRTHs that came for our request for one."""
    alive_after_stop: bool
    alive_after_crash: bool
    counts: dict[str, int]

    def payloads(self, verb: str) -> list[Payload]:
        """All of the node's messages of one kind."""
        return self.town.payloads(verb, self.peer.node)

    def bd_seq(self, verb: str, ix: int) -> int | None:
        """The session's number in a birth or death."""
        found = metric(self.payloads(verb)[ix], delivery.BD_SEQ)
        number = interpret(found, Datatype.INT64) if found else None
        return number if isinstance(number, int) else None

    def value(self, verb: str, name: str) -> Metric:
        """A metric of the access point's first message of one kind."""
        found = metric(self.town.payloads(verb, self.peer.node, ap_of(self.peer.node))[0], name)
        assert found is not None
        return found

    def rows(self) -> list[dict[str, Any]]:
        """What the database has of the access point's data, births aside."""
        return self.town.stored("wifi_usage", f"ap = '{ap_of(self.peer.node)}' AND clients > 0")

    @property
    def will_qos(self) -> int | None:
        """As the broker noted it."""
        return self.town.will_qos(self.peer.node)


def live(town: ForeignTown, peer: EdgePeer) -> Seen:
    """Births, data, a rebirth asked for, data again, a clean stop; then births and a crash."""
    node, device = peer.node, ap_of(peer.node)
    arguments = (str(town.broker.port), DISTRICT, node, device)
    with PeerProcess(peer.program, *arguments, **peer.settings) as edge:
        town.until_heard("DBIRTH", node, device)
        edge.order(f"data {CLIENTS}")
        town.until_heard("DDATA", node, device)
        before = len(town.heard("NBIRTH", node))
        town.ask_rebirth(node)
        until(lambda: town.was_handed_command(node), f"{node} gets the request")
        if peer != SPB_WRAPPER:  # which does not live to tell
            edge.until("command")
        edge.order(f"data {CLIENTS + 1}")
        town.until_heard("DDATA", node, device, times=2)
        births = len(town.heard("NBIRTH", node)) - before
        edge.order("stop")
        edge.until("ended")
        edge.end()
    deaths = 0 if peer == NODE_JS else 1
    town.until_heard("NDEATH", node, times=deaths)
    town.settled(node)
    alive_after_stop = town.sessions[node].alive
    again = len(town.heard("DBIRTH", node, device)) + 1
    with PeerProcess(peer.program, *arguments, **peer.settings) as edge:
        town.until_heard("DBIRTH", node, device, times=again)
        edge.order("crash")
        edge.end()
    town.until_heard("NDEATH", node, times=deaths + 1)
    town.settled(node)
    until(lambda: len(town.stored("wifi_usage", f"ap = '{device}' AND clients > 0")) >= 2, device)
    return Seen(town, peer, births, alive_after_stop, town.sessions[node].alive, town.counts(node))


@pytest.fixture(scope="module")
def seen(
    tmp_path_factory: pytest.TempPathFactory, influx: InfluxDb
) -> Iterator[dict[EdgeKey, Seen]]:
    """Every peer has lived, one after the other, towards one host."""
    with ForeignTown(tmp_path_factory.mktemp("town"), influx) as town:
        yield {peer.node: live(town, peer) for peer in PEERS}


class Fault(NamedTuple):
    """One known fault: what is wrong, whether it still shows, what we do, whether that helps."""

    peer: EdgePeer
    what: str
    shows: Callable[[Seen], bool]
    we: str
    helps: Callable[[Seen], bool]


def _refuses_nothing(one: Seen) -> bool:
    refusals = {"not_understood", "metric_without_type", "value_out_of_range", "unknown_alias"}
    return not refusals & set(one.counts)


def _all_arrives(one: Seen) -> bool:
    return [row["clients"] for row in one.rows()][:2] == [CLIENTS, CLIENTS + 1]


FAULTS: Final = (
    Fault(
        PYSPARKPLUG,
        "its will has QoS 0",
        lambda one: one.will_qos == 0,
        "take NDEATH at any QoS",
        lambda one: not one.alive_after_crash,
    ),
    Fault(
        PYSPARKPLUG,
        "a clean stop says NDEATH with the number after its birth's",
        lambda one: one.bd_seq("NDEATH", 0) == (one.bd_seq("NBIRTH", 0) or 0) + 1,
        "count it; silence, not this message, shows that the node has gone",
        lambda one: one.alive_after_stop and one.counts["death_of_another_session"] >= 1,
    ),
    Fault(
        PYSPARKPLUG,
        "no Node Control/Rebirth in its birth, and none comes when asked",
        lambda one: (
            metric(one.payloads("NBIRTH")[0], delivery.REBIRTH) is None
            and one.births_when_asked == 0
        ),
        "need none: its data carry names and types",
        _all_arrives,
    ),
    Fault(
        PYSPARKPLUG,
        "names and datatypes in data, no aliases",
        lambda one: (
            one.value("DDATA", "wifi/clients").alias is None
            and one.value("DDATA", "wifi/clients").datatype == Datatype.INT32
        ),
        "read by name",
        _refuses_nothing,
    ),
    Fault(
        PYSPARKPLUG,
        "Int8 as eight bits in 32: -91 is 165",
        lambda one: one.value("DDATA", "wifi/noise_dbm").value == 256 - 91,
        "mask to the width, then extend the sign",
        lambda one: {row["noise_dbm"] for row in one.rows()} == {-91.0},
    ),
    Fault(
        SPB_WRAPPER,
        "no death has its birth's bdSeq: the will is one behind, the farewell ahead",
        lambda one: (
            one.bd_seq("NDEATH", -1) == (one.bd_seq("NBIRTH", -1) or 0) - 1
            and (one.bd_seq("NDEATH", 0) or 0) > (one.bd_seq("NBIRTH", 0) or 0)
        ),
        "count deaths of sessions that never were; silence shows the end",
        lambda one: one.alive_after_crash and one.counts["death_of_another_session"] == 2,
    ),
    Fault(
        SPB_WRAPPER,
        "its deaths carry no timestamp",
        lambda one: all(death.timestamp_ms is None for death in one.payloads("NDEATH")),
        "need none",
        _refuses_nothing,
    ),
    Fault(
        SPB_WRAPPER,
        "DDEATH carries a bdSeq and no seq",
        lambda one: (
            (death := one.town.payloads("DDEATH", one.peer.node, ap_of(one.peer.node))[0]).seq
            is None
            and metric(death, delivery.BD_SEQ) is not None
        ),
        "count a message without its place in the order",
        lambda one: one.counts["seq_absent"] >= 1,
    ),
    Fault(
        SPB_WRAPPER,
        "births call a metric DATA/name, data call it name",
        lambda one: (
            metric(
                one.town.payloads("DBIRTH", one.peer.node, ap_of(one.peer.node))[0],
                "DATA/wifi/clients",
            )
            is not None
            and one.value("DDATA", "wifi/clients").alias is None
        ),
        "read data by the name they carry",
        _all_arrives,
    ),
    Fault(
        SPB_WRAPPER,
        "a request for rebirth ends its network thread, and no birth comes",
        lambda one: one.births_when_asked == 0,
        "need none while it lives: what it says carries names, so we ask for nothing",
        lambda one: "rebirth_asked" not in one.counts and _all_arrives(one),
    ),
    Fault(
        NODE_JS,
        "its will has QoS 0",
        lambda one: one.will_qos == 0,
        "take NDEATH at any QoS",
        lambda one: not one.alive_after_crash,
    ),
    Fault(
        NODE_JS,
        "it subscribes to NCMD with QoS 0",
        lambda one: one.town.subscribed_qos(f"spBv1.0/{DISTRICT}/NCMD/{one.peer.node}/#") == 0,
        "repeat what was not answered",
        lambda one: one.births_when_asked == 1,
    ),
    Fault(
        NODE_JS,
        "bdSeq is a UInt64 without timestamp",
        lambda one: (
            (found := metric(one.payloads("NBIRTH")[0], delivery.BD_SEQ)) is not None
            and found.datatype == Datatype.UINT64
            and found.timestamp_ms is None
        ),
        "read it as a number whatever it is called",
        lambda one: not one.alive_after_crash,
    ),
    Fault(
        NODE_JS,
        "a clean stop says no NDEATH unless it was asked to",
        lambda one: len(one.payloads("NDEATH")) == 1 and one.alive_after_stop,
        "silence shows the end",
        _all_arrives,
    ),
    Fault(
        NODE_JS,
        "UInt32 in long_value",
        lambda one: one.value("DDATA", "wifi/clients").field == "long_value",
        "accept either field",
        _all_arrives,
    ),
    Fault(
        NODE_JS_DIES,
        "bdSeq never rises: each connection has 0",
        lambda one: {one.bd_seq("NBIRTH", 0), one.bd_seq("NBIRTH", -1)} == {0},
        "believe a death with the number of the living session",
        lambda one: not one.alive_after_stop and not one.alive_after_crash,
    ),
)


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.node)
def test_readings_of_a_foreign_edge_are_in_the_database(
    seen: dict[EdgeKey, Seen], peer: EdgePeer
) -> None:
    one = seen[peer.node]
    rows = one.rows()
    assert [row["clients"] for row in rows] == [CLIENTS, CLIENTS + 1]
    for row in rows:
        assert (row["rx_bytes"], row["noise_dbm"], row["gateway"]) == (5 * 10**9, -91.0, peer.node)
    assert one.town.stored("gateway", f"gateway = '{peer.node}' AND cpu_pct = 12.5")


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.peer.node}: {fault.what}")
def test_a_known_fault_still_shows_and_we_cope(seen: dict[EdgeKey, Seen], fault: Fault) -> None:
    one = seen[fault.peer.node]
    assert fault.shows(one), f"{fault.peer.library} no longer has it: {fault.what}"
    assert fault.helps(one), f"we no longer cope: {fault.we}; counted: {one.counts}"


def test_compressed_data_of_sparkplug_client(seen: dict[EdgeKey, Seen]) -> None:
    town, node = seen[NODE_JS.node].town, "gw-node-js-packed"
    device = ap_of(node)
    arguments = (str(town.broker.port), DISTRICT, node, device)
    with PeerProcess(NODE_JS.program, *arguments, PUBLISH_DEATH="yes") as edge:
        town.until_heard("DBIRTH", node, device)
        edge.order("compressed 9")
        town.until_heard("DDATA", node, device)
        edge.order("data 10")
        town.until_heard("DDATA", node, device, times=2)
        edge.order("stop")
        edge.until("ended")
    packed = town.payloads("DDATA", node, device)[0]
    assert packed.uuid == "SPBV1.0_COMPRESSED"
    where = f"ap = '{device}' AND clients > 8"
    until(lambda: any(row["clients"] == 10 for row in town.stored("wifi_usage", where)), node)
    clients = [row["clients"] for row in town.stored("wifi_usage", where)]
    assert clients == [9, 10]
