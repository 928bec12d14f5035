"""Lists of real places: good rows are taken, bad ones named with row and column."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators import places
from simulators.errors import PlacesUnreadable
from vocabulary.exit_codes import ExitCode

HEAD = "Name,Address,Latitude,Longitude,Community,Type,APs\n"


def told(found: places.Places) -> list[tuple[int, str]]:
    return [(one.line, one.key) for one in found.findings]


def test_good_rows() -> None:
    found = places.of_csv(
        HEAD + "North Library,1 Main,41.9,-87.6,Uptown,library,12\n", file="p.csv"
    )
    (one,) = found.places
    assert one[:7] == ("North Library", "1 Main", (41.9, -87.6), "", "Uptown", "library", 12)
    assert found.findings == []


def test_each_bad_row_is_named_and_left_out() -> None:
    rows = [
        "A,,41.9,-87.6,,,",
        ",,41.9,-87.6,,,",
        "B,,-87.6,41.9,,,",
        "C,,north,-87.6,,,",
        "D,,41.9,,,,",
        "A,,41.9,-87.6,,,",
        "E,,41.9,-87.6,,,0",
        "F,,nan,-87.6,,,",
        "G,,41.9,-87.6,,,4,too,many",
        "H,,,,,,",
    ]
    found = places.of_csv(HEAD + "\n".join(rows) + "\n", file="p.csv")
    assert [one.name for one in found.places] == ["A", "H"]
    assert told(found) == [
        (3, "name"),
        (4, "lat"),
        (5, "lat"),
        (6, "lon"),
        (7, "name"),
        (8, "access_points"),
        (9, "lat"),
        (10, "(row)"),
    ]
    assert "swapped" in str(found.findings[1])


def test_a_swapped_row_is_found_by_its_neighbours() -> None:
    rows = [f"P{ix},,52.{ix},13.{ix},,," for ix in range(4)] + ["Q,,13.2,52.2,,,"]
    found = places.of_csv(HEAD + "\n".join(rows), file="p.csv")
    assert told(found) == [(6, "lat")]
    assert len(found.places) == 4


def test_a_file_without_names() -> None:
    found = places.of_csv("a,b\n1,2\n", file="p.csv")
    assert found.places == []
    assert told(found) == [(1, "(header)")]


def feature(geometry: object, **properties: object) -> dict[str, object]:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def point(*pair: float) -> dict[str, object]:
    return {"type": "Point", "coordinates": list(pair)}


def test_geojson_has_longitude_first() -> None:
    document = {
        "type": "FeatureCollection",
        "features": [
            feature(point(-87.6, 41.9), name="A", category="park"),
            feature(point(41.9, -87.6), name="B"),
            feature({"type": "Polygon", "coordinates": []}, name="C"),
            feature(None, name="D"),
            feature(point(1.0), name="E"),
            "F",
        ],
    }
    found = places.of_geojson(json.dumps(document), file="p.geojson")
    assert [(one.name, one.position, one.kind) for one in found.places] == [
        ("A", (41.9, -87.6), "park"),
        ("D", None, ""),
    ]
    assert told(found) == [(2, "lat"), (3, "geometry"), (5, "geometry"), (6, "(feature)")]


@pytest.mark.parametrize("text", ["", "[]", "{", '{"features": 3}', "[" * 5_000])
def test_what_is_no_collection_is_reported(text: str) -> None:
    found = places.of_geojson(text, file="p.geojson")
    assert found.places == []
    assert len(found.findings) == 1


@given(st.text(max_size=200))
def test_no_text_is_fatal(text: str) -> None:
    places.of_csv(text, file="p.csv")
    places.of_csv(HEAD + text, file="p.csv")
    places.of_geojson(text, file="p.geojson")


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["name", "lat", "geometry", "properties", "coordinates"]),
                inner,
                max_size=3,
            )
        ),
    )
)
def test_no_feature_is_fatal(thing: object) -> None:
    places.of_geojson(json.dumps({"features": [thing]}), file="p.geojson")


def test_a_file_is_read_by_its_ending(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_bytes(b"\xef\xbb\xbfname\nCaf\xe9\n")
    assert [one.name for one in places.load(path).places] == ["Caf\ufffd"]
    with pytest.raises(PlacesUnreadable) as caught:
        places.load(tmp_path / "none.csv")
    assert caught.value.exit_code is ExitCode.IO_ERROR
