"""What the host believes, before anybody spoke and after a death."""

from pathlib import Path

from ingest.intake import Message
from simulators.conformance import host_belief
from simulators.conformance import street_under_test as street
from simulators.conformance.actors import HostActor
from simulators.conformance.specimen import Specimen
from simulators.servers import LOOPBACK, free_port
from vocabulary.units import NS_PER_MS

NOWHERE = f"mqtt://{LOOPBACK}:{free_port()}"


async def test_belief_follows_births_and_deaths(tmp_path: Path) -> None:
    actor = HostActor(street.host(NOWHERE, mqtt="3.1.1"), tmp_path, lambda: None)
    process = actor.process
    now_ns = process.clock.now_ns()
    node = Specimen(bd_seq=3)

    def hears(*messages: tuple[str, bytes]) -> host_belief.Belief:
        for topic, payload in messages:
            process.pipeline.receive(Message(topic, payload, now_ns))
        return host_belief.of(process, street.FOREIGN)

    assert hears() == host_belief.Belief(False, frozenset(), None, ())
    born = hears(*node.births(now_ns // NS_PER_MS))
    assert (born.online, born.devices) == (True, frozenset({f"{street.FOREIGN}-ap"}))
    assert hears(node.death(0, bd_seq=2)).online
    assert host_belief.count(process, street.FOREIGN, "death_of_another_session") == 1
    dead = hears(node.death(0))
    assert (dead.online, dead.devices) == (False, frozenset())
    await actor.stop()
