"""Towns in files: written and read again, made of real places, and refused when swapped."""

from pathlib import Path

import pytest

from simulators import places, town_files
from simulators.errors import PlacesUnreadable
from simulators.town import generate
from vocabulary.errors import ConfigurationInvalid
from vocabulary.inventory import relations


def test_a_written_town_is_read_again(tmp_path: Path) -> None:
    made = generate(50, 2)
    files = town_files.write(made, tmp_path / "town")
    assert [path.name for path in files] == ["inventory.toml", "people.toml"]
    assert town_files.load(tmp_path / "town") == made
    assert town_files.load(files[0]).inventory == made.inventory


def test_no_truth_is_written(tmp_path: Path) -> None:
    text = "".join(path.read_text() for path in town_files.write(generate(20, 2), tmp_path))
    assert not any(word in text for word in ("down", "outage", "fault", "crash"))


def test_swapped_coordinates_are_refused_with_file_and_key(tmp_path: Path) -> None:
    listed, _ = town_files.write(generate(200, 2), tmp_path)
    lines = listed.read_text().splitlines()
    row = next(ix for ix, line in enumerate(lines) if line.startswith("lat_deg"))
    lines[row], lines[row + 1] = "lat_deg = -87.63", "lon_deg = 41.88"
    listed.write_text("\n".join(lines))
    with pytest.raises(ConfigurationInvalid) as caught:
        town_files.load(tmp_path)
    (finding,) = caught.value.findings
    assert (finding.line, finding.key) == (row + 1, "site[0].lat_deg")
    assert "swapped" in finding.expected


def test_an_empty_or_absent_town_is_refused(tmp_path: Path) -> None:
    (tmp_path / "i.toml").write_text("")
    with pytest.raises(ConfigurationInvalid):
        town_files.load(tmp_path / "i.toml")
    with pytest.raises(PlacesUnreadable):
        town_files.load(tmp_path / "none.toml")


def test_real_places_become_a_town() -> None:
    rows = ["Café,Uptown,60", "Café,Lakeview,3", "図書館,,1"]
    found = places.of_csv("name,area,aps\n" + "\n".join(rows), file="p.csv")
    made = town_files.of_places(found.places, 1)
    assert relations(made.inventory) == []
    assert [site.site_id for site in made.inventory.site] == ["cafe", "site"]
    assert [one.line for one in found.findings] == [3]  # the same name and nothing to tell it by
    assert made.ap_count == 61
    assert len(made.inventory.gateway) == 3


def test_two_places_of_one_name_keep_apart() -> None:
    found = places.of_csv("name,address\nHall,1 A\nHall,2 B\n", file="p.csv")
    made = town_files.of_places(found.places, 1)
    assert [site.site_id for site in made.inventory.site] == ["hall", "hall-2"]
