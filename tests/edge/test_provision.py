"""The walk: its order, its record, where it goes on, what is waived and that it is kept."""

import itertools
from collections.abc import Callable

from edge.doctor_finding import Severity
from edge.provision import (
    HandOff,
    Key,
    Record,
    Seen,
    StepName,
    StepRow,
    Walk,
    exit_code,
    fine,
    key_of,
)
from vocabulary.exit_codes import ExitCode
from vocabulary.units import NS_PER_MS

FATAL = Seen(Severity.FATAL, "no carrier", "E-NET-11", "a cable", "push it in")


class World:
    def __init__(self, broken: StepName | None = None) -> None:
        self.broken, self.done, self.kept = broken, list[str](), list[int]()
        self.said: list[StepRow] = []

    def step(self, name: StepName) -> Callable[[], Seen]:
        def run() -> Seen:
            self.done.append(name)
            return FATAL if name is self.broken else fine("yes")

        return run

    def walk(self, record: Record, *, resume: bool = False) -> list[StepRow]:
        ticks = itertools.count(0, NS_PER_MS)
        return Walk(
            [(name, self.step(name)) for name in StepName],
            record,
            mono_ns=lambda: next(ticks),
            keep=lambda now: self.kept.append(len(now.steps)),
            say=lambda _number, row: self.said.append(row),
        ).run(resume=resume)


def test_eight_steps_in_order_each_kept_before_the_next() -> None:
    world = World()
    rows = world.walk(Record())
    assert [row.name for row in rows] == world.done == [str(name) for name in StepName]
    assert world.kept == list(range(1, 9))
    assert exit_code(rows) is ExitCode.FINE
    assert {row.dur_ms for row in rows} == {1}


def test_a_fatal_step_ends_it_and_resume_goes_on_there() -> None:
    record = Record()
    world = World(StepName.BACKHAUL)
    rows = world.walk(record)
    assert (len(rows), exit_code(rows)) == (3, ExitCode.FATAL_FINDING)
    assert (rows[-1].found, rows[-1].expected, rows[-1].remedy) == FATAL[1:2] + FATAL[3:]
    world = World()
    rows = world.walk(record, resume=True)
    assert world.done == [str(name) for name in list(StepName)[2:]]
    assert len(rows) == 8


def test_without_resume_all_of_it_is_looked_at_again() -> None:
    record = Record()
    World().walk(record)
    world = World()
    world.walk(record)
    assert len(world.done) == 8


def test_what_is_waived_is_kept_with_its_reason() -> None:
    record = Record(waived={"E-NET-11": "cable comes tomorrow"})
    rows = World(StepName.BACKHAUL).walk(record)
    assert len(rows) == 8
    assert rows[2].severity is Severity.DEGRADED
    assert "cable comes tomorrow" in rows[2].found
    assert exit_code(rows) is ExitCode.DEGRADED
    world = World()
    world.walk(record, resume=True)
    assert world.done == ["backhaul"], "what was waived is tried again"


def test_what_a_technician_holds() -> None:
    assert key_of("7KQ2-M4XD") == Key("7KQ2-M4XD", "", "")
    scanned = "lamplighter:1:7KQ2M4XD:ab12:https://e:8443/"
    assert key_of(scanned) == Key("7KQ2M4XD", "ab12", "https://e:8443/")
    assert key_of("lamplighter:2:x:y:z") is None
    assert key_of("lamplighter:1:x") is None


def test_a_hand_off_fits_a_small_code() -> None:
    made = HandOff("g" * 48, "s", 1, "", "2026-11-27T23:00:00.000Z", "gateway", 1, "x", ())
    assert len(made.qr_text()) < 150
