"""Who is told what, and when nobody is: late data, announced work, the same thing twice."""

import json

import msgspec

from ingest.maintenance import Window, Works, covered
from ingest.notices import GROWTH, Event, Notices, Policy
from processing.incidents import Incident
from processing.intervals import Cause, Level
from simulators.installation import town

CITY = town(gateways=1, aps_each=4, sensors_each=0)
NOBODY = Works((), {})
MIN_MS = 60_000
OPEN = Incident("gw-1@5", 1, Level.GATEWAY, "gw-1", Cause.GATEWAY, 5, None, 9, ("ap-1-1", "ap-1-2"))


def version(number: int, **fields: object) -> Incident:
    return msgspec.structs.replace(OPEN, version=number, **fields)


def desk(**policy: int) -> Notices:
    return Notices(Policy(**policy), {"gw-1": 'مكتبة "النور"'})


def events(notices: Notices, row: Incident, works: Works = NOBODY, now_ms: int = 10) -> list[Event]:
    return [one.event for one in notices.consider([row], works, now_ms)]


def test_a_whole_life() -> None:
    notices = desk()
    (opened,) = notices.consider([OPEN], NOBODY, 10)
    assert opened.id == "gw-1@5.opened.1"
    said = json.loads(opened.body)
    assert said["type"] == "incident.opened"
    assert said["data"]["place"] == 'مكتبة "النور"'
    assert said["data"]["affected_count"] == 2
    assert said["data"]["first"].startswith("Power-cycle")
    assert said["data"]["runbook"] == "docs/operate/gateway-down.md"
    assert events(notices, version(2, end_ms=99)) == [Event.RESOLVED]
    assert notices.open == 0


def test_late_data_call_nobody() -> None:
    assert events(desk(), version(1, end_ms=99)) == []
    assert events(desk(), version(1, merged_into="other")) == []


def test_small_changes_are_no_news() -> None:
    notices = desk()
    assert events(notices, OPEN) == [Event.OPENED]
    assert events(notices, version(2, start_ms=4)) == []
    many = tuple(f"ap-{ix}" for ix in range(round(2 * GROWTH)))
    assert events(notices, version(3, members=many)) == [Event.UPDATED]
    assert events(notices, version(4, members=many, cause=Cause.BACKHAUL)) == [Event.UPDATED]
    assert events(notices, version(5, merged_into="other")) == [Event.WITHDRAWN]


def test_reminders_are_few() -> None:
    notices = desk(remind_after_min=60, reminders_max=2)
    notices.consider([OPEN], NOBODY, 0)
    made = [one for at in range(0, 600, 10) for one in notices.due(NOBODY, at * MIN_MS)]
    assert [(one.event, one.revision, one.made_ms // MIN_MS) for one in made] == [
        (Event.REMINDER, 1, 60),
        (Event.REMINDER, 2, 120),
    ]


def test_announced_work_is_silent_until_it_is_over() -> None:
    works = Works([Window(1, "gateway", "gw-1", 0, 100, "x", 0)], covered(CITY))
    notices = desk()
    assert events(notices, OPEN, works, now_ms=50) == []
    assert notices.due(works, 99) == []
    assert [one.event for one in notices.due(works, 100)] == [Event.OPENED]
    assert notices.due(works, 101) == []


def test_over_before_the_work_was_it_is_never_told() -> None:
    works = Works([Window(1, "gateway", "gw-1", 0, 100, "x", 0)], covered(CITY))
    notices = desk()
    assert events(notices, OPEN, works, now_ms=50) == []
    assert events(notices, version(2, end_ms=80), works, now_ms=80) == []
    assert notices.due(works, 200) == []


def test_a_restart_tells_nobody_twice() -> None:
    notices = desk()
    notices.restore([(OPEN, 10, 0)])
    assert events(notices, version(2, declared_ms=10)) == []
    assert events(notices, version(3, end_ms=50)) == [Event.RESOLVED]
