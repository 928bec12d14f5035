"""Compressed payloads: small bytes that hold a payload, opened within a bound.

An edge node may send a whole payload as the ``body`` of another whose ``uuid`` says so, with a
metric ``algorithm`` beside it: DEFLATE (also if none is named) or GZIP. What would grow beyond
the bound is not inflated further, however small it came.
(Eclipse Tahu's clients do so; Sparkplug 3.0 reserves ``uuid`` and ``body`` for it.)
"""

import zlib
from typing import Final

UUID: Final = "SPBV1.0_COMPRESSED"
ALGORITHM: Final = "algorithm"
DEFLATE: Final = "DEFLATE"
GZIP: Final = "GZIP"
_WINDOW_BITS: Final = {DEFLATE: zlib.MAX_WBITS, GZIP: zlib.MAX_WBITS | 16}


def inflate(body: bytes, algorithm: str, *, bytes_max: int) -> bytes | None:
    """The bytes within; one more than ``bytes_max`` if there are more; None if it is no such body.

    DEFLATE may come with the head of zlib or without one: both are in use.
    """
    window_bits = _WINDOW_BITS.get(algorithm.upper())
    if window_bits is None:
        return None
    inflated = _inflated(body, window_bits, bytes_max + 1)
    if inflated is None and window_bits == zlib.MAX_WBITS:
        inflated = _inflated(body, -zlib.MAX_WBITS, bytes_max + 1)
    return inflated


def _inflated(body: bytes, window_bits: int, bytes_max: int) -> bytes | None:
    inflater = zlib.decompressobj(window_bits)
    try:
        made = inflater.decompress(body, bytes_max)
    except zlib.error:
        return None
    return made if inflater.eof or len(made) == bytes_max else None
