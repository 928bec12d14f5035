"""Every finding about the board, provoked; what is not known is not judged."""

import pytest

from edge.doctor_board import CHECKS, GROUPS, Board, Reached, examine_board, in_group
from edge.doctor_finding import Severity

WELL = Board(
    under_voltage=False,
    soc_c=51.0,
    watchdog="30s",
    card_share=0.2,
    inodes_share=0.9,
    wall_s=100,
    wall_floor_s=50,
    has_rtc=True,
    enrolled=True,
    days_left=120,
    renew_timer="active",
    carriers=("eth0",),
    has_route=True,
    dns=(Reached("192.0.2.1", seconds=0.01),),
    broker=Reached("b:8883", seconds=0.3),
    broker_says="",
    host_online=True,
    uplink_losses=2,
    ports_missing=(),
    open_secrets=(),
)
DEAD_DNS = Reached("192.0.2.1", "E-NET-13", "no answer within 4 s", "an answer", 4.0)
BLOCKED = Reached("b:8883", "E-NET-31", "no answer from b:8883 within 5 s", "an open port")


def found(board: Board) -> dict[str, Severity]:
    rows: dict[str, Severity] = {}
    for one in examine_board(board):
        worst = max(one.severity, rows.get(one.code, Severity.FINE), key=list(Severity).index)
        rows[one.code] = worst
    return rows


def with_(**changed: object) -> Board:
    from msgspec.structs import replace  # noqa: PLC0415

    return replace(WELL, **changed)


def test_a_board_that_is_well_is_fine_in_every_point() -> None:
    assert set(found(WELL).values()) == {Severity.FINE}
    assert len(found(WELL)) == 18


def test_what_is_not_known_is_not_judged() -> None:
    assert examine_board(Board()) == ()


@pytest.mark.parametrize(
    ("board", "code", "severity"),
    [
        (with_(under_voltage=True), "E-PWR-01", Severity.DEGRADED),
        (with_(soc_c=80.0), "E-PWR-02", Severity.DEGRADED),
        (with_(watchdog="0"), "E-PWR-03", Severity.DEGRADED),
        (with_(card_share=0.81), "E-SD-03", Severity.NOTE),
        (with_(inodes_share=0.01), "E-DISK-01", Severity.FATAL),
        (with_(wall_s=10), "E-TIME-03", Severity.FATAL),
        (with_(has_rtc=False), "E-TIME-04", Severity.NOTE),
        (with_(mode_faults=("identity.pem has mode 0644",)), "E-ID-01", Severity.FATAL),
        (with_(identity_faults=("of another",)), "E-ID-02", Severity.FATAL),
        (with_(days_left=-3), "E-ID-02", Severity.FATAL),
        (with_(days_left=29), "E-ID-02", Severity.DEGRADED),
        (with_(enrolled=False), "E-ID-02", Severity.FATAL),
        (with_(renew_timer="inactive"), "E-ID-03", Severity.DEGRADED),
        (with_(carriers=()), "E-NET-11", Severity.FATAL),
        (with_(has_route=False), "E-NET-11", Severity.FATAL),
        (with_(dns=(DEAD_DNS,)), "E-NET-13", Severity.FATAL),
        (with_(dns=(DEAD_DNS, *WELL.dns)), "E-NET-13", Severity.DEGRADED),
        (with_(broker=BLOCKED), "E-NET-31", Severity.FATAL),
        (with_(broker=Reached("b", seconds=2.5)), "E-MQ-01", Severity.DEGRADED),
        (with_(broker_says="certificate revoked"), "E-MQ-02", Severity.FATAL),
        (with_(uplink_losses=3), "E-MQ-03", Severity.FATAL),
        (with_(host_online=False), "E-MQ-06", Severity.DEGRADED),
        (with_(ports_missing=("air-1 at x",)), "E-SER-01", Severity.FATAL),
        (with_(open_secrets=("p",)), "E-SEC-01", Severity.DEGRADED),
        (with_(too_slow=("network",)), "E-SW-03", Severity.DEGRADED),
    ],
)
def test_a_fault_is_found(board: Board, code: str, severity: Severity) -> None:
    assert found(board)[code] is severity
    for one in examine_board(board):
        assert one.found
        assert one.expected
        assert bool(one.remedy) == (one.severity is not Severity.FINE), one


def test_every_finding_is_in_one_group() -> None:
    everything = [*examine_board(WELL), *examine_board(with_(too_slow=("x",)))]
    for one in everything:
        assert sum(in_group(one, group) for group in GROUPS) == 1, one.code
        assert in_group(one, "")
    assert len(CHECKS) == 9
