"""What a gateway is told of its serial ports: which sensor, on which path, how it speaks.

One table per sensor. Several may name one port if all of them are Modbus slaves of one rate with an
address each: an RS-485 line. How much of a line its slaves take is worked out here, and a plan that
leaves no room for what goes wrong is refused before anything runs.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Final, Literal

import msgspec

from edge import message_path
from firmware_bridge.board_line import BoardOnPort
from firmware_bridge.descriptor import OPS_MAX
from firmware_bridge.modbus import FRAME_BYTES_MIN, REQUEST_BYTES
from firmware_bridge.plain_form import Check, Form, PlainForm, PlainValue, pattern_fault
from firmware_bridge.poll_plan import PLAN_SHARE_MAX, poll_ns
from firmware_bridge.polled_sensor import Question
from firmware_bridge.sdm120 import Sdm120
from firmware_bridge.sensors import KINDS, Settings
from vocabulary.configuration import Fault, tables
from vocabulary.ids import Slug
from vocabulary.metrics import CATALOGUE
from vocabulary.units import NS_PER_S

Protocol = Literal[
    "sds011",
    "pms5003",
    "mhz19b",
    "senseair-s8",
    "nmea",
    "sdm120",
    "pzem004t",
    "plain",
    "lamplighter",
]
Op = Annotated[int, msgspec.Meta(ge=0, le=65_535)]
Baud = Annotated[int, msgspec.Meta(ge=0, le=4_000_000)]
FAMILIES: Final = frozenset({"air", "env", "power", "gnss"})
"""What a board of one's own may report."""
RATES_MAX: Final = 8


