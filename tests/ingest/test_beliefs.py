"""What the host believes of gateways and devices, through births, deaths, offences and losses."""

import msgspec

from ingest.beliefs import NodeBelief, NodeState
from ingest.pipeline import Pipeline
from tests.ingest.node_messages import EPOCH, Node, at_ms, at_ns, pipeline_of
from vocabulary import delivery
from vocabulary.payload import Datatype, Metric
from vocabulary.topics import Verb


def believed(pipeline: Pipeline, second: float, gateway: str = "gw-1") -> NodeBelief:
    rows = msgspec.json.decode(
        msgspec.json.encode(pipeline.beliefs.all(at_ns(second))), type=list[NodeBelief]
    )
    (row,) = [row for row in rows if row.gateway == gateway]
    return row


def states(belief: NodeBelief) -> dict[str, tuple[NodeState, bool]]:
    return {one.device: (one.state, one.stale) for one in belief.devices}


NEVER, BORN, DEAD = NodeState.NEVER_SEEN, NodeState.BORN, NodeState.DEAD


def test_a_gateway_that_never_spoke_is_listed_too() -> None:
    belief = believed(pipeline_of(), 1)
    assert (belief.state, belief.stale, belief.heard_ms) == (NEVER, True, None)
    assert states(belief) == dict.fromkeys(("ap-1", "ap-2", "sds-1"), (NEVER, True))


def test_births_data_and_deaths() -> None:
    node, pipeline = Node(), pipeline_of()
    digest = Metric(delivery.CONFIGURATION, None, None, Datatype.STRING, "abc")
    for message in (
        node.birth(0.0, bd_seq=4, extra=(digest,)),
        node.device_birth("ap-1", 0.0),
        node.device_birth("stranger", 0.0),
        node.data({"wifi/clients": 1}, 0, 3.0, "ap-1"),
        node.data({"wifi/clients": 1}, 2, 4.0, "ap-1"),
    ):
        pipeline.receive(message)
    belief = believed(pipeline, 5)
    assert (belief.state, belief.stale, belief.bd_seq) == (BORN, False, 4)
    assert (belief.heard_ms, belief.born_ms) == (at_ms(4), at_ms(0))
    assert (belief.configuration, belief.next_seq, belief.gap) == ("abc", 5, False)
    assert states(belief) == {
        "ap-1": (BORN, False),
        "ap-2": (NEVER, True),
        "sds-1": (NEVER, True),
        "stranger": (BORN, False),
    }
    assert {one.device: one.listed for one in belief.devices}["stranger"] is False
    (epoch,) = belief.epochs
    assert (epoch.epoch, epoch.current, epoch.committed) == (EPOCH, True, 0)
    assert (epoch.received_below, epoch.ranges) == (1, 2)

    pipeline.receive(node.message(Verb.DDEATH, b"\x18\x05", 6.0, "ap-1"))
    belief = believed(pipeline, 7)
    assert states(belief)["ap-1"] == (DEAD, True)
    assert states(belief)["stranger"] == (BORN, False)
    pipeline.receive(node.device_birth("ap-1", 8.0))
    assert states(believed(pipeline, 9))["ap-1"] == (BORN, False)

    pipeline.receive(node.death(10.0, bd_seq=3))  # of the session before
    assert believed(pipeline, 10).state is BORN
    pipeline.receive(node.death(11.0, bd_seq=4))
    belief = believed(pipeline, 12)
    assert (belief.state, belief.stale) == (DEAD, True)
    assert states(belief)["ap-1"] == states(belief)["stranger"] == (DEAD, True)
    assert belief.refused["death_of_another_session"] == 1


def test_data_of_a_dead_device_asks_for_births_unless_it_is_history() -> None:
    node, pipeline = Node(), pipeline_of()
    for message in (*node.births("ap-1"), node.message(Verb.DDEATH, b"\x18\x02", 1.0, "ap-1")):
        pipeline.receive(message)
    node.seq = 3
    pipeline.receive(node.data({"wifi/clients": 1}, 0, 2.0, "ap-1", historical=True))
    assert not believed(pipeline, 2).rebirth_wanted
    pipeline.receive(node.data({"wifi/clients": 1}, 1, 3.0, "ap-1"))
    belief = believed(pipeline, 3)
    assert belief.rebirth_wanted
    assert belief.refused["data_after_death"] == 1


def test_data_before_a_birth_awaits_one() -> None:
    pipeline = pipeline_of()
    pipeline.receive(Node().data({"wifi/clients": 1}, 0, 1.0, "ap-1"))
    belief = believed(pipeline, 2)
    assert (belief.state, belief.rebirth_wanted) == (NodeState.BIRTH_AWAITED, True)


def test_an_offender_is_shown_in_quarantine_and_afterwards_no_longer() -> None:
    node, pipeline = Node(), pipeline_of()
    for _ in range(100):
        pipeline.receive(node.message(Verb.NDATA, b"\xff", 1.0))
    belief = believed(pipeline, 2)
    assert (belief.state, belief.stale) == (NodeState.QUARANTINED, True)
    assert belief.quarantine_until_ms == at_ms(61)
    assert belief.quarantines == 1
    assert belief.refused["in_quarantine"] > 50
    assert believed(pipeline, 2, "gw-2").state is NEVER
    later = believed(pipeline, 62)
    assert (later.state, later.quarantine_until_ms) == (NEVER, None)
    assert later.quarantines == 1
