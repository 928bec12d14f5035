"""One gateway under test: the real agent on a simulated disk, a line that may lose messages, and
the reference host at its end. Time moves only when a test says so.
"""

import random
from functools import partial

from edge import configuration
from edge.agent import Agent
from edge.alias_table import AliasTable
from edge.configuration import GatewayConfiguration
from edge.modbus_codec import PymodbusCodec
from edge.serial_configuration import needs_modbus
from edge.sparkplug_node import Outgoing
from edge.spool import BootInfo, Spool, SpoolLimits
from edge.spool_record import Record
from firmware_bridge.board_line import Shell
from simulators.clock import EPOCH_NS
from simulators.disk import SimulatedDisk
from tests.edge.reference_host import Heard, ReferenceHost, commit
from vocabulary import topics
from vocabulary.moment import Moment
from vocabulary.topics import StateTopic, Verb
from vocabulary.units import MS_PER_S, NS_PER_MS, NS_PER_S

START = Moment(1_000 * NS_PER_S, EPOCH_NS)
AP = "ap-one"
AP_TOPIC = "ap/ap-one/status"
STATE_TOPIC = topics.render(StateTopic("host1"))
LIVE_NS = 20 * NS_PER_S


def settings(uplink: str = "", rest: str = "") -> GatewayConfiguration:
    """A gateway with one access point and one sensor; ``uplink`` and ``rest`` are further TOML."""
    text = f"""
        gateway_id = "gw-one"
        district = "north"
        [uplink]
        broker = "mqtt://127.0.0.1:1883"
        {uplink}
        [metrics_page]
        port = 0
        [[source]]
        ap_id = "{AP}"
        topic = "{AP_TOPIC}"
        metrics = [
          {{ name = "wifi/clients", path = "length(stations)" }},
          {{ name = "wifi/rx_bytes", path = "radio.rx" }},
        ]
        [[serial]]
        sensor_id = "air-one"
        port = "/dev/air-one"
        {rest}
    """
    return configuration.parse(text, file="test.toml")


def board_shell(seed: int = 1) -> Shell:
    """For boards of ours: numbers from a seed, a memory that ends with the test."""
    known: dict[int, bytes] = {}
    return Shell(partial(random.Random(seed).getrandbits, 32), known, known.__setitem__)


def state(*, online: bool, timestamp_ms: int = 1) -> bytes:
    """What a host says of itself."""
    return f'{{"online":{str(online).lower()},"timestamp":{timestamp_ms}}}'.encode()


