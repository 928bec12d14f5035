"""Requests as they go out, and every way of getting no answer."""

import socket
import threading
from base64 import b64decode

import msgspec
import pytest

from ingest.influx_answers import Answer, Silence
from ingest.influx_http import GZIP_BYTES_MIN, InfluxHttp, InfluxSettings
from simulators.servers import free_port
from tests.ingest.foreign_influx import ForeignInflux

WORD = "pässwörd"


def ask(settings: InfluxSettings, body: str = "x") -> Answer | Silence:
    http = InfluxHttp(settings)
    try:
        return http.ask("POST", "/write", {"db": "a b&c"}, body)
    finally:
        http.close()


def test_small_bodies_go_plain_and_large_ones_compressed() -> None:
    with ForeignInflux() as server:
        ask(InfluxSettings(url=server.url))
        ask(InfluxSettings(url=server.url), "y" * GZIP_BYTES_MIN)
        ask(InfluxSettings(url=server.url, gzip=False), "z" * GZIP_BYTES_MIN)
        small, large, plain = server.asked
    assert "content-encoding" not in small.headers
    assert large.headers["content-encoding"] == "gzip"
    assert int(large.headers["content-length"]) < GZIP_BYTES_MIN
    assert large.body == "y" * GZIP_BYTES_MIN
    assert "content-encoding" not in plain.headers
    assert small.params == {"db": "a b&c"}


def test_a_token_or_a_password_is_sent_as_each_dialect_wants_it() -> None:
    with ForeignInflux() as server:
        ask(InfluxSettings(url=server.url, token=WORD))
        ask(InfluxSettings(url=server.url + "/", username="rosa", password=WORD))
        ask(InfluxSettings(url=server.url))
        token, basic, nobody = server.asked
    assert token.headers["authorization"] == f"Token {WORD}"
    kind, _, pair = basic.headers["authorization"].partition(" ")
    assert kind == "Basic"
    assert b64decode(pair).decode() == f"rosa:{WORD}"
    assert basic.path == "/write"
    assert "authorization" not in nobody.headers


def test_answers_come_back_whole_whatever_their_status() -> None:
    with ForeignInflux() as server:
        server.script += [
            (200, {"X-Mood": "fine"}, b"hello"),
            (404, {"Retry-After": "3"}, "für".encode()),
            (302, {"Location": "http://127.0.0.1:1/elsewhere"}, b""),
        ]
        fine, absent, moved = [ask(InfluxSettings(url=server.url)) for _ in range(3)]
    assert isinstance(fine, Answer)
    assert (fine.status, fine.body, fine.headers["x-mood"]) == (200, "hello", "fine")
    assert isinstance(absent, Answer)
    assert (absent.status, absent.body, absent.headers["retry-after"]) == (404, "für", "3")
    assert isinstance(moved, Answer)
    assert moved.status == 302


def test_an_answer_that_is_no_text_is_silence() -> None:
    with ForeignInflux() as server:
        server.script.append((500, {}, b"\xff\xfe"))
        assert isinstance(ask(InfluxSettings(url=server.url)), Silence)


def test_a_refused_connection_is_silence() -> None:
    settings = InfluxSettings(url=f"http://127.0.0.1:{free_port()}")
    answer = ask(settings)
    assert isinstance(answer, Silence)
    assert "refused" in answer.reason


def test_an_unknown_host_is_silence() -> None:
    assert isinstance(ask(InfluxSettings(url="http://no-such-host.invalid:8086")), Silence)


@pytest.mark.parametrize("words", [b"", b"this is not HTTP\r\n\r\n", b"HTTP/1.1 20"])
def test_a_stranger_on_the_port_is_silence(words: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer_once() -> None:
            peer, _ = listener.accept()
            with peer:
                peer.recv(65_536)
                peer.sendall(words)

        stranger = threading.Thread(target=answer_once)
        stranger.start()
        answer = ask(InfluxSettings(url=f"http://127.0.0.1:{listener.getsockname()[1]}"))
        stranger.join()
    assert isinstance(answer, Silence)


def test_a_server_that_never_answers_is_silence_after_the_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        answer = ask(InfluxSettings(url=url, timeout_s=0.05))
    assert isinstance(answer, Silence)
    assert "timed out" in answer.reason


@pytest.mark.parametrize(
    "row",
    [
        {"url": "127.0.0.1:8086"},
        {"url": "ftp://127.0.0.1"},
        {"url": "http://rosa:secret@127.0.0.1:8086"},
        {"url": "http://127.0.0.1", "database": ""},
        {"url": "http://127.0.0.1", "batch_lines_max": 5_001},
        {"url": "http://127.0.0.1", "timeout_s": 0},
        {"url": "http://127.0.0.1", "api": "3"},
    ],
)
def test_settings_refuse_what_cannot_work(row: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(row, InfluxSettings, strict=True)


def test_settings_print_no_secret() -> None:
    settings = InfluxSettings(url="http://127.0.0.1", token=WORD, password=WORD)
    assert WORD not in repr(settings)
    assert settings.bucket_name == "lamplighter"
