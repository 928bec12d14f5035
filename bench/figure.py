"""One measured promise: its name, its value, and what was measured beside it in the same run."""

import math
import re
from collections.abc import Iterable
from typing import Final, Literal

import msgspec

NAME: Final = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)+")


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A figure. ``beside`` holds peers and baselines, same unit, same machine, same minute."""

    name: str
    value: float
    unit: str
    better: Literal["higher", "lower"]
    beside: dict[str, float] = {}


class FigureUnfit(ValueError):
    """A figure that a report cannot hold: a bug of its benchmark."""


def checked(family: str, figures: Iterable[Figure], taken: Iterable[str]) -> list[Figure]:
    """The family's figures, if each has a good name of its own and finite numbers.

    Raises:
        FigureUnfit: naming the first that has not.
    """
    seen = set(taken)
    made = list(figures)
    for figure in made:
        numbers = [figure.value, *figure.beside.values()]
        if NAME.fullmatch(figure.name) is None:
            raise FigureUnfit(f"{family}: `{figure.name}` is no figure's name, like decode.rows")
        if figure.name in seen:
            raise FigureUnfit(f"{family}: `{figure.name}` is measured twice")
        if not all(math.isfinite(number) for number in numbers):
            raise FigureUnfit(f"{family}: `{figure.name}` holds a number that is not finite")
        seen.add(figure.name)
    return made
