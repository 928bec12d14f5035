"""One signed POST: the receiver can tell that it is ours, recent, and whether it had it before.

Headers and signature are those of the Standard Webhooks specification: HMAC-SHA256 over id, time
and body; two secrets while one replaces the other.
"""

import base64
import hashlib
import hmac
import http.client
import ssl
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple
from urllib.parse import urlsplit

TIMEOUT_S: Final = 10.0
PREFIX: Final = "whsec_"
_REASON_CHARS_MAX: Final = 200


class Delivery(NamedTuple):
    """What became of one POST. ``again`` says whether trying again may help."""

    done: bool
    again: bool
    reason: str


def signature(secret: str, notice_id: str, ts_s: int, body: bytes) -> str:
    """One signature; a secret that begins with ``whsec_`` is base64 behind it."""
    if secret.startswith(PREFIX):
        key = base64.b64decode(secret.removeprefix(PREFIX))
    else:
        key = secret.encode()
    signed = f"{notice_id}.{ts_s}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def headers(secrets: Sequence[str], notice_id: str, ts_s: int, body: bytes) -> Mapping[str, str]:
    """Everything but the body."""
    return {
        "Content-Type": "application/json",
        "webhook-id": notice_id,
        "webhook-timestamp": str(ts_s),
        "webhook-signature": " ".join(signature(one, notice_id, ts_s, body) for one in secrets),
    }


class Webhook:
    """The way to one receiver. Used from one thread."""

    def __init__(self, url: str, secrets: Sequence[str], *, ca_file: str = "") -> None:
        parts = urlsplit(url)
        assert parts.hostname, url
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._secrets = tuple(secrets)
        self._host, self._port = parts.hostname, parts.port
        self._context = (
            ssl.create_default_context(cafile=ca_file or None) if parts.scheme == "https" else None
        )

    def post(self, notice_id: str, body: str, ts_s: int) -> Delivery:
        """Send once; never raises for the receiver's faults."""
        raw = body.encode()
        connection = self._connection()
        try:
            made = headers(self._secrets, notice_id, ts_s, raw)
            connection.request("POST", self._path, raw, dict(made))
            answer = connection.getresponse()
            answer.read(_REASON_CHARS_MAX)
        except (OSError, http.client.HTTPException) as error:
            return Delivery(False, True, f"{type(error).__name__}: {error}"[:_REASON_CHARS_MAX])
        finally:
            connection.close()
        if 200 <= answer.status < 300 or answer.status == http.HTTPStatus.CONFLICT:
            return Delivery(True, False, "")  # 409: it had it before
        gone = answer.status in (http.HTTPStatus.GONE, http.HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        return Delivery(False, not gone, f"HTTP status {answer.status}")

    def _connection(self) -> http.client.HTTPConnection:
        if self._context is not None:
            return http.client.HTTPSConnection(
                self._host, self._port, timeout=TIMEOUT_S, context=self._context
            )
        return http.client.HTTPConnection(self._host, self._port, timeout=TIMEOUT_S)
