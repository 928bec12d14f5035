"""The table for people and for programs."""

import msgspec

from simulators.conformance import table
from simulators.conformance.verdicts import Verdict


def test_the_summary_counts(verdicts: list[Verdict]) -> None:
    lines = table.summary(verdicts)
    assert lines[0].startswith("pass ")
    assert any(line.startswith("exercised 28") for line in lines)
    assert not any("FAULT" in line for line in lines)
    assert len(table.rows(verdicts)) == 299


def test_programs_get_the_same(verdicts: list[Verdict]) -> None:
    data = msgspec.json.decode(msgspec.json.encode(table.as_data(verdicts)))
    assert data["counts"]["fail"] == 0
    assert data["exercised"] == data["exercised_by_ours"] + data["exercised_by_specimen"]
    assert len(data["assertions"]) == 299
