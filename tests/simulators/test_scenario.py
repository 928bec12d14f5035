"""Scenarios: every file loads, bad keys and absent nodes are refused, files combine."""

from pathlib import Path

import pytest

from simulators import scenario
from simulators.errors import NodeAbsent, ScenarioAbsent
from simulators.scenario import Kind, Link, Scenario, Trouble
from vocabulary.errors import ConfigurationInvalid
from vocabulary.exit_codes import ExitCode
from vocabulary.units import NS_PER_S


def faults(text: str) -> list[str]:
    with pytest.raises(ConfigurationInvalid) as caught:
        scenario.parse(text, file="s.toml")
    assert caught.value.exit_code is ExitCode.CONFIGURATION
    return [str(one) for one in caught.value.findings]


@pytest.mark.parametrize("name", scenario.names())
def test_every_scenario_loads_and_says_what_it_is(name: str) -> None:
    made = scenario.load(name)
    number = name.split("-", maxsplit=1)[0].upper()
    assert made.title.upper().startswith(f"{number} ")
    text = scenario.path_of(name).read_text()
    assert text.startswith(f"# {number[0]}{number[1:].lower()}: ")


def test_all_twenty_are_there() -> None:
    bases = {name.split("-", maxsplit=1)[0] for name in scenario.names()}
    assert {f"s{number}" for number in range(1, 21)} <= bases


def test_an_unknown_key_is_refused_with_its_place() -> None:
    (said,) = faults("[link]\nlos = 0.1\n")
    assert "s.toml:2: link.los" in said
    assert "`loss`" in said


def test_all_faults_at_once() -> None:
    said = faults(
        '[link]\nloss = 2\n[calendar]\nstart = "noon"\nzone = "Mars/Base"\nholidays = ["soon"]\n'
        '[[trouble]]\nkind = "ap_crash"\n[[trouble]]\nkind = "storm"\nper_year = 1\n'
    )
    keys = {line.split(": ")[1] for line in said}
    assert {"link.loss", "calendar.start", "calendar.zone", "trouble[0]", "trouble[1].kind"} <= keys


def test_a_named_node_needs_a_time() -> None:
    (said,) = faults('[[trouble]]\nkind = "ap_crash"\nper_year = 1\nnode = "ap-1"\n')
    assert "trouble[0].node" in said


def test_files_combine_as_scenarios_do() -> None:
    both = scenario.load("s2", "s7")
    assert both == scenario.combine([scenario.load("s2"), scenario.load("s7")])
    assert both.link.burst_per_s > 0
    assert both.fleet.ups_share == 0.5
    assert both.title == "S2 bursts, mean 2 s; S7 feeders fail, half the gateways on a battery"


def test_later_keys_win_and_faults_are_joined() -> None:
    one = Scenario(
        link=Link(loss=0.1, persistence=0.2), trouble=(Trouble(Kind.AP_CRASH, per_year=1),)
    )
    two = Scenario(link=Link(loss=0.3), trouble=(Trouble(Kind.FLAPPING, per_year=2),))
    made = scenario.combine([one, two])
    assert made.link == Link(loss=0.3, persistence=0.2)
    assert [row.kind for row in made.trouble] == [Kind.AP_CRASH, Kind.FLAPPING]


def test_an_absent_scenario_or_node_is_bad_data(tmp_path: Path) -> None:
    with pytest.raises(ScenarioAbsent) as absent:
        scenario.load("s99")
    assert "s1-loss" in str(absent.value)
    with pytest.raises(ScenarioAbsent):
        scenario.load(str(tmp_path / "none.toml"))
    wanted = Scenario(trouble=(Trouble(Kind.AP_CRASH, at_s=1.0, node="nobody"),))
    with pytest.raises(NodeAbsent) as node:
        scenario.check_nodes(wanted, {"ap-1"}, file="x.toml")
    assert str(node.value).startswith("x.toml: trouble[0].node: found `nobody`")
    assert absent.value.exit_code is node.value.exit_code is ExitCode.BAD_DATA


def test_the_start_keeps_its_offset() -> None:
    made = scenario.load("s19")
    assert made.calendar.start_ns == 1_804_982_400 * NS_PER_S  # 2027-03-14 00:00 UTC
