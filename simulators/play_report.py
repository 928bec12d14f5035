"""What a played scenario came to: the truth and what the host made of it, in a few numbers.

How good that is, is for the score to say; this says that it ran, how far, and what happened.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Self

import msgspec

from processing.incidents import Incident
from processing.state import State
from simulators.replay import Found, latest
from simulators.truth import TruthLedger


class Usage(msgspec.Struct, frozen=True):
    """Totals over all access points."""

    device_ms: int
    rx_bytes: int
    tx_bytes: int

    @classmethod
    def of(cls, state: State) -> Self:
        """What the host measured."""
        names = ("device_ms", "rx_total_bytes", "tx_total_bytes")
        return cls(*(int(state.aps[name].sum()) for name in names))


class PlayReport(msgspec.Struct, frozen=True):
    """One run; also of one that was ended early."""

    title: str
    seed: int
    path: str
    """``virtual`` or ``live``."""
    finished: bool
    share_done: float
    simulated_s: float
    access_points: int
    gateways: int
    readings: int
    true_incidents: dict[str, int]
    """By cause."""
    found_incidents: dict[str, int]
    """By level and cause."""
    true_usage: Usage
    measured_usage: Usage
    refused: dict[str, int]
    not_played: tuple[str, ...]
    """Faults of the scenario that this way of playing cannot bring about."""
    ap_hours_per_s: float
    wall_s: float
    recording: str = ""
    late_s_max: float = 0.0
    """Live: how late the slowest message of an access point went out, by the town's clock."""
    late_s_allowed: float = 0.0
    """What the detector forgives; beyond it this machine makes outages of its own."""

    @property
    def kept_pace(self) -> bool:
        """Whether this machine was quick enough for what it was asked to play."""
        return self.late_s_max <= self.late_s_allowed


def causes(truth: TruthLedger, until_ns: int) -> dict[str, int]:
    """How many true incidents began so far, by cause."""
    made = Counter(row.cause for row in truth.incidents() if row.start_ns < until_ns)
    return dict(sorted(made.items()))


def refused(counts: Mapping[tuple[str, str], int]) -> dict[str, int]:
    """What the host did not take, by reason."""
    made: Counter[str] = Counter()
    for (_gateway, reason), count in counts.items():
        made[reason] += count
    return dict(sorted(made.items()))


def found(incidents: Iterable[Incident]) -> dict[str, int]:
    """How many incidents the host told people of, by level and cause."""
    rows: list[Found] = latest(incidents)
    return dict(sorted(Counter(f"{row.level}/{row.cause}" for row in rows).items()))


def true_usage(truth: TruthLedger) -> Usage:
    """The sum over access points."""
    rows = truth.usage.values()
    return Usage(
        sum(row.device_ms for row in rows),
        sum(row.rx_bytes for row in rows),
        sum(row.tx_bytes for row in rows),
    )


def text(report: PlayReport) -> str:
    """For people."""

    def listed(counts: dict[str, int]) -> str:
        return ", ".join(f"{name} {count}" for name, count in counts.items()) or "none"

    hours = report.simulated_s / 3_600
    true, measured = report.true_usage, report.measured_usage
    lines = [
        f"{report.title or 'scenario'}, seed {report.seed}, {report.path}: {hours:.2f} h of "
        f"{report.access_points} access points behind {report.gateways} gateways",
        f"true incidents:  {listed(report.true_incidents)}",
        f"found incidents: {listed(report.found_incidents)}",
        f"device-hours:    {true.device_ms / 3_600_000:.1f} true, "
        f"{measured.device_ms / 3_600_000:.1f} measured",
        f"bytes:           {true.rx_bytes + true.tx_bytes} true, "
        f"{measured.rx_bytes + measured.tx_bytes} measured",
        f"readings:        {report.readings}; refused: {listed(report.refused)}",
        f"speed:           {report.ap_hours_per_s:.1f} access-point-hours a second",
    ]
    if not report.kept_pace:
        lines.append(
            f"TOO SLOW:        messages went out up to {report.late_s_max:.1f} s late; outages "
            "found may be this machine's own. Lower --speed or --aps."
        )
    if report.not_played:
        lines.append(f"not played here: {', '.join(report.not_played)}")
    if not report.finished:
        lines.append(f"ended early, after {report.share_done:.1%}: this is what was done so far")
    if report.recording:
        lines.append(f"recorded to {report.recording}")
    return "\n".join(lines)