class OneGateway:
    """The agent, its card and its line."""

    def __init__(
        self,
        made: GatewayConfiguration | None = None,
        *,
        disk: SimulatedDisk | None = None,
        limits: SpoolLimits | None = None,
        seed: int = 1,
    ) -> None:
        self.configuration = made or settings()
        self.disk = disk or SimulatedDisk(seed=seed)
        self.host = ReferenceHost()
        self.now = START
        self.loss = 0.0
        """Share of the data that vanishes on the way."""
        self._lossy = False
        self.connected = False
        self.will: Outgoing | None = None
        self.generated: dict[tuple[int, int], Record] = {}
        """Every record that was ever put into the spool."""
        self._limits = limits
        self._kernel_boots = 1
        self._rng = random.Random(seed)
        self._sent: set[tuple[int, int]] = set()
        self._connected_ns = 0
        self.agent = self._booted()

    def _booted(self) -> Agent:
        spool = Spool.open(
            self.disk,
            limits=self._limits,
            boot=BootInfo(f"kernel-{self._kernel_boots}", "board"),
            now=self.now,
        )
        aliases = AliasTable.open(self.disk, spool.epoch)
        return Agent(
            self.configuration,
            spool=spool,
            aliases=aliases,
            now=self.now,
            codec=PymodbusCodec() if needs_modbus(self.configuration.serial) else None,
            boards=board_shell(),
        )

    def _learn(self) -> None:
        epoch, offset = self.spool.epoch, self.spool.next_offset - 1
        while isinstance(found := self.spool.read(offset), Record):
            if self.generated.setdefault((epoch, offset), found) is not found:
                return
            offset -= 1

    @property
    def spool(self) -> Spool:
        """Where its records are."""
        return self.agent.spool

    # What happens to it

    def restart(self) -> None:
        """SIGKILL and start: what was written stays, the will is spoken."""
        self.cut()
        self.agent = self._booted()

    def power_cut(self) -> None:
        """The board goes dark; the card loses what it had not synced."""
        self.cut()
        self.disk.crash()
        self._kernel_boots += 1
        self.now = Moment(NS_PER_S, self.now.wall_ns + NS_PER_S)
        self.agent = self._booted()

    def read(self, clients: int) -> None:
        """The access point says how many clients it has."""
        stations = ",".join("{}" for _ in range(clients))
        body = f'{{"stations":[{stations}],"radio":{{"rx":{clients * 1_000}}}}}'.encode()
        self.agent.local_message(AP_TOPIC, body, self.now, retained=False)
        self._learn()

    def wait(self, seconds: float, step_s: float = 1.0) -> None:
        """Time passes; on the way everything due is done and said."""
        end_ns = self.now.mono_ns + round(seconds * NS_PER_S)
        self.say()
        while self.now.mono_ns < end_ns:
            left_s = (end_ns - self.now.mono_ns) / NS_PER_S
            self.now = self.now.later(min(step_s, left_s))
            self.agent.tick(self.now)
            self._learn()
            self.say()

    def connect(self) -> list[Heard]:
        """The broker takes it; gives all it says at once."""
        assert not self.connected
        self.will = self.agent.uplink.will(self.now)
        self.connected, self._connected_ns = True, self.now.mono_ns
        self._sent.clear()
        self._lossy = False
        self.host.link_lost()
        self.agent.uplink.connected(self.now)
        return self.say()

    def cut(self) -> None:
        """The line is gone; the broker speaks the will."""
        if not self.connected:
            return
        self.connected = False
        assert self.will is not None
        self.host.hear(self.will.topic, self.will.payload)
        self.host.link_lost()
        self.agent.uplink.attempt_failed(socket_opened=True)
        self.agent.uplink.lost()

    def say(self) -> list[Heard]:
        """Send everything that may go now; gives what the host heard."""
        heard: list[Heard] = []
        if not self.connected:
            return heard
        uplink = self.agent.uplink
        self._lossy = self._lossy or self.loss > 0
        while (outgoing := uplink.next(self.now)) is not None:
            assert (outgoing.qos, outgoing.retain) == (0, False)
            if self._rng.random() >= self.loss or outgoing.offset is None:
                message = self.host.hear(outgoing.topic, outgoing.payload, lossy=self._lossy)
                heard.append(message)
                self._check_order(message)
            uplink.sent(outgoing)
        return heard

    def _check_order(self, message: Heard) -> None:
        """Nothing of the replay lane goes while something fresh waits."""
        if message.verb not in (Verb.NDATA, Verb.DDATA) or message.is_loss:
            return
        if message.device in self.host.buried:
            return  # whatever is fresh of it is history by now
        key = (message.number("Spool/Epoch"), message.offset)
        if not message.historical:
            self._sent.add(key)
            sent_ms = message.number("Time/Sent") - message.number("Time/Monotonic")
            assert 0 <= sent_ms <= 20 * MS_PER_S
        elif not self._lossy:
            self._nothing_fresh_waits()

    def _nothing_fresh_waits(self) -> None:
        offset = self.spool.next_offset - 1
        found = self.spool.read(offset)
        if isinstance(found, Record):
            fresh = self.now.mono_ns - found.mono_ns <= LIVE_NS
            of_session = found.mono_ns > self._connected_ns
            assert not (fresh and of_session) or (found.epoch, offset) in self._sent, found

    # What the host does

    def hear(self, body: bytes, topic: str | None = None) -> bool:
        """The gateway gets a message."""
        return self.agent.uplink.receive(topic or self.host.topic, body, self.now)

    def host_commits(self, below: int | None = None, epoch: int | None = None) -> bool:
        """The host says what it has; by default the truth."""
        epoch = self.host.epoch if epoch is None else epoch
        below = self.host.prefix(epoch) if below is None else below
        timestamp_ms = self.now.wall_ns // NS_PER_MS
        return self.hear(commit(epoch, below, timestamp_ms=timestamp_ms))

    def host_commits_all(self) -> None:
        """Every epoch the host has heard of."""
        for epoch in {*self.host.received, *self.host.lost, self.host.epoch}:
            self.host_commits(epoch=epoch)

    def host_state(self, *, online: bool, timestamp_ms: int = 1) -> None:
        """The host says whether it is there."""
        self.hear(state(online=online, timestamp_ms=timestamp_ms), STATE_TOPIC)

    def drain(self, seconds: float = 3_600, commit_s: float = 2.0) -> None:
        """Connected and answered until nothing is left that is older than a moment."""
        for _turn in range(round(seconds / commit_s)):
            self.wait(commit_s)
            self.host_commits_all()
            if self.spool.backlog_records == 0:
                return
        msg = f"still {self.spool.backlog_records} records after {seconds} s"
        raise AssertionError(msg)


def born(gateway: OneGateway) -> OneGateway:
    """Connected and answered for the first time."""
    gateway.connect()
    assert gateway.host_commits(0)
    return gateway
