"""When an access point that fell silent is asked again: the rhythm that host and gateway share.

Dense at first, for most silences are one lost beat; then ever wider, for a link that stalls needs
patience. Every probe uses a fresh socket and waits half a second.
"""

from typing import Final

SCHEDULE_MS: Final = (
    *(0, 500, 1_000, 2_000, 3_000, 4_000),
    *(6_000, 8_000, 11_000, 14_000),
    *(17_000, 20_000, 23_000, 26_000, 30_000),
    *(35_000, 40_000, 46_000, 53_000, 60_000),
    *(68_000, 76_000, 84_000),
)
"""Milliseconds after the suspicion began."""

STAGES: Final = (6, 10, 15, 20, 23)
"""The host asks for so many of them at a time: up to the first of these numbers, and so on."""

TIMEOUT_MS: Final = 500
