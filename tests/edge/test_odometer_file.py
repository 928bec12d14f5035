"""The kernel's counts into a file, and what is odd into nothing."""

from pathlib import Path

from edge import odometer_file
from edge.odometer import Odometer


def device(tmp_path: Path) -> Path:
    made = tmp_path / "mmcblk0"
    (made / "device").mkdir(parents=True)
    (made / "stat").write_text("1 2 3 4 5 6 2048 8", "ascii")
    (made / "size").write_text("1024\n", "ascii")
    (made / "device" / "serial").write_text("0xabc\n", "ascii")
    return made


def test_a_look_is_kept(tmp_path: Path) -> None:
    made = odometer_file.look(tmp_path, device(tmp_path), boot_id="a", now_s=5)
    odometer_file.keep(tmp_path, made)
    assert odometer_file.load(tmp_path) == made
    assert made.cards["0xabc"].written_bytes == 2048 * 512
    assert odometer_file.read_share(tmp_path) == 2048 / (100 * 1024)


def test_nothing_and_nonsense(tmp_path: Path) -> None:
    assert odometer_file.read_share(tmp_path) is None
    (tmp_path / odometer_file.FILE).write_text("{", "ascii")
    assert odometer_file.load(tmp_path) == Odometer()
    assert odometer_file.device_of(tmp_path / "absent") is None


def test_a_partition_leads_to_its_card(tmp_path: Path) -> None:
    card = tmp_path / "mmcblk0"
    (card / "mmcblk0p2").mkdir(parents=True)
    (card / "mmcblk0p2" / "partition").touch()
    number = tmp_path.stat().st_dev
    block = tmp_path / "block"
    block.mkdir()
    (block / f"{number >> 8 & 0xFFF}:{number & 0xFF | number >> 12 & 0xFFF00}").symlink_to(
        card / "mmcblk0p2"
    )
    assert odometer_file.device_of(tmp_path, block) == card
