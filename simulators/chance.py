"""Chance that belongs to a node: the same seed and name give the same numbers, whatever else is.

Two forms. ``stream`` is a numpy generator for the few draws made when a town or a plan is built.
``draw`` is for kernels: a number is a pure function of key and counter, so any beat of any node
can be computed alone, twice, or in another order.

Both are Philox (Salmon, Moraes, Dror, Shaw: Parallel random numbers, as easy as 1, 2, 3; SC 2011).
"""

from hashlib import blake2b
from typing import Any, Final

import numba as nb
import numpy as np
from numpy.typing import NDArray

_M0: Final = np.uint64(0xD2511F53)
_M1: Final = np.uint64(0xCD9E8D57)
_W0: Final = np.uint64(0x9E3779B9)
_W1: Final = np.uint64(0xBB67AE85)
_LOW: Final = np.uint64(0xFFFFFFFF)
_HALF: Final = np.uint64(32)
_ROUNDS: Final = 10
UNIT: Final = 1.0 / 4_294_967_296.0
"""A 32-bit number times this lies in [0, 1)."""


def key_of(seed: int, *names: str) -> int:
    """The 64-bit key of whatever has this name under this seed."""
    text = "\x1f".join((str(seed), *names))
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")


def stream(seed: int, *names: str) -> np.random.Generator:
    """A generator of its own for whatever has this name."""
    return np.random.Generator(np.random.Philox(key=key_of(seed, *names)))


def keys_of(seed: int, names: tuple[str, ...], purpose: str) -> NDArray[np.uint64]:
    """The keys of many nodes, shape (n,)."""
    return np.array([key_of(seed, purpose, name) for name in names], dtype=np.uint64)


@nb.njit(cache=True)
def draw(key: np.uint64, counter: np.uint64, purpose: np.uint64) -> tuple[int, int, int, int]:
    """Four independent 32-bit numbers: Philox 4x32-10 of (counter, purpose) under ``key``."""
    c0, c1 = counter & _LOW, counter >> _HALF
    c2, c3 = purpose & _LOW, purpose >> _HALF
    k0, k1 = key & _LOW, key >> _HALF
    for _ in range(_ROUNDS):
        p0, p1 = _M0 * c0, _M1 * c2
        c0, c1, c2, c3 = (p1 >> _HALF) ^ c1 ^ k0, p1 & _LOW, (p0 >> _HALF) ^ c3 ^ k1, p0 & _LOW
        k0, k1 = (k0 + _W0) & _LOW, (k1 + _W1) & _LOW
    # signed, or a kernel that mixes them with signed ones would compute in floating point
    four: Any = (np.int64(c0), np.int64(c1), np.int64(c2), np.int64(c3))
    return four[0], four[1], four[2], four[3]
