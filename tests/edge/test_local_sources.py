"""Whose a message is: routing, limits, counts per source, and topics nobody reads."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge import topic_filters
from edge.access_point_value import Reason
from edge.local_sources import STRANGE_TOPICS_MAX, TOPIC_UNKNOWN, LocalSources
from edge.source_configuration import TOPICS_PER_SOURCE_MAX, MetricPath, Source, StatusTopic
from vocabulary import sparkplug_b_pb2 as pb
from vocabulary.moment import Moment

NOW = Moment(10**9, 1_800_000_000 * 10**9)
CLIENTS = MetricPath("wifi/clients", "n")
JSON = Source("ap-one", "ap/one/status", (CLIENTS,), status=StatusTopic("ap/one/lwt"))
PLAIN = Source(
    "ap-two",
    "ap/two/clients",
    (MetricPath("wifi/clients"), MetricPath("wifi/rx_bytes", topic="ap/two/rx")),
    "plain",
)
NET = MetricPath("wifi/rx_bytes", "net rx")
INFLUX = Source("ap-three", "telegraf/#", (NET,), "influx")
NODE = Source("ap-four", "spBv1.0/g/+/n/#", (MetricPath("wifi/clients", "Clients"),), "sparkplug")
BODY = json.dumps({"n": 7}).encode()


def told(sources: LocalSources, topic: str, payload: bytes, *, retained: bool = False) -> list[str]:
    heard = sources.receive(topic, payload, NOW, retained=retained)
    return [f"{one.ap_id} {dict(one.taken.values)}" for one in heard]


def test_each_message_goes_to_its_source() -> None:
    sources = LocalSources([JSON, PLAIN, INFLUX])
    assert told(sources, "ap/one/status", BODY) == ["ap-one {'wifi/clients': 7}"]
    assert told(sources, "ap/two/clients", b"5") == ["ap-two {'wifi/clients': 5}"]
    assert told(sources, "ap/two/rx", b"9") == ["ap-two {'wifi/rx_bytes': 9}"]
    assert told(sources, "telegraf/x/net", b"net rx=3i") == ["ap-three {'wifi/rx_bytes': 3}"]
    assert not sources.counts


def test_two_sources_may_share_a_topic() -> None:
    other = Source("ap-five", "telegraf/x/#", (MetricPath("wifi/tx_bytes", "net tx"),), "influx")
    sources = LocalSources([INFLUX, other])
    assert sources.filters == ["telegraf/#"]
    assert told(sources, "telegraf/x/net", b"net rx=3i,tx=4i") == [
        "ap-three {'wifi/rx_bytes': 3}",
        "ap-five {'wifi/tx_bytes': 4}",
    ]


def test_filters_of_all_sources_are_disjoint_and_hold_what_is_watched() -> None:
    sources = LocalSources([JSON, PLAIN, INFLUX, NODE], ["ap/#"])
    assert sources.filters == ["ap/#", "spBv1.0/g/+/n/#", "telegraf/#"]
    assert LocalSources([], ["ap/#"]).filters == []


def test_fixed_client_id() -> None:
    """Subscriptions follow the configuration alone: the same sources, the same filters."""
    for order in ([JSON, PLAIN, INFLUX], [INFLUX, PLAIN, JSON]):
        assert LocalSources(order).filters == [
            "ap/one/lwt",
            "ap/one/status",
            "ap/two/clients",
            "ap/two/rx",
            "telegraf/#",
        ]
    assert LocalSources([PLAIN]).filters == ["ap/two/clients", "ap/two/rx"]


def test_wrong_topic_seen() -> None:
    """A topic written wrongly is counted and named, without anybody's address."""
    sources = LocalSources([JSON], ["ap/#"])
    for topic in ("ap/won/status", "ap/won/status", "ap/one/02:00:5e:00:00:01"):
        assert told(sources, topic, BODY) == []
    assert sources.counts[TOPIC_UNKNOWN] == 3
    assert sources.strange == {"ap/won/status": 2, "ap/one/(address)": 1}
    for ix in range(2 * STRANGE_TOPICS_MAX):
        told(sources, f"ap/{ix}", BODY)
    assert len(sources.strange) == STRANGE_TOPICS_MAX
    assert sources.counts[TOPIC_UNKNOWN] == 3 + 2 * STRANGE_TOPICS_MAX


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("ap/one/status", BODY),
        ("ap/two/clients", b"5"),
        ("telegraf/x", b"net rx=3i"),
        ("spBv1.0/g/NBIRTH/n", pb.Payload(timestamp=1, seq=0).SerializeToString()),
    ],
)
def test_stale_retained_online(topic: str, payload: bytes) -> None:
    """What a broker kept may be a year old: no reading, no sign of life, and no ``online``."""
    sources = LocalSources([JSON, PLAIN, INFLUX, NODE])
    assert told(sources, topic, payload, retained=True) == []
    assert told(sources, "ap/one/lwt", b"online", retained=True) == []
    assert sources.counts[Reason.RETAINED] == 1
    for view in sources.views(NOW.mono_ns):
        assert (view.age_s, view.status) == (-1.0, "unknown")


