"""What a source may be told: every format's own keys, units and ranges, all faults at once."""

import pytest

from edge.configuration import GatewayConfiguration, parse
from simulators import toml_text
from vocabulary.errors import ConfigurationInvalid

LEAST = """\
gateway_id = "gw-one"
district = "north"
[uplink]
broker = "mqtt://broker.example"
"""


def source(rest: str, *, kind: str = "json", topic: str = "ap/ap-one/status") -> str:
    return f'\n[[source]]\nap_id = "ap-one"\nformat = "{kind}"\ntopic = "{topic}"\n{rest}\n'


def metrics(*rows: str) -> str:
    return "metrics = [" + ", ".join(f"{{ {row} }}" for row in rows) + "]"


def parsed(text: str) -> GatewayConfiguration:
    return parse(LEAST + text, file="gateway.toml")


def faults(text: str) -> list[tuple[str, str, str]]:
    """Key, found, expected of every fault."""
    with pytest.raises(ConfigurationInvalid) as caught:
        parsed(text)
    return [(one.key.split(".")[-1], one.found, one.expected) for one in caught.value.findings]


CLIENTS = 'name = "wifi/clients"'
RX = 'name = "wifi/rx_bytes"'
GOOD = {
    "json": (metrics(f'{CLIENTS}, path = "n", words = {{ none = 0 }}'), "ap/a"),
    "plain": (metrics(CLIENTS, f'{RX}, topic = "ap/rx", unit = "kB"'), "ap/a"),
    "collectd": (metrics(f'{RX}, path = "interface-wlan0/if_octets", value = 1'), "c/host"),
    "influx": (metrics(f'{RX}, path = "net,interface=wlan0 bytes_recv"'), "telegraf/+/net"),
    "sparkplug": (metrics(f'{CLIENTS}, path = "Clients", device = "r"'), "spBv1.0/g/+/n/#"),
}


@pytest.mark.parametrize("kind", GOOD)
def test_each_format_is_read(kind: str) -> None:
    rest, topic = GOOD[kind]
    (made,) = parsed(source(rest, kind=kind, topic=topic)).source
    assert (made.format, made.max_age_s, made.status) == (kind, None, None)


@pytest.mark.parametrize(
    ("kind", "topic"),
    [
        ("json", "ap/+"),
        ("plain", "ap/#"),
        ("collectd", "c/#"),
        ("influx", "a/#/b"),
        ("influx", "a+"),
        ("sparkplug", "spBv1.0/g/n"),
        ("sparkplug", "spBv1.0/+/+/n/#"),
        ("sparkplug", "spBv1.0/g/NDATA/n"),
    ],
)
def test_a_topic_fits_its_format(kind: str, topic: str) -> None:
    ((key, found, _expected),) = faults(source(GOOD[kind][0], kind=kind, topic=topic))
    assert (key, found) == ("topic", f"`{topic}`")


