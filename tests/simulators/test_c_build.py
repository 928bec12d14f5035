"""Compiling our sources: what is missing is named, and a warning is an error of ours."""

from pathlib import Path

import pytest

from simulators.c_build import build, missing


def test_what_is_not_installed_is_named() -> None:
    assert missing("sh", "no-such-compiler") == ["no-such-compiler"]


def test_a_warning_is_an_error_of_ours(tmp_path: Path) -> None:
    source = tmp_path / "bad.c"
    source.write_text("int main(void) { int unused; return 0; }\n")
    with pytest.raises(AssertionError, match="unused"):
        build("gcc", [source], name="bad")
    source.write_text("int main(void) { return 0; }\n")
    assert build("gcc", [source], name="good").exists()
