"""What befalls a town: one commented TOML file, or several combined, into one frozen struct.

A scenario names kinds of trouble, their rates and lengths; which node is hit and when follows
from the seed of the run (``nature.py``). A fault may also name its node: then the node must exist.

Combining: later files win key by key, lists of faults are joined.
"""

import tomllib
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from simulators.errors import NodeAbsent, ScenarioAbsent
from vocabulary import configuration
from vocabulary.configuration import Fault, tables

DIRECTORY: Final = Path(__file__).with_name("scenarios")
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Rate = Annotated[float, msgspec.Meta(ge=0, le=1e6)]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=366 * 86_400)]
Signed = Annotated[float, msgspec.Meta(ge=-86_400, le=86_400)]


class Kind(StrEnum):
    """Everything that may befall a node."""

    AP_CRASH = "ap_crash"
    RADIO_OFF = "radio_off"
    FLAPPING = "flapping"
    DEGRADATION = "degradation"
    GATEWAY_POWER = "gateway_power"
    GATEWAY_EXIT = "gateway_exit"
    BACKHAUL_CUT = "backhaul_cut"
    FEEDER_OUT = "feeder_out"
    BROKER_RESTART = "broker_restart"
    SESSION_TAKEOVER = "session_takeover"
    PROCESSOR_PAUSE = "processor_pause"
    MAINTENANCE = "maintenance"
    COINCIDENCE = "coincidence"
    CLOCK_STEP = "clock_step"


