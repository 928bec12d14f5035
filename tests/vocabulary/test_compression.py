"""Compressed bodies are opened, within a bound, and nothing else is taken for one."""

import gzip
import zlib

from hypothesis import given
from hypothesis import strategies as st

from vocabulary.compression import DEFLATE, GZIP, inflate

BOUND = 1_000


def bare(data: bytes) -> bytes:
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return deflater.compress(data) + deflater.flush()


@given(st.binary(max_size=BOUND))
def test_every_form_is_opened(data: bytes) -> None:
    assert inflate(zlib.compress(data), DEFLATE, bytes_max=BOUND) == data
    assert inflate(bare(data), "deflate", bytes_max=BOUND) == data
    assert inflate(gzip.compress(data), GZIP, bytes_max=BOUND) == data


def test_a_bomb_stops_at_the_bound() -> None:
    bomb = zlib.compress(bytes(50 << 20))
    made = inflate(bomb, DEFLATE, bytes_max=BOUND)
    assert made == bytes(BOUND + 1)
    assert len(inflate(zlib.compress(bytes(BOUND)), DEFLATE, bytes_max=BOUND) or b"") == BOUND


def test_what_is_cut_short_or_of_another_kind_is_none() -> None:
    whole = zlib.compress(b"something of some length" * 9)
    assert inflate(whole[:-5], DEFLATE, bytes_max=BOUND) is None
    assert inflate(whole, GZIP, bytes_max=BOUND) is None
    assert inflate(whole, "LZMA", bytes_max=BOUND) is None
    assert inflate(b"", DEFLATE, bytes_max=BOUND) is None


@given(st.binary(max_size=80), st.sampled_from([DEFLATE, GZIP, "", "x"]))
def test_no_bytes_raise(body: bytes, algorithm: str) -> None:
    made = inflate(body, algorithm, bytes_max=BOUND)
    assert made is None or len(made) <= BOUND + 1