class PlainPath(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One value of a line: its name with us, and the group, column or path where it stands."""

    name: str
    source: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    scale: float = 1.0


class PlainText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the lines of a board of one's own are read."""

    values: Annotated[tuple[PlainPath, ...], msgspec.Meta(min_length=1, max_length=32)]
    format: Literal["pattern", "csv", "json"] = "pattern"
    pattern: str = ""
    check: Literal["none", "xor", "crc32"] = "none"


class SerialPort(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One sensor on one serial port; 0 is "as the sensor's data sheet has it"."""

    sensor_id: Slug
    port: Annotated[str, msgspec.Meta(min_length=1, max_length=512)]
    protocol: Protocol = "sds011"
    baud: Baud = 0
    parity: Literal["none", "even", "odd"] = "none"
    address: Annotated[int, msgspec.Meta(ge=0, le=254)] = 0
    interval_s: Annotated[float, msgspec.Meta(ge=0, le=86_400)] = 0.0
    warm_up_s: Annotated[float, msgspec.Meta(ge=0, le=3_600)] | None = None
    plain: PlainText | None = None
    rates: Annotated[tuple[Baud, ...], msgspec.Meta(max_length=RATES_MAX)] = ()
    dtr: Literal["keep", "low", "pulse"] = "keep"
    uid: Annotated[str, msgspec.Meta(pattern="^([0-9A-Fa-f]{16})?$")] = ""
    """Of a board of ours: the only one that may be here; empty for any."""
    commands: Annotated[tuple[Op, ...], msgspec.Meta(max_length=OPS_MAX)] = ()
    """Of a board of ours: the ops that may be asked of it; ``uid`` must be named with them."""

    @property
    def settings(self) -> Settings:
        """For the core."""
        plain, warm_up_s = self.plain, self.warm_up_s
        form = None
        if plain is not None:
            values = tuple(PlainValue(one.name, one.source, one.scale) for one in plain.values)
            form = PlainForm(Form(plain.format), values, plain.pattern, Check(plain.check))
        return Settings(
            self.protocol,
            baud=self.baud,
            interval_ns=round(self.interval_s * NS_PER_S),
            address=self.address,
            warm_up_ns=None if warm_up_s is None else round(warm_up_s * NS_PER_S),
            plain=form,
        )

    @property
    def board(self) -> BoardOnPort:
        """A board of ours, for the core."""
        uid = int(self.uid or "0", 16)
        return BoardOnPort(self.sensor_id, self.rate, uid, frozenset(self.commands), self.rates)

    @property
    def rate(self) -> int:
        """The line rate to open the port at."""
        return self.settings.rate


def by_port(rows: Sequence[SerialPort]) -> dict[str, list[SerialPort]]:
    """The rows of each port, in the order of the file."""
    ports: dict[str, list[SerialPort]] = {}
    for row in rows:
        ports.setdefault(row.port, []).append(row)
    return ports


def needs_modbus(rows: Sequence[SerialPort]) -> bool:
    """Whether frames of Modbus will be made and read."""
    return any(KINDS[row.protocol].modbus for row in rows)


def _blocks(protocol: str) -> tuple[int, ...]:
    """Words in the answers of one poll."""
    return {
        "sdm120": tuple(count for _first, count in Sdm120.blocks),
        "pzem004t": (10,),
        "senseair-s8": (4,),
    }.get(protocol, ())


def plan_share(settings: Sequence[Settings]) -> float:
    """How much of its line's time a set of Modbus slaves takes, if all answer as usual."""
    share = 0.0
    for one in settings:
        for count in _blocks(one.kind):
            question = Question(bytes(REQUEST_BYTES), FRAME_BYTES_MIN + 2 * count, _never)
            share += poll_ns(question, one.rate) / one.every_ns
    return share


def _never(stream: bytes, ix: int) -> int:
    raise NotImplementedError(stream, ix)


def _plain_faults(row: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Key, what was found, what was expected."""
    plain, is_plain = row.get("plain"), row.get("protocol") == "plain"
    if is_plain != isinstance(plain, Mapping):
        found = "no table `plain`" if is_plain else "a table `plain`"
        yield "plain", found, 'one with protocol = "plain", and only there'
    if not isinstance(plain, Mapping):
        return
    form = plain.get("format", "pattern")
    pattern = plain.get("pattern", "")
    if form == "pattern" and isinstance(pattern, str):
        expected = pattern_fault(pattern)
        if expected:
            yield "plain", f"the pattern `{pattern}`", expected
    for _, value in tables(plain.get("values")):
        yield from _value_faults(value, form)


def _board_faults(row: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Key, what was found, what was expected."""
    if row.get("protocol") != "lamplighter":
        for key in sorted(one for one in ("uid", "commands") if row.get(one)):
            yield key, f"`{key}`", 'only with protocol = "lamplighter"'
    elif row.get("commands") and not row.get("uid"):
        yield "commands", "commands to whatever board is there", "`uid` beside them"


def _value_faults(value: Mapping[str, Any], form: object) -> Iterator[tuple[str, str, str]]:
    name, source = value.get("name"), value.get("source")
    known = CATALOGUE.get(name) if isinstance(name, str) else None
    if known is None or known.family not in FAMILIES:
        yield "plain", f"`{name}`", f"a metric of the families {', '.join(sorted(FAMILIES))}"
    if form == "csv" and not (isinstance(source, str) and source.isdecimal()):
        yield "plain", f"the source `{source}`", "a column's number, counted from 0"
    if form == "json" and isinstance(source, str):
        expected = message_path.fault(source)
        if expected:
            yield "plain", f"the path `{source}`", expected


def _settings_of(row: Mapping[str, Any]) -> Settings | None:
    """What the plan needs, from a row that may be faulty elsewhere."""
    try:
        made = msgspec.convert(
            {key: row[key] for key in ("protocol", "baud", "interval_s", "address") if key in row}
            | {"sensor_id": "x", "port": "x"},
            SerialPort,
        )
    except (msgspec.ValidationError, TypeError):
        return None
    return made.settings


def _bus_faults(rows: list[tuple[int, Settings]]) -> Iterator[tuple[int, str, str, str]]:
    """Row, key, found, expected, of the rows of one port."""
    if len(rows) > 1:
        for ix, settings in rows[1:]:
            if not (KINDS[settings.kind].modbus and KINDS[rows[0][1].kind].modbus):
                found = "a port that another sensor has"
                yield ix, "port", found, "a port of its own; only Modbus slaves share one"
        addresses: dict[int, int] = {}
        for ix, settings in rows:
            kind = KINDS[settings.kind]
            address = settings.address or kind.address
            if kind.modbus and address in (0xF8, 0xFE):
                found = "the address that reaches anybody"
                yield ix, "address", found, "the address of one slave: it is not alone"
            elif kind.modbus and addresses.setdefault(address, ix) != ix:
                yield ix, "address", f"{address} again", "each address once on a line"
            if settings.rate != rows[0][1].rate:
                yield ix, "baud", f"{settings.rate}", f"{rows[0][1].rate}, as the line's first"
    share = plan_share([settings for _ix, settings in rows])
    if share > PLAN_SHARE_MAX:
        found = f"questions that take {share:.0%} of the line"
        yield rows[-1][0], "port", found, f"at most {PLAN_SHARE_MAX:.0%}: longer intervals"


def judge(data: Mapping[str, Any], fault: Fault) -> None:
    """What no key alone can show, of all ``[[serial]]`` tables."""
    ports: dict[str, list[tuple[int, Settings]]] = defaultdict(list)
    for ix, row in tables(data.get("serial")):
        for key, found, expected in (*_plain_faults(row), *_board_faults(row)):
            fault(("serial", ix, key), found, expected)
        port, settings = row.get("port"), _settings_of(row)
        if isinstance(port, str) and settings is not None:
            ports[port].append((ix, settings))
            if settings.address and not KINDS[settings.kind].modbus:
                fault(("serial", ix, "address"), str(settings.address), "no address: not Modbus")
    for rows in ports.values():
        for ix, key, found, expected in _bus_faults(rows):
            fault(("serial", ix, key), found, expected)
