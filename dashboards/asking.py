"""Asks an InfluxDB in InfluxQL, to check boards and to draw previews; nothing a board does live.

Boards are shown by Grafana, which asks for itself. This is the small client that finds out
beforehand whether its questions have answers.
"""

import http.client
from types import TracebackType
from typing import Annotated, Any, Final, Self
from urllib.parse import urlencode, urlsplit

import msgspec

from vocabulary.errors import CallerFault, WorldFault
from vocabulary.exit_codes import ExitCode

TIMEOUT_S: Final = 60.0
_REASON_CHARS_MAX: Final = 300


class DatabaseSilent(WorldFault):
    """The database gave no answer that can be read."""

    remedy = "Check the address given with --influx, and that the database runs."
    exit_code = ExitCode.UNAVAILABLE

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(url, reason)
        self.url, self.reason = url, reason

    def __str__(self) -> str:
        return f"no answer from {self.url}: {self.reason}"


class AddressUnfit(CallerFault):
    """What was given as the database's address is none."""

    remedy = "Give it as http://HOST:PORT."

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.url = url

    def __str__(self) -> str:
        return f"not an address of a database: {self.url!r}"


class Series(msgspec.Struct, frozen=True):
    """One series of an answer: its tags, its columns, its rows; ``time`` is in UTC milliseconds."""

    name: str = ""
    tags: dict[str, str] = {}
    columns: Annotated[list[str], msgspec.Meta(min_length=1)] = []
    values: list[list[Any]] = []


class _Result(msgspec.Struct):
    series: list[Series] = []
    error: str = ""


class _Results(msgspec.Struct):
    results: list[_Result] = []
    error: str = ""


class Answer(msgspec.Struct, frozen=True):
    """What came back: series, or the database's words on why not."""

    series: tuple[Series, ...] = ()
    error: str = ""

    @property
    def points(self) -> int:
        """How many rows hold at least one value."""
        return sum(
            any(value is not None for value in row[1:]) for one in self.series for row in one.values
        )


class Asking:
    """A kept connection to one InfluxDB."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise AddressUnfit(url)
        self.url = url
        kind = (
            http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        )
        self._connection = kind(parts.hostname, parts.port, timeout=TIMEOUT_S)

    def ask(self, database: str, influxql: str) -> Answer:
        """One question.

        Raises:
            DatabaseSilent: no answer, or none that can be read.
        """
        body = urlencode({"db": database, "epoch": "ms", "q": influxql})
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        try:
            self._connection.request("POST", "/query", body, headers)
            raw = self._connection.getresponse().read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise DatabaseSilent(self.url, str(error)[:_REASON_CHARS_MAX]) from None
        try:
            told = msgspec.json.decode(raw, type=_Results)
        except (msgspec.DecodeError, RecursionError) as error:
            raise DatabaseSilent(self.url, f"not an InfluxQL answer: {error}") from None
        fault = told.error or next((one.error for one in told.results if one.error), "")
        if fault:
            return Answer(error=fault[:_REASON_CHARS_MAX])
        return Answer(tuple(series for one in told.results for series in one.series))

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
