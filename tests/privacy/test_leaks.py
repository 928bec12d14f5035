"""Nothing tells of an address; and each planted leak is found by the judges that must find it."""

import ast
from pathlib import Path

import pytest

from edge import configuration
from tests.house.tree import HOUSE
from tests.privacy import judges
from tests.privacy.leaks import LEAKS, REACHING
from tests.privacy.street import Captured, Leak, assignment, live, variants
from vocabulary.errors import ConfigurationInvalid
from vocabulary.metrics import CATALOGUE

PARSERS = ("edge/access_point_message.py", "edge/message_path.py", "edge/collector.py")
TELLERS = {"hashlib", "hmac", "secrets", "uuid", "datasketch"}


def judged(seed: int, leak: Leak | None = None) -> dict[str, list[str]]:
    """Every judge's findings of one day."""
    base = assignment(1)
    day = live(base, seed=seed, leak=leak)
    others = [live(other, seed=seed, leak=leak) for other in variants(base)]
    return {
        "T1": judges.allow_list(day),
        "T2": judges.identity_swap(day, others),
        "T3": judges.enumeration(day, base),
        "T4": judges.at_rest(day, base),
    }


@pytest.mark.parametrize("seed", [1, 2])
def test_no_mac_leaves(seed: int) -> None:
    day = live(assignment(1), seed=seed)
    assert len(day.wire) > 60, "something was said"
    assert any("refused" in line for line in day.log), "something was refused"
    assert sum(map(len, day.disk.values())) > 2_000, "something is on the card"
    assert judged(seed) == {"T1": [], "T2": [], "T3": [], "T4": []}


@pytest.mark.parametrize("name", LEAKS)
def test_a_planted_leak_is_found(name: str) -> None:
    planted = LEAKS[name]
    found = {judge for judge, findings in judged(1, planted.leak).items() if findings}
    assert planted.caught_by <= found, f"found by {sorted(found)} only"


@pytest.mark.parametrize("path", REACHING)
def test_a_path_to_one_client_is_not_loaded(path: str) -> None:
    text = f"""
        gateway_id = "gw-one"
        district = "north"
        [uplink]
        broker = "mqtt://127.0.0.1"
        [[source]]
        ap_id = "ap-one"
        topic = "a"
        metrics = [{{ name = "wifi/rx_bytes", path = "{path}" }}]
    """
    with pytest.raises(ConfigurationInvalid, match="path"):
        configuration.parse(text, file="t")


@pytest.mark.parametrize("name", PARSERS)
def test_where_messages_are_parsed_nothing_can_hash(name: str) -> None:
    """T5: without a tool there is no digest, and without a salt on disk no key to keep."""
    tree = ast.parse((HOUSE / name).read_text("utf-8"))
    imported = {
        alias.name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    } | {
        (node.module or "").split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
    }
    assert not imported & TELLERS


def test_the_list_is_kept_by_hand() -> None:
    """Whatever the catalogue gains, an access point's new field is not allowed by itself."""
    ours = {name for name, metric in CATALOGUE.items() if metric.family == "wifi"}
    allowed = {name for name in judges.ALLOWED["metrics"] if name.startswith("wifi/")}
    assert allowed < ours
    text = Path(judges.__file__).read_text("utf-8")
    assert "CATALOGUE" not in text


def test_a_judge_sees_what_it_judges() -> None:
    empty = Captured((), (), {})
    assert judges.allow_list(empty) == judges.at_rest(empty, assignment(1)) == []
    secret = assignment(1)[0]
    assert judges.at_rest(Captured((), (), {"f": b"x" + secret[::-1]}), [secret])
    assert judges.identity_swap(empty, [Captured((), ("x",), {})])
