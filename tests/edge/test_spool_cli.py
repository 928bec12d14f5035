"""``lamplighter gateway spool``: a card from a dead gateway, read and carried on."""

from pathlib import Path

import msgspec
from click.testing import CliRunner, Result

from edge.alias_table import AliasTable
from edge.collector import Collector
from edge.disk_files import RealDisk
from edge.spool import Spool
from edge.spool_cli import spool
from edge.spool_store import BootInfo
from vocabulary.delivery import RecordClass
from vocabulary.moment import Moment
from vocabulary.units import NS_PER_S

NOW = Moment(1_000 * NS_PER_S, 1_800_000_000 * NS_PER_S)


def card(directory: Path, board: str, records: int) -> int:
    """A spool with readings that no host has; gives its epoch."""
    disk = RealDisk(directory)
    boot = BootInfo(kernel_boot_id="k", board_serial=board)
    made = Spool.open(disk, boot=boot, now=NOW)
    collector = Collector(made, AliasTable.open(disk, made.epoch))
    for ix in range(records):
        values = [("air/co2_ppm", 400.0 + ix)]
        collector.add("co2-1", values, NOW.later(ix), klass=RecordClass.SENSOR)
    made.close(NOW.later(records))
    return made.epoch


def run(*words: str) -> Result:
    return CliRunner().invoke(spool, list(words), catch_exceptions=False)


def shown(directory: Path) -> list[dict[str, int]]:
    said = run("show", "--directory", str(directory), "--json")
    epochs: list[dict[str, int]] = msgspec.json.decode(said.output)["epochs"]
    return epochs


def test_what_it_holds_is_shown(tmp_path: Path) -> None:
    epoch = card(tmp_path, "old", 5)
    (found,) = shown(tmp_path)
    assert (found["epoch"], found["records"], found["lost"]) == (epoch, 5, 0)
    assert "5 records wait" in run("show", "--directory", str(tmp_path)).output


def test_a_whole_card_and_a_damaged_one(tmp_path: Path) -> None:
    card(tmp_path, "old", 5)
    said = run("verify", "--directory", str(tmp_path))
    assert said.exit_code == 0
    assert "all whole" in said.output
    segment = max(tmp_path.rglob("*.seg"), key=lambda path: path.stat().st_size)
    data = bytearray(segment.read_bytes())
    data[140] ^= 1
    segment.write_bytes(data)
    said = run("verify", "--directory", str(tmp_path))
    assert said.exit_code == 1
    assert "DAMAGED" in said.output


def test_a_dead_gateways_card_is_read_elsewhere_and_imported(tmp_path: Path) -> None:
    old, new, bundle = tmp_path / "old", tmp_path / "new", tmp_path / "card.jsonl"
    for directory in (old, new):
        directory.mkdir()
    old_epoch = card(old, "old", 7)
    new_epoch = card(new, "new", 2)
    assert run("export", "--directory", str(old), str(bundle)).exit_code == 0
    for _ in range(2):  # twice is as good as once
        said = run("import", "--directory", str(new), str(bundle))
        assert said.exit_code == 0, said.output
    held = {found["epoch"]: found["records"] for found in shown(new)}
    assert held[old_epoch] == 7
    if new_epoch != old_epoch:
        assert held[new_epoch] == 2


def test_a_bundle_that_was_cut_short_is_refused(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    card(tmp_path / "old", "old", 3)
    bundle = tmp_path / "card.jsonl"
    run("export", "--directory", str(tmp_path / "old"), str(bundle))
    bundle.write_bytes(bundle.read_bytes()[:-20])
    (tmp_path / "new").mkdir()
    card(tmp_path / "new", "new", 1)
    said = CliRunner().invoke(spool, ["import", "--directory", str(tmp_path / "new"), str(bundle)])
    assert "not a whole bundle" in str(said.exception)


def test_no_spool_there(tmp_path: Path) -> None:
    said = CliRunner().invoke(spool, ["show", "--directory", str(tmp_path / "absent")])
    assert "there is no directory" in str(said.exception)
