"""Faults planted into births and data of nodes and devices, the same four times over."""

from typing import Final

from simulators.conformance import whole_payload_pb2 as pb
from simulators.conformance.street_under_test import ONE
from tests.simulators.conformance.spoiling import Fault, body, first, moved, publish, set_to, topic

NODE_VERBS: Final = ("NBIRTH", "NDATA")
DEVICE_VERBS: Final = ("DBIRTH", "DDATA")
GARBAGE: Final = b"\xff\xff"


def _later(payload: pb.Payload) -> None:
    for metric in payload.metrics:
        metric.is_historical = False
    payload.metrics[0].timestamp += 1_500


def _both(payload: pb.Payload) -> None:
    for metric in payload.metrics:
        metric.is_null = True


def _no_metrics(payload: pb.Payload) -> None:
    del payload.metrics[:]


def _of(verb: str) -> list[Fault]:
    part, low = f"/{verb}/", verb.lower()
    bent = (
        topic(ONE, part, part, f"/more{part}")
        if verb in NODE_VERBS
        else topic(ONE, part, f"/{ONE}-", "/" + "more/" + f"{ONE}-")
    )
    found = [
        Fault(
            f"{verb} at QoS 1",
            (f"topics-{low}-mqtt", f"payloads-{low}-qos"),
            publish(ONE, part, qos=1),
        ),
        Fault(
            f"{verb} retained",
            (f"topics-{low}-mqtt", f"payloads-{low}-retain"),
            publish(ONE, part, retain=True),
        ),
        Fault(
            f"{verb} of 1970",
            (f"topics-{low}-timestamp", "payloads-timestamp-in-UTC"),
            body(ONE, part, set_to(timestamp=1)),
        ),
        Fault(
            f"{verb} without seq",
            (f"payloads-{low}-seq", "payloads-sequence-num-always-included"),
            body(ONE, part, set_to(seq=None)),
        ),
        Fault(f"{verb} elsewhere", (f"topics-{low}-topic",), bent),
        Fault(
            f"{verb} unsorted",
            (f"operational-behavior-data-publish-{verb[0].lower()}birth-order",),
            body(ONE, part, _later),
        ),
    ]
    if verb != "NBIRTH":
        found.append(
            Fault(
                f"{verb} with a gap in seq",
                (f"payloads-{low}-seq-inc", "payloads-sequence-num-incrementing"),
                body(ONE, part, set_to(seq=77)),
            )
        )
    if verb.endswith("BIRTH"):
        short = f"message-flow-{'edge-node' if verb[0] == 'N' else 'device'}-birth-publish-{low}"
        found += [
            Fault(
                f"{verb} without a datatype",
                (f"topics-{low}-metrics", "payloads-metric-datatype-req"),
                body(ONE, part, first(datatype=None)),
            ),
            Fault(
                f"{verb} with values that are null",
                (f"operational-behavior-data-publish-{low}-values",),
                body(ONE, part, _both),
            ),
            Fault(
                f"{verb} that is no payload",
                (f"{short}-payload",),
                publish(ONE, part, payload=GARBAGE),
            ),
        ]
    else:
        birth = f"{verb[0]}BIRTH".lower()
        found += [
            Fault(
                f"{verb} of a metric nobody announced",
                (f"topics-{birth}-metric-reqs", f"operational-behavior-data-publish-{birth}"),
                body(ONE, part, first(alias=60_000)),
            ),
            Fault(f"{verb} of nothing", (f"topics-{low}-payload",), body(ONE, part, _no_metrics)),
            Fault(
                f"{verb} before all births",
                (f"payloads-{low}-order", "payloads-dbirth-order"),
                moved(ONE, part, "/DBIRTH/", to=1),
            ),
        ]
    return found


FAULTS: Final = [fault for verb in (*NODE_VERBS, *DEVICE_VERBS) for fault in _of(verb)]
