"""Each access point speaks for itself: its topic, numbers in it, and not what was retained."""

from edge.access_point_walk import listen
from edge.configuration import parse
from simulators.servers import Mosquitto

TEXT = """\
gateway_id = "gw-1"
district = "north"
[uplink]
broker = "mqtt://127.0.0.1:1"
[local]
broker = "{url}"
[[source]]
ap_id = "ap-1"
topic = "ap/1"
metrics = [{{ name = "wifi/clients", path = "n" }}]
[[source]]
ap_id = "ap-2"
topic = "ap/2"
metrics = [{{ name = "wifi/clients", path = "n" }}]
"""


async def test_who_speaks_and_who_does_not(broker: Mosquitto) -> None:
    import aiomqtt  # noqa: PLC0415

    made = parse(TEXT.format(url=broker.url), file="t")
    async with aiomqtt.Client("127.0.0.1", broker.port) as ap:
        await ap.publish("ap/1", b'{"n": 3}', retain=True)
        one, two = await listen(made, seconds=0.3)
        assert (one.heard, two.heard) == (False, False), "what was retained proves no life"
        await ap.publish("ap/1", b"", retain=True)
    assert "silent for 0.3 s" in two.found


async def test_nobody_at_the_local_broker() -> None:
    made = parse(TEXT.format(url="mqtt://127.0.0.1:1"), file="t")
    one, _two = await listen(made, seconds=0.3)
    assert "the gateway's own broker mqtt://127.0.0.1:1" in one.found
