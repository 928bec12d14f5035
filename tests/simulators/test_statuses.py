"""What access points send is what the fast path's walk says they send, as real messages."""

import json

from simulators.scenario import Kind, Link, Scenario
from simulators.statuses import Status, Statuses
from tests.simulators.town_worlds import at, once, readings_of, run_of
from vocabulary.metrics import code_of


def all_of(scene: Scenario, seconds: float, step_s: float = 100.0) -> list[Status]:
    made = Statuses(run_of(scene, seconds=seconds))
    times = range(1, int(seconds / step_s) + 1)
    return [status for ix in times for status in made.until(at(ix * step_s))]


def test_statuses_are_the_beats_of_the_fast_path() -> None:
    scene = Scenario(link=Link(loss=0.1), trouble=(once(Kind.AP_CRASH, "ap-00000-001", 100, 60),))
    sent = {(one.ap_ix, one.t_ns) for one in all_of(scene, 600)}
    readings = readings_of(run_of(scene, seconds=600))
    heard = (readings.metric == code_of("wifi/ok")) & (readings.value == 1.0)
    rows = zip(readings.node_ix[heard].tolist(), readings.ts_ns[heard].tolist(), strict=True)
    assert set(rows) == sent


def test_they_come_in_order_whatever_the_slices() -> None:
    fine, coarse = all_of(Scenario(), 600, 10.0), all_of(Scenario(), 600, 300.0)
    assert fine == coarse
    assert [one.t_ns for one in fine] == sorted(one.t_ns for one in fine)


def test_a_gateway_that_is_dead_hears_nothing_but_they_send_on() -> None:
    scene = Scenario(trouble=(once(Kind.GATEWAY_POWER, "gw-00000", 100, 200),))
    assert all_of(scene, 600) == all_of(Scenario(), 600)


def test_a_message_lists_made_up_clients_and_no_others() -> None:
    message = json.loads(Status(at(1), 3, 2, 10, 20, 30).payload())
    assert message["radio"] == {"rx": 10, "tx": 20}
    assert message["uptime"] == 30
    addresses = [one["mac"] for one in message["stations"]]
    assert len(set(addresses)) == 2
    assert all(one.startswith("02:00:5e:") for one in addresses)


def test_usage_is_the_truth_of_the_fast_path() -> None:
    run = run_of(Scenario(), seconds=600)
    made = Statuses(run)
    assert len(list(made.until(run.end_ns))) == 40 * 60
    for _chunk in run:
        pass
    assert made.usage() == run.truth().usage
