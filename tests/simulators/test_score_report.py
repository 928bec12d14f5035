"""The report: JSON that can be computed with, tables that can be read, nothing left out."""

import json
from pathlib import Path

from simulators.score import Score
from simulators.score_report import JSON_NAME, MARKDOWN_NAME, as_markdown, json_text, write
from tests.simulators.score_cases import small_score

SCORE = small_score()


def test_the_json_says_what_was_played_and_every_figure() -> None:
    data = json.loads(json_text(SCORE))
    assert (data["suite"], data["seed"], data["commit"]) == ("quick", SCORE.seed, "abc")
    assert data["complete"]
    assert set(data["scenarios"]) == {"causes", "s1b"}
    detectors = data["scenarios"]["causes"]["detectors"]
    assert list(detectors) == ["ours", "3-miss", "nagios-parents", "oracle"]
    value, low, high, made_of = detectors["ours"]["figures"]["delay_mean_s.ap"]
    assert low <= value <= high
    assert made_of == 3
    assert data["timeline"]["level"] == "feeder"
    assert {row["detector"] for row in data["calibration"]} == {"ours", "3-miss"}


def test_the_tables_name_every_detector_and_level() -> None:
    text = as_markdown(SCORE)
    for word in ("**ours**", "3-miss", "nagios-parents", "**oracle**", "**feeder**, 3 incidents"):
        assert word in text
    assert f"Seed {SCORE.seed}, commit abc, 2 of 2 runs" in text
    assert "interrupted" not in text
    assert "## Calibration" in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert all(line.endswith("|") for line in rows)


def test_what_was_interrupted_says_so() -> None:
    made = Score("gate", 1_000_000, cells_planned=5, tallies=SCORE.tallies, cells_done=2)
    assert "2 of 5 runs (**interrupted**)" in as_markdown(made)


def test_nothing_done_still_makes_a_report(tmp_path: Path) -> None:
    paths = write(Score("gate", 1_000_000, cells_planned=5), tmp_path / "new")
    assert [path.name for path in paths] == [JSON_NAME, MARKDOWN_NAME]
    assert json.loads(paths[0].read_text())["cells_done"] == 0
