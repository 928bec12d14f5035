"""The gateway agent without a socket, a port, a disk of its own or a clock.

Bytes and messages go in, each with the moment it came; records go to the spool; what is due on
the uplink comes out of ``uplink.next``. The shells around it only carry.
"""

from collections import Counter
from collections.abc import Callable
from typing import Final

from edge.access_point_message import MessageReader, Reason
from edge.alias_table import AliasTable
from edge.collector import NODE, Collector
from edge.configuration import GatewayConfiguration
from edge.life import Beat, Life
from edge.serial_links import SerialLinks
from edge.serial_status import LINK_METRICS
from edge.spool import Spool
from edge.time_keeper import TimeKeeper
from edge.uplink_session import Phase, UplinkSession
from edge.vitals import Vitals, full, heartbeat, node_metrics
from firmware_bridge.board_line import Shell
from firmware_bridge.events import GiveUp, LinkChange, Sample
from firmware_bridge.line import Said, Sensor
from firmware_bridge.modbus import Codec
from vocabulary.delivery import RecordClass
from vocabulary.moment import Moment
from vocabulary.payload import Value
from vocabulary.units import NS_PER_S

BEAT_METRICS: Final = ("wifi/ok", "wifi/seq")


class Agent:
    """One gateway: what it reads, what it keeps, what it says."""

    def __init__(
        self,
        configuration: GatewayConfiguration,
        *,
        spool: Spool,
        aliases: AliasTable,
        now: Moment,
        vitals: Callable[[], Vitals] = Vitals,
        keeper: TimeKeeper | None = None,
        codec: Codec | None = None,
        shell: Shell | None = None,
    ) -> None:
        """``codec`` makes and reads Modbus frames, ``shell`` keeps what boards of ours say.

        Each is needed if there is such a sensor.
        """
        self.configuration, self.spool = configuration, spool
        self.counts: Counter[str] = Counter()
        self._vitals, self._started_ns = vitals, now.mono_ns
        self._keeper = keeper
        self._aliases, self._collector = aliases, Collector(spool, aliases)
        beat = configuration.beat
        self._heartbeat_ns = round(beat.gateway_s * NS_PER_S)
        self._vitals_ns = round(beat.vitals_s * NS_PER_S)
        self._heartbeat_due_ns = self._vitals_due_ns = now.mono_ns
        self._readers: dict[str, MessageReader] = {}
        self._lives: dict[str, Life] = {}
        for source in configuration.source:
            reader = self._readers[source.topic] = MessageReader(source)
            self._collector.expect(source.ap_id, BEAT_METRICS, now.wall_ms)
            self._collector.expect(source.ap_id, reader.metric_names, now.wall_ms)
            if source.ap_id not in self._lives:
                self._lives[source.ap_id] = Life(
                    source.ap_id,
                    beat_s=beat.access_point_s,
                    margin_s=beat.margin_s,
                    mono_ns=now.mono_ns,
                )
        self.serial = SerialLinks(configuration.serial, now.mono_ns, codec, shell)
        for sensor_id, sensor in self.serial.sensors.items():
            self._collector.expect(sensor_id, sensor.metric_names, now.wall_ms)
            self._collector.expect(sensor_id, LINK_METRICS, now.wall_ms)
        self._collector.expect(NODE, node_metrics(), now.wall_ms)
        self.uplink = UplinkSession(
            configuration,
            spool=spool,
            aliases=aliases,
            collector=self._collector,
            keeper=keeper,
        )

    @property
    def readings(self) -> int:
        """Values put into the spool since start."""
        return self._collector.readings

    @property
    def out_of_range(self) -> int:
        """Values refused because nothing real has them."""
        return self._collector.out_of_range

    @property
    def local_filters(self) -> list[str]:
        """Topics of the local broker that sources are read from."""
        return sorted(self._readers)

    @property
    def sensors(self) -> dict[str, Sensor]:
        """Sensor id -> what reads it, for its counters."""
        return self.serial.sensors

    def _all_vitals(self, now: Moment, *, connected: bool) -> list[tuple[str, Value]]:
        beat = heartbeat(started_ns=self._started_ns, now=now, connected=connected)
        return beat + full(self._vitals(), self.spool, now)

    def local_message(self, topic: str, payload: bytes, now: Moment, *, retained: bool) -> None:
        """An access point's message came on the local broker."""
        reader = self._readers.get(topic)
        if reader is None:
            self.counts["ap_topic_unknown"] += 1
            return
        if retained:  # it may be a year old: neither a reading nor a sign of life
            self.counts[Reason.RETAINED] += 1
            return
        taken = reader.read(payload, now.wall_ms)
        self.counts.update(taken.refused)
        if not taken.values:
            return
        ap_id = reader.source.ap_id
        beat = self._lives[ap_id].heard(now.mono_ns)
        values = [*(self._beat_values(beat) if beat else ()), *taken.values]
        self._collector.add(ap_id, values, now, klass=RecordClass.CHECK, ts_ms=taken.ts_ms)

    @staticmethod
    def _beat_values(beat: Beat) -> list[tuple[str, Value]]:
        return list(zip(BEAT_METRICS, (beat.ok, beat.seq), strict=True))

    def serial_bytes(self, sensor_id: str, data: bytes, mono_ns: int, now: Moment) -> None:
        """Bytes came from the port of a sensor; ``mono_ns`` is when they were read."""
        port = self.serial.port_of(sensor_id)
        self._heard(self.serial.receive(port, data, mono_ns), now)

    def _heard(self, said: list[Said], now: Moment) -> None:
        for sensor_id, event in said:
            if isinstance(event, Sample):
                self.serial.believed(sensor_id, dict(event.values), event.mono_ns)
                self._collector.add(
                    sensor_id, event.values, now, klass=RecordClass.SENSOR, mono_ns=event.mono_ns
                )
            elif not isinstance(event, LinkChange | GiveUp):  # states are no refusals
                self.counts[f"serial_{event.reason}"] += 1

    def tick(self, now: Moment) -> None:
        """Do what fell due: beats, heartbeat, spool."""
        for life in self._lives.values():
            while (beat := life.tick(now.mono_ns)) is not None:
                self._collector.add(
                    beat.ap_id,
                    self._beat_values(beat),
                    now,
                    klass=RecordClass.CHECK,
                    mono_ns=beat.due_mono_ns,
                )
        self._heard(self.serial.tick(now.mono_ns), now)
        if now.mono_ns >= self._heartbeat_due_ns:
            self._say(now)
        self._settle()
        self.spool.tick(now)
        if self._keeper is not None:
            self._keeper.follow(self.spool.epoch, self.spool.boot)

    def _settle(self) -> None:
        """Before the spool heals: what its records refer to must be on the card first."""
        if self._aliases.unsettled_rows:
            self._aliases.settle()
        if self._keeper is not None:
            self._keeper.settle()

    def close(self, now: Moment) -> None:
        """Stop in order: everything durable, and marked so. The agent is not used after this."""
        self._settle()
        self.spool.close(now)

    def _say(self, now: Moment) -> None:
        connected = self.uplink.phase is not Phase.DOWN
        values = heartbeat(started_ns=self._started_ns, now=now, connected=connected)
        if now.mono_ns >= self._vitals_due_ns:
            values = self._all_vitals(now, connected=connected)
            self._vitals_due_ns = now.mono_ns + self._vitals_ns
            self._say_links(now)
        self._collector.add(NODE, values, now, klass=RecordClass.CHECK)
        late_ns = now.mono_ns - self._heartbeat_due_ns
        skipped = late_ns // self._heartbeat_ns + 1  # after a pause: one beat, then the rhythm
        self._heartbeat_due_ns += skipped * self._heartbeat_ns

    def _say_links(self, now: Moment) -> None:
        """How each sensor's line fares, once it has been open."""
        for one in self.serial.status(now.mono_ns):
            if self.serial.links[one.port].is_open or one.counters["bytes_received"]:
                self._collector.add(one.sensor_id, one.link_values, now, klass=RecordClass.DETAIL)

    def deadline_ns(self, now: Moment) -> int:
        """When ``tick`` must be called at the latest, monotonic."""
        due = [self._heartbeat_due_ns]
        due.extend(life.deadline_ns for life in self._lives.values())
        due.extend(self.serial.deadlines_ns)
        spool_ns = self.spool.next_deadline_ns(now)
        if spool_ns is not None:
            due.append(spool_ns)
        return min(due)
