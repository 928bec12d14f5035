"""A scenario played on the virtual clock: real agents and the real host, as fast as it will go."""

import time
from collections.abc import Callable
from pathlib import Path

from ingest.ledger_reader import LedgerReader
from processing import bind
from processing.step import warm_up
from simulators.arrivals import Arrivals
from simulators.full_path import FullPath
from simulators.play_report import PlayReport, Usage, causes, found, refused, true_usage
from simulators.recording import Head, Recorder
from simulators.tap import Tap
from simulators.truth import TruthLedger
from vocabulary.units import NS_PER_S, S_PER_H


def play(
    run: Arrivals,
    ledger_path: Path,
    *,
    progress: Callable[[float], None],
    stop: Callable[[], bool] = lambda: False,
    record: Path | None = None,
) -> tuple[PlayReport, TruthLedger]:
    """Play it until ``stop`` says so: report and recording are of what was done."""
    began_s = time.perf_counter()  # noqa: TID251 - how fast it went is about the real world
    warm_up(run.city)
    bind.warm_up()
    full = FullPath(run, ledger_path)
    recorder = None
    if record is not None:
        head = Head(run.fleet.listed, run.settings, run.start_ns, run.scenario.title, run.seed)
        recorder = Recorder(record, head)
        Tap(full.host.pipeline, recorder)
    try:
        finished = full.run(progress, stop)
        with LedgerReader(ledger_path) as ledger:
            incidents = tuple(ledger.incidents())
        if recorder is not None:
            recorder.end(incidents)
        wall_s = time.perf_counter() - began_s  # noqa: TID251
        done_s = (full.clock.now_ns() - run.start_ns) / NS_PER_S
        truth, state = full.truth(), full.host.pipeline.state
        report = PlayReport(
            title=run.scenario.title,
            seed=run.seed,
            path="virtual",
            finished=finished,
            share_done=done_s * NS_PER_S / (run.end_ns - run.start_ns),
            simulated_s=done_s,
            access_points=run.city.ap_count,
            gateways=run.city.gateway_count,
            readings=full.host.pipeline.intake.readings,
            true_incidents=causes(truth, full.clock.now_ns()),
            found_incidents=found(incidents),
            true_usage=true_usage(truth),
            measured_usage=Usage.of(state),
            refused=refused(full.host.pipeline.intake.all_counts()),
            not_played=("late_share",) if run.scenario.sender.late_share else (),
            ap_hours_per_s=round(run.city.ap_count * done_s / S_PER_H / wall_s, 2),
            wall_s=round(wall_s, 2),
            recording=str(record or ""),
        )
    finally:
        if recorder is not None:
            recorder.close()
        full.close()
    return report, truth
