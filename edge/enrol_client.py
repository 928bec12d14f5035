"""Asks the enrolment service over HTTPS; what fails is named by the hop at which it failed."""

import http.client
import json
import socket
import ssl
from http import HTTPStatus
from typing import Final, TypeVar
from urllib.parse import urlsplit

import msgspec

from edge import identity
from edge.errors import AuthorityAway, AuthorityRefused
from vocabulary.enrolment import AUTHORITY, NONCE, AuthorityChain, Nonce, Refused

TIMEOUT_S: Final = 10.0
ANSWER_BYTES_MAX: Final = 64 * 1024
NOT_YET_VALID: Final = 9
EXPIRED: Final = 10
"""``X509_V_ERR_…`` of OpenSSL."""
PORT: Final = 8443

AnswerT = TypeVar("AnswerT", bound=msgspec.Struct)


class EnrolClient:
    """One enrolment service, and the chain that it is checked against."""

    def __init__(self, url: str, chain: str, *, timeout_s: float = TIMEOUT_S) -> None:
        parts = urlsplit(url)
        try:
            port = parts.port or PORT
        except ValueError:
            port = 0
        if parts.scheme != "https" or not parts.hostname or not port:
            raise AuthorityAway(
                *("E-SW-01", f"read the address {url[:80]!r}", "no address", "https://HOST:PORT")
            )
        self.url, self._host, self._port = url, parts.hostname, port
        self._chain, self._timeout_s = chain, timeout_s

    def fetch_authority(self, pinned: str) -> str:
        """The service's chain, trusted because its root has the fingerprint that we were given.

        Raises:
            AuthorityAway, AuthorityRefused: it could not be asked, or has another root.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # nothing is believed but what the fingerprint proves
        chain = self._post(AUTHORITY, b"", AuthorityChain, context).authority
        root = identity.root_of(chain)
        found = identity.fingerprint(root) if root else "no root certificate"
        if found != pinned:
            raise AuthorityRefused(
                *("E-ENR-03", f"an authority with fingerprint {found}", pinned),
                "Somebody else answers under this address, or the sheet is of another city: "
                "stop here and call operations.",
            )
        return chain

    def nonce(self) -> str:
        """A word for one signed request."""
        return self.post(NONCE, b"", Nonce).nonce

    def post(self, path: str, body: bytes, kind: type[AnswerT]) -> AnswerT:
        """Ask, over a connection that is checked.

        Raises:
            AuthorityAway: it could not be asked; try again.
            AuthorityRefused: it said no, and why.
        """
        context = ssl.create_default_context(cadata=self._chain)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        return self._post(path, body, kind, context)

    def _post(
        self, path: str, body: bytes, kind: type[AnswerT], context: ssl.SSLContext
    ) -> AnswerT:
        tried = f"asked {self._host}:{self._port}{path}"
        connection = http.client.HTTPSConnection(
            self._host, self._port, timeout=self._timeout_s, context=context
        )
        try:
            connection.request("POST", path, body, {"content-type": "application/json"})
            answer = connection.getresponse()
            raw = answer.read(ANSWER_BYTES_MAX)
        except (OSError, http.client.HTTPException) as error:
            raise self._away(error, tried) from None
        finally:
            connection.close()
        if answer.status != HTTPStatus.OK:
            raise _refusal(raw, answer.status, tried)
        try:
            return msgspec.json.decode(raw, type=kind)
        except msgspec.DecodeError as error:
            raise AuthorityAway("E-ENR-06", tried, str(error), "an answer of ours") from None  # noqa: EM101

    def _away(self, error: Exception, tried: str) -> AuthorityAway:
        for kind, code, found, expected in _HOPS:
            if isinstance(error, kind):
                return AuthorityAway(code, tried, found.format(self=self, error=error), expected)
        if isinstance(error, ssl.SSLCertVerificationError):
            return self._unverified(error, tried)
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        if isinstance(error, OSError) and not isinstance(error, ssl.SSLError):
            return AuthorityAway("E-NET-11", tried, reason, "a way to the service")
        return AuthorityAway("E-ENR-10", tried, reason, "an answer over TLS 1.3")

    def _unverified(self, error: ssl.SSLCertVerificationError, tried: str) -> AuthorityAway:
        if error.verify_code == NOT_YET_VALID:
            found = "its certificate is not yet valid: our clock is behind"
            return AuthorityAway("E-TIME-03", tried, found, "a clock that is right within a day")
        if error.verify_code == EXPIRED:
            found = "its certificate is over, or our clock is ahead"
            return AuthorityAway("E-TIME-03", tried, found, "a certificate in its time")
        return AuthorityAway("E-ENR-03", tried, error.verify_message, "this city's authority")


_HOPS: Final = (
    (socket.gaierror, "E-NET-13", "no address for the name: {error.strerror}", "an address"),
    (TimeoutError, "E-NET-31", "no answer on port {self._port} in time: blocked?", "an answer"),
    (ConnectionRefusedError, "E-ENR-10", "connection refused", "the enrolment service"),
)


def _refusal(raw: bytes, status: int, tried: str) -> AuthorityAway | AuthorityRefused:
    try:
        told = msgspec.json.decode(raw, type=Refused)
    except msgspec.DecodeError:
        found = f"status {status} and no reason"
        return AuthorityAway("E-ENR-10", tried, found, "the enrolment service")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return AuthorityAway(told.code, tried, told.found, told.expected)
    shown = [json.dumps(text[:200])[1:-1] for text in (told.found, told.expected, told.remedy)]
    return AuthorityRefused(told.code, *shown)
