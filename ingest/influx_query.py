"""Ask InfluxDB in InfluxQL, the one language that 1.x, 2.x (with a DBRP mapping) and 3.x share."""

from collections.abc import Iterator
from typing import Annotated, Any

import msgspec

from ingest.errors import DatabaseAway, QueryRefused
from ingest.influx_answers import Silence, reason
from ingest.influx_http import InfluxHttp, InfluxSettings


class _Series(msgspec.Struct):
    name: str = ""
    tags: dict[str, str] = {}
    columns: Annotated[list[str], msgspec.Meta(min_length=1)] = []
    values: list[list[Any]] = []


class _Result(msgspec.Struct):
    series: list[_Series] = []
    error: str = ""
    partial: bool = False


class _Results(msgspec.Struct):
    results: list[_Result] = []
    error: str = ""


class InfluxReader:
    """Reads from one InfluxDB. Bound an answer with LIMIT: it is held in memory as a whole."""

    def __init__(self, settings: InfluxSettings) -> None:
        self.settings = settings
        self._http = InfluxHttp(settings)

    def query(self, influxql: str) -> list[dict[str, Any]]:
        """The rows of every series, each with its tags; ``time`` in UTC milliseconds.

        Raises:
            DatabaseAway: no answer, or none that can be read.
            QueryRefused: the server says what is wrong with the question.
        """
        params = {"db": self.settings.database, "epoch": "ms", "q": influxql}
        if self.settings.retention_policy:
            params["rp"] = self.settings.retention_policy
        answer = self._http.ask("POST", "/query", params)
        if isinstance(answer, Silence):
            raise DatabaseAway(self.settings.url, answer.reason)
        if answer.status != 200:
            raise QueryRefused(influxql, answer.status, reason(answer))
        try:
            told = msgspec.json.decode(answer.body, type=_Results)
        except (msgspec.DecodeError, RecursionError) as error:
            raise DatabaseAway(self.settings.url, f"not an InfluxQL answer: {error}") from None
        fault = told.error or next((one.error for one in told.results if one.error), "")
        if fault:
            raise QueryRefused(influxql, answer.status, fault)
        return [row for result in told.results for row in _rows(result)]

    def close(self) -> None:
        """Close the connections."""
        self._http.close()


def _rows(result: _Result) -> Iterator[dict[str, Any]]:
    for series in result.series:
        for values in series.values:
            yield {**series.tags, **dict(zip(series.columns, values, strict=True))}
