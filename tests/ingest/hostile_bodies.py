"""Everything a valid certificate can send to do harm, as bytes, each with what it is counted as."""

import zlib
from collections.abc import Callable
from functools import cache
from typing import Final

from tests.ingest.node_messages import at_ms
from vocabulary import sparkplug_b_pb2 as pb
from vocabulary.topics import Verb

MANY: Final = 1_000_000
TEN_MEGABYTES: Final = 10 << 20
LONG_NAME: Final = "n" * 65_536


def huge() -> bytes:
    """Ten megabytes of nothing."""
    return bytes(TEN_MEGABYTES)


def a_million_metrics() -> bytes:
    """Two bytes for each, which is more than a payload may have."""
    return b"\x12\x00" * MANY


def many_metrics() -> bytes:
    """As many as fit into the bytes of a payload."""
    return b"\x12\x00" * 500_000


def nested_groups() -> bytes:
    """Groups within groups, never closed."""
    return b"\x0b" * 100_000


def closed_groups() -> bytes:
    """Groups within groups, all of them closed: deeper than anyone may go."""
    return b"\x0b" * 50_000 + b"\x0c" * 50_000


def nested_templates() -> bytes:
    """A template in a metric in a template and so on: a field that is skipped, however deep."""
    body = b""
    for _ in range(400):
        inner = b"\x12" + _length(len(body)) + body
        template = b"\x92\x01" + _length(len(inner)) + inner
        body = template
    return b"\x12" + _length(len(body)) + body


def _length(size: int) -> bytes:
    made = b""
    while size >= 128:
        made += bytes([size % 128 + 128])
        size //= 128
    return made + bytes([size])


def aliases_beyond() -> bytes:
    """Aliases at the ends of what fits."""
    made = pb.Payload(timestamp=at_ms(1), seq=9)
    for alias in (2**63, 2**64 - 1, 2**63 - 1, 2**32, 65_536):
        made.metrics.add(alias=alias, long_value=1)
    return bytes(made.SerializeToString())


def long_names() -> bytes:
    """Names of sixty-four kilobytes, each its own."""
    made = pb.Payload(timestamp=at_ms(1), seq=9)
    for ix in range(10):
        made.metrics.add(name=LONG_NAME + str(ix), alias=900 + ix, datatype=4, long_value=1)
    return bytes(made.SerializeToString())


def names_of_others() -> bytes:
    """What belongs to another gateway and its devices."""
    made = pb.Payload(timestamp=at_ms(1), seq=9)
    for name in ("gw-2", "ap-3", "gw-2/ap-3/wifi/clients", "spBv1.0/district-1/DDATA/gw-2/ap-3"):
        made.metrics.add(name=name, datatype=4, long_value=1)
    return bytes(made.SerializeToString())


@cache
def bomb() -> bytes:
    """Sixty-four megabytes of nothing, in sixty-four kilobytes."""
    body = zlib.compress(bytes(64 << 20))
    return bytes(pb.Payload(uuid="SPBV1.0_COMPRESSED", body=body).SerializeToString())


ATTACKS: Final[tuple[tuple[Callable[[], bytes], Verb, str], ...]] = (
    (huge, Verb.NDATA, "too_long"),
    (huge, Verb.NBIRTH, "too_long"),
    (a_million_metrics, Verb.NBIRTH, "too_long"),
    (many_metrics, Verb.NBIRTH, "too_many_metrics"),
    (many_metrics, Verb.NDATA, "too_many_metrics"),
    (nested_groups, Verb.NDATA, "not_protobuf"),
    (closed_groups, Verb.NDATA, "not_protobuf"),
    (nested_templates, Verb.NDATA, "metric_without_name"),
    (aliases_beyond, Verb.NDATA, "unknown_alias"),
    (long_names, Verb.NBIRTH, "name_too_long"),
    (long_names, Verb.NDATA, "unknown_alias"),
    (names_of_others, Verb.NDATA, "metric_unknown"),
    (bomb, Verb.NBIRTH, "inflated_too_long"),
)
"""(bytes, in which message, counted as)"""
