"""The clock of checks only goes forward."""

from dashboards.clock import mono_ns


def test_it_goes_forward() -> None:
    assert mono_ns() <= mono_ns()
