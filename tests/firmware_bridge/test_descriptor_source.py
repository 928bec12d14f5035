"""Descriptors from TOML: the example's header is what its file makes, and errors have words."""

import re

import pytest

from firmware_bridge.descriptor import Descriptor, Fault, hash_of, parse
from firmware_bridge.descriptor_source import encoded_of, header_of
from simulators.street_box import C_FOLDER, SOURCE

TEXT = SOURCE.read_text(encoding="utf-8")


def test_the_examples_header_is_what_its_file_makes() -> None:
    header = (C_FOLDER / "example" / "street_box_descriptor.h").read_text(encoding="ascii")
    assert header == header_of(TEXT)


def test_the_header_holds_the_bytes_their_size_and_their_hash() -> None:
    encoded, header = encoded_of(TEXT), header_of(TEXT)
    assert isinstance(encoded, bytes)
    assert isinstance(header, str)
    held = bytes(int(one, 16) for one in re.findall(r"0x([0-9A-F]{2})\b", header))
    assert held == encoded
    assert f"HASH 0x{hash_of(encoded):08X}u" in header
    assert f"SIZE {len(encoded)}u" in header
    assert isinstance(parse(encoded), Descriptor)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("board = ", "bord = "), "`bord`"),
        (('board = "street-box"', ""), "no 'board'"),
        (("interval_ms = 1000", ""), "no 'interval_ms'"),
        (("[stream.1]", "[stream.one]"), "tables as in the example"),
        (("[stream.1]", "[stream.1"), "TOML"),
        (("env/humidity_pct", "env/wetness"), "catalogue"),
        (('code = "H"', 'code = "s"'), "one of"),
        (('name = "add"', ""), "no 'name'"),
    ],
)
def test_each_mistake_has_words(change: tuple[str, str], words: str) -> None:
    refused = header_of(TEXT.replace(*change))
    assert isinstance(refused, Fault)
    assert words in str(refused)
