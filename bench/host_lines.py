"""The host without its lines for the database, so that a benchmark can say what they cost."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from ingest.plain_lines import PlainLines


@contextmanager
def replaced(*parts: tuple[Any, str, Any]) -> Iterator[None]:
    """Other functions in the place of some, for a while."""
    kept = [(owner, name, getattr(owner, name)) for owner, name, _new in parts]
    for owner, name, new in parts:
        setattr(owner, name, new)
    try:
        yield
    finally:
        for owner, name, was in kept:
            setattr(owner, name, was)


def _no_lines(*_arguments: object) -> list[str]:
    return []


WITHOUT_LINES: Final = (
    (PlainLines, "lines", _no_lines),
    (PlainLines, "usage_lines", _no_lines),
)