def test_a_status_is_told_and_is_no_reading() -> None:
    sources = LocalSources([JSON])
    assert told(sources, "ap/one/lwt", b"offline") == []
    assert sources.views(0)[0].status == "offline"
    told(sources, "ap/one/lwt", b"?")
    assert sources.views(0)[0].refused == {"ap_status_unknown": 1}
    assert told(sources, "ap/one/status", BODY)
    assert sources.views(0)[0].status == "online"


def test_a_source_may_use_so_many_topics() -> None:
    sources = LocalSources([INFLUX])
    for ix in range(TOPICS_PER_SOURCE_MAX):
        assert told(sources, f"telegraf/{ix}", b"net rx=3i")
    assert told(sources, "telegraf/one-more", b"net rx=3i") == []
    assert told(sources, "telegraf/0", b"net rx=3i")
    assert sources.views(0)[0].refused == {"ap_topics_too_many": 1}


def test_drops_and_refusals_are_counted_per_source() -> None:
    sources = LocalSources([JSON, PLAIN])
    sources.dropped("ap/one/status")
    sources.dropped("nobody's")
    told(sources, "ap/two/clients", b"x")
    one, two = sources.views(0)
    assert one.refused == {"ap_message_dropped": 1}
    assert two.refused == {"ap_value_not_a_number": 1}
    assert sources.counts == {"ap_message_dropped": 2, "ap_value_not_a_number": 1}


def test_an_edge_node_is_asked_and_its_death_is_seen() -> None:
    sources = LocalSources([NODE, JSON])
    sources.connected()
    (command,) = sources.commands(NOW)
    assert command.topic == "spBv1.0/g/NCMD/n"
    clients = pb.Payload.Metric(name="Clients", datatype=3, int_value=4)
    body = pb.Payload(timestamp=NOW.wall_ms, seq=0, metrics=[clients]).SerializeToString()
    assert told(sources, "spBv1.0/g/NBIRTH/n", body) == ["ap-four {'wifi/clients': 4}"]
    assert sources.commands(NOW) == []
    told(sources, "spBv1.0/g/NDEATH/n", body)
    assert sources.views(0)[0].status == "offline"


MAC = "02:00:5e:0a:0b:0c"
HOSTILE = [
    ("ap/one/status", json.dumps({"n": MAC, MAC: 1}).encode()),
    ("ap/one/lwt", MAC.encode()),
    ("ap/two/clients", MAC.encode()),
    ("telegraf/x", f'net,station={MAC} rx=3i,who="{MAC}"\n{MAC}\nnet rx={MAC}'.encode()),
    (f"telegraf/{MAC}", b"net rx=3i"),
    (f"ap/{MAC}", b""),
]


@pytest.mark.parametrize(("topic", "payload"), HOSTILE)
def test_no_mac_leaves(topic: str, payload: bytes) -> None:
    """Neither in a value, nor in a count, nor in what the doctor is shown."""
    sources = LocalSources([JSON, PLAIN, INFLUX, NODE], ["ap/#"])
    heard = sources.receive(topic, payload, NOW, retained=False)
    sources.dropped(topic)
    everything = repr((heard, sources.counts, sources.strange, sources.views(0))).lower()
    for text in (MAC, MAC.replace(":", ""), MAC.replace(":", "-")):
        assert text not in everything


TOPICS = st.sampled_from([*(topic for topic, _payload in HOSTILE), "spBv1.0/g/NDATA/n", "x"])


@given(TOPICS, st.binary(max_size=100), st.booleans())
def test_no_message_hurts(topic: str, payload: bytes, retained: bool) -> None:
    sources = LocalSources([JSON, PLAIN, INFLUX, NODE], ["ap/#"])
    sources.receive(topic, payload, NOW, retained=retained)
    assert any(topic_filters.matches(one, topic) for one in sources.filters) or topic == "x"
