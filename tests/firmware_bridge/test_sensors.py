"""What holds for every sensor out of the box, whichever it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.sensors import DECODERS
from vocabulary.ids import is_slug
from vocabulary.metrics import CATALOGUE

every_kind = pytest.mark.parametrize("kind", sorted(DECODERS))


@every_kind
def test_names_and_metrics_are_known_words(kind: str) -> None:
    decoder = DECODERS[kind](0)
    assert is_slug(kind)
    assert decoder.metric_names
    assert set(decoder.metric_names) <= set(CATALOGUE)
    assert decoder.baud in (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)


@every_kind
@given(data=st.lists(st.binary(max_size=200), max_size=10))
def test_no_bytes_raise_or_are_lost_from_the_count(kind: str, data: list[bytes]) -> None:
    decoder = DECODERS[kind](0)
    for mono_ns, chunk in enumerate(data):
        decoder.receive(chunk, mono_ns)
    decoder.cut()
    assert decoder.counters.bytes_received == sum(map(len, data))
    assert decoder.counters.bytes_skipped <= decoder.counters.bytes_received


@every_kind
def test_a_new_decoder_waits_before_it_calls_silence(kind: str) -> None:
    decoder = DECODERS[kind](1_000)
    assert decoder.heard_ns == 1_000
    assert decoder.deadline_ns > 1_000
    assert decoder.tick(decoder.deadline_ns - 1) == []
    assert len(decoder.tick(decoder.deadline_ns)) == 1
    assert decoder.counters.silences == 1
