"""The drive: our gateways and our hosts through every case, in one afternoon of theirs.

Each case says what it brings about and waits until it has passed by; nobody is judged here.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Final

from edge.mqtt_link import Connect
from simulators.conformance import host_belief
from simulators.conformance.actors import compile_kernels
from simulators.conformance.evidence import Sent, Session, state
from simulators.conformance.mqtt_packets import Kind, Packet, Publish
from simulators.conformance.specimen import Specimen, device_command
from simulators.conformance.stage import Recording, Stage, open_stage, wall_ns
from simulators.conformance.street_under_test import (
    CONSOLE,
    FOREIGN,
    HOST_ID,
    ONE,
    REORDER_S,
    THREE,
    TWO,
    WATCHER,
    local_topic,
)
from vocabulary import delivery, topics
from vocabulary.topics import StateTopic, Verb
from vocabulary.units import NS_PER_MS, NS_PER_S

BURST: Final = 300
"""More than one turn of ``seq``."""
GATE: Final = "gate_on_host = true\ngate_wait_s = 600.0"
STATE: Final = topics.render(StateTopic(HOST_ID))
OLD_MS: Final = 1_000
STORED_S: Final = 5.0


def _now_ms() -> int:
    return wall_ns() // NS_PER_MS


def _status(clients: int) -> bytes:
    return json.dumps({"stations": [{}] * (clients % 8), "rx": clients * 1_000}).encode()


def _is(verb: Verb, gateway: str) -> "_Is":
    return _Is(verb, gateway)


class _Is:
    """Whether a client's packet is a message of a kind."""

    def __init__(self, verb: Verb, gateway: str) -> None:
        self._verb, self._gateway = verb, gateway

    def __call__(self, client_id: str, packet: Packet) -> bool:
        wanted = f"/{self._verb}/"
        return client_id == self._gateway and isinstance(packet, Publish) and wanted in packet.topic


def _count(stage: Stage, gateway: str, verb: Verb, broker: str = "") -> int:
    return sum(len(one.of(verb)) for one in stage.sessions(gateway, broker))


def _commands(stage: Stage, gateway: str, *, rebirth: bool) -> list[Sent]:
    """What the host has said to a gateway: rebirth requests, or all else, which are commits."""
    return [
        one
        for session in stage.sessions(HOST_ID)
        for one in session.of(Verb.NCMD)
        if one.packet.topic.endswith(f"/{gateway}")
        and (one.metric(delivery.REBIRTH) is not None) is rebirth
    ]


def _online(session: Session) -> bool:
    return any((words := state(one.packet.payload)) and words.online for one in session.states)


async def births(stage: Stage, gateway: str, count: int, broker: str = "") -> None:
    """Wait for the node's birth and those of its two devices, ``count`` times in all."""
    await stage.log.until(
        f"birth {count} of {gateway} with its devices",
        lambda: (
            _count(stage, gateway, Verb.NBIRTH, broker) >= count
            and _count(stage, gateway, Verb.DBIRTH, broker) >= 2 * count
        ),
    )


async def local(stage: Stage, gateway: str, count: int) -> None:
    """The access point speaks ``count`` times, and the gateway passes each on."""
    before = _count(stage, gateway, Verb.DDATA)
    actor = stage.gateways[gateway]
    await stage.log.until("the local broker", lambda: actor.said("local_broker_up"))
    async with stage.client(f"{gateway}-mouth") as mouth:
        for number in range(count):
            await mouth.say(local_topic(gateway), _status(number), qos=1)
    await stage.log.until(
        f"{count} readings of {gateway}",
        lambda: _count(stage, gateway, Verb.DDATA) >= before + count,
    )


async def waiting_for_the_host(stage: Stage) -> None:
    """A gateway with a primary host says nothing, whatever other hosts say."""
    stage.gateway(TWO, GATE, both=True).start()
    await stage.log.until(
        "the subscriptions of the gated gateway",
        lambda: any(one.first(Kind.SUBACK, from_client=False) for one in stage.sessions(TWO)),
    )
    async with stage.client("another-host") as another:
        words = json.dumps({"online": True, "timestamp": _now_ms()}).encode()
        await another.say(topics.render(StateTopic("another-host")), words, qos=1, retain=True)
    silent = not any(one.sent for one in stage.sessions(TWO))
    stage.fact("births_wait", silent, "the gated gateway, before its host was there")


async def host_comes(stage: Stage) -> None:
    """The host's births, and those of the gateway that waited for it."""
    stage.host("A").start()
    await stage.log.until(
        "the host's STATE", lambda: any(_online(one) for one in stage.sessions(HOST_ID, "A"))
    )
    await births(stage, TWO, 1, "A")


async def life(stage: Stage) -> None:
    """Births, data of the node and of a device, ``seq`` round once and more."""
    stage.gateway(ONE).start()
    await births(stage, ONE, 1)
    await local(stage, ONE, BURST)
    await stage.until_beats(ONE, 2)


