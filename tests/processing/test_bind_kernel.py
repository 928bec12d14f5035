"""The binding kernel with every index checked; what it must say is in ``test_bind.py``."""

from typing import Any, Final

import numba as nb
import numpy as np
import pytest

from processing import bind_kernel as kernel
from tests.processing.test_bind import Street, bound

CHUNKS: Final = 5 if hasattr(kernel.bind_metrics, "py_func") else 1
pytestmark = pytest.mark.filterwarnings("ignore:invalid value encountered in cast")


def test_no_index_leaves_its_array(monkeypatch: pytest.MonkeyPatch) -> None:
    plain: Any = getattr(kernel.bind_metrics, "py_func", kernel.bind_metrics)
    checked = nb.njit(boundscheck=True)(plain)
    for seed in range(CHUNKS):
        street = Street(seed)
        sent = [street.sent() for _ in range(1_000)]
        was = bound(sent, street.table())
        with monkeypatch.context() as patch:
            patch.setattr(kernel, "bind_metrics", checked)
            now = bound(sent, street.table())
        for one, other in zip(
            (*was.readings, *was.messages), (*now.readings, *now.messages), strict=True
        ):
            np.testing.assert_array_equal(one, other)


def test_a_table_of_nothing_explains_nothing() -> None:
    street = Street(3)
    street.tables = {node: {} for node in street.tables}
    sent = [street.sent() for _ in range(200)]
    made = bound(sent, street.table())
    explained = kernel.UNKNOWN_ALIAS
    assert made.messages.counts[:, explained].sum() == made.messages.counts.sum() > 0
    assert made.readings.ts_ns.size == 0
