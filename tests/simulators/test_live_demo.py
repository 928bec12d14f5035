"""The demo in real time: real shells, ptys and the host's thread, hurried along."""

import io
from pathlib import Path

from rich.console import Console

from simulators.demo_options import DemoOptions
from simulators.live_demo import run_live
from simulators.servers import InfluxDb, Mosquitto


def test_nothing_is_lost_or_doubled_and_every_outage_is_found(tmp_path: Path) -> None:
    said = io.StringIO()
    options = DemoOptions(minutes=5.0, speed=12.0, seed=7, out=tmp_path)
    summary = run_live(options, Console(file=said, width=120))
    assert summary.is_clean, (summary, said.getvalue())
    assert summary.readings_stored > 5_000
    assert [line.found_cause for line in summary.outages] == ["access_point", "backhaul", "feeder"]
    assert "unobserved" in said.getvalue()
    assert "http://127.0.0.1:" in said.getvalue()
    assert (tmp_path / "ledger.sqlite").exists()


def test_the_same_on_a_real_broker_and_a_real_database(tmp_path: Path) -> None:
    with Mosquitto() as broker, InfluxDb() as influx:
        options = DemoOptions(
            minutes=5.0,
            speed=12.0,
            seed=8,
            out=tmp_path,
            broker=broker.url,
            influx=influx.url,
        )
        summary = run_live(options, Console(file=io.StringIO(), width=120))
    assert summary.readings_missing == 0, summary
    assert summary.is_clean, summary
