"""What a person may ask of the demo, and what that means for the run."""

from pathlib import Path

import msgspec


class DemoOptions(msgspec.Struct, frozen=True):
    """Checked options of one run. ``speed`` counts simulated seconds per real one."""

    minutes: float = 10.0
    speed: float = 6.0
    seed: int = 1
    virtual: bool = False
    forever: bool = False
    as_json: bool = False
    out: Path | None = None
    broker: str = ""
    influx: str = ""
    port: int = 0

    @property
    def duration_s(self) -> float:
        """Simulated length of one round of the plan."""
        return self.minutes * 60