@pytest.mark.parametrize(
    ("kind", "row", "found"),
    [
        ("json", f'{CLIENTS}, value = 1', "the key `value` in format json"),
        ("json", f'{CLIENTS}, topic = "a"', "the key `topic` in format json"),
        ("plain", f'{CLIENTS}, device = "a"', "the key `device` in format plain"),
        ("plain", f'{CLIENTS}, topic = "a/#"', "`a/#`"),
        ("collectd", f'{RX}, path = "a/b", words = {{ on = 1 }}',
         "the key `words` in format collectd"),
        ("collectd", f'{RX}', "the path `None`"),
        ("collectd", f'{RX}, path = "a/b/c"', "the path `a/b/c`"),
        ("collectd", f'{RX}, path = "a/#"', "the path `a/#`"),
        ("influx", f'{RX}, path = "net"', "the path `net`"),
        ("influx", f'{RX}, path = "net,a=02:00:5e:00:00:01 b"',
         "the path `net,a=02:00:5e:00:00:01 b`"),
        ("sparkplug", f'{CLIENTS}', "the path `None`"),
        ("sparkplug", f'{CLIENTS}, path = "02005e000001"', "the path `02005e000001`"),
        ("json", 'name = "wifi/nothing"', "`wifi/nothing`"),
        ("json", 'name = "wifi/ok"', "`wifi/ok`"),
        ("json", 'name = "gateway/cpu_pct"', "`gateway/cpu_pct`"),
        ("json", f'{RX}, unit = "ms"', "`ms`"),
        ("json", f'{CLIENTS}, unit = "kB"', "`kB`"),
        ("json", f'{RX}, unit = "kB", scale = 2.0', "a unit and a scale"),
        ("json", f'{RX}, scale = -1.0', "scale -1.0"),
        ("json", f'{RX}, scale = 0.0', "scale 0.0"),
        ("json", f'{RX}, scale = inf', "scale inf"),
        ("json", f'{CLIENTS}, words = {{ many = 9999 }}', "`many` = 9999"),
    ],
)  # fmt: skip
def test_a_row_fits_its_format_and_the_catalogue(kind: str, row: str, found: str) -> None:
    topic = GOOD[kind][1]
    assert [one[:2] for one in faults(source(metrics(row), kind=kind, topic=topic))] == [
        ("metrics", found)
    ]


@pytest.mark.parametrize(
    ("kind", "time", "found"),
    [
        ("plain", '{ path = "ts" }', "a time in format plain"),
        ("collectd", '{ unit = "s" }', "a time in format collectd"),
        ("sparkplug", '{ unit = "s" }', "a time in format sparkplug"),
        ("influx", '{ path = "ts" }', "the path `ts`"),
        ("json", '{ unit = "s" }', "the path ``"),
        ("json", '{ path = "stations[0]" }', "the path `stations[0]`"),
    ],
)
def test_a_time_fits_its_format(kind: str, time: str, found: str) -> None:
    rest, topic = GOOD[kind]
    assert faults(source(f"time = {time}\n{rest}", kind=kind, topic=topic))[0][:2] == (
        "time",
        found,
    )


@pytest.mark.parametrize(
    ("status", "found"),
    [
        ('{ topic = "ap/+" }', "`ap/+`"),
        ('{ topic = "ap/a" }', "`ap/a`"),
        (
            '{ topic = "ap/x", online = "up", offline = "up" }',
            "the same word for online and offline",
        ),
    ],
)
def test_a_status_is_two_words_on_a_topic_of_its_own(status: str, found: str) -> None:
    rest, topic = GOOD["json"]
    assert faults(source(f"status = {status}\n{rest}", topic=topic))[0][:2] == ("status", found)


def test_a_metric_of_an_access_point_comes_from_one_source() -> None:
    one = source(metrics(CLIENTS), topic="ap/a")
    two = source(metrics(CLIENTS), topic="ap/b")
    ((key, found, expected),) = faults(one + two)
    assert (key, found) == ("metrics", "`wifi/clients` of ap-one again")
    assert expected == "it from source[0] alone"


def test_all_faults_at_once() -> None:
    bad = source(
        'time = { path = "ts" }\nstatus = { topic = "a/#" }\n'
        + metrics(f'{CLIENTS}, unit = "kB"', f"{RX}, scale = 0.0", f"{RX}, value = 3"),
        kind="plain",
        topic="ap/#",
    )
    assert {key for key, _found, _expected in faults(bad)} == {
        "topic",
        "time",
        "status",
        "metrics",
    }
    assert len(faults(bad)) == 7


def test_what_is_watched_is_a_filter() -> None:
    text = '[local]\nwatch = ["ap/#/x", "ok/#"]\n'
    assert faults(text) == [
        ("watch", "`ap/#/x`", "the wildcard # as the last level only"),
    ]


@pytest.mark.parametrize("kind", GOOD)
def test_defaults_may_be_written_out(kind: str) -> None:
    """As a configuration does that a program has rendered."""
    rest, topic = GOOD[kind]
    made = parsed(source(rest, kind=kind, topic=topic))
    assert parse(toml_text.render(made), file="gateway.toml") == made
