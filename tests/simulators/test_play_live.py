"""A scenario against a real broker, faster than real time, recorded and replayed."""

from pathlib import Path

from simulators.nature import BROKER
from simulators.play_live import Live, not_played, play
from simulators.replay import difference
from simulators.scenario import Clocks, Kind, Scenario, Sender
from simulators.servers import Mosquitto
from tests.simulators.town_worlds import once, run_of

SPEED = 20.0


def test_gateways_and_host_meet_on_a_real_broker(broker: Mosquitto, tmp_path: Path) -> None:
    scene = Scenario(trouble=(once(Kind.GATEWAY_EXIT, "gw-00001", 110, 20),))
    run = run_of(scene, aps=60, seconds=160)
    how = Live(broker.url, SPEED, ptys=None, record=tmp_path / "tape")
    report, truth = play(run, tmp_path / "l.sqlite", how, progress=lambda _share: None)
    assert report.finished
    assert report.path == "live"
    assert report.readings > 60 * 8 * 5
    assert truth.incidents()[0].node == "gw-00001"
    made = difference(tmp_path / "tape")
    assert made.same == made.recorded == made.replayed
    assert made.messages > 500


def test_it_stops_when_asked(broker: Mosquitto, tmp_path: Path) -> None:
    run = run_of(Scenario(), aps=5, seconds=100_000)
    report, _truth = play(
        run,
        tmp_path / "l.sqlite",
        Live(broker.url, SPEED),
        progress=lambda _share: None,
        stop=lambda: True,
    )
    assert not report.finished
    assert report.share_done < 0.1


def test_what_a_real_broker_cannot_be_made_to_do_is_named() -> None:
    scene = Scenario(
        trouble=(once(Kind.BROKER_RESTART, BROKER, 10, 10),),
        sender=Sender(jitter_ms=1.0),
        clocks=Clocks(share=1.0, skew_max_s=60.0),
    )
    assert not_played(run_of(scene, seconds=60)) == ("broker_restart", "clocks", "sender")
    assert not_played(run_of(Scenario(), seconds=60)) == ()
