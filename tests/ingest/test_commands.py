"""What the host says to gateways, read back as a gateway reads it."""

from hypothesis import given
from hypothesis import strategies as st

from ingest.commands import Publication, check_now, commit, rebirth
from vocabulary import delivery, topics
from vocabulary.payload import Payload, decode, interpret
from vocabulary.topics import Topic, Verb
from vocabulary.units import NS_PER_MS

NOW_NS = 1_800_000_000_000 * NS_PER_MS


def read(publication: Publication) -> Payload:
    expected = Topic("north", Verb.NCMD, "gw-1")
    assert topics.parse(publication.topic) == expected
    assert (publication.qos, publication.retain) == (0, False)
    payload = decode(publication.payload)
    assert payload.timestamp_ms == NOW_NS // NS_PER_MS
    assert payload.seq is None
    return payload


def test_a_rebirth_is_asked_for_by_name() -> None:
    (metric,) = read(rebirth("north", "gw-1", NOW_NS)).metrics
    assert (metric.name, metric.alias, metric.value) == (delivery.REBIRTH, None, True)


def test_what_has_an_alias_is_called_by_it_alone() -> None:
    aliases = {delivery.SPOOL_EPOCH: 5, delivery.SPOOL_COMMITTED: 9}
    metrics = read(commit("north", ("gw-1", 7), 3, NOW_NS, aliases)).metrics
    assert [(one.name, one.alias, one.value, one.datatype) for one in metrics] == [
        (None, 5, 7, None),
        (None, 9, 3, None),
    ]


def test_a_check_names_the_device() -> None:
    (metric,) = read(check_now("north", "gw-1", "ap-1", NOW_NS)).metrics
    assert (metric.name, metric.value) == (delivery.CHECK_NOW, "ap-1")


@given(st.integers(1, delivery.EPOCH_MAX), st.integers(0, delivery.EPOCH_MAX))
def test_a_commit_is_exactly_an_epoch_and_an_offset(epoch: int, below: int) -> None:
    payload = read(commit("north", ("gw-1", epoch), below, NOW_NS))
    values = {metric.name: interpret(metric, metric.datatype or 0) for metric in payload.metrics}
    assert values == {delivery.SPOOL_EPOCH: epoch, delivery.SPOOL_COMMITTED: below}
