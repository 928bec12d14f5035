"""One run of the demo from options to summary, virtual or live."""

import secrets
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from edge.spool import Spool
from edge.spool_record import Record
from ingest.influx import InfluxSink
from ingest.influx_http import InfluxSettings
from ingest.influx_query import InfluxReader
from ingest.intake import Intake
from ingest.ledger_reader import LedgerReader
from ingest.line_file import LineFile
from ingest.sink import Sink
from processing.offsets import OffsetSet
from processing.settings import Settings
from processing.step import warm_up
from simulators import stored_readings
from simulators.clock import EPOCH_NS
from simulators.demo_options import DemoOptions
from simulators.demo_summary import Summary, compare
from simulators.neighbourhood import Neighbourhood, build
from simulators.world import World
from vocabulary import sparkplug_b_pb2 as pb
from vocabulary.units import NS_PER_MS

MINUTES_MIN: Final = 5.0
LEDGER_NAME: Final = "ledger.sqlite"
LINES_NAME: Final = "points.lp"


class Places(NamedTuple):
    """Where the results of one run go."""

    ledger: Path
    lines: Path
    sink: Sink
    influx: InfluxSettings | None

    def stored(self) -> int:
        """Distinct readings in the store."""
        if self.influx is None:
            return stored_readings.in_file(self.lines)
        reader = InfluxReader(self.influx)
        try:
            return stored_readings.in_influx(reader)
        finally:
            reader.close()


def places(options: DemoOptions) -> Places:
    """Open the sink of one run; a directory of its own unless ``--out`` names one."""
    out = options.out or Path(tempfile.mkdtemp(prefix="lamplighter-demo-"))
    out.mkdir(parents=True, exist_ok=True)
    for name in (LEDGER_NAME, f"{LEDGER_NAME}-wal", f"{LEDGER_NAME}-shm", LINES_NAME):
        (out / name).unlink(missing_ok=True)
    influx = None
    sink: Sink = LineFile(out / LINES_NAME)
    if options.influx:
        influx = InfluxSettings(options.influx, database=f"lamplighter_demo_{secrets.token_hex(4)}")
        sink = InfluxSink(influx)
    return Places(out / LEDGER_NAME, out / LINES_NAME, sink, influx)


class Counts(NamedTuple):
    """What a run says of itself before the stores are asked."""

    produced: int
    taken_in: int
    declared_lost: int
    waiting: int
    wall_s: float


def still_waiting(intake: Intake, spools: Mapping[str, Spool]) -> int:
    """Readings that the gateways hold and the host has not taken in yet."""
    count = 0
    for gateway_id, spool in spools.items():
        received = intake.received.get((gateway_id, spool.epoch), OffsetSet())
        for offset in range(spool.committed, spool.next_offset):
            record = spool.read(offset)
            if isinstance(record, Record) and offset not in received:
                count += len(pb.Payload.FromString(record.body).metrics)
    return count


def summarise(
    options: DemoOptions, neighbourhood: Neighbourhood, where: Places, counts: Counts
) -> Summary:
    """Compare what was produced with what the stores hold, and the truth with the ledger."""
    stored = where.stored()
    with LedgerReader(where.ledger) as ledger:
        incidents = ledger.incidents()
    lines, false = compare(neighbourhood.outages, incidents, start_ms=EPOCH_NS // NS_PER_MS)
    return Summary(
        seed=options.seed,
        simulated_s=options.duration_s,
        readings_produced=counts.produced,
        readings_stored=stored,
        readings_declared_lost=counts.declared_lost,
        readings_waiting=counts.waiting,
        readings_missing=counts.produced - stored - counts.waiting,
        readings_stored_twice=max(0, counts.taken_in - stored),
        outages_true=len(neighbourhood.outages),
        outages_found=sum(line.found_start_s is not None for line in lines),
        outages_false=len(false),
        outages=tuple(lines),
        readings_per_s=round(counts.taken_in / counts.wall_s, 1),
        wall_s=round(counts.wall_s, 2),
        out=str(where.ledger.parent),
    )


def run_virtual(options: DemoOptions, progress: Callable[[float], None]) -> Summary:
    """The whole run in process on the virtual clock, as fast as it will go."""
    began_s = time.perf_counter()  # noqa: TID251 - the one figure here about the real world
    neighbourhood = build(options.seed, options.duration_s)
    where = places(options)
    where.sink.probe()
    world = World(
        neighbourhood,
        seed=options.seed,
        settings=Settings(),
        sink=where.sink,
        ledger_path=where.ledger,
    )
    warm_up(world.host.pipeline.city)
    try:
        world.run(options.duration_s, progress)
        counts = Counts(
            produced=sum(one.readings for one in world.gateways.values()),
            taken_in=world.host.pipeline.intake.readings,
            declared_lost=world.host.pipeline.intake.declared_lost,
            waiting=still_waiting(
                world.host.pipeline.intake,
                {
                    gateway_id: gateway.agent.spool
                    for gateway_id, gateway in world.gateways.items()
                    if gateway.agent is not None
                },
            ),
            wall_s=time.perf_counter() - began_s,  # noqa: TID251
        )
    finally:
        world.close()
        where.sink.close()
    return summarise(options, neighbourhood, where, counts)
