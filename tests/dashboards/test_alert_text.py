"""What people read of an alert: the place, the time, how many, what first; for every rule."""

import pytest

from dashboards.alert_text import alerts, fires, said, text_of
from dashboards.asking import Asking
from tests.dashboards.conftest import SmallCity
from vocabulary.alert_rules import RULES, AlertRule

LABELS = {"site": "oak", "area": "north", "gateway": "gw-1", "ap": "ap-7", "level": "ap"}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.rule_id)
def test_every_rule_can_be_read(rule: AlertRule) -> None:
    made = text_of(rule, LABELS, {"A": 12.0, "S": 1_793_750_400.0})
    assert "{{" not in made.summary + made.description
    assert rule.first in made.description
    if rule.cause:
        assert made.summary.endswith(": oak, north, ap-7")
        assert "Since 2026-11-04 00:00:00 UTC. Affected: 12 access points." in made.description


def test_a_gateway_is_named_where_no_access_point_is() -> None:
    template = "{{ if $labels.ap }}A{{ else if $labels.gateway }}G{{ end }}{{ $labels.site }}"
    assert said(template, {"ap": "", "gateway": "g", "site": "s"}, {}) == "Gs"
    assert said(template, {"site": "s"}, {}) == "s"


def test_conditions() -> None:
    assert fires("$value > 0", 1.0)
    assert not fires("$value > 0", 0.0)
    assert fires("$value < 1", 0.0)


def test_one_alert_for_the_one_open_incident(city: SmallCity) -> None:
    with Asking(city.url) as asking:
        made = list(alerts(asking, city.database, city.story.span))
    incidents = [one for one in made if one.rule.endswith("-down")]
    (still,) = [one for one in city.truth.told if one.incident.end_ms is None and not one.muted]
    (alert,) = incidents
    assert still.incident.node in alert.summary
    assert "Affected: 1 access points." in alert.description
