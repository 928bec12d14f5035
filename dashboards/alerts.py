"""Grafana's alert rules, from the rows in ``vocabulary/alert_rules.py``; provisioned from files.

A rule of incidents asks for the open incidents of one cause, so Grafana makes one alert of each
incident: its series is the incident's first node. grafanalib's rule writes the form that the API
takes; files want another, so the class here turns it.
"""

from typing import Any, Final, NamedTuple

import attr
from grafanalib.core import (
    EXP_REDUCER_FUNC_LAST,
    EXP_TYPE_MATH,
    EXP_TYPE_REDUCE,
    AlertExpression,
    AlertFileBasedProvisioning,
    AlertGroup,
    AlertRulev9,
)

from dashboards.influxql import Pick, Query, ask, is_
from dashboards.panels import SOURCE_UID, InfluxTarget, made_target
from vocabulary.alert_rules import BY_CAUSE, RULES, AlertRule, Severity

FOLDER: Final = "Lamplighter alerts"
DOCUMENTS: Final = "${LAMPLIGHTER_DOCS}"
"""Where the runbooks are served; Grafana fills it in from its environment."""
NEVER_QUIET: Final = frozenset({"host-silent"})
"""Rules for which no data is the alarm itself."""
_ALWAYS: Final = "time > now() - 35d"
_LATELY: Final = "time > now() - 5m"
_HOURS: Final = "time > now() - 2h"
_GATEWAY: Final = ("area", "gateway", "site")


class Watch(NamedTuple):
    """What a rule asks, and when it is an alarm; ``said`` is the number's own sentence."""

    query: Query
    condition: str
    for_: str
    said: str


def _host(field: str, function: str = "last") -> Query:
    return ask("host", Pick(field, function, name="value"), within=_LATELY)


def _gateways(field: str, function: str = "max") -> Query:
    pick = Pick(field, function, name="value")
    return ask("gateway_hour", pick, by=_GATEWAY, within=_HOURS)


WATCHES: Final[dict[str, Watch]] = {
    "host-silent": Watch(_host("gateways_listed"), "$value < 0", "2m", "no word for five minutes"),
    "broker-lost": Watch(
        ask("host", Pick("gateways_alive", name="value"), within=_LATELY),
        "$value < 1",
        "1m",
        "{value} gateways have a session",
    ),
    "database-refuses": Watch(
        _host("pending_bytes"), "$value > 16000000", "5m", "{value} bytes wait for the database"
    ),
    "judgement-late": Watch(
        ask("detector", Pick("lag_ms", "max", name="value"), within=_LATELY),
        "$value > 2000",
        "5m",
        "{value} ms from arrival to judgement",
    ),
    "spool-filling": Watch(
        _gateways("oldest_age_max_s"),
        "$value > 7200",
        "10m",
        "its oldest record has waited {value} s",
    ),
    "records-lost": Watch(
        _gateways("dropped_records", "sum"), "$value > 0", "0s", "{value} records declared lost"
    ),
    "clock-wrong": Watch(
        _gateways("unsynced_ms", "sum"), "$value > 3600000", "0s", "{value} ms without a clock"
    ),
    "coverage-low": Watch(
        ask("detector", Pick("unobserved_share", "min", name="value"), within=_LATELY),
        "$value > 0.2",
        "2m",
        "a share of {value} of all access points cannot be seen",
    ),
    "detector-wrong": Watch(
        ask(
            "detector_day",
            Pick("false_observed", name="value"),
            by=["level"],
            within="time > now() - 2d",
        ),
        "$value > 0.5",
        "0s",
        "{value} false alarms per node-year",
    ),
}


def watch_of(rule: AlertRule) -> Watch:
    """What a rule asks."""
    if not rule.cause:
        return WATCHES[rule.rule_id]
    query = ask(
        "incident",
        Pick("affected", name="value"),
        where=[
            is_("incident", "is_open", 1),
            is_("incident", "is_muted", 0),
            is_("incident", "cause", rule.cause),
        ],
        by=("ap", "area", "gateway", "level", "site"),
        within=_ALWAYS,
    )
    return Watch(query, "$value > 0", "0s", "{value} access points")


def since_of(rule: AlertRule) -> Query | None:
    """When an incident began, in seconds, as a second column of the same alert."""
    if not rule.cause:
        return None
    watch = watch_of(rule)
    pick = Pick("start_ms", by=1_000, name="since")
    text = watch.query.text.split(" FROM ", 1)[1]
    made = ask("incident", pick, within="")
    return made._replace(text=f"{made.text.split(' FROM ')[0]} FROM {text}", tags=watch.query.tags)


_WHERE: Final = (
    "{{ $labels.site }}{{ if $labels.area }}, {{ $labels.area }}{{ end }}"
    "{{ if $labels.ap }}, {{ $labels.ap }}"
    "{{ else if $labels.gateway }}, {{ $labels.gateway }}{{ end }}"
)


