"""From a board's last byte on its terminal to its message on the broker, through the whole gateway.

The gateway is a process of its own on a real Mosquitto. The board is greeted, described and timed
as any other; then it speaks ten times a second. Each message that a bare client hears is matched
with the moment its bytes were written.
"""

import subprocess
import tempfile
import threading
import time
from pathlib import Path
from statistics import median
from typing import Final

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from bench.figure import Figure
from firmware_bridge.frame import Frame, FrameReader
from firmware_bridge.messages import MessageType
from simulators.lamplighter_board import LamplighterBoard
from simulators.processes import COMMAND
from simulators.pty_port import PtyPort
from simulators.servers import LOOPBACK, Mosquitto
from simulators.street_box import StreetBox
from vocabulary.payload import decode
from vocabulary.units import NS_PER_MS, NS_PER_S

SAMPLES: Final = 150
INTERVAL_MS: Final = 100
WAIT_S: Final = 60.0
STEP_S: Final = 0.0005

CONFIG: Final = """
gateway_id = "gw-latency"
district = "bench"
[uplink]
broker = "{broker}"
reconnect = {{ first_max_s = 0.1, own_link_max_s = 0.1, base_s = 0.1, max_s = 1.0 }}
[spool]
directory = "{directory}"
max_bytes = 67108864
free_floor_bytes = 0
[metrics_page]
port = 0
[[serial]]
sensor_id = "box"
port = "{port}"
protocol = "lamplighter"
"""


class _Board(threading.Thread):
    """Speaks, and remembers when each pressure left for the terminal."""

    def __init__(self, port: PtyPort) -> None:
        super().__init__(daemon=True)
        self.written_ns: dict[int, int] = {}
        self.ended = threading.Event()
        self._port = port

    def run(self) -> None:
        """Until it is ended."""
        board = LamplighterBoard(time.monotonic_ns(), StreetBox)
        core, reader = board._core, FrameReader()
        assert isinstance(core, StreetBox)
        core._interval_ms = INTERVAL_MS
        while not self.ended.is_set():
            now_ns = time.monotonic_ns()
            board.receive(self._port.read(), now_ns)
            said = board.advance(now_ns)
            if said:
                self._port.write(said)
                written_ns = time.monotonic_ns()
                for one in reader.receive(said):
                    if isinstance(one, Frame) and one.type == MessageType.DATA:
                        pressure = int.from_bytes(one.payload[14:18], "little")
                        self.written_ns[pressure] = written_ns
            self._port.wait(STEP_S)


class _Ear:
    """A bare client; remembers when each pressure came."""

    def __init__(self, broker: Mosquitto) -> None:
        self.heard_ns: dict[int, int] = {}
        self._client = Client(CallbackAPIVersion.VERSION2, client_id="ear")
        self._client.on_message = self._on_message
        ready = threading.Event()
        self._client.on_subscribe = lambda *_arguments: ready.set()
        self._client.connect(LOOPBACK, broker.port)
        self._client.loop_start()
        self._client.subscribe("spBv1.0/bench/DDATA/#")
        assert ready.wait(WAIT_S)

    def _on_message(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        now_ns = time.monotonic_ns()
        for metric in decode(bytes(message.payload)).metrics:
            if isinstance(metric.value, float) and 1_000 <= metric.value <= 1_030:
                self.heard_ns.setdefault(round(metric.value * 100), now_ns)

    def close(self) -> None:
        """Go."""
        self._client.disconnect()
        self._client.loop_stop()


def _latencies_ms(folder: Path) -> list[float]:
    with Mosquitto() as broker, PtyPort(folder / "box") as port:
        text = CONFIG.format(broker=broker.url, directory=folder / "card", port=port.path)
        config = folder / "gateway.toml"
        config.write_text(text, encoding="utf-8")
        (folder / "card").mkdir()
        ear, board = _Ear(broker), _Board(port)
        board.start()
        command = [*COMMAND, "gateway", "run", "--config", str(config)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            end_ns = time.monotonic_ns() + round(WAIT_S * NS_PER_S)
            while len(ear.heard_ns) < SAMPLES and time.monotonic_ns() < end_ns:
                time.sleep(0.1)
            process.terminate()
        board.ended.set()
        board.join()
        ear.close()
    both = sorted(ear.heard_ns.keys() & board.written_ns.keys())
    pairs = [(board.written_ns[one], ear.heard_ns[one]) for one in both]
    return [(heard_ns - written_ns) / NS_PER_MS for written_ns, heard_ns in sorted(pairs)]


def latency() -> Figure:
    """The median, with the slow tenth beside it; the first second is left out."""
    with tempfile.TemporaryDirectory() as folder:
        all_ms = _latencies_ms(Path(folder))
    steady_ms = sorted(all_ms[10:])
    assert steady_ms, "no message came"
    return Figure(
        name="serial.latency_ms_p50",
        value=median(steady_ms),
        unit="ms",
        better="lower",
        beside={"p90": steady_ms[len(steady_ms) * 9 // 10], "messages": float(len(steady_ms))},
    )
