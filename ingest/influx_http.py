"""One HTTP request to InfluxDB, through influxdb-client's HTTP layer; never raises for the peer.

The client's own writing is not used: it retries in the background, where nobody knows which
readings are stored. Its connection pool, TLS and proxy handling are.
"""

import base64
import gzip
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Protocol

import msgspec
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.rest import ApiException
from urllib3.exceptions import HTTPError, MaxRetryError

from ingest.influx_answers import Answer, Silence
from vocabulary.units import MS_PER_S

BATCH_LINES_MAX: Final = 5_000
GZIP_LEVEL: Final = 1  # lines repeat themselves: higher levels save little and cost much
GZIP_BYTES_MIN: Final = 1_024
_REASON_CHARS_MAX: Final = 200
_JSON: Final = "application/json"
_JSON_PATHS: Final = ("/api/v2/buckets", "/api/v2/dbrps", "/api/v3/configure")

# No name or password inside the url: urls are printed, the keys below are not.
Url = Annotated[str, msgspec.Meta(pattern=r"^https?://[^@/\s]+(/[^@\s]*)?$")]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
TimeoutS = Annotated[float, msgspec.Meta(gt=0, le=300)]
BatchLines = Annotated[int, msgspec.Meta(ge=1, le=BATCH_LINES_MAX)]


class InfluxSettings(msgspec.Struct, frozen=True):
    """The [influx] table of host.toml.

    InfluxDB 1.x uses ``database``, ``retention_policy``, ``username``, ``password``; 2.x and
    3.x ``org``, ``bucket`` (the database's name if empty) and ``token``. ``api`` forces one of
    the two dialects where asking for the version is not enough.
    """

    url: Url
    database: Name = "lamplighter"
    retention_policy: str = ""
    username: str = ""
    password: str = ""
    org: str = ""
    bucket: str = ""
    token: str = ""
    api: Literal["auto", "1", "2"] = "auto"
    create_database: bool = True
    gzip: bool = True
    batch_lines_max: BatchLines = BATCH_LINES_MAX
    timeout_s: TimeoutS = 10.0
    ca_file: str = ""

    def __repr__(self) -> str:
        return f"InfluxSettings(url={self.url!r}, database={self.database!r})"  # no secrets

    @property
    def bucket_name(self) -> str:
        """Where 2.x and 3.x write."""
        return self.bucket or self.database


class Http(Protocol):
    """The way to one server."""

    def ask(
        self, method: str, path: str, params: Mapping[str, str], body: str = ""
    ) -> Answer | Silence:
        """Send one request; no answer is an answer too."""
        ...

    def close(self) -> None:
        """Let go of the connections."""
        ...


class InfluxHttp:
    """Requests to one server over kept connections. Used from one thread at a time."""

    def __init__(self, settings: InfluxSettings) -> None:
        self.settings = settings
        token: Any = settings.token or None  # None: no header at all
        self._client: Any = InfluxDBClient(
            url=settings.url.rstrip("/"),
            token=token,
            org=settings.org or "-",
            timeout=round(settings.timeout_s * MS_PER_S),
            ssl_ca_cert=settings.ca_file or None,
        )
        self._authorization: dict[str, str] = {}
        if settings.username:  # Basic is what 1.x of every age understands
            pair = f"{settings.username}:{settings.password}".encode()
            self._authorization["Authorization"] = "Basic " + base64.b64encode(pair).decode()

    def ask(
        self, method: str, path: str, params: Mapping[str, str], body: str = ""
    ) -> Answer | Silence:
        """Send one request; no answer is an answer too."""
        kind = _JSON if path.startswith(_JSON_PATHS) else "text/plain; charset=utf-8"
        headers = {"Content-Type": kind, **self._authorization}
        sent: Any = body.encode()
        if kind == _JSON:  # the client writes JSON itself
            sent = msgspec.json.decode(sent) if sent else None
        elif self.settings.gzip and len(sent) >= GZIP_BYTES_MIN:
            sent = gzip.compress(sent, GZIP_LEVEL, mtime=0)
            headers["Content-Encoding"] = "gzip"
        try:
            self._client.api_client.call_api(
                path,
                method,
                query_params=list(params.items()),
                header_params=headers,
                body=sent,
                _return_http_data_only=True,
            )
        except ApiException as error:
            if not error.status:
                return Silence(_short(str(error.reason)))
            return Answer(int(error.status), _lower(error.headers), str(error.body or ""))
        except MaxRetryError as error:
            return Silence(_short(f"{type(error.reason).__name__}: {error.reason}"))
        except (HTTPError, OSError, ValueError) as error:  # ValueError: not HTTP, not UTF-8
            return Silence(_short(f"{type(error).__name__}: {error}"))
        last = self._client.api_client.last_response
        return Answer(int(last.status), _lower(last.getheaders()), str(last.data))

    def close(self) -> None:
        """Close the kept connections."""
        self._client.api_client.rest_client.pool_manager.clear()
        self._client.close()


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _short(text: str) -> str:
    return " ".join(text.split())[:_REASON_CHARS_MAX]
