"""What a person reads about an incident."""

from processing.evidence import Ground, Line
from processing.explain import explained
from processing.incidents import Incident
from processing.intervals import Cause, Level

NOON_MS = 1_700_000_000_000
FIRST = Incident(
    "a1@1", 1, Level.AP, "a1", Cause.ACCESS_POINT, NOON_MS, None, NOON_MS + 8_100, ("a1",),
    said_ms=NOON_MS + 8_100,
)  # fmt: skip
BLAMED = Incident(
    "a1@1", 2, Level.FEEDER, "pole", Cause.FEEDER, NOON_MS, NOON_MS + 60_000, NOON_MS + 8_100,
    ("a1", "a2"), said_ms=NOON_MS + 9_000,
)  # fmt: skip
WHY = Line("a1@1", NOON_MS + 8_100, Level.AP, "a1", Ground.NO_ANSWER, 1, 4, 4.6, 14.3, 18.0)
HIDDEN = Line("a1@1", NOON_MS + 9_100, Level.AP, "a9", Ground.SUPPRESSED)


def test_rule_evidence_and_what_would_have_changed_it() -> None:
    text = explained([FIRST], [WHY])
    assert "cause      access_point (ap a1)" in text
    assert any("8.1 s after it began" in line for line in text)
    assert any(line.startswith("rule") and "probes confirm" in line for line in text)
    assert any("4 probes in vain, 14.3 nats; needed 18.0" in line for line in text)
    assert any("one of these probes answered" in line for line in text)
    assert any("0.9 nats to spare" in line and "2.5 times fewer" in line for line in text)


def test_what_was_suppressed_and_how_the_opinion_changed() -> None:
    text = explained([FIRST, BLAMED], [WHY, HIDDEN])
    assert any(line.startswith("suppressed 1 not called down") for line in text)
    assert any("access_point (ap a1) became feeder (feeder pole)" in line for line in text)
    assert "affected   2: a1, a2" in text


def test_many_nodes_are_not_all_named() -> None:
    many = tuple(f"a{k}" for k in range(30))
    (affected,) = [
        line
        for line in explained([Incident(
            "x", 1, Level.BACKHAUL, "b", Cause.BACKHAUL, NOON_MS, None, NOON_MS, many)], [])
        if line.startswith("affected")
    ]  # fmt: skip
    assert affected.endswith("and 22 more")
