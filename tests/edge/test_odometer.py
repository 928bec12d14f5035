"""Sectors add up over boots, whatever the order of looks."""

from hypothesis import given
from hypothesis import strategies as st

from edge import odometer
from edge.odometer import CARDS_MAX, Card, Odometer, moved

GIB = 1 << 30


@given(st.lists(st.lists(st.integers(0, 1_000), min_size=1, max_size=5), max_size=6))
def test_each_boot_adds_what_its_count_rose(boots: list[list[int]]) -> None:
    made, total = Odometer(), 0
    for number, rises in enumerate(boots):
        count = 0
        for rise in rises:
            count += rise
            made = moved(made, "c", sectors=count, size_bytes=GIB, boot_id=str(number), now_s=0)
        total += count
    assert made.cards.get("c", Card()).written_bytes == total * 512


def test_budget_pace_and_end() -> None:
    day = 86_400
    made = moved(Odometer(), "c", sectors=0, size_bytes=GIB, boot_id="a", now_s=0)
    assert odometer.bytes_per_day(made.cards["c"]) is None
    made = moved(made, "c", sectors=GIB // 512, size_bytes=GIB, boot_id="a", now_s=day)
    card = made.cards["c"]
    assert odometer.share(card) == 0.01
    assert odometer.bytes_per_day(card) == GIB
    assert odometer.months_left(card) == 99 / 30
    assert odometer.share(Card()) is odometer.months_left(Card()) is None


def test_cards_are_bounded() -> None:
    made = Odometer()
    for ix in range(CARDS_MAX + 3):
        made = moved(made, str(ix), sectors=1, size_bytes=1, boot_id="a", now_s=ix)
    assert len(made.cards) == CARDS_MAX
    assert "0" not in made.cards
