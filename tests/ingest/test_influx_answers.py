"""Every status has one meaning, and reasons and waits are read from what servers really say."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.influx_answers import (
    REASON_CHARS_MAX,
    RETRY_AFTER_S_MAX,
    Answer,
    Verdict,
    dropped_all,
    reason,
    retry_of,
    stop_of,
    verdict,
)

CONFLICT = (
    '{"error":"partial write: field type conflict: input field \\"x\\" on measurement \\"m\\" '
    'is type float, already exists as type integer dropped=2"}'
)
UNPARSED = (
    '{"error":"partial write: unable to parse \'garbage\': missing fields\\n'
    "unable to parse 'm a b c': invalid field format dropped=0\"}"
)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (200, Verdict.STOP),
        (201, Verdict.STORED),
        (204, Verdict.STORED),
        (400, Verdict.REFUSED),
        (413, Verdict.REFUSED),
        (422, Verdict.REFUSED),
        (408, Verdict.RETRY),
        (429, Verdict.RETRY),
        (500, Verdict.RETRY),
        (503, Verdict.RETRY),
        (599, Verdict.RETRY),
        (401, Verdict.STOP),
        (403, Verdict.STOP),
        (404, Verdict.STOP),
        (405, Verdict.STOP),
        (307, Verdict.STOP),
    ],
)
def test_each_status_has_one_meaning(status: int, expected: Verdict) -> None:
    assert verdict(Answer(status, {}, "")) is expected


@given(status=st.integers(100, 999), body=st.text(max_size=200), after=st.text(max_size=20))
def test_no_answer_breaks_the_reader(status: int, body: str, after: str) -> None:
    answer = Answer(status, {"retry-after": after, "date": after}, body)
    assert verdict(answer) in Verdict
    assert 0 < len(reason(answer)) <= REASON_CHARS_MAX
    wait_s = retry_of(answer).after_s
    assert wait_s is None or 0 <= wait_s <= RETRY_AFTER_S_MAX
    assert stop_of(answer, database="town").remedy


def test_a_missing_retention_policy_needs_a_person_though_1x_says_500() -> None:
    answer = Answer(500, {}, '{"error":"retention policy not found: raw"}')
    assert verdict(answer) is Verdict.STOP
    assert "retention policy" in stop_of(answer, database="town").remedy


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (UNPARSED, "unable to parse 'garbage': missing fields"),
        ('{"code":"invalid","message":"bad line"}', "bad line"),
        (
            '{"error":"partial write of line protocol occurred",'
            '"data":[{"error_message":"no fields","line_number":2,"original_line":"m"}]}',
            "partial write of line protocol occurred; no fields",
        ),
        ("404 page not found", "404 page not found"),
        ("", "HTTP status 400"),
        ("[" * 100_000, "["),
        ('{"error":null,"data":[7]}', "data"),
    ],
)
def test_the_servers_own_words_are_kept(body: str, expected: str) -> None:
    assert expected in reason(Answer(400, {}, body))


def test_a_count_of_dropped_points_settles_only_the_whole() -> None:
    answer = Answer(400, {}, CONFLICT)
    assert dropped_all(answer, 2)
    assert not dropped_all(answer, 3)
    assert not dropped_all(Answer(400, {}, UNPARSED), 3)
    assert not dropped_all(Answer(400, {}, json.dumps({"message": "dropped=2"})), 2)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "-7"}, 0.0),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "1e99"}, RETRY_AFTER_S_MAX),
        (
            {
                "retry-after": "Mon, 23 Nov 2026 21:31:40 GMT",
                "date": "Mon, 23 Nov 2026 21:31:10 GMT",
            },
            30.0,
        ),
        ({"retry-after": "Mon, 23 Nov 2026 21:31:40 GMT"}, None),
        ({"retry-after": "soon"}, None),
    ],
)
def test_the_wait_a_server_asks_for_needs_no_clock(
    headers: dict[str, str], expected: float | None
) -> None:
    assert retry_of(Answer(429, headers, "")).after_s == expected
