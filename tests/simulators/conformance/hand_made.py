"""Evidence made by hand: a few packets of a few clients, a second apart."""

from collections.abc import Callable, Sequence

from simulators.conformance import street_under_test as street
from simulators.conformance import whole_payload_pb2 as pb
from simulators.conformance.evidence import Evidence, Fact, Role
from simulators.conformance.looks import Looks
from simulators.conformance.mqtt_packets import Connect, Kind, Other, Packet, Publish, Will
from simulators.conformance.packet_log import Entry
from simulators.conformance.verdicts import Outcome, Verdict
from vocabulary.units import NS_PER_MS, NS_PER_S

START_NS = 1_800_000_000 * NS_PER_S
START_MS = START_NS // NS_PER_MS
NODE = f"spBv1.0/north/NBIRTH/{street.ONE}"

Step = Packet | tuple[str, Packet]
"""What the client says, or with ``"heard"`` before it what the broker does."""


def evidence(*lives: tuple[str, Sequence[Step]], facts: tuple[Fact, ...] = ()) -> Evidence:
    """Each client's packets on a connection of its own, after its CONNECT."""
    entries: list[Entry] = []
    for number, (client, steps) in enumerate(lives, start=1):
        begins = isinstance(steps[0], Connect) if steps else False
        for step in steps if begins else [connect(client), *steps]:
            heard = isinstance(step, tuple)
            packet = step[1] if isinstance(step, tuple) else step
            wall_ns = START_NS + len(entries) * NS_PER_S
            entries.append(Entry(wall_ns, number, "A", not heard, packet))
    return Evidence.of_log(entries, {}, facts, street.ROLES)


def connect(client: str, bd_seq: int = 0) -> Connect:
    """CONNECT of a node, with its death."""
    death = pb.Payload(timestamp=START_MS)
    death.metrics.add(name="bdSeq", datatype=4, long_value=bd_seq)
    topic = f"spBv1.0/north/NDEATH/{client}"
    return Connect(client, 4, True, 10, Will(topic, death.SerializeToString(), 1, False))


def said(verb: str, payload: pb.Payload, device: str = "") -> Publish:
    """A message of the gateway."""
    topic = f"spBv1.0/north/{verb}/{street.ONE}" + (f"/{device}" if device else "")
    return Publish(topic, payload.SerializeToString(), 0, False)


def numbered(seq: int) -> pb.Payload:
    """A payload of nothing but its place."""
    return pb.Payload(timestamp=START_MS, seq=seq)


def goodbye() -> Other:
    """DISCONNECT."""
    return Other(Kind.DISCONNECT)


def good(
    check: Callable[..., Looks], seen: Evidence, role: Role = Role.EDGE, *words: str
) -> list[bool]:
    """What a check saw, look by look."""
    looks = check(seen.by(role), *words)
    return [look.good for look in looks]


def all_shown(verdicts: list[Verdict], file: str) -> None:
    """Every assertion that a file judges had its occasions, and passed or is left free."""
    mine = [one for one in verdicts if one.assertion.check.startswith(f"{file}:")]
    assert mine
    fine = {Outcome.PASS, Outcome.RECORDED}
    wrong = [(one.assertion.id, one.outcome, one.bad) for one in mine if one.outcome not in fine]
    assert not wrong, wrong
