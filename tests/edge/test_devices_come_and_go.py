"""Access points and boards come and go, as the broker hears it; checks on request."""

from edge import configuration
from edge.configuration import digest
from tests.edge.one_gateway import AP, AP_TOPIC, OneGateway, settings
from tests.edge.reference_host import Heard
from vocabulary import delivery
from vocabulary.payload import Datatype, Metric, Payload, encode
from vocabulary.topics import Verb


def aged(max_age_s: float = 35.0) -> OneGateway:
    text = f"""
        gateway_id = "gw-one"
        district = "north"
        uplink = {{ broker = "mqtt://127.0.0.1:1883" }}
        metrics_page = {{ port = 0 }}
        [[source]]
        ap_id = "{AP}"
        topic = "{AP_TOPIC}"
        max_age_s = {max_age_s}
        address = "127.0.0.1:9"
        metrics = [{{ name = "wifi/clients", path = "length(stations)" }}]
        [[serial]]
        sensor_id = "air-one"
        port = "/dev/air-one"
    """
    return OneGateway(configuration.parse(text, file="test.toml"))


def about(heard: list[Heard], device: str) -> list[Verb]:
    return [one.verb for one in heard if one.device == device]


def waits(gateway: OneGateway, seconds: float) -> list[Heard]:
    before = len(gateway.host.heard)
    gateway.wait(seconds)
    return gateway.host.heard[before:]


def test_a_silent_access_point_is_buried_once_and_born_again_before_its_next_word() -> None:
    gateway = aged()
    gateway.connect()
    gateway.read(3)
    gateway.say()
    verbs = about(waits(gateway, 70), AP)
    assert verbs.count(Verb.DDEATH) == 1
    assert Verb.DDATA in verbs  # beats that failed
    assert verbs[-1] is Verb.DDEATH  # and no more of them: the death said it
    gateway.read(4)
    heard = gateway.say()
    assert about(heard, AP) == [Verb.DBIRTH, Verb.DDATA]
    assert heard[-1].values["wifi/ok"] is True


def test_births_while_it_is_away_bury_it_again_and_show_no_reading() -> None:
    gateway = aged()
    gateway.connect()
    gateway.read(3)
    waits(gateway, 50)
    gateway.cut()
    heard = gateway.connect()
    assert about(heard, AP)[:2] == [Verb.DBIRTH, Verb.DDEATH]
    birth = next(one for one in heard if one.verb is Verb.DBIRTH and one.device == AP)
    assert birth.values["wifi/clients"] is None
    seqs = [one.payload.seq for one in heard]
    assert seqs == list(range(len(seqs)))


def test_an_unplugged_board_is_buried_and_its_history_follows() -> None:
    gateway = aged()
    gateway.connect()
    gateway.agent.port_closed(gateway.agent.serial.port_of("air-one"), "lost")
    assert about(gateway.say(), "air-one") == [Verb.DDEATH]
    gateway.agent.port_closed(gateway.agent.serial.port_of("air-one"), "lost")
    assert about(gateway.say(), "air-one") == []
    collector = gateway.agent._collector
    collector.add(
        "air-one", [("air/pm2_5_ugm3", 3.0)], gateway.now, klass=delivery.RecordClass.SENSOR
    )
    (late,) = [one for one in gateway.say() if one.device == "air-one"]
    assert late.verb is Verb.DDATA
    assert all(metric.is_historical for metric in late.payload.metrics)


def test_what_left_the_configuration_is_buried_while_records_wait_and_then_forgotten() -> None:
    gateway = OneGateway()
    gateway.read(3)
    without = settings()
    gateway.configuration = type(without)(
        without.gateway_id, without.district, without.uplink, serial=without.serial
    )
    gateway.restart()
    heard = gateway.connect()
    assert about(heard, AP)[:2] == [Verb.DBIRTH, Verb.DDEATH]
    gateway.host_commits()
    gateway.cut()
    assert about(gateway.connect(), AP) == []
    gateway.cut()
    assert about(gateway.connect(), "air-one") == [Verb.DBIRTH]


def test_the_birth_names_the_configuration() -> None:
    gateway = aged()
    (birth, *_rest) = gateway.connect()
    assert birth.values[delivery.CONFIGURATION] == digest(gateway.configuration)
    assert digest(aged().configuration) == digest(gateway.configuration)
    assert digest(aged(36.0).configuration) != digest(gateway.configuration)


def test_a_check_is_asked_for_by_name_or_by_alias() -> None:
    gateway = aged()
    (birth, *_rest) = gateway.connect()
    (alias,) = [one.alias for one in birth.payload.metrics if one.name == delivery.CHECK_NOW]
    assert alias
    for name, number, device in (
        (delivery.CHECK_NOW, None, AP),
        (None, alias, "gw-one"),
        (None, alias, "somebody-else"),
    ):
        metric = Metric(name, number, None, Datatype.STRING, device)
        gateway.hear(encode(Payload((metric,)), announce=True))
    desk = gateway.agent.checks
    assert [desk.take(), desk.take(), desk.take()] == [AP, "", None]
    assert desk.counts["check_unknown"] == 1
    gateway.agent.checked(AP, [("check/loss_pct", 100.0)], gateway.now)
    gateway.agent.checked("", [], gateway.now)
    heard = gateway.say()
    assert [one.device for one in heard] == [AP, ""]
    assert heard[0].values["check/loss_pct"] == 100.0
    assert "spool/backlog_records" in heard[1].values
