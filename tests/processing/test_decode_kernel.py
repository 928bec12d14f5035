"""The kernel against ``google.protobuf``, with every index checked; then the same test, tested.

``PAYLOAD_SEED`` chooses other payloads; whatever it was is in the message of a failure.
"""

import inspect
import os
from collections.abc import Callable
from typing import Any, Final

import numba as nb
import numpy as np
import pytest

from processing import decode as decode_module
from processing import decode_kernel as kernel
from processing.decode import Decoded, Joined
from tests.processing.payload_cases import Cases
from tests.processing.protobuf_judge import first_difference, numbers_agree

SEED: Final = int(os.environ.get("PAYLOAD_SEED", "1"))
IS_COMPILED: Final = hasattr(kernel.decode_payloads, "py_func")
CASE_COUNT: Final = 120_000 if IS_COMPILED else 3_000
MUTANT_CASE_COUNT: Final = 20_000
CHUNK: Final = 4_000
MUTANT_CHUNK: Final = 250

# what numpy says of a NaN in plain Python and numba does not
pytestmark = pytest.mark.filterwarnings("ignore:invalid value encountered in cast")

Kernel = Callable[..., int]
PLAIN: Final[Any] = getattr(kernel.decode_payloads, "py_func", kernel.decode_payloads)


def with_kernel(monkeypatch: pytest.MonkeyPatch, made: Kernel) -> Callable[[Joined], Decoded]:
    """The polite function over another kernel."""
    monkeypatch.setattr(kernel, "decode_payloads", made)
    return decode_module.decode


def test_nothing_is_seen_differently(
    monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    decode = with_kernel(monkeypatch, nb.njit(boundscheck=True)(PLAIN))
    cases, accepted = Cases(SEED), 0
    for _ in range(CASE_COUNT // CHUNK or 1):
        payloads = cases.take(min(CHUNK, CASE_COUNT))
        difference = first_difference(payloads, decode)
        assert not difference, f"PAYLOAD_SEED={SEED}: {difference}"
        decoded = decode(decode_module.join(payloads))
        assert numbers_agree(decoded), f"PAYLOAD_SEED={SEED}"
        accepted += int(np.count_nonzero(decoded.payloads.error == kernel.FINE))
    record_property("payload_seed", SEED)
    print(f"{CASE_COUNT} payloads with PAYLOAD_SEED={SEED}, {accepted} accepted")  # noqa: T201
    assert 0.3 < accepted / CASE_COUNT < 0.9, "both sides of the border must be tried"


# ---- planted bugs: each must be found, or the test above proves little

PLANTED: Final = {
    "a truth value is cut to a byte": (
        "field, bits = BOOLEAN, _U(value != _0)",
        "field, bits = BOOLEAN, _U(value & _U(255) != _0)",
    ),
    "a length must end one byte early": ("value > _U(end - pos)", "value >= _U(end - pos)"),
    "the fast lane skips what it does not know": (
        "if at == stop:\n                        pos = stop",
        "if at <= stop:\n                        pos = stop",
    ),
    "a varint of eleven bytes passes": ("pos < end and shift < 70", "pos < end and shift < 77"),
    "a tag of six bytes passes": (
        "tag, shift, byte = _0, _0, 128\n"
        "                while byte >= 128 and pos < end and shift < 35",
        "tag, shift, byte = _0, _0, 128\n"
        "                while byte >= 128 and pos < end and shift < 42",
    ),
    "a group is ended by another's number": (
        "depth == 0 or groups[depth - 1] != number",
        "depth == 0",
    ),
    "a group may stay open": (
        "if depth > 0:\n                    error = GROUP",
        "if depth > DEPTH_MAX:\n                    error = GROUP",
    ),
    "a uint32 keeps 64 bits": ("field, bits = INT, value & _U32", "field, bits = INT, value"),
    "a uint32 is extended by its sign": (
        "if field == INT:\n                                bits &= _U32",
        "if field == INT and bits >> _U(31) == _1:\n"
        "                                bits |= _U32 << _32",
    ),
    "the first value wins": (
        "field, bits = int(number), value",
        "field, bits = (int(number), value) if field == NO_VALUE else (field, bits)",
    ),
    "a metric inherits from the one before": (
        "alias, timestamp_ms, bits, name, datatype = _0, _0, _0, _0, _0\n"
        "                            field, flags = NO_VALUE, 0\n",
        "pass\n",
    ),
    "the depth is counted per kind of nesting": (
        "kind + depth >= DEPTH_MAX",
        "depth >= DEPTH_MAX - 1",
    ),
    "field 0 passes": ("(number == _0 and depth == 0) or ", ""),
    "field 0 is refused in groups too": (
        "(number == _0 and depth == 0) or ",
        "number == _0 or ",
    ),
    "a known field is taken with any wire type": (
        "elif tag == _U(0x10):",
        "elif number == _2:",
    ),
    "a bad payload keeps its metrics": ("            row = first\n", "            pass\n"),
    "a time of five bytes passes for six": ("!= _TOP_OF_SIXTH", "& _TOP_OF_SIXTH == _0"),
    "null stays set": (
        "(flags | IS_NULL) ^ (0 if value != _0 else IS_NULL)",
        "flags | IS_NULL",
    ),
}


def mutant(was: str, becomes: str) -> Kernel:
    """The kernel with one thing changed, not compiled."""
    text = inspect.getsource(PLAIN)
    assert text.count(was) >= 1, was
    text = text.replace(was, becomes)
    scope = dict(vars(kernel))
    exec(text[text.index("def ") :], scope)  # noqa: S102 - our own source
    made: Kernel = scope["decode_payloads"]
    return made


@pytest.mark.parametrize("bug", PLANTED)
def test_a_planted_bug_is_found(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    decode = with_kernel(monkeypatch, mutant(*PLANTED[bug]))
    cases = Cases(SEED)
    for tried in range(0, MUTANT_CASE_COUNT, MUTANT_CHUNK):
        payloads = cases.take(MUTANT_CHUNK)
        try:
            is_found = bool(first_difference(payloads, decode))
        except (AssertionError, IndexError, OverflowError):  # it left its arrays, say
            is_found = True
        if is_found:
            print(f"{bug}: found within {tried + MUTANT_CHUNK} payloads")  # noqa: T201
            return
    pytest.fail(f"PAYLOAD_SEED={SEED}: not found: {bug}")
