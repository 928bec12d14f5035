"""One of each sensor out of the box, with habits, and the configuration that reads them."""

from typing import Final, NamedTuple

from edge.serial_configuration import PlainPath, PlainText, SerialPort
from simulators.board_kinds import BOARD_KINDS, Device, Level, Start
from simulators.plain_text_board import PATTERN
from simulators.sent_values import SentValues

HABITS: Final[dict[str, frozenset[str]]] = {
    "sds011": frozenset(),
    "pms5003": frozenset({"zeros", "moving_air", "worn"}),
    "mhz19b": frozenset({"deaf", "breath"}),
    "senseair-s8": frozenset({"stray", "faulty"}),
    "nmea": frozenset({"boot_text", "cold", "empty_fields", "second_60"}),
    "sdm120": frozenset({"late", "refusing"}),
    "pzem004t": frozenset({"deaf", "wrong_crc"}),
    "plain": frozenset({"banner", "chatty", "endless", "no_sensor"}),
}
"""What each is known to do wrong, at its worst short of lying with a right check."""
PLAIN: Final = PlainText(
    (PlainPath("env/temperature_c", "t"), PlainPath("env/humidity_pct", "h")),
    pattern=PATTERN,
    check="xor",
)
INTERVAL_S: Final = 2.0


class Bench(NamedTuple):
    """A board and the row that reads it."""

    row: SerialPort
    device: Device
    truth: SentValues


def eight(folder: str, now_ns: int, *, seed: int = 0, habits: bool = True) -> list[Bench]:
    """All of them, on ports in ``folder``."""
    made = []
    for number, (kind, known) in enumerate(HABITS.items()):
        start = Start(now_ns, seed + number, known if habits else frozenset())
        device = BOARD_KINDS[kind].make(Level.PYTHON, start)
        speaks = kind in ("sds011", "pms5003", "nmea", "plain")
        row = SerialPort(
            sensor_id=f"{kind}-1",
            port=f"{folder}/{kind}",
            protocol=kind,  # type: ignore[arg-type]
            interval_s=0.0 if speaks else INTERVAL_S,
            warm_up_s=0.0 if kind == "mhz19b" else None,
            plain=PLAIN if kind == "plain" else None,
        )
        truth: SentValues = device.truth  # type: ignore[attr-defined]
        made.append(Bench(row, device, truth))
    return made
