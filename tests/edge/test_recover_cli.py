"""``lamplighter gateway recover``: on the card first, then done; --dry-run does nothing."""

from pathlib import Path

import pytest

from edge import recover_cli
from edge.configuration import GatewayConfiguration, parse
from edge.doctor_cli import Page
from edge.ladder import Answers, Ladder, Rung
from edge.recover_cli import Kept, answers, keep, load, look
from lamplighter.cli import run
from simulators.servers import free_port

NOW_S = 1_790_000_000
DEAD = Answers(False, False)
TEXT = """\
gateway_id = "gw-1"
district = "north"
[uplink]
broker = "mqtt://127.0.0.1:{port}"
[spool]
directory = "{directory}"
[metrics_page]
port = 0
"""


@pytest.fixture
def made(tmp_path: Path) -> GatewayConfiguration:
    return parse(TEXT.format(port=free_port(), directory=tmp_path), file="t")


def test_a_commit_arms_it_and_a_new_agents_count_too(
    made: GatewayConfiguration, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = {"commits_total": 0.0}
    monkeypatch.setattr(
        recover_cli, "read_page", lambda _page: Page(page, (), {}) if page else None
    )
    assert look(made, tmp_path, DEAD, NOW_S) is Rung.NOTHING
    assert not load(tmp_path).ladder.armed
    for count in (5.0, 1.0):
        page["commits_total"] = count
        look(made, tmp_path, DEAD, NOW_S)
        assert load(tmp_path).ladder.armed
    page.clear()
    look(made, tmp_path, DEAD, NOW_S + 10)
    assert load(tmp_path).ladder.committed_s == NOW_S, "an agent that is away commits nothing"


def test_a_reboot_is_on_the_card_before_it_is_done(
    made: GatewayConfiguration, tmp_path: Path
) -> None:
    keep(tmp_path, Kept(Ladder(armed=True, failing_since_s=NOW_S - 4 * 3_600)))
    assert look(made, tmp_path, DEAD, NOW_S) is Rung.REBOOT
    assert load(tmp_path).ladder.reboot_s == NOW_S
    with pytest.raises(OSError, match="No such file"):
        look(made, tmp_path / "absent", DEAD, NOW_S)


def test_two_ways_of_asking(made: GatewayConfiguration, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recover_cli, "name_servers", list)
    assert answers(made) == DEAD
    monkeypatch.setattr(recover_cli, "name_servers", lambda: ["a", "b"])
    monkeypatch.setattr(recover_cli, "ask_name", lambda server, _name: "" if server == "b" else "x")
    assert answers(made) == Answers(False, True)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "gateway.toml"
    path.write_text(TEXT.format(port=free_port(), directory=tmp_path), "utf-8")
    assert run(["gateway", "recover", "--config", str(path), "--dry-run"]) == 0
    assert "nothing: " in capsys.readouterr().out
    path.write_text(TEXT.format(port=free_port(), directory=tmp_path / "absent"), "utf-8")
    assert run(["gateway", "recover", "--config", str(path), "--dry-run"]) == 74
