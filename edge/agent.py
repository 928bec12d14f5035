"""The gateway agent without a socket, a port, a disk of its own or a clock.

Bytes and messages go in, each with the moment it came; records go to the spool; what is due on
the uplink comes out of ``uplink.next``. The shells around it only carry.
"""

from collections import Counter
from collections.abc import Callable
from typing import Final

from edge.alias_table import AliasTable
from edge.check_desk import NAMES as CHECK_NAMES
from edge.check_desk import CheckDesk
from edge.collector import NODE, Collector
from edge.configuration import GatewayConfiguration
from edge.life import Beat, Life
from edge.local_sources import LocalSources
from edge.presence import Presence
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
        boards: Shell | None = None,
    ) -> None:
        """``codec`` makes and reads Modbus frames, ``boards`` keeps what boards of ours say.

        Each is needed if there is such a sensor.
        """
        self.configuration, self.spool = configuration, spool
        self.sources = LocalSources(configuration.source, configuration.local.watch)
        self.counts: Counter[str] = self.sources.counts
        self._vitals, self._started_ns = vitals, now.mono_ns
        self._keeper = keeper
        self._aliases, self._collector = aliases, Collector(spool, aliases)
        beat = configuration.beat
        self._heartbeat_ns = round(beat.gateway_s * NS_PER_S)
        self._vitals_ns = round(beat.vitals_s * NS_PER_S)
        self._heartbeat_due_ns = self._vitals_due_ns = now.mono_ns
        self._lives: dict[str, Life] = {}
        sources, serials = configuration.source, configuration.serial
        self._presence = Presence(
            [*(one.ap_id for one in sources), *(one.sensor_id for one in serials)]
        )
        addresses = {one.sensor_id: "" for one in serials}
        for source in sources:
            addresses[source.ap_id] = source.address or addresses.get(source.ap_id, "")
        self.checks = CheckDesk(addresses, node=NODE)
        for reader in self.sources:
            source = reader.source
            self._collector.expect(source.ap_id, BEAT_METRICS, now.wall_ms)
            self._collector.expect(source.ap_id, reader.metric_names, now.wall_ms)
            if source.ap_id not in self._lives:
                self._lives[source.ap_id] = Life(
                    source.ap_id,
                    beat_s=beat.access_point_s,
                    margin_s=beat.margin_s,
                    mono_ns=now.mono_ns,
                    max_age_s=_max_age_s(configuration, source.ap_id),
                )
            if source.address:
                self._collector.expect(source.ap_id, CHECK_NAMES, now.wall_ms)
        self.serial = SerialLinks(configuration.serial, now.mono_ns, codec, boards)
        for sensor_id, sensor in self.serial.sensors.items():
            self._collector.expect(sensor_id, sensor.metric_names, now.wall_ms)
            self._collector.expect(sensor_id, LINK_METRICS, now.wall_ms)
        self._collector.expect(NODE, node_metrics(), now.wall_ms)
        self.uplink = UplinkSession(
            configuration,
            spool=spool,
            aliases=aliases,
            collector=self._collector,
            presence=self._presence,
            checks=self.checks,
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
        return self.sources.filters

    @property
    def sensors(self) -> dict[str, Sensor]:
        """Sensor id -> what reads it, for its counters."""
        return self.serial.sensors

    def _all_vitals(self, now: Moment, *, connected: bool) -> list[tuple[str, Value]]:
        beat = heartbeat(started_ns=self._started_ns, now=now, connected=connected)
        return beat + full(self._vitals(), self.spool, now)

    def local_message(self, topic: str, payload: bytes, now: Moment, *, retained: bool) -> None:
        """An access point's message came on the local broker."""
        for ap_id, taken in self.sources.receive(topic, payload, now, retained=retained):
            self._presence.back(ap_id)
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
                self._presence.back(sensor_id)
                self.serial.believed(sensor_id, dict(event.values), event.mono_ns)
                self._collector.add(
                    sensor_id, event.values, now, klass=RecordClass.SENSOR, mono_ns=event.mono_ns
                )
            elif not isinstance(event, LinkChange | GiveUp):  # states are no refusals
                self.counts[f"serial_{event.reason}"] += 1

    def port_closed(self, port: str, why: str) -> None:
        """Closed or unplugged: what half came is cut off, and whoever lives on it has left."""
        self.serial.closed(port, why)
        for row in self.configuration.serial:
            if row.port == port and self._presence.left(row.sensor_id):
                self.counts["device_left"] += 1

    def checked(self, device: str, values: list[tuple[str, Value]], now: Moment) -> None:
        """A check that was asked for is done; of the gateway itself everything is said."""
        if device == NODE:
            values = self._all_vitals(now, connected=self.uplink.phase is not Phase.DOWN)
        self.counts["check_done"] += 1
        if values:
            self._collector.add(device, values, now, klass=RecordClass.CHECK)

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
            if life.has_left and self._presence.left(life.ap_id):
                self.counts["device_left"] += 1
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


def _max_age_s(configuration: GatewayConfiguration, ap_id: str) -> float | None:
    """After which silence an access point has left; of several sources the most patient says."""
    ages = [one.max_age_s for one in configuration.source if one.ap_id == ap_id]
    return max((age for age in ages if age is not None), default=None)
