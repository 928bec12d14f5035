"""A receiver can tell that a notice is ours, and a bad receiver stops nothing."""

import base64
import hashlib
import hmac

import pytest

from ingest.webhook import Delivery, Webhook, headers, signature
from tests.ingest.foreign_influx import ForeignInflux


def test_a_signature_is_that_of_the_specification() -> None:
    key = base64.b64encode(b"0123456789abcdef01234567").decode()
    expected = hmac.digest(b"0123456789abcdef01234567", b"id.17.{}", "sha256")
    made = signature(f"whsec_{key}", "id", 17, b"{}")
    assert made == f"v1,{base64.b64encode(expected).decode()}"
    plain = hmac.new(b"plain", b"id.17.{}", hashlib.sha256).digest()
    assert base64.b64decode(signature("plain", "id", 17, b"{}")[3:]) == plain


def test_two_secrets_while_one_replaces_the_other() -> None:
    made = headers(["a", "b"], "id", 17, b"{}")["webhook-signature"]
    assert made.split(" ") == [signature("a", "id", 17, b"{}"), signature("b", "id", 17, b"{}")]


def test_a_notice_arrives_with_its_key() -> None:
    with ForeignInflux() as server:
        hook = Webhook(f"{server.url}/call?team=net", ["s"])
        assert hook.post("x@1.opened.1", '{"a":"ü"}', 17) == Delivery(True, False, "")
        (asked,) = server.asked
    assert (asked.path, asked.params) == ("/call", {"team": "net"})
    assert asked.headers["webhook-id"] == "x@1.opened.1"
    assert asked.headers["webhook-timestamp"] == "17"
    signed = asked.body.encode()
    assert asked.headers["webhook-signature"] == signature("s", "x@1.opened.1", 17, signed)


@pytest.mark.parametrize(
    ("status", "expected"),
    [(409, (True, False)), (410, (False, False)), (500, (False, True)), (429, (False, True))],
)
def test_what_an_answer_means(status: int, expected: tuple[bool, bool]) -> None:
    with ForeignInflux() as server:
        server.script.append((status, {}, b"no"))
        assert Webhook(server.url, ["s"]).post("i", "{}", 1)[:2] == expected


def test_nobody_there_is_tried_again() -> None:
    told = Webhook("http://127.0.0.1:9/", ["s"]).post("i", "{}", 1)
    assert not told.done
    assert told.again
    assert told.reason
