"""What a person reads when a rule fires: its words, with the labels and values of an answer.

Grafana fills Go templates; our rules use three of their words only (a label, a value, a time), and
an ``if`` on a label. That much is understood here, so that it can be read before a night needs it.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final, NamedTuple

from dashboards.alerts import since_of, texts, watch_of
from dashboards.asking import Asking
from dashboards.filled import Span, filled
from vocabulary.alert_rules import RULES, AlertRule
from vocabulary.measurements import database_of

_IF: Final = re.compile(
    r"\{\{ if \$labels\.(\w+) \}\}(.*?)"
    r"(?:\{\{ else if \$labels\.(\w+) \}\}(.*?))?\{\{ end \}\}"
)
_LABEL: Final = re.compile(r"\{\{ \$labels\.(\w+) \}\}")
_VALUE: Final = re.compile(r"\{\{ \$values\.(\w+)\.Value \}\}")
_TIME: Final = re.compile(r"\{\{ humanizeTimestamp \$values\.(\w+)\.Value \}\}")


class AlertText(NamedTuple):
    """One alert as it is read."""

    rule: str
    severity: str
    summary: str
    description: str
    owner: str
    runbook: str


def said(template: str, labels: Mapping[str, str], values: Mapping[str, float]) -> str:
    """A template, filled in."""

    def choice(found: re.Match[str]) -> str:
        first, one, second, other = found.groups()
        if labels.get(first):
            return one
        return other or "" if second and labels.get(second) else ""

    text = _IF.sub(choice, template)
    text = _LABEL.sub(lambda found: labels.get(found[1], ""), text)
    text = _TIME.sub(lambda found: _moment(values[found[1]]), text)
    return _VALUE.sub(lambda found: f"{values[found[1]]:g}", text)


def _moment(ts_s: float) -> str:
    return f"{datetime.fromtimestamp(ts_s, UTC):%Y-%m-%d %H:%M:%S} UTC"


def text_of(rule: AlertRule, labels: Mapping[str, str], values: Mapping[str, float]) -> AlertText:
    """An alert of one rule."""
    words = {key: said(text, labels, values) for key, text in texts(rule).items()}
    return AlertText(
        rule.rule_id,
        str(rule.severity),
        words["summary"],
        words["description"],
        rule.owner,
        rule.runbook,
    )


def alerts(asking: Asking, database: str, span: Span) -> Iterator[AlertText]:
    """Every alert that fires at the end of the range, in the order of the rules."""
    for rule in RULES:
        watch, since = watch_of(rule), since_of(rule)
        starts: dict[tuple[str, ...], float] = {}
        if since is not None:
            told = asking.ask(
                database_of(database, since.store), filled(since.text, span, {}, 60_000)
            )
            starts = {tuple(s.tags.values()): float(s.values[-1][1]) for s in told.series}
        answer = asking.ask(
            database_of(database, watch.query.store), filled(watch.query.text, span, {}, 60_000)
        )
        for series in answer.series:
            value = float(series.values[-1][1])
            if fires(watch.condition, value):
                values = {"A": value, "S": starts.get(tuple(series.tags.values()), 0.0)}
                yield text_of(rule, series.tags, values)


def fires(condition: str, value: float) -> bool:
    """Whether a rule's condition, such as ``$value > 0``, holds."""
    _name, sign, bound = condition.split(" ")
    return value > float(bound) if sign == ">" else value < float(bound)
