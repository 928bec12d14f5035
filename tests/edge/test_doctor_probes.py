"""Questions are asked at once and not waited for longer than their time."""

import os
import socket
import threading
from pathlib import Path

import pytest

from edge import doctor_probes
from edge.clock import SystemClock
from edge.configuration import GatewayConfiguration, parse
from edge.doctor_board import Board
from edge.doctor_probes import Question, Questions, ask_all, ask_name, systemctl, with_agent

CLOCK = SystemClock()
TEXT = """\
gateway_id = "gw-1"
district = "north"
[uplink]
broker = "mqtts://127.0.0.1:1"
[uplink.login]
ca_file = "{0}/absent"
certificate_file = "{0}/absent"
password_file = "{0}/secret"
[spool]
directory = "{0}"
[[serial]]
sensor_id = "air-1"
port = "{0}/tty"
"""


@pytest.fixture
def made(tmp_path: Path) -> GatewayConfiguration:
    return parse(TEXT.format(tmp_path), file="t")


def test_a_question_without_an_answer_is_named() -> None:
    never = threading.Event()
    questions: dict[str, Question] = {
        "a": lambda: {"soc_c": 40.0},
        "b": lambda: {"has_rtc": never.wait(5)},
    }
    board = ask_all(questions, each_s=0.2)
    never.set()
    assert (board.soc_c, board.too_slow) == (40.0, ("b",))


def test_all_are_asked_at_once() -> None:
    together = threading.Barrier(3, timeout=5)

    def meet() -> dict[str, float]:
        together.wait()
        return {}

    assert ask_all(dict.fromkeys("abc", meet)).too_slow == ()


def test_this_machine_can_be_asked(made: GatewayConfiguration, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x", "utf-8")
    (tmp_path / "secret").chmod(0o604)
    board = ask_all(Questions(made, CLOCK).all())
    assert board.too_slow == ()
    assert board.enrolled is False
    assert board.ports_missing == (f"air-1 at {tmp_path}/tty",)
    assert board.open_secrets == (f"{tmp_path}/secret",)
    assert board.wall_s is not None
    assert board.broker is None, "without an authority nothing can be checked"


def test_name_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        monkeypatch.setattr(doctor_probes, "DNS_PORT", server.getsockname()[1])
        monkeypatch.setattr(doctor_probes, "DNS_WAIT_S", 0.2)
        assert "no answer within" in ask_name("127.0.0.1", "broker.example")
        server.recv(512)

        def answer(raw: bytes) -> None:
            data, peer = server.recvfrom(512)
            server.sendto(raw + data[2:] if raw else data, peer)

        for raw, said in ((b"", ""), (b"zz", "another question")):
            thread = threading.Thread(target=answer, args=(raw,))
            thread.start()
            assert said in ask_name("127.0.0.1", "broker.example")
            thread.join()
    assert ask_name("no address", "x")
    assert ask_name("127.0.0.1", "x" * 300)


def test_what_the_agent_knows() -> None:
    assert with_agent(Board(), {"host_online": 0.0, "uplink_up": 1.0}).host_online is False
    assert with_agent(Board(), {"host_online": 0.0, "uplink_up": 0.0}).host_online is None
    assert with_agent(Board(), {"uplink_recent_losses": 4.0}).uplink_losses == 4
    assert with_agent(Board(), None).host_online is None


def test_no_service_manager(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert systemctl("show") is None
    assert os.environ["PATH"] == str(tmp_path)
