"""A value as Grafana would print it, by the unit that a panel gives."""

from datetime import UTC, datetime
from typing import Any, Final

from dashboards.panels import STATES

_BYTES: Final = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_SUFFIX: Final = {
    "percent": " %",
    "s": " s",
    "ms": " ms",
    "m": " min",
    "h": " h",
    "d": " d",
    "celsius": " °C",
}
_DAY_MS: Final = 86_400_000
TEXT_CHARS_MAX: Final = 40


def shown(value: Any, unit: str = "none", decimals: int | None = None) -> str:
    """One value as text; nothing known is a dash."""
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        said = STATES.get(value, (value, ""))[0]
        return said if len(said) <= TEXT_CHARS_MAX else said[: TEXT_CHARS_MAX - 1] + "…"
    if unit == "dateTimeAsIso":
        return _moment(value)
    if unit == "dtdurationms":
        return _length(value)
    if unit == "bytes":
        return _bytes(float(value))
    if unit == "percentunit":
        return f"{100 * value:.0f} %"
    places = decimals if decimals is not None else (0 if float(value).is_integer() else 2)
    return f"{value:,.{places}f}{_SUFFIX.get(unit, '')}"


def _moment(ms: float) -> str:
    return "—" if not ms else f"{datetime.fromtimestamp(ms / 1_000, UTC):%Y-%m-%d %H:%M:%S}"


def _length(ms: float) -> str:
    days, rest = divmod(int(ms), _DAY_MS)
    hours, rest = divmod(rest, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    parts = ((days, "d"), (hours, "h"), (minutes, "min"), (rest // 1_000, "s"))
    told = [f"{number} {word}" for number, word in parts if number]
    return " ".join(told[:2]) or "0 s"


def _bytes(value: float) -> str:
    for word in _BYTES:
        if abs(value) < 1024 or word == _BYTES[-1]:
            return f"{value:.0f} {word}" if word == "B" else f"{value:.1f} {word}"
        value /= 1024
    raise AssertionError