async def committed(stage: Stage) -> None:
    """The host answers a birth, and tells what it has stored."""
    await stage.log.until(
        "a commit above 0",
        lambda: any(one.metrics[-1].long_value > 0 for one in _commands(stage, ONE, rebirth=False)),
    )
    gateway = stage.gateways[ONE].process
    assert gateway is not None
    await stage.log.until("the gateway believing it", lambda: gateway.agent.spool.committed > 0)


async def overtaken(stage: Stage) -> None:
    """A message is overtaken on its way: the host waits, and asks for nothing."""
    host = stage.host("A").process
    asked = len(_commands(stage, ONE, rebirth=True))
    stage.proxies[0].hold_next(_is(Verb.DDATA, ONE))
    await local(stage, ONE, 2)
    await stage.log.until(
        "the host noticing the order",
        lambda: host_belief.count(host, ONE, "seq_reordered") >= 1,
    )
    await stage.until_beats(ONE, 6)  # longer than the reorder time
    calm = len(_commands(stage, ONE, rebirth=True)) == asked
    stage.fact("reorder_success", calm, "one message overtaken, no rebirth asked for")


async def lost_on_the_way(stage: Stage) -> None:
    """A message never arrives: the host waits its reorder time, then asks; the node obeys."""
    asked = len(_commands(stage, ONE, rebirth=True))
    born = _count(stage, ONE, Verb.NBIRTH)
    stage.proxies[0].drop_next(_is(Verb.DDATA, ONE))
    lost_ns = wall_ns()
    await local(stage, ONE, 2)
    await stage.log.until(
        "a rebirth request", lambda: len(_commands(stage, ONE, rebirth=True)) > asked
    )
    request = _commands(stage, ONE, rebirth=True)[-1]
    waited_s = (request.entry.wall_ns - lost_ns) / NS_PER_S
    detail = f"asked {waited_s:.2f} s after the gap, told to wait {REORDER_S} s"
    stage.fact("reorder_start", waited_s >= REORDER_S, detail)
    stage.fact("reorder_rebirth", True, detail)
    stage.fact("reorder_setting", waited_s < STORED_S, detail)  # 5 s is what it does untold
    await births(stage, ONE, born + 1)
    await local(stage, ONE, 5)


async def an_access_point_falls_silent(stage: Stage) -> None:
    """Nothing from the access point for several of its intervals."""
    await stage.until_beats(ONE, 6)


async def cable_cut(stage: Stage) -> None:
    """The line is torn: the broker speaks the will, and the next session begins."""
    sessions = len(stage.sessions(ONE))
    stage.proxies[0].cut(ONE)
    await stage.log.until(
        "the will",
        lambda: any(
            one.verb is Verb.NDEATH and one.packet.topic.endswith(ONE)
            for session in stage.sessions(WATCHER)
            for one in session.heard
        ),
    )
    await stage.log.until("the next session", lambda: len(stage.sessions(ONE)) > sessions)
    await local(stage, ONE, 3)


async def clean_stop_and_next_life(stage: Stage) -> None:
    """A farewell, and a second process on the same card."""
    devices, dying_ns = len(host_belief.of(stage.host("A").process, ONE).devices), wall_ns()
    await stage.gateways[ONE].stop()
    await _believed_dead(stage, ONE, dying_ns, devices)
    stage.gateways[ONE].start()
    await births(stage, ONE, _count(stage, ONE, Verb.NBIRTH) + 1)


async def _believed_dead(stage: Stage, gateway: str, dying_ns: int, devices: int) -> None:
    """Wait until the host takes a node for gone and its values for stale, and write it down."""
    host = stage.host("A").process
    await stage.log.until(
        f"the host's belief that {gateway} is gone",
        lambda: not host_belief.of(host, gateway).online,
    )
    after = host_belief.of(host, gateway)
    detail = f"{gateway}: {devices} devices before, {sorted(after.devices)} after"
    stage.fact("ndeath_node_offline", not after.online, detail)
    stage.fact("ndeath_devices_offline", devices > 0 and not after.devices, detail)
    await stage.log.until(
        f"the screens withdrawing what {gateway} said",
        lambda: (
            (belief := host_belief.of(host, gateway)).stale_ns is not None
            and None not in belief.devices_stale_ns
        ),
    )
    belief = host_belief.of(host, gateway)
    detail = f"{gateway}: {belief.stale_ns}, {belief.devices_stale_ns}, dying since {dying_ns}"
    timely = belief.stale_ns is not None and dying_ns <= belief.stale_ns <= wall_ns()
    stage.fact("ndeath_node_stale", timely, detail)
    if belief.devices_stale_ns:
        stage.fact("ndeath_devices_stale", all(belief.devices_stale_ns), detail)


