"""What a board truly said, and what it never did."""

from simulators.sent_values import SentValues, strangers


def test_only_what_was_sent_and_settled_is_true() -> None:
    sent = SentValues()
    sent.add(1, {"air/co2_ppm": 400.0})
    sent.add(2, {"air/co2_ppm": 9.0}, settled=False)
    assert sent.count == 2
    assert strangers([("air/co2_ppm", 400.0000000001)], sent) == []
    assert strangers([("air/co2_ppm", 9.0)], sent) == [("air/co2_ppm", 9.0)]
    assert strangers([("air/pm10_ugm3", 400.0)], sent) == [("air/pm10_ugm3", 400.0)]
