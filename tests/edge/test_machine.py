"""What the machine says, wherever the tests run."""

from pathlib import Path

import pytest

from edge import machine
from edge.machine import Machine, boot_info, links_up
from edge.spool import BootInfo
from vocabulary.metrics import CATALOGUE, in_range
from vocabulary.units import NS_PER_S


def test_the_kernels_boot_is_named_and_stays_the_same() -> None:
    assert len(boot_info().kernel_boot_id) == 36
    assert boot_info() == boot_info()


def test_a_machine_without_a_serial_number_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "_SERIAL", tmp_path / "absent")
    monkeypatch.setattr(machine, "_BOOT_ID", tmp_path / "absent")
    assert boot_info() == BootInfo("", "")


def test_a_serial_number_ends_with_a_nul(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "serial").write_bytes(b"10000000abcdef01\x00")
    monkeypatch.setattr(machine, "_SERIAL", tmp_path / "serial")
    assert boot_info().board_serial == "10000000abcdef01"


def test_links_are_those_with_a_carrier(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, carrier in (("eth0", "1"), ("wlan0", "0"), ("lo", "1")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "carrier").write_text(f"{carrier}\n")
    (tmp_path / "usb0").mkdir()  # an interface that is down has no carrier to read
    monkeypatch.setattr(machine, "_NET", tmp_path)
    assert links_up() == {"eth0"}
    monkeypatch.setattr(machine, "_NET", tmp_path / "absent")
    assert links_up() == frozenset()


def test_vitals_are_true_or_absent(tmp_path: Path) -> None:
    one = Machine(tmp_path)
    for name, value in one.vitals()._asdict().items():
        assert value is None or in_range(CATALOGUE[f"gateway/{name}"], value), name
    assert (one.vitals().memory_bytes or 0) > 1 << 20


def test_a_directory_that_is_gone_has_no_free_bytes(tmp_path: Path) -> None:
    assert Machine(tmp_path / "absent").vitals().disk_free_bytes is None


@pytest.mark.parametrize(("text", "found_c"), [("41250\n", 41.25), ("-5000", -5.0), ("?", None)])
def test_temperature_is_in_thousandths(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, found_c: float | None
) -> None:
    (tmp_path / "temp").write_text(text)
    monkeypatch.setattr(machine, "_THERMAL", tmp_path / "temp")
    assert Machine(tmp_path).vitals().temperature_c == found_c


def test_the_share_of_a_core_needs_two_looks(tmp_path: Path) -> None:
    one = Machine(tmp_path)
    one.measure_cpu(0)
    assert one.vitals().cpu_pct is None
    one.measure_cpu(0)
    assert one.vitals().cpu_pct is None
    one.measure_cpu(1_000 * NS_PER_S)
    found = one.vitals().cpu_pct
    assert found is not None
    assert 0 <= found < 100
