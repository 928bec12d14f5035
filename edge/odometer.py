"""How far the card has gone: sectors written, summed over boots, against what cards survive.

The kernel counts from zero at each boot. What a boot has added is what its count rose since the
last look; a count that fell means another boot. A budget of one hundred full-card writes holds
unless somebody knows better.
"""

from typing import Final

import msgspec

from vocabulary.units import S_PER_DAY

SECTOR_BYTES: Final = 512
FULL_WRITES: Final = 100
CARDS_MAX: Final = 16
DAYS_A_MONTH: Final = 30


class Card(msgspec.Struct, frozen=True):
    """One card by its own number."""

    written_bytes: int = 0
    boot_id: str = ""
    boot_bytes: int = 0
    size_bytes: int = 0
    first_s: int = 0
    last_s: int = 0


class Odometer(msgspec.Struct, frozen=True):
    """Every card that this board has seen."""

    cards: dict[str, Card] = {}


def moved(
    odometer: Odometer, card_id: str, *, sectors: int, size_bytes: int, boot_id: str, now_s: int
) -> Odometer:
    """One more look at the count of this boot."""
    old = odometer.cards.get(card_id, Card(first_s=now_s))
    counted = sectors * SECTOR_BYTES
    same_boot = old.boot_id == boot_id and counted >= old.boot_bytes
    added = counted - old.boot_bytes if same_boot else counted
    card = Card(old.written_bytes + added, boot_id, counted, size_bytes, old.first_s, now_s)
    cards = {**odometer.cards, card_id: card}
    while len(cards) > CARDS_MAX:
        del cards[min(cards, key=lambda one: cards[one].last_s)]
    return Odometer(cards)


def budget_bytes(card: Card) -> int:
    """How much it may be written."""
    return FULL_WRITES * card.size_bytes


def share(card: Card) -> float | None:
    """How much of its budget is gone; None for a card of unknown size."""
    return card.written_bytes / budget_bytes(card) if card.size_bytes else None


def bytes_per_day(card: Card) -> float | None:
    """At which pace; None before a day has passed."""
    passed_s = card.last_s - card.first_s
    return card.written_bytes * S_PER_DAY / passed_s if passed_s >= S_PER_DAY else None


def months_left(card: Card) -> float | None:
    """Until the budget is gone at this pace; None where nobody can say."""
    pace = bytes_per_day(card)
    if not pace or not card.size_bytes:
        return None
    return max(0.0, (budget_bytes(card) - card.written_bytes) / pace / DAYS_A_MONTH)
