"""Actors: a gateway over two lives on one card, and a host whose fault is not hidden."""

import asyncio
from pathlib import Path

import pytest

from simulators.conformance import street_under_test as street
from simulators.conformance.actors import GatewayActor, HostActor, SyncedClock
from simulators.servers import LOOPBACK, free_port
from vocabulary.delivery import TimeQuality

NOWHERE = f"mqtt://{LOOPBACK}:{free_port()}"


def test_the_clock_is_trusted() -> None:
    assert SyncedClock().now().quality is TimeQuality.SYNCED


async def test_a_card_outlives_its_gateway(tmp_path: Path) -> None:
    told = asyncio.Event()
    made = street.gateway(street.ONE, brokers=(NOWHERE,), local=NOWHERE, directory=tmp_path)
    actor = GatewayActor(made, told.set, seed=1)
    epochs = []
    for _life in range(2):
        actor.start()
        assert actor.process is not None
        epochs.append(actor.process.agent.spool.epoch)
        await told.wait()
        await actor.stop()
    assert actor.said("gateway_started")
    assert epochs[0] == epochs[1]
    await actor.stop()  # once more is harmless


async def test_a_hosts_own_fault_is_raised_by_whoever_stops_it(tmp_path: Path) -> None:
    actor = HostActor(street.host(NOWHERE, mqtt="3.1.1"), tmp_path, lambda: None)

    def run() -> None:
        raise ValueError(NOWHERE)

    actor.process.run = run  # type: ignore[method-assign]
    actor.start()
    with pytest.raises(ValueError, match=LOOPBACK):
        await actor.stop()
