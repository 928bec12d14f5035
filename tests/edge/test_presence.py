"""Coming and going is said once each, and only of devices that are read."""

from hypothesis import given
from hypothesis import strategies as st

from edge.presence import Presence


def test_leaving_and_coming_back_are_news_once() -> None:
    presence = Presence(["ap-1", "ap-2"])
    assert presence.is_there("ap-1")
    assert not presence.back("ap-1")
    assert [presence.left("ap-1"), presence.left("ap-1")] == [True, False]
    assert not presence.is_there("ap-1")
    assert presence.is_there("ap-2")
    assert presence.take_changes() == ["ap-1"]
    assert presence.take_changes() == []
    assert presence.back("ap-1")
    assert presence.is_there("ap-1")
    assert presence.take_changes() == ["ap-1"]


def test_what_the_configuration_does_not_have_is_never_there() -> None:
    presence = Presence(["ap-1"])
    assert not presence.is_configured("old")
    assert not presence.is_there("old")


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans())))
def test_what_waits_to_be_said_is_bounded_by_the_devices(steps: list[tuple[str, bool]]) -> None:
    presence, last = Presence("abc"), dict.fromkeys("abc", True)
    for device, there in steps:
        (presence.back if there else presence.left)(device)
        last[device] = there
    assert len(presence.take_changes()) <= 3
    assert {device: presence.is_there(device) for device in "abc"} == last
