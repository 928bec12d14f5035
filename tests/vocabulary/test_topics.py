"""Every topic of ours comes back as it went out; any other text means nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vocabulary.ids import SLUG_PATTERN
from vocabulary.topics import (
    TOPIC_CHARS_MAX,
    StateTopic,
    Topic,
    Verb,
    host_filters,
    parse,
    render,
)

slugs = st.from_regex(SLUG_PATTERN.replace("$", r"\Z"))
node_verbs = st.sampled_from([verb for verb in Verb if not verb.is_device])
device_verbs = st.sampled_from([verb for verb in Verb if verb.is_device])
topics = st.one_of(
    st.builds(Topic, slugs, node_verbs, slugs, st.none()),
    st.builds(Topic, slugs, device_verbs, slugs, slugs),
)
addresses = st.one_of(topics, st.builds(StateTopic, slugs))
levels = st.one_of(
    st.sampled_from(["spBv1.0", "STATE", "+", "#", "", "a", "a\0", *Verb]), st.text(max_size=4)
)


def matches(pattern: str, topic: str) -> bool:
    """MQTT 3.1.1, section 4.7, for filters without a multi-level wildcard."""
    wanted, got = pattern.split("/"), topic.split("/")
    pairs = zip(wanted, got, strict=False)
    return len(wanted) == len(got) and all(w in ("+", g) for w, g in pairs)


@given(addresses)
def test_a_topic_comes_back(address: Topic | StateTopic) -> None:
    assert parse(render(address)) == address


@given(st.lists(levels, max_size=6).map("/".join))
def test_what_has_a_meaning_is_written_in_one_way_only(text: str) -> None:
    meaning = parse(text)
    assert meaning is None or render(meaning) == text


@given(st.text(max_size=200))
def test_no_text_hurts(text: str) -> None:
    parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "spBv1.0",
        "spBv1.0/d/NDATA",
        "spBv1.0/d/NDATA/g/device-on-a-node-message",
        "spBv1.0/d/DDATA/g",
        "spBv1.0/d/ndata/g",
        "spBv1.0/d/NDATA/",
        "spBv1.0//NDATA/g",
        "spBv1.0/d/NDATA/+",
        "spBv1.0/d/DDATA/g/d/e",
        "spAv1.0/d/NDATA/g",
        "STATE/host",
        "spBv1.0/STATE/#",
        "spBv1.0/d/NDATA/" + "g" * TOPIC_CHARS_MAX,
    ],
)
def test_no_topic_of_ours(text: str) -> None:
    assert parse(text) is None


def test_a_node_message_has_no_device() -> None:
    with pytest.raises(AssertionError):
        render(Topic("d", Verb.NDATA, "g", "device"))


@given(addresses)
def test_a_host_hears_everything_from_the_field_exactly_once(address: Topic | StateTopic) -> None:
    heard = [one for one, _ in host_filters("host") if matches(one, render(address))]
    if isinstance(address, StateTopic):
        assert len(heard) == (address.host == "host")
    else:
        assert len(heard) == (not address.verb.endswith("CMD"))