async def foreign_node(stage: Stage) -> None:
    """The specimen: births with everything, data, a device's death, commands, deaths."""
    host = stage.host("A").process
    node = Specimen(bd_seq=7)
    hears = (node.topic(Verb.NCMD), node.topic(Verb.DCMD))
    async with stage.client(FOREIGN, will=node.death(_now_ms()), hears=hears) as client:
        await client.say_all(node.births(_now_ms()))
        await client.say_all([node.device_data(_now_ms()), node.node_data(_now_ms())])
        await stage.log.until(
            "the host's belief in the foreign node",
            lambda: bool(host_belief.of(host, FOREIGN).devices),
        )
        async with stage.client(CONSOLE) as console:
            await console.say(*device_command(_now_ms()))
        await client.say_all([node.device_data(_now_ms(), one) for one in range(260)])
        await client.say(*node.device_death(_now_ms()))
        async with stage.client("grave") as grave:
            await grave.say(*node.death(_now_ms(), bd_seq=6), qos=1)
        await stage.log.until(
            "a death of another session",
            lambda: host_belief.count(host, FOREIGN, "death_of_another_session") == 1,
        )
        online = host_belief.of(host, FOREIGN).online
        stage.fact("ndeath_of_another_session", online, "bdSeq 6 while 7 lives")
        devices, dying_ns = len(host_belief.of(host, FOREIGN).devices), wall_ns()
        stage.proxies[0].cut(FOREIGN)
        await _believed_dead(stage, FOREIGN, dying_ns, devices)


async def an_old_word_of_the_host(stage: Stage) -> None:
    """An old will of the host is spoken late: it contradicts, and nobody leaves for it."""
    said = sum(len(one.states) for one in stage.sessions(HOST_ID, "A"))
    async with stage.client("grave") as grave:
        words = json.dumps({"online": False, "timestamp": OLD_MS}).encode()
        await grave.say(STATE, words, qos=1, retain=True)
    await stage.log.until(
        "the host's contradiction",
        lambda: sum(len(one.states) for one in stage.sessions(HOST_ID, "A")) > said,
    )
    await stage.until_beats(TWO, 2)
    stays = all(one.disconnect is None for one in stage.sessions(TWO))
    stage.fact("old_offline_ignored", stays, f"offline of {OLD_MS} ms after a newer online")


async def host_torn_away(stage: Stage) -> None:
    """The host's line is torn: its will, its return; who waits for it goes to the next broker."""
    stage.host("B").start()
    await stage.log.until(
        "the host at B", lambda: any(_online(one) for one in stage.sessions(HOST_ID, "B"))
    )
    sessions = len(stage.sessions(HOST_ID, "A"))
    stage.proxies[0].cut(HOST_ID)
    await births(stage, TWO, 1, "B")
    await stage.log.until(
        "the host's return",
        lambda: (
            len(stage.sessions(HOST_ID, "A")) > sessions
            and _online(stage.sessions(HOST_ID, "A")[-1])
        ),
    )


async def host_says_goodbye(stage: Stage) -> None:
    """A host ends cleanly: a last word, and its gateway leaves it."""
    await stage.until_beats(TWO, 1)
    born = _count(stage, TWO, Verb.NBIRTH, "A")
    await stage.host("B").stop()
    await births(stage, TWO, born + 1, "A")


async def mqtt_5(stage: Stage) -> None:
    """A gateway that speaks MQTT 5: two lives, a cut and a goodbye."""
    stage.gateway(THREE, 'mqtt = "5"').start()
    await births(stage, THREE, 1)
    await local(stage, THREE, 3)
    stage.proxies[0].cut(THREE)
    await births(stage, THREE, 2)
    await stage.gateways[THREE].stop()


async def everybody_leaves(stage: Stage) -> None:
    """Clean ends."""
    for name in (ONE, TWO):
        await stage.gateways[name].stop()
    await stage.host("A").stop()


async def drive(directory: Path) -> Recording:
    """All cases, in their order."""
    compile_kernels()
    async with open_stage(directory) as stage:
        async with stage.client(WATCHER, hears=("spBv1.0/#",)):
            await waiting_for_the_host(stage)
            await host_comes(stage)
            await life(stage)
            await committed(stage)
            await overtaken(stage)
            await lost_on_the_way(stage)
            await an_access_point_falls_silent(stage)
            await cable_cut(stage)
            await foreign_node(stage)
            await clean_stop_and_next_life(stage)
            await an_old_word_of_the_host(stage)
            await host_torn_away(stage)
            await mqtt_5(stage)
            async with stage.client("late-watcher", hears=("spBv1.0/#",)):
                await host_says_goodbye(stage)
            await everybody_leaves(stage)
        return Recording(stage.log, stage.facts)


async def one_life(directory: Path, uplink: Callable[[str], Connect] | None = None) -> Recording:
    """A gateway alone, for a moment: what a planted fault needs to show itself.

    ``uplink`` makes what stands in for its connections to the broker at an address.
    """
    async with open_stage(directory, brokers=1) as stage:
        async with stage.client(WATCHER, hears=("spBv1.0/#",)):
            stage.gateway(ONE).start(uplink(stage.proxies[0].url) if uplink else None)
            await births(stage, ONE, 1)
            await local(stage, ONE, 3)
            stage.proxies[0].cut(ONE)
            await births(stage, ONE, 2)
            await stage.gateways[ONE].stop()
        return Recording(stage.log, stage.facts)