class Length(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long a fault lasts, drawn anew each time and cut to ``[min_s, max_s]``."""

    law: Literal["fixed", "choice", "exponential", "lognormal", "loguniform"] = "fixed"
    median_s: Seconds = 600.0
    sigma_ln: Annotated[float, msgspec.Meta(ge=0, le=5)] = 0.0
    min_s: Seconds = 0.0
    max_s: Seconds = 366 * 86_400.0
    values_s: tuple[Seconds, ...] = ()


class Trouble(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A kind of fault that hits nodes at random, or one fault at one node at one time.

    With ``per_year`` each node of the kind's level is hit that often; with ``at_s`` it happens
    then, at ``node`` or, if none is named, at one drawn from the seed.
    """

    kind: Kind
    per_year: Rate = 0.0
    at_s: Seconds | None = None
    node: str = ""
    length: Length = Length()
    up_s: Seconds = 30.0
    """Flapping: how long it works between two outages."""
    down_s: Seconds = 30.0
    loss_end: Share = 0.1
    """Degradation: share of beats lost at its end; it grows evenly from nothing."""
    rtt_factor: Annotated[float, msgspec.Meta(ge=1, le=100)] = 1.5
    ap_count: Annotated[int, msgspec.Meta(ge=0, le=133)] = 3
    """Coincidence: so many access points beside one gateway; maintenance: so many die inside."""
    within_s: Seconds = 5.0
    step_s: Signed = 3_600.0
    """Clock step: how far the gateway's wall clock jumps, and back at the end."""


class Calendar(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When and where it is."""

    start: str = "2027-01-15T08:00:00+00:00"
    zone: str = "America/Chicago"
    holidays: tuple[str, ...] = ()

    @property
    def start_ns(self) -> int:
        """UTC nanoseconds of the beginning."""
        return round(datetime.fromisoformat(self.start).timestamp()) * 1_000_000_000


class Link(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Between access point and gateway: beats that never come."""

    loss: Share = 0.0
    persistence: Share = 0.0
    """P(lost | the one before was lost) if greater than ``loss``, else losses are independent."""
    burst_per_s: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.0
    burst_mean_s: Seconds = 2.0
    delay_ms: Annotated[float, msgspec.Meta(ge=0, le=10_000)] = 0.0


class Sender(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Between gateway and host: nothing is lost, everything may be late."""

    jitter_ms: Annotated[float, msgspec.Meta(ge=0, le=1_000)] = 0.0
    tail_share: Share = 0.0
    tail_ms: Annotated[float, msgspec.Meta(ge=0, le=10_000)] = 0.0
    stall_per_h: Annotated[float, msgspec.Meta(ge=0, le=3_600)] = 0.0
    stall_min_s: Seconds = 1.0
    stall_max_s: Seconds = 1.3
    reorder_share: Share = 0.0
    reorder_s: Seconds = 0.0
    duplicate_share: Share = 0.0
    late_share: Share = 0.0
    late_max_s: Seconds = 3_600.0
    flush_factor: Annotated[float, msgspec.Meta(ge=0, le=1_000)] = 0.0
    """Backlog is sent so many times faster than it grew; 0: as the gateway's own limit says."""


class People(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is there."""

    level: Annotated[float, msgspec.Meta(ge=0, le=100)] = 1.0
    night_from_h: Annotated[float, msgspec.Meta(ge=0, le=24)] = 0.0
    night_h: Annotated[float, msgspec.Meta(ge=0, le=24)] = 0.0
    """For so many hours from ``night_from_h`` local time nobody at all is associated."""
    weather: bool = True


class Clocks(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Wall clocks of gateways that are wrong."""

    share: Share = 0.0
    skew_max_s: Signed = 0.0
    drift_max_ppm: Annotated[float, msgspec.Meta(ge=0, le=1_000)] = 0.0


class Fleet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is not as the inventory says, and how the equipment is."""

    never_reporting_share: Share = 0.0
    wrong_gateway_share: Share = 0.0
    wrong_feeder_share: Share = 0.0
    ups_share: Share = 0.0
    """Gateways on a feeder that live on when it fails."""
    narrow_counter_share: Share = 0.0
    """Access points whose byte counters have 32 bits and stand just below the wrap."""
    arrive_within_s: Seconds = 0.0
    """Cold start: gateways are switched on one after the other within this time."""
    beat_s: Annotated[float, msgspec.Meta(ge=1, le=3_600)] = 10.0
    rtt_every_s: Annotated[float, msgspec.Meta(ge=0, le=3_600)] = 0.0
    """How often each access point's round trip is measured; 0: never."""


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that may happen in a run, but for the seed."""

    title: str = ""
    calendar: Calendar = Calendar()
    link: Link = Link()
    sender: Sender = Sender()
    people: People = People()
    clocks: Clocks = Clocks()
    fleet: Fleet = Fleet()
    trouble: tuple[Trouble, ...] = ()


def names() -> list[str]:
    """The scenarios that come with Lamplighter, S1 first."""
    found = [path.stem for path in DIRECTORY.glob("*.toml")]
    return sorted(found, key=_by_number)


def _by_number(name: str) -> tuple[int, str]:
    digits = "".join(one for one in name.split("-", maxsplit=1)[0] if one.isdigit())
    return int(digits or 0), name


def path_of(name: str) -> Path:
    """The file of a scenario by name (``s1``, ``S1``, ``s2-bursts``) or by its own path.

    Raises:
        ScenarioAbsent: there is none of that name.
    """
    direct = Path(name)
    if direct.suffix == ".toml":
        if direct.is_file():
            return direct
        raise ScenarioAbsent(name, names())
    wanted = name.lower()
    for known in names():
        if wanted in (known, known.split("-")[0]):
            return DIRECTORY / f"{known}.toml"
    raise ScenarioAbsent(name, names())


def parse(text: str, *, file: str) -> Scenario:
    """One TOML text to a scenario.

    Raises:
        ConfigurationInvalid: with every fault.
    """
    return configuration.parse(text, Scenario, file=file, judge=_judge)


def load(*wanted: str) -> Scenario:
    """One scenario of one or more files.

    Raises:
        ConfigurationInvalid: with every fault of the first file that has any.
        ScenarioAbsent: there is no such file.
    """
    made: dict[str, Any] = {}
    for name in wanted:
        path = path_of(name)
        text = path.read_text()
        parse(text, file=str(path))
        made = _merged(made, tomllib.loads(text))
    return msgspec.convert(made, Scenario)


def combine(scenarios: Iterable[Scenario]) -> Scenario:
    """As ``load`` does of files: what a later one sets to other than the default wins."""
    made: dict[str, Any] = {}
    for one in scenarios:
        made = _merged(made, _set_keys(one))
    return msgspec.convert(made, Scenario)


def check_nodes(scenario: Scenario, known: Iterable[str], *, file: str = "scenario") -> None:
    """Whether every named node exists.

    Raises:
        NodeAbsent: naming the first that does not.
    """
    nodes = set(known)
    for ix, trouble in enumerate(scenario.trouble):
        if trouble.node and trouble.node not in nodes:
            raise NodeAbsent(trouble.node, f"trouble[{ix}].node", file)


def _set_keys(value: msgspec.Struct) -> dict[str, Any]:
    """What of a struct differs from its defaults, as plain data."""
    plain = type(value)() if not isinstance(value, Trouble) else Trouble(value.kind)
    made: dict[str, Any] = {}
    for name in value.__struct_fields__:
        mine = getattr(value, name)
        if name == "kind" or mine != getattr(plain, name):
            made[name] = _set_keys(mine) if isinstance(mine, msgspec.Struct) else mine
            if name == "trouble":
                made[name] = [_set_keys(one) for one in mine]
    return made


def _merged(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    made = dict(first)
    for key, value in second.items():
        before = made.get(key)
        if isinstance(before, Mapping) and isinstance(value, Mapping):
            made[key] = _merged(before, value)
        elif key == "trouble" and before:
            made[key] = [*before, *value]
        elif key == "title" and before:
            made[key] = f"{before}; {value}"
        else:
            made[key] = value
    return made


def _judge(data: Mapping[str, Any], fault: Fault) -> None:
    calendar = data.get("calendar")
    if isinstance(calendar, Mapping):
        _judge_calendar(calendar, fault)
    for ix, row in tables(data.get("trouble")):
        if ("per_year" in row) == ("at_s" in row):
            fault(("trouble", ix), "both or neither", "either `per_year` or `at_s`")
        if "node" in row and "at_s" not in row:
            fault(("trouble", ix, "node"), f"{row['node']!r}", "`at_s` beside it")


def _judge_calendar(calendar: Mapping[str, Any], fault: Fault) -> None:
    start, zone = calendar.get("start"), calendar.get("zone")
    if isinstance(start, str) and _utc_offset_missing(start):
        fault(("calendar", "start"), repr(start), "a time with its UTC offset, as ISO 8601")
    if isinstance(zone, str):
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            fault(("calendar", "zone"), repr(zone), "a time zone as `America/Chicago`")
    for ix, day in enumerate(calendar.get("holidays") or ()):
        if not isinstance(day, str) or not _is_day(day):
            fault(("calendar", "holidays", ix), repr(day), "a day as `2027-07-05`")


def _utc_offset_missing(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is None
    except ValueError:
        return True


def _is_day(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).date().isoformat() == text
    except ValueError:
        return False
