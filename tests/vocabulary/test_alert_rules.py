"""Each alert has an owner, a first step and a page that says what must not be done."""

import pytest

from processing.intervals import Cause
from tests.house.tree import HOUSE
from vocabulary.alert_rules import BY_CAUSE, RULES, RUNBOOKS, AlertRule, cause_code

every_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.rule_id)


@every_rule
def test_a_rule_has_its_page(rule: AlertRule) -> None:
    page = HOUSE / rule.runbook
    assert page.exists(), f"write {rule.runbook}"
    text = page.read_text("utf-8")
    assert text.startswith(f"# {rule.title}\n")
    assert "**Do not** " in text
    assert rule.first in text
    assert rule.owner in text
    assert text.count("\n1. ") == 1
    assert "\nOver when: " in text


def test_no_page_is_without_its_rule() -> None:
    pages = {path.stem for path in (HOUSE / RUNBOOKS).glob("*.md")} - {"README"}
    assert pages == {rule.rule_id for rule in RULES}


def test_the_list_of_pages_is_whole() -> None:
    listed = (HOUSE / RUNBOOKS / "README.md").read_text("utf-8")
    for rule in RULES:
        row = f"| [{rule.rule_id}]({rule.rule_id}.md) | {rule.title} | {rule.severity} | "
        assert row + f"{rule.owner} |" in listed


@every_rule
def test_a_first_step_is_one_sentence(rule: AlertRule) -> None:
    assert rule.first.endswith(".")
    assert len(rule.first) <= 120
    assert rule.owner


def test_every_cause_of_an_outage_has_a_rule_but_our_own_host() -> None:
    assert set(BY_CAUSE) == {str(one) for one in Cause} - {"", "host"}


def test_causes_have_numbers_of_their_own() -> None:
    codes = [cause_code(cause) for cause in BY_CAUSE]
    assert codes == list(range(1, len(BY_CAUSE) + 1))
    assert cause_code("") == cause_code("host") == 0
