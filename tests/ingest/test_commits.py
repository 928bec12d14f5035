"""Commits say what is stored and nothing more, soon, seldom, and again if they may be lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.commits import PAUSE_NS, REPEAT_NS, Commits
from ingest.ledger_rows import Key
from vocabulary.units import NS_PER_S

NOW_NS = 1_800_000_000 * NS_PER_S
KEY: Key = ("gw-1", 7)
SILENT: dict[str, int] = {}
SPEAKS = {"gw-1": NOW_NS}


def test_a_birth_is_answered_at_once_from_the_ledger() -> None:
    commits = Commits({KEY: 412})
    commits.born(KEY)
    assert commits.due(NOW_NS, SPEAKS) == [(KEY, 412)]
    assert commits.due(NOW_NS, SPEAKS) == []
    commits.born(KEY)  # again, in the same instant: it has lost its session
    assert commits.due(NOW_NS, SPEAKS) == [(KEY, 412)]


def test_an_unknown_epoch_is_answered_with_nothing() -> None:
    commits = Commits({KEY: 412})
    commits.born(("gw-1", 8))
    assert commits.due(NOW_NS, SPEAKS) == [(("gw-1", 8), 0)]


def test_what_is_stored_is_told_at_most_once_a_second() -> None:
    commits = Commits({})
    commits.born(KEY)
    commits.due(NOW_NS, SPEAKS)
    told = []
    for quarter in range(1, 13):
        commits.stored({KEY: quarter})
        told += commits.due(NOW_NS + quarter * NS_PER_S // 4, SPEAKS)
    assert told == [(KEY, 4), (KEY, 8), (KEY, 12)]


@pytest.mark.parametrize("heard_s_ago", [0, 9])
def test_the_same_is_repeated_while_the_node_speaks(heard_s_ago: int) -> None:
    commits = Commits({KEY: 3})
    commits.born(KEY)
    told = []
    for second in range(61):
        now_ns = NOW_NS + second * NS_PER_S
        told.append(commits.due(now_ns, {"gw-1": now_ns - heard_s_ago * NS_PER_S}))
    assert [second for second, one in enumerate(told) if one] == [0, 10, 20, 30, 40, 50, 60]


def test_nothing_is_repeated_to_a_silent_node() -> None:
    commits = Commits({KEY: 3})
    commits.born(KEY)
    commits.due(NOW_NS, SPEAKS)
    assert commits.due(NOW_NS + 2 * REPEAT_NS, SPEAKS) == []
    assert commits.due(NOW_NS + 3 * REPEAT_NS, SILENT) == []


def test_a_restarted_host_tells_nobody_before_it_heard_from_him() -> None:
    commits = Commits({KEY: 3, ("gw-2", 1): 9})
    assert commits.due(NOW_NS, SPEAKS) == []


def test_an_epoch_replayed_beside_the_announced_one_is_told_of_whenever_it_is_touched() -> None:
    commits, other = Commits({("gw-1", 6): 50}), ("gw-1", 6)
    commits.born(KEY)
    assert commits.due(NOW_NS, SPEAKS) == [(KEY, 0)]
    later_ns = NOW_NS + REPEAT_NS - 1
    assert commits.due(later_ns, {"gw-1": later_ns}) == []  # its own time is over
    commits.stored({other: 60})
    assert commits.due(later_ns, SPEAKS) == [(other, 60)]
    commits.stored({other: 60})  # sent again, since the commit was lost
    assert commits.due(later_ns + PAUSE_NS - 1, SPEAKS) == []
    assert commits.due(later_ns + PAUSE_NS, SPEAKS) == [(other, 60)]


def test_ever_new_epochs_are_not_all_remembered() -> None:
    commits = Commits({})
    for epoch in range(1, 1_000):
        commits.born(("gw-1", epoch))
        assert commits.due(NOW_NS + epoch, SPEAKS) == [(("gw-1", epoch), 0)]
    for epoch in range(1_000, 2_000):
        commits.born(("gw-1", epoch))
    assert commits.due(NOW_NS, SPEAKS) == [(("gw-1", 1_999), 0)]  # one answer: to the last birth
    assert len(commits._said) <= 2
    assert len(commits._current) == 1


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["birth", "store", "ask"]),
            st.integers(0, 2),
            st.integers(0, 9),
            st.integers(0, 2_000),
        ),
        max_size=60,
    )
)
def test_nothing_is_promised_that_is_not_stored(
    steps: list[tuple[str, int, int, int]],
) -> None:
    commits, stored, now_ns = Commits({}), dict[Key, int](), NOW_NS
    for what, epoch, more, wait_ms in steps:
        now_ns += wait_ms * 1_000_000
        key = ("gw-1", epoch)
        if what == "birth":
            commits.born(key)
        elif what == "store":
            stored[key] = stored.get(key, 0) + more
            commits.stored({key: stored[key]})
        else:
            for told, below in commits.due(now_ns, {"gw-1": now_ns}):
                assert below == stored.get(told, 0) == commits.below(told)