def texts(rule: AlertRule) -> dict[str, str]:
    """The annotations: what, where, since when, who is affected, what to do first."""
    watch = watch_of(rule)
    number = "{{ $values.A.Value }}"
    said = watch.said.replace("{value}", number)
    made = {"summary": rule.title, "first": rule.first, "owner": rule.owner}
    made["runbook_url"] = f"{DOCUMENTS}/{rule.runbook}"
    if rule.cause:
        made["summary"] = f"{rule.title}: {_WHERE}"
        since = "{{ humanizeTimestamp $values.S.Value }}"
        made["description"] = f"Since {since}. Affected: {said}. First: {rule.first}"
        made["__dashboardUid__"] = "lamplighter-city-now"
        made["__panelId__"] = "4"
    elif watch.query.tags:
        where = _WHERE if "site" in watch.query.tags else "{{ $labels.level }}"
        made["summary"] = f"{rule.title}: {where}"
        made["description"] = f"{said[0].upper()}{said[1:]}. First: {rule.first}"
    else:
        made["description"] = f"{said[0].upper()}{said[1:]}. First: {rule.first}"
    return made


@attr.s
class FileRule(AlertRulev9):  # type: ignore[misc] # grafanalib has no types
    """A rule in the form that files want."""

    def to_json_data(self) -> dict[str, Any]:
        """The API's form, its inner table brought out."""
        told: dict[str, Any] = super().to_json_data()
        inner = told.pop("grafana_alert")
        for row in inner["data"]:
            model = row["model"]
            model = model if isinstance(model, dict) else model.to_json_data()
            row["model"] = model | {"intervalMs": 60_000, "maxDataPoints": 43_200}
            row.setdefault("relativeTimeRange", {"from": 0, "to": 0})
        board, panel = (self.annotations.get(key) for key in ("__dashboardUid__", "__panelId__"))
        linked = {"dashboardUid": board, "panelId": int(panel)} if board and panel else {}
        return told | {
            "title": inner["title"],
            "condition": inner["condition"],
            "data": inner["data"],
            "noDataState": inner["no_data_state"],
            "execErrState": inner["exec_err_state"],
            "isPaused": False,
            **linked,
        }


made_rule: Any = FileRule


def _target(query: Query, ref: str) -> InfluxTarget:
    made: InfluxTarget = made_target(
        query=query, refId=ref, as_table=False, datasource=SOURCE_UID[query.store]
    )
    return made


def _rule(rule: AlertRule) -> FileRule:
    watch = watch_of(rule)
    since = since_of(rule)
    triggers: list[Any] = [_target(watch.query, "Q")]
    triggers.append(
        AlertExpression(
            "A",
            "Q",
            expressionType=EXP_TYPE_REDUCE,
            reduceFunction=EXP_REDUCER_FUNC_LAST,
        )
    )
    if since is not None:
        triggers.append(_target(since, "P"))
        triggers.append(
            AlertExpression(
                "S", "P", expressionType=EXP_TYPE_REDUCE, reduceFunction=EXP_REDUCER_FUNC_LAST
            )
        )
    condition = watch.condition.replace("$value", "$A")
    triggers.append(AlertExpression("C", condition, expressionType=EXP_TYPE_MATH))
    quiet = "Alerting" if rule.rule_id in NEVER_QUIET else "OK"
    made: FileRule = made_rule(
        title=rule.title,
        uid=f"lamplighter-{rule.rule_id}"[:40],
        triggers=triggers,
        annotations=texts(rule),
        labels={
            "rule": rule.rule_id,
            "severity": str(rule.severity),
            "owner": rule.owner.replace(" ", "-"),
        },
        condition="C",
        evaluateFor=watch.for_,
        noDataAlertState=quiet,
        errorAlertState="Error",
        timeRangeFrom=35 * 86_400 if rule.cause else 7_200,
    )
    return made


def rules_file() -> dict[str, Any]:
    """Every rule, in two groups: incidents each half minute, the platform each minute."""
    groups = []
    for name, every, wanted in (
        ("incidents", "30s", [rule for rule in RULES if rule.cause]),
        ("platform", "1m", [rule for rule in RULES if not rule.cause]),
    ):
        group = AlertGroup(
            name, rules=[_rule(rule) for rule in wanted], folder=FOLDER, evaluateInterval=every
        )
        groups.append(group.to_json_data() | {"orgId": 1})
    made: dict[str, Any] = AlertFileBasedProvisioning(groups).to_json_data()
    return made


assert {rule.rule_id for rule in RULES} == set(WATCHES) | {r.rule_id for r in BY_CAUSE.values()}
assert all(rule.severity in Severity for rule in RULES)
