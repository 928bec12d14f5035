"""The gateway's file from disk."""

from pathlib import Path

import pytest

from edge.configuration_file import read
from vocabulary.errors import ConfigurationInvalid


def test_the_sample_is_read() -> None:
    sample = Path(__file__).parents[2] / "deploy" / "gateway.toml"
    assert read(str(sample)).gateway_id == "gw-library"


def test_a_missing_file_says_how_to_name_another(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationInvalid, match=r"absent.*No such file.*--config"):
        read(str(tmp_path / "absent"))


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "odd").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationInvalid, match="readable"):
        read(str(tmp_path / "odd"))
