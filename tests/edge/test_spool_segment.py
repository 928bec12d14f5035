"""Headers, footers and names say whose a file is, and nothing else can say it for them."""

import hypothesis.strategies as st
from hypothesis import given

from edge.spool_record import Tally
from edge.spool_segment import (
    FOOTER_BYTES,
    HEADER_BYTES,
    SIDE,
    Footer,
    Header,
    decode_footer,
    decode_header,
    encode_footer,
    encode_header,
    identity,
    identity_text,
    name_of,
    parse_name,
)

u64 = st.integers(0, 2**64 - 1)
u32 = st.integers(0, 2**32 - 1)
u16 = st.integers(0, 2**16 - 1)
sixteen = st.binary(min_size=16, max_size=16)
headers = st.builds(Header, u64, u64, sixteen, sixteen, u16, st.sampled_from([0, SIDE]))
four = st.lists(u32, min_size=4, max_size=4)
i64 = st.integers(-(2**63), 2**63 - 1)
tallies = st.builds(Tally, u64, st.integers(0, 2**63), i64, i64, four, four, u32, u16)


@given(headers)
def test_a_header_is_64_bytes_and_comes_back(header: Header) -> None:
    raw = encode_header(header)
    assert len(raw) == HEADER_BYTES == 64
    assert decode_header(raw + b"records") == header
    assert header.side == (header.flags == SIDE)


@given(headers, st.integers(0, 8 * HEADER_BYTES - 1))
def test_a_flipped_header_is_none(header: Header, bit: int) -> None:
    raw = bytearray(encode_header(header))
    raw[bit // 8] ^= 1 << bit % 8
    assert decode_header(bytes(raw)) is None
    assert decode_header(bytes(raw[:-1])) is None


@given(u64, u64, u32, tallies)
def test_a_footer_comes_back_to_its_own_file_only(
    epoch: int, first: int, end: int, tally: Tally
) -> None:
    raw = encode_footer(epoch, first, Footer(end, tally))
    assert len(raw) == FOOTER_BYTES
    assert decode_footer(raw, epoch, first) == Footer(end, tally)
    assert decode_footer(raw, epoch, first ^ 1) is None
    assert decode_footer(raw, epoch ^ 1, first) is None
    assert decode_footer(raw[:-1], epoch, first) is None


def test_an_empty_file_s_footer_says_so() -> None:
    footer = Footer(64, Tally(9))
    found = decode_footer(encode_footer(1, 9, footer), 1, 9)
    assert found is not None
    assert found.tally.last == -1
    assert found.tally.record_count == 0


@given(u64, u64)
def test_a_name_comes_back(epoch: int, first: int) -> None:
    folder, _slash, file_name = name_of(epoch, first).partition("/")
    assert folder == "spool"
    assert parse_name(file_name) == (epoch, first)


@given(st.text(max_size=40))
def test_other_names_are_none(text: str) -> None:
    assert parse_name(text) is None
    assert parse_name("cursor.bin") is None


def test_identities_are_told_apart() -> None:
    texts = ["", "10000000abcdef01", "0123456789abcdef0", "5f3c1a52-0000-4000-8000-2f6f3c1a5201"]
    raws = {identity(text) for text in texts}
    assert len(raws) == len(texts)
    assert {len(raw) for raw in raws} == {16}
    assert identity_text(identity("10000000abcdef01")) == "10000000abcdef01"
    assert identity_text(identity(texts[3])) == texts[3].replace("-", "")
