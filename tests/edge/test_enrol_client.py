"""Every way in which the service cannot be asked has a name, and says what was tried."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from edge.enrol_client import EnrolClient, _refusal
from edge.errors import AuthorityAway, AuthorityRefused
from vocabulary.enrolment import Nonce


@contextmanager
def listener(answer: bytes | None) -> Iterator[int]:
    """Takes one connection; says nothing at all, or the same to everyone."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()

        def serve() -> None:
            if answer is not None:
                peer, _ = server.accept()
                with peer:
                    peer.recv(1_000)
                    peer.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        thread.join(5)


@pytest.mark.parametrize("url", ["http://x:1", "https://", "https://x:99999", "mqtts://x", ""])
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(AuthorityAway, match="E-SW-01"):
        EnrolClient(url, "")


def test_silence_is_a_blocked_port() -> None:
    with listener(None) as port, pytest.raises(AuthorityAway) as caught:
        EnrolClient(f"https://127.0.0.1:{port}", "", timeout_s=0.2).post("/x", b"", Nonce)
    assert caught.value.code == "E-NET-31"
    assert f"no answer on port {port}" in str(caught.value)
    assert caught.value.remedy


def test_something_else_answers() -> None:
    with listener(b"HTTP/1.1 302 Found\r\n\r\n") as port, pytest.raises(AuthorityAway) as caught:
        EnrolClient(f"https://127.0.0.1:{port}", "").post("/x", b"", Nonce)
    assert caught.value.code == "E-ENR-10"


def test_a_name_without_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    def dead(*_args: object, **_more: object) -> None:
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", dead)
    with pytest.raises(AuthorityAway, match=r"E-NET-13.*Temporary failure"):
        EnrolClient("https://enrol.example", "").nonce()


def test_no_way_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_args: object, **_more: object) -> None:
        raise OSError(101, "Network is unreachable")

    monkeypatch.setattr(socket, "create_connection", away)
    with pytest.raises(AuthorityAway, match=r"E-NET-11.*unreachable"):
        EnrolClient("https://192.0.2.1", "").nonce()


def test_refusals_say_what_the_service_said() -> None:
    told = b'{"code":"E-ENR-05","found":"retired\\u001b[2J","expected":"x","remedy":"ask"}'
    refused = _refusal(told, 403, "asked")
    assert isinstance(refused, AuthorityRefused)
    assert "\x1b" not in str(refused), "nobody's terminal is driven from outside"
    assert "ask" in str(refused)
    assert isinstance(_refusal(told, 503, "asked"), AuthorityAway)
    assert isinstance(_refusal(b"<html>", 500, "asked"), AuthorityAway)
