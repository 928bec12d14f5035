"""The sensors we understand as they come out of the box, by the name used in configurations."""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from firmware_bridge import mhz19b, nmea, plain_line, pms5003, pzem004t, sdm120, sds011, senseair_s8
from firmware_bridge.line import Line, StreamLine
from firmware_bridge.link import BAUD as LAMPLIGHTER_BAUD
from firmware_bridge.mhz19b import Mhz19b
from firmware_bridge.modbus import Codec, ModbusSensor
from firmware_bridge.nmea import Nmea
from firmware_bridge.plain_form import PlainForm
from firmware_bridge.plain_line import PlainLine
from firmware_bridge.pms5003 import Pms5003
from firmware_bridge.polled_line import PolledLine
from firmware_bridge.polled_sensor import PolledSensor
from firmware_bridge.pzem004t import Pzem004t
from firmware_bridge.sdm120 import Sdm120
from firmware_bridge.sds011 import Sds011
from firmware_bridge.senseair_s8 import SenseairS8
from firmware_bridge.stream_sensor import StreamSensor
from vocabulary.units import NS_PER_S


class Kind(NamedTuple):
    """A product, and what is true of it unless the configuration says otherwise."""

    baud: int
    interval_ns: int
    address: int = 0
    """On Modbus; 0 where there are no addresses."""
    any_address: int = 0
    """What reaches a slave that is alone on its line."""
    title: str = ""

    @property
    def modbus(self) -> bool:
        """Whether several may share a line."""
        return self.address != 0


KINDS: Final = {
    "sds011": Kind(sds011.BAUD, NS_PER_S, title="Nova SDS011 (particles)"),
    "pms5003": Kind(
        pms5003.BAUD, pms5003.INTERVAL_NS, title="Plantower PMS5003, PMSA003 (particles)"
    ),
    "mhz19b": Kind(mhz19b.BAUD, mhz19b.INTERVAL_NS, title="Winsen MH-Z19B (carbon dioxide)"),
    "senseair-s8": Kind(
        senseair_s8.BAUD,
        senseair_s8.INTERVAL_NS,
        senseair_s8.ANY_ADDRESS,
        senseair_s8.ANY_ADDRESS,
        title="SenseAir S8 (carbon dioxide)",
    ),
    "nmea": Kind(nmea.BAUD, NS_PER_S, title="NMEA 0183 receiver (position)"),
    "sdm120": Kind(
        sdm120.BAUD, sdm120.INTERVAL_NS, sdm120.ADDRESS, title="Eastron SDM120 (energy)"
    ),
    "pzem004t": Kind(
        pzem004t.BAUD,
        pzem004t.INTERVAL_NS,
        pzem004t.ANY_ADDRESS,
        pzem004t.ANY_ADDRESS,
        title="Peacefair PZEM-004T v3 (energy)",
    ),
    "lamplighter": Kind(LAMPLIGHTER_BAUD, 10 * NS_PER_S, title="a board of ours"),
    "plain": Kind(plain_line.BAUD, plain_line.INTERVAL_NS, title="lines of text"),
}
"""Kind -> what it is."""


class Settings(NamedTuple):
    """What a configuration says of one sensor; 0 and None are "as the kind has it"."""

    kind: str
    baud: int = 0
    interval_ns: int = 0
    address: int = 0
    warm_up_ns: int | None = None
    plain: PlainForm | None = None

    @property
    def rate(self) -> int:
        """The line rate."""
        return self.baud or KINDS[self.kind].baud

    @property
    def every_ns(self) -> int:
        """How often a reading is expected, or asked for."""
        return self.interval_ns or KINDS[self.kind].interval_ns


_STREAMS: Final[dict[str, Callable[..., StreamSensor]]] = {
    "sds011": Sds011,
    "pms5003": Pms5003,
    "nmea": Nmea,
}
_MODBUS: Final[dict[str, Callable[..., ModbusSensor]]] = {
    "senseair-s8": SenseairS8,
    "sdm120": Sdm120,
    "pzem004t": Pzem004t,
}


def make_stream(settings: Settings, mono_ns: int) -> StreamSensor | None:
    """A sensor that speaks by itself; None if this one does not."""
    if settings.kind == "plain":
        assert settings.plain is not None
        return PlainLine(
            mono_ns, form=settings.plain, baud=settings.rate, interval_ns=settings.every_ns
        )
    made = _STREAMS.get(settings.kind)
    return made and made(mono_ns, baud=settings.rate, interval_ns=settings.every_ns)


def make_polled(settings: Settings, mono_ns: int, codec: Codec | None) -> PolledSensor:
    """A sensor that is asked. ``codec`` is needed for Modbus."""
    if settings.kind == "mhz19b":
        warm_up_ns = mhz19b.WARM_UP_NS if settings.warm_up_ns is None else settings.warm_up_ns
        return Mhz19b(
            mono_ns, baud=settings.rate, interval_ns=settings.every_ns, warm_up_ns=warm_up_ns
        )
    assert codec is not None, "a Modbus sensor needs a codec"
    return _MODBUS[settings.kind](
        mono_ns,
        codec=codec,
        address=settings.address or KINDS[settings.kind].address,
        baud=settings.rate,
        interval_ns=settings.every_ns,
    )


def make_line(sensors: Mapping[str, Settings], mono_ns: int, codec: Codec | None = None) -> Line:
    """All that is on one port; several sensors must be Modbus slaves of one rate."""
    if len(sensors) == 1:
        ((sensor_id, settings),) = sensors.items()
        stream = make_stream(settings, mono_ns)
        if stream is not None:
            return StreamLine(sensor_id, stream)
    polled = {name: make_polled(one, mono_ns, codec) for name, one in sensors.items()}
    return PolledLine(polled, mono_ns)
