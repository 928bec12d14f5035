"""Own fault or the feeder's, given who fell silent when."""

import numpy as np

from processing.blame import Blame
from processing.book import Book
from processing.intervals import Cause, Level
from processing.records import ApState
from processing.settings import Settings
from processing.trouble import Trouble
from processing.verdict import Live
from tests.processing.street import city_of

CITY = city_of(
    [("a0", "g0", "pole"), ("a1", "g1", "pole"), ("a2", "g0", "pole"), ("b", "g0", None)]
)


class Scene:
    """States and times of the last proof of life (ms) of the members of one feeder."""

    def __init__(self, **members: tuple[ApState, int]) -> None:
        self.book = Book()
        self.shown = np.full(CITY.ap_count, ApState.UP, dtype=np.int8)
        for node, (state, ok_ms) in members.items():
            self.shown[CITY.ix_of[node]] = state
            if state in (ApState.SUSPECT, ApState.DOWN):
                trouble = Trouble.since(node, ok_ms, ok_ms)
                trouble.add_silence(ok_ms, 3)
                trouble.live = Live.DOWN if state is ApState.DOWN else Live.SUSPECT
                self.book.troubles[node] = trouble
        self.blame = Blame(self.book, self.shown, CITY, Settings())

    def must_wait(self, node: str) -> bool:
        return self.blame.must_wait(CITY.ix_of[node], self.book.troubles[node])

    def assign(self, node: str) -> list[str]:
        found = self.blame.assign(CITY.ix_of[node], self.book.troubles[node], 30_000)
        return sorted(trouble.node for _, trouble in found)


DOWN, SUSPECT, UP, BLIND = ApState.DOWN, ApState.SUSPECT, ApState.UP, ApState.BLIND


def test_without_a_feeder_nobody_waits() -> None:
    scene = Scene(b=(DOWN, 0))
    assert not scene.must_wait("b")
    assert scene.assign("b") == ["b"]
    assert scene.book.troubles["b"].cause is Cause.ACCESS_POINT


def test_it_waits_for_those_suspected_at_the_same_time() -> None:
    assert Scene(a0=(DOWN, 0), a1=(SUSPECT, 4_000), a2=(BLIND, 0)).must_wait("a0")
    assert not Scene(a0=(DOWN, 0), a1=(SUSPECT, 40_000), a2=(BLIND, 0)).must_wait("a0")
    assert not Scene(a0=(DOWN, 0), a1=(SUSPECT, 4_000), a2=(UP, 0)).must_wait("a0")


def test_all_observed_members_make_a_feeder() -> None:
    scene = Scene(a0=(DOWN, 0), a1=(DOWN, 4_000), a2=(BLIND, 0))
    assert scene.assign("a0") == ["a0", "a1"]
    (incident,) = scene.book.incidents.known.values()
    assert (incident.level, incident.node, incident.start_ms) == (Level.FEEDER, "pole", 5_000)


def test_one_heard_since_acquits_the_feeder() -> None:
    scene = Scene(a0=(DOWN, 0), a1=(DOWN, 4_000), a2=(SUSPECT, 20_000))
    assert scene.assign("a0") == ["a0"]


def test_an_older_outage_says_nothing_either_way() -> None:
    scene = Scene(a0=(DOWN, 600_000), a1=(DOWN, 604_000), a2=(DOWN, 0))
    scene.book.troubles["a2"].incident = "a2@5000"
    assert scene.assign("a0") == ["a0", "a1"]
    assert scene.book.troubles["a2"].incident == "a2@5000"


def test_what_was_blamed_on_one_is_blamed_anew_in_the_same_incident() -> None:
    scene = Scene(a0=(DOWN, 0), a1=(BLIND, 0), a2=(BLIND, 0))
    assert scene.assign("a0") == ["a0"]
    before = scene.book.troubles["a0"].incident
    late = Trouble.since("a1", 4_000, 4_000)
    late.live = Live.DOWN
    scene.book.troubles["a1"] = late
    scene.shown[CITY.ix_of["a1"]] = DOWN
    assert scene.assign("a1") == ["a0", "a1"]
    (incident,) = scene.book.incidents.known.values()
    assert incident.incident == before == late.incident
    assert (incident.level, incident.cause) == (Level.FEEDER, Cause.FEEDER)


def test_two_lone_incidents_of_one_feeder_become_one() -> None:
    scene = Scene(a0=(DOWN, 0), a1=(DOWN, 1_000), a2=(DOWN, 2_000))
    for node in ("a0", "a1"):
        scene.book.troubles[node].incident = scene.book.incidents.declare(
            Level.AP, node, Cause.ACCESS_POINT, scene.book.troubles[node].ok_ms, 0, (node,)
        )
    assert scene.assign("a2") == ["a0", "a1", "a2"]
    assert len({t.incident for t in scene.book.troubles.values()}) == 1
    assert scene.book.incidents.take()[-1].merged_into == "a0@0"
