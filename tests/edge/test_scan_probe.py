"""A scan finds every product at its rate, in virtual time, and names what it does not know."""

import pytest

from edge.modbus_codec import PymodbusCodec
from edge.scan_probe import HELLO_REQUEST, Outcome, PortProbe, rate_hint
from firmware_bridge.frame import encode
from simulators.board_kinds import BOARD_KINDS, Device, Level, Start
from simulators.mhz19b_board import Mhz19bBoard, room_air
from simulators.modbus_slave import crc16
from simulators.outbox import NEVER_NS
from simulators.pzem004t_board import Pzem004tBoard
from simulators.rs485_bus import Rs485Bus
from simulators.sdm120_board import Sdm120Board
from simulators.wire import resample
from tests.edge.misheard import OwnRate
from tests.firmware_bridge.vectors import SENSORS
from vocabulary.units import NS_PER_S

SECONDS_MAX = 60


class Mute:
    """A device that says nothing, or the same for ever."""

    def __init__(self, wire: bytes = b"", every_ns: int = NS_PER_S // 4) -> None:
        self._wire, self._every_ns, self._due_ns = wire, every_ns, every_ns
        self.heard = b""

    @property
    def next_ns(self) -> int:
        return self._due_ns if self._wire else NEVER_NS

    def advance(self, now_ns: int) -> bytes:
        said = b""
        while self._wire and self._due_ns <= now_ns:
            said += self._wire
            self._due_ns += self._every_ns
        return said

    def receive(self, data: bytes, now_ns: int) -> None:
        del now_ns
        self.heard += data


def scanned(device: Device, baud: int, *, addresses: tuple[int, ...] = (1, 2, 3)) -> PortProbe:
    """The probe at its end; it must come within a minute."""
    board, now_ns = OwnRate(device, baud), 0
    probe = PortProbe(now_ns, PymodbusCodec(), addresses=addresses)
    while not probe.done:
        assert now_ns < SECONDS_MAX * NS_PER_S
        board.baud = probe.baud
        output = probe.take_output()
        if output:
            board.receive(output, now_ns)
        now_ns = max(now_ns + 1, min(probe.deadline_ns, board.next_ns))
        wire = board.advance(now_ns)
        if wire:
            probe.receive(wire, now_ns)
        probe.tick(now_ns)
    return probe


@pytest.mark.parametrize("kind", sorted(set(BOARD_KINDS) & {
    "sds011", "pms5003", "mhz19b", "senseair-s8", "nmea", "sdm120", "pzem004t"
}))  # fmt: skip
def test_every_product_is_found_at_its_rate_with_a_value(kind: str) -> None:
    row = BOARD_KINDS[kind]
    probe = scanned(row.make(Level.PYTHON, Start(0)), row.baud)
    assert [(one.kind, one.baud) for one in probe.found] == [(kind, row.baud)]
    assert probe.found[0].values
    assert probe.outcome is Outcome.FOUND


@pytest.mark.parametrize("baud", [4_800, 38_400, 115_200])
def test_a_receiver_at_another_rate_is_found(baud: int) -> None:
    device = BOARD_KINDS["nmea"].make(Level.PYTHON, Start(0))
    (found,) = scanned(device, baud).found
    assert (found.kind, found.baud) == ("nmea", baud)


def test_all_slaves_of_a_line_by_their_addresses() -> None:
    slaves = [Sdm120Board(Start(0), address=address) for address in (1, 3, 4)]
    probe = scanned(Rs485Bus(slaves), 2_400, addresses=(1, 2, 3, 4))
    assert [(one.kind, one.address) for one in probe.found] == [
        ("sdm120", 1),
        ("sdm120", 3),
        ("sdm120", 4),
    ]


def test_two_meters_that_understand_each_others_questions_are_told_apart() -> None:
    (sdm,) = scanned(Sdm120Board(Start(0)), 9_600).found
    assert (sdm.kind, sdm.baud) == ("sdm120", 9_600)
    (pzem,) = scanned(Pzem004tBoard(Start(0), address=2), 9_600).found
    assert (pzem.kind, pzem.address) == ("pzem004t", 2)
    (far,) = scanned(Pzem004tBoard(Start(0), address=99), 9_600).found
    assert (far.kind, far.address) == ("pzem004t", 0xF8)  # it answers to "whoever is there"


def test_noise_at_the_opening_hides_nobody_who_must_be_asked() -> None:
    for noise in (b"\x00", bytes(range(1, 200))):

        class Noisy(Mhz19bBoard):
            def __init__(self) -> None:
                super().__init__(Start(0), room_air)
                self._outbox.put(noise, NS_PER_S)  # noqa: B023 - made and used in this turn

        (found,) = scanned(Noisy(), 9_600).found
        assert (found.kind, found.baud) == ("mhz19b", 9_600)


def frames_of(heard: bytes) -> list[bytes]:
    """Every Modbus request in there, by its sum."""
    places = range(len(heard) - 7)
    whole = [heard[ix : ix + 8] for ix in places]
    return [frame for frame in whole if crc16(frame[:6]) == frame[6:] and frame[0]]


def test_nothing_is_changed_by_asking() -> None:
    board = Mhz19bBoard(Start(0), room_air)
    scanned(board, 9_600)
    assert board.calibrations == 0
    mute = Mute()
    probe = scanned(mute, 9_600)
    assert probe.outcome is Outcome.NOTHING
    for forbidden in ("FF0187", "FF0188", "FF0179", "FF0199", "AAB4", "424DE1", "424DE4"):
        assert bytes.fromhex(forbidden) not in mute.heard
    never = [one.wire for one in SENSORS if one.way == "never"]
    assert len(never) >= 3
    assert not [wire for wire in never if wire in mute.heard]
    functions = {frame[1] for frame in frames_of(mute.heard)}
    assert functions == {4}  # of Modbus nothing but reading


def test_an_adapter_that_hears_only_itself() -> None:
    assert scanned(Rs485Bus([], echo=True), 9_600).outcome is Outcome.ECHO


def test_bytes_that_make_nothing() -> None:
    probe = scanned(Mute(b"\x81\xc3\xe7\x99"), 9_600)
    assert probe.outcome is Outcome.GARBAGE
    assert probe.heard.startswith(b"\x81\xc3\xe7\x99")


def test_the_older_product_is_refused_by_its_name() -> None:
    device = BOARD_KINDS["pms5003"].make(Level.PYTHON, Start(0, 0, frozenset({"pms3003"})))
    probe = scanned(device, 9_600)
    assert probe.outcome is Outcome.WRONG_DEVICE
    assert "PMS3003" in probe.stranger


def test_the_meter_of_the_first_version_is_refused_by_its_name() -> None:
    device = BOARD_KINDS["pzem004t"].make(Level.PYTHON, Start(0, 0, frozenset({"version_1"})))
    assert "version 1" in scanned(device, 9_600).stranger


def test_a_cold_receiver_is_found_without_a_position() -> None:
    device = BOARD_KINDS["nmea"].make(Level.PYTHON, Start(0, 0, frozenset({"indoors"})))
    (found,) = scanned(device, 9_600).found
    assert found.kind == "nmea"


def test_lines_of_text_are_shown() -> None:
    probe = scanned(BOARD_KINDS["plain"].make(Level.PYTHON, Start(0)), 9_600)
    assert probe.outcome is Outcome.FOUND
    assert probe.text.startswith("T:")


def test_a_lamplighter_board_says_hello() -> None:
    class Board(Mute):
        def receive(self, data: bytes, now_ns: int) -> None:
            if HELLO_REQUEST in data:
                self._wire, self._due_ns = encode(2, 0, bytes(36)), now_ns + 1

    (found,) = scanned(Board(), 115_200).found
    assert (found.kind, found.baud) == ("lamplighter", 115_200)
    assert encode(1, 0, b"") == HELLO_REQUEST


@pytest.mark.parametrize(
    ("spoken", "heard", "said"),
    [(9_600, 115_200, "slower"), (4_800, 9_600, "half"), (38_400, 9_600, "faster")],
)
def test_what_wrong_bytes_say_of_the_rate(spoken: int, heard: int, said: str) -> None:
    wire = bytes.fromhex("AAC0D4043A0AA1601DAB") * 20
    hint = rate_hint(resample(wire, sent_baud=spoken, heard_baud=heard))
    assert said in hint or "zero" in hint
    assert rate_hint(b"") == ""
