"""Names and numbers of the delivery metrics, which gateways in the field already write."""

from vocabulary import delivery


def test_names_never_change() -> None:
    assert delivery.SPOOL_EPOCH == "Spool/Epoch"
    assert delivery.SPOOL_OFFSET == "Spool/Offset"
    assert delivery.SPOOL_COMMITTED == "Spool/Committed"
    assert delivery.SPOOL_LOST == "Spool/Lost"
    assert delivery.TIME_BOOT == "Time/Boot"
    assert delivery.TIME_MONOTONIC == "Time/Monotonic"
    assert delivery.TIME_QUALITY == "Time/Quality"
    assert delivery.TIME_SENT == "Time/Sent"


def test_names_of_the_standard() -> None:
    assert delivery.BD_SEQ == "bdSeq"
    assert delivery.REBIRTH == "Node Control/Rebirth"
    assert delivery.BD_SEQ_MODULUS == delivery.SEQ_MODULUS == 256


def test_an_epoch_survives_a_double() -> None:
    assert int(float(delivery.EPOCH_MAX)) == delivery.EPOCH_MAX
    assert int(float(delivery.EPOCH_MAX - 1)) == delivery.EPOCH_MAX - 1


def test_events_outlive_detail() -> None:
    assert sorted(delivery.RecordClass) == [
        delivery.RecordClass.EVENT,
        delivery.RecordClass.CHECK,
        delivery.RecordClass.SENSOR,
        delivery.RecordClass.DETAIL,
    ]


def test_qualities_are_numbered_from_best_to_worst() -> None:
    assert [quality.name for quality in sorted(delivery.TimeQuality)] == [
        "SYNCED",
        "RECOVERED",
        "UNSYNCED",
    ]
