"""Lines into InfluxDB, whichever version: in batches, each line decided once, nothing guessed.

1.x is written on /write, 2.x and 3.x on /api/v2/write; which one it is, /ping says. A line that
the server refuses is found by halving its batch until it stands alone: at most
``2 * batch_lines_max - 1`` requests a batch. What the server did store on the way is written
again, which changes nothing: same measurement, tags and timestamp are the same point.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from ingest.influx_answers import (
    Answer,
    Silence,
    Verdict,
    dropped_all,
    reason,
    retry_of,
    stop_of,
    understood,
    verdict,
)
from ingest.influx_http import Http, InfluxHttp, InfluxSettings
from ingest.sink import DeadLine, Retry, Stop, WriteOutcome

BATCH_BYTES_MAX: Final = 4 * 1024 * 1024  # the smallest limit we know is 10 MB (3 Core)
_NOT_INFLUX: Final = "Check that the url in host.toml is that of an InfluxDB."


class InfluxVersion(NamedTuple):
    """Who answered: its version as it says it, and which way of writing it takes."""

    text: str
    api: int


class InfluxSink:
    """A sink over one InfluxDB. Used from one thread."""

    def __init__(self, settings: InfluxSettings, http: Http | None = None) -> None:
        self.settings = settings
        self.version: InfluxVersion | None = None
        self.requests = 0
        self._http = http or InfluxHttp(settings)
        self._may_create = settings.create_database

    def probe(self) -> str | Retry | Stop:
        """Ask for the version; on 1.x make the database, once in the life of this object.

        Only once: a database that vanishes later may be one that somebody is restoring.
        """
        answer = self._ask("GET", "/ping")
        if isinstance(answer, Silence):
            return Retry(answer.reason)
        found = self._version(answer)
        if not isinstance(found, InfluxVersion):
            return found
        if found.api == 1 and self._may_create:
            fault = self._create_database()
            if fault is not None:
                return fault
        self._may_create = False
        self.version = found
        where = self.settings.database if found.api == 1 else self.settings.bucket_name
        return f"InfluxDB {found.text} at {self.settings.url}, writing to `{where}`"

    def write(self, lines: Sequence[str]) -> WriteOutcome:
        """Store lines; the outcome accounts for each of them."""
        if self.version is None:
            found = self.probe()
            if isinstance(found, Retry):
                return WriteOutcome(rest=tuple(lines), retry=found)
            if isinstance(found, Stop):
                return WriteOutcome(rest=tuple(lines), stop=found)
        stored, dead = 0, list[DeadLine]()
        # Depth first and in order, so that what is open at a fault is one run at the end.
        todo = [tuple(batch) for batch in batches(lines, self.settings.batch_lines_max)][::-1]
        while todo:
            batch = todo.pop()
            answer = self._post(batch)
            what = Verdict.RETRY if isinstance(answer, Silence) else verdict(answer)
            if what is Verdict.STORED:
                stored += len(batch)
            elif what is Verdict.REFUSED and not isinstance(answer, Silence):
                if len(batch) == 1 or dropped_all(answer, len(batch)):
                    dead += [DeadLine(line, reason(answer), answer.status) for line in batch]
                else:
                    middle = len(batch) // 2
                    todo += [batch[middle:], batch[:middle]]
            else:
                rest = tuple(line for part in [batch, *todo[::-1]] for line in part)
                return self._halted(stored, dead, rest, answer)
        return WriteOutcome(stored, tuple(dead))

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _halted(
        self, stored: int, dead: list[DeadLine], rest: tuple[str, ...], answer: Answer | Silence
    ) -> WriteOutcome:
        if isinstance(answer, Silence):
            return WriteOutcome(stored, tuple(dead), rest, retry=Retry(answer.reason))
        if verdict(answer) is Verdict.RETRY:
            return WriteOutcome(stored, tuple(dead), rest, retry=retry_of(answer))
        self.version = None  # it may come back as another version: ask again
        stop = stop_of(answer, database=self.settings.database)
        return WriteOutcome(stored, tuple(dead), rest, stop=stop)

    def _ask(
        self, method: str, path: str, params: dict[str, str] | None = None, body: str = ""
    ) -> Answer | Silence:
        self.requests += 1
        return self._http.ask(method, path, params or {}, body)

    def _post(self, batch: tuple[str, ...]) -> Answer | Silence:
        assert self.version is not None
        settings = self.settings
        if self.version.api == 1:
            params = {"db": settings.database, "precision": "ms"}
            if settings.retention_policy:
                params["rp"] = settings.retention_policy
            return self._ask("POST", "/write", params, "\n".join(batch))
        params = {"org": settings.org, "bucket": settings.bucket_name, "precision": "ms"}
        return self._ask("POST", "/api/v2/write", params, "\n".join(batch))

    def _version(self, ping: Answer) -> InfluxVersion | Retry | Stop:
        if verdict(ping) is Verdict.RETRY:
            return retry_of(ping)
        text = ping.headers.get("x-influxdb-version", "")
        if not text:  # some proxies drop the header, and /ping may want a token
            health = self._ask("GET", "/health")
            if isinstance(health, Silence):
                return Retry(health.reason)
            text = _health_version(health)
        wanted = self.settings.api
        if wanted != "auto":
            return InfluxVersion(text or "of unknown version", int(wanted))
        if not understood(ping) and not text:
            return stop_of(ping, database=self.settings.database)
        major = text.lstrip("v").split(".")[0]
        if not major.isdigit():
            return Stop(f"no version in the answer to /ping and /health ({text!r})", _NOT_INFLUX)
        return InfluxVersion(text, 1 if int(major) <= 1 else 2)

    def _create_database(self) -> Retry | Stop | None:
        name = self.settings.database.replace("\\", "\\\\").replace('"', '\\"')
        answer = self._ask("POST", "/query", {"q": f'CREATE DATABASE "{name}"'})
        if isinstance(answer, Silence):
            return Retry(answer.reason)
        if understood(answer) or answer.status == 403:
            return None  # 403: no administrator; the database may well be there, a write will tell
        if verdict(answer) is Verdict.RETRY:
            return retry_of(answer)
        return stop_of(answer, database=self.settings.database)


def _health_version(answer: Answer) -> str:
    try:
        told = json.loads(answer.body)
    except (ValueError, RecursionError):
        return ""
    return str(told.get("version", "")) if isinstance(told, dict) else ""


def batches(lines: Sequence[str], lines_max: int) -> Iterator[Sequence[str]]:
    """Cut into batches within ``lines_max`` and, but for a single longer line, the byte bound."""
    start, size_bytes = 0, 0
    for ix, line in enumerate(lines):
        line_bytes = len(line.encode()) + 1
        if ix > start and (ix - start == lines_max or size_bytes + line_bytes > BATCH_BYTES_MAX):
            yield lines[start:ix]
            start, size_bytes = ix, 0
        size_bytes += line_bytes
    if start < len(lines):
        yield lines[start:]
