"""What an answer of InfluxDB to a write means: stored, bad lines, try again, or call a person.

    201, 204       stored
    400, 413, 422  permanent for some line in it: halve until the bad line stands alone
    408, 429, 5xx  passes: try again, not before Retry-After
    all others     a person must act: 401 and 403 rights, 404 no database, the rest no InfluxDB

InfluxDB 1.x answers a missing retention policy with 500 though it never passes by itself; the
text tells. A 200 is not success: 1.x may say so when it stored nothing, and so does the sign-in
page of any network in between. (InfluxDB documentation, "InfluxDB API reference".)
"""

import email.utils
import json
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from ingest.sink import Retry, Stop

REASON_CHARS_MAX: Final = 400
RETRY_AFTER_S_MAX: Final = 3_600.0
_STORED: Final = frozenset({201, 204})
_REFUSED: Final = frozenset({400, 413, 422})
_PASSING: Final = frozenset({408, 429})
_SERVER_FAULT_MIN: Final = 500
_DROPPED = re.compile(r"partial write: .* dropped=(\d+)\s*$", re.DOTALL)
_NO_POLICY: Final = "retention policy not found"


class Answer(NamedTuple):
    """What came back; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: str


class Silence(NamedTuple):
    """Nothing came back: refused, reset, timed out, or not HTTP."""

    reason: str


class Verdict(StrEnum):
    """What to do with the lines that were sent."""

    STORED = "stored"
    REFUSED = "refused"
    RETRY = "retry"
    STOP = "stop"


def verdict(answer: Answer) -> Verdict:
    """Which of the four it is, for an answer to a write."""
    if answer.status in _STORED:
        return Verdict.STORED
    if answer.status in _REFUSED:
        return Verdict.REFUSED
    if answer.status in _PASSING or answer.status >= _SERVER_FAULT_MIN:
        return Verdict.STOP if _NO_POLICY in answer.body else Verdict.RETRY
    return Verdict.STOP


def understood(answer: Answer) -> bool:
    """Whether anything but a write was done as asked."""
    return 200 <= answer.status <= 299


def reason(answer: Answer) -> str:
    """Why, in the server's words, shortened."""
    text = answer.body.strip()
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        told = None
    if isinstance(told, dict):
        words = [str(told[key]) for key in ("error", "message") if told.get(key)]
        details = told.get("data")  # 3.x names each line there
        if isinstance(details, list):
            words += [
                str(detail["error_message"])
                for detail in details[:1]
                if isinstance(detail, dict) and "error_message" in detail
            ]
        text = "; ".join(words) or text
    text = text or f"HTTP status {answer.status}"
    return text if len(text) <= REASON_CHARS_MAX else text[: REASON_CHARS_MAX - 1] + "…"


def dropped_all(answer: Answer, line_count: int) -> bool:
    """Whether a 1.x server says that it stored none of these lines, so halving teaches nothing.

    Its count has no line twice and no line that it could not read, so only the whole is certain.
    """
    found = _DROPPED.search(reason(answer))
    return found is not None and int(found.group(1)) == line_count


def retry_of(answer: Answer) -> Retry:
    """A passing fault, with the wait that the server asked for."""
    return Retry(f"{answer.status}: {reason(answer)}", _after_s(answer.headers))


def _after_s(headers: Mapping[str, str]) -> float | None:
    asked = headers.get("retry-after", "").strip()
    try:
        after_s = float(asked)
    except ValueError:
        try:  # a date: measured against the server's own clock, so ours need not be right
            until = email.utils.parsedate_to_datetime(asked)
            after_s = (until - email.utils.parsedate_to_datetime(headers["date"])).total_seconds()
        except (KeyError, TypeError, ValueError):
            return None
    if after_s != after_s:  # "nan" is a float to Python
        return None
    return min(max(after_s, 0.0), RETRY_AFTER_S_MAX)


def stop_of(answer: Answer, *, database: str) -> Stop:
    """A fault that needs a person, with what to do."""
    remedies = {
        401: "Check the token, or the user and password, in the [influx] table of host.toml.",
        403: f"Grant this user or token the right to write to `{database}`.",
        404: f"Create `{database}` in InfluxDB: it was there before or never was; "
        "a restarted host creates it on 1.x.",
    }
    remedy = remedies.get(answer.status, "Check that the url in host.toml is that of an InfluxDB.")
    if _NO_POLICY in answer.body:
        remedy = "Create the retention policy, or correct its name in host.toml."
    return Stop(f"{answer.status}: {reason(answer)}", remedy)
