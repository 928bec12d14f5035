"""The light: each sign has its own number of flashes, and the most urgent one is said."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.doctor_finding import Severity
from edge.lamp import FAST_MS, Sign, is_on, pattern, sign_of
from vocabulary.units import NS_PER_MS

CODES = ["E-TIME-01", "E-NET-11", "E-MQ-02", "E-SER-01", "E-SD-01", "E-DISK-01", "E-PWR-01"]


def flashes(sign: Sign) -> int:
    """Counted as a person would: how often it goes on in one round."""
    total_ms = sum(blink.ms for blink in pattern(sign))
    seen = [is_on(sign, ms * NS_PER_MS) for ms in range(-1, total_ms)]
    return sum(not before and now for before, now in pairwise(seen))


@pytest.mark.parametrize("sign", list(Sign)[:8])
def test_a_sign_is_so_many_flashes(sign: Sign) -> None:
    assert flashes(sign) == int(sign)


def test_steady_and_fast() -> None:
    assert pattern(Sign.PROVISIONING)[0].on
    assert len(pattern(Sign.PROVISIONING)) == 1
    assert sum(blink.ms for blink in pattern(Sign.FAILED)) == 2 * FAST_MS, "five a second"
    assert sum(blink.ms for blink in pattern(Sign.WELL)) == 4_000


@given(st.dictionaries(st.sampled_from(CODES), st.sampled_from(list(Severity))))
def test_the_highest_need_wins(findings: dict[str, Severity]) -> None:
    alone = [
        sign_of({code: severity}, provisioning=False, failed=False, enrolled=True)
        for code, severity in findings.items()
    ]
    said = sign_of(findings, provisioning=False, failed=False, enrolled=True)
    assert said == max([Sign.WELL, *alone])


def test_notes_are_not_for_a_light() -> None:
    note = {"E-TIME-01": Severity.NOTE}
    assert sign_of(note, provisioning=False, failed=False, enrolled=True) is Sign.WELL
    assert sign_of(note, provisioning=False, failed=False, enrolled=False) is Sign.NOT_ENROLLED
    assert sign_of({}, provisioning=True, failed=False, enrolled=True) is Sign.PROVISIONING
    assert sign_of({}, provisioning=True, failed=True, enrolled=True) is Sign.FAILED
