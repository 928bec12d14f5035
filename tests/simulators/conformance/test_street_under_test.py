"""The street: everybody in it is in the inventory, and told the truth."""

from pathlib import Path

from simulators.conformance import street_under_test as street
from simulators.conformance.evidence import Role


def test_everybody_is_known(tmp_path: Path) -> None:
    gateways = {one.gateway_id for one in street.INVENTORY.gateway}
    edges = {name for name, role in street.ROLES.items() if role in (Role.EDGE, Role.SPECIMEN_EDGE)}
    assert gateways == edges
    made = street.gateway(
        street.TWO,
        brokers=("mqtt://127.0.0.1:1", "mqtt://127.0.0.1:2"),
        local="mqtt://127.0.0.1:3",
        directory=tmp_path,
        uplink="gate_on_host = true",
    )
    assert made.uplink.more_brokers == ("mqtt://127.0.0.1:2",)
    assert made.uplink.gate_on_host
    assert made.uplink.host_id == street.host("mqtt://127.0.0.1:1", mqtt="5").host_id
    assert made.source[0].topic == street.local_topic(street.TWO)
