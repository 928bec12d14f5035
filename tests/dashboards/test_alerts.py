"""Rules: one alert for an incident; each says what, where, since when, for whom, what first."""

import pytest

from dashboards.alerts import NEVER_QUIET, rules_file, since_of, texts, watch_of
from vocabulary.alert_rules import BY_CAUSE, RULES, AlertRule

MADE = {rule["labels"]["rule"]: rule for group in rules_file()["groups"] for rule in group["rules"]}
every_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.rule_id)


@every_rule
def test_a_rule_is_in_the_form_of_files(rule: AlertRule) -> None:
    made = MADE[rule.rule_id]
    assert made["title"] == rule.title
    assert "grafana_alert" not in made
    assert made["condition"] == "C"
    assert [row["refId"] for row in made["data"]][-1] == "C"
    assert made["noDataState"] == ("Alerting" if rule.rule_id in NEVER_QUIET else "OK")
    assert len(made["uid"]) <= 40


@every_rule
def test_a_rule_says_whose_it_is_and_where_to_read(rule: AlertRule) -> None:
    said = texts(rule)
    assert said["owner"] == rule.owner
    assert said["runbook_url"].endswith(rule.runbook)
    assert rule.first in said["description"]
    assert said["summary"].startswith(rule.title)


@pytest.mark.parametrize("cause", BY_CAUSE)
def test_an_incident_is_one_alert(cause: str) -> None:
    rule = BY_CAUSE[cause]
    query = watch_of(rule).query
    assert query.measurement == "incident"
    assert query.text.endswith('GROUP BY "ap", "area", "gateway", "level", "site"')
    assert '"is_muted" = 0' in query.text
    assert f"'{cause}'" in query.text
    since = since_of(rule)
    assert since is not None
    assert since.text.split(" FROM ")[1] == query.text.split(" FROM ")[1]
    assert "Since " in texts(rule)["description"]
    assert "Affected: " in texts(rule)["description"]


def test_uids_are_stable_and_apart() -> None:
    uids = {rule["uid"] for rule in MADE.values()}
    assert len(uids) == len(RULES)
