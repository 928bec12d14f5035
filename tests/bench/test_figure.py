"""A report holds only figures with names of their own and finite numbers."""

import math

import pytest

from bench.figure import Figure, FigureUnfit, checked


def figure(name: str, value: float = 1.0, **beside: float) -> Figure:
    return Figure(name=name, value=value, unit="rows/s", better="higher", beside=beside)


def test_good_figures_pass() -> None:
    made = [figure("decode.rows"), figure("decode.ratio_vs_protobuf", 2.0, protobuf=1.0)]
    assert checked("decode", made, ["spool.rows"]) == made


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (figure("rows"), "no figure's name"),
        (figure("Decode.Rows"), "no figure's name"),
        (figure("spool.rows"), "measured twice"),
        (figure("decode.rows", math.nan), "not finite"),
        (figure("decode.rows", 1.0, peer=math.inf), "not finite"),
    ],
)
def test_an_unfit_figure_is_named(bad: Figure, why: str) -> None:
    with pytest.raises(FigureUnfit, match=why):
        checked("decode", [bad], ["spool.rows"])


def test_the_same_name_twice_in_one_family_is_refused() -> None:
    with pytest.raises(FigureUnfit, match="measured twice"):
        checked("decode", [figure("decode.rows"), figure("decode.rows")], [])
