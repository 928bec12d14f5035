"""What the doctor is told of a source, and what it is never told."""

import pytest

from edge.access_point_value import Reason
from edge.source_configuration import MetricPath, Source, StatusTopic
from edge.source_state import TOPIC_SHOWN_CHARS_MAX, SourceState, Status, shown

S = 10**9


def state() -> SourceState:
    status = StatusTopic("ap/one/lwt", "up", "down")
    return SourceState(
        Source("ap-one", "ap/one/status", (MetricPath("wifi/clients"),), status=status)
    )


def test_before_anything_came() -> None:
    view = state().view(5 * S)
    assert (view.age_s, view.status, view.values, view.refused) == (-1.0, "unknown", {}, {})
    assert (view.ap_id, view.topic, view.format, view.max_age_s) == (
        "ap-one",
        "ap/one/status",
        "json",
        90.0,
    )


def test_last_values_and_their_age() -> None:
    one = state()
    one.heard((("wifi/clients", 7),), 5 * S)
    one.counts[Reason.NOT_JSON] += 2
    view = one.view(8 * S)
    assert (view.age_s, view.values, view.status) == (3.0, {"wifi/clients": 7.0}, "online")
    assert view.refused == {"ap_message_not_json": 2}


@pytest.mark.parametrize(
    ("word", "retained", "after"),
    [
        (b"up", False, Status.ONLINE),
        (b"down", False, Status.OFFLINE),
        (b"down\0", True, Status.OFFLINE),
        (b"up\n", True, Status.UNKNOWN),  # it may be a year old
    ],
)
def test_a_word_on_the_status_topic(word: bytes, after: Status, *, retained: bool) -> None:
    one = state()
    assert one.told(word, retained=retained) is None
    assert one.status is after
    assert one.view(0).age_s == -1.0


def test_a_retained_online_undoes_an_older_offline_without_proving_life() -> None:
    one = state()
    one.told(b"down", retained=False)
    one.told(b"up", retained=True)
    assert one.status is Status.UNKNOWN


@pytest.mark.parametrize("word", [b"", b"UP", b"\xff", b"up" * 100])
def test_another_word_changes_nothing(word: bytes) -> None:
    one = state()
    assert one.told(word, retained=False) is Reason.UNKNOWN_STATUS
    assert one.status is Status.UNKNOWN


def test_death_and_life() -> None:
    one = state()
    one.died()
    assert one.view(0).status == "offline"
    one.heard((), 1)
    assert one.view(0).status == "online"


@pytest.mark.parametrize(
    ("topic", "text"),
    [
        ("ap/one", "ap/one"),
        ("ap/02:00:5e:00:00:01/x", "ap/(address)/x"),
        ("ap/02005E000001", "ap/(address)"),
        ("ap/10.0.0.7", "ap/(address)"),
        ("a\nb", "a?b"),
    ],
)
def test_a_topic_as_it_may_be_shown(topic: str, text: str) -> None:
    assert shown(topic) == text


def test_a_long_topic_is_cut() -> None:
    assert len(shown("x" * 999)) == TOPIC_SHOWN_CHARS_MAX
