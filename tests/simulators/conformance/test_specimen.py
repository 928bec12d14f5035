"""The specimen's messages: read back, each in its place."""

from simulators.conformance.evidence import read
from simulators.conformance.specimen import Specimen, device_command

NOW_MS = 1_800_000_000_000


def test_its_messages_are_numbered() -> None:
    node = Specimen(bd_seq=7)
    messages = [*node.births(NOW_MS), node.device_data(NOW_MS), node.node_data(NOW_MS)]
    messages.append(node.device_death(NOW_MS))
    bodies = [read(payload) for _topic, payload in messages]
    assert [body.seq for body in bodies if body is not None] == [0, 1, 2, 3, 4]
    topic, payload = node.death(NOW_MS)
    death = read(payload)
    assert death is not None
    assert topic.endswith("/NDEATH/foreign-one")
    assert [one.long_value for one in death.metrics] == [7]
    other = read(node.death(NOW_MS, bd_seq=6)[1])
    assert other is not None
    assert other.metrics[0].long_value == 6


def test_a_device_is_commanded_by_alias() -> None:
    topic, payload = device_command(NOW_MS)
    assert topic == "spBv1.0/north/DCMD/foreign-one/foreign-one-ap"
    body = read(payload)
    assert body is not None
    assert [(one.name, one.alias) for one in body.metrics] == [("", 5)]
