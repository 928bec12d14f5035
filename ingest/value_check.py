"""Whether a value may be stored, and as what: the catalogue's ranges and types."""

from typing import Final

from ingest.node_session import TypedValue
from vocabulary.metrics import CATALOGUE, Metric, in_range
from vocabulary.payload import Datatype, Value

FUTURE_MS_MAX: Final = 5 * 60 * 1_000
"""How far a gateway's clock may be ahead of ours."""


def checked(one: TypedValue, arrival_ms: int) -> TypedValue | str:
    """The value in the type of its field in the database, or the reason why it is refused."""
    metric = CATALOGUE.get(one.name)
    if metric is None:
        return "metric_unknown"
    if isinstance(one.value, str):
        return "text_not_kept"  # the catalogue has numbers and truth values only
    if not in_range(metric, one.value):
        return "value_out_of_range"
    if one.ts_ms - arrival_ms > FUTURE_MS_MAX:
        return "from_the_future"
    value = _as_catalogued(metric, one.value)
    return "value_of_another_type" if value is None else one._replace(value=value)


def _as_catalogued(metric: Metric, value: bool | float) -> Value | None:
    """A value within range, in the type of its field: strangers declare others. None: it has none.

    The database refuses a field whose type changes, so the catalogue's type is the only one.
    """
    if metric.datatype is Datatype.BOOLEAN:
        return bool(value)
    if metric.datatype is Datatype.DOUBLE:
        return float(value)
    return int(value) if value == int(value) else None
