"""Sizes that the budget holds, and the two spellings of an event."""

from processing.records import AP_DTYPE, EVENT_DTYPE, GATEWAY_DTYPE, Event

AP_BYTES_MAX = 256


def test_an_access_point_fits_its_budget() -> None:
    assert AP_DTYPE.itemsize <= AP_BYTES_MAX


def test_records_are_aligned() -> None:
    for dtype in (AP_DTYPE, GATEWAY_DTYPE, EVENT_DTYPE):
        assert dtype.isalignedstruct
        assert dtype.itemsize % 8 == 0


def test_an_event_reads_like_its_record() -> None:
    assert Event._fields == EVENT_DTYPE.names


def test_milliseconds_of_the_host() -> None:
    assert Event(1_999_999, -1, -1, -1, -1, 0, 0, 1).at_ms == 1
