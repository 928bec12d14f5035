"""Faults planted into the specimens: templates, data sets, properties, deaths and commands of
devices, which our own programs never send.
"""

from collections.abc import Callable
from typing import Any, Final

from simulators.conformance import whole_payload_pb2 as pb
from simulators.conformance.street_under_test import CONSOLE, FOREIGN, ONE
from tests.simulators.conformance.spoiling import (
    Body,
    Change,
    Fault,
    again,
    appended,
    body,
    first,
    publish,
    set_to,
    subscribe,
    too_wide,
    topic,
    wrap,
)

Part = Callable[[Any], object]


def _at(place: str, alter: Part) -> Body:
    """Change one part of the specimen's birth: where it stands is a path of protobuf's names."""

    def change(payload: pb.Payload) -> None:
        found: Any = payload
        for step in place.split("."):
            found = found[int(step)] if step.isdecimal() else getattr(found, step)
        alter(found)

    return change


def _node(place: str, **fields: object) -> Change:
    return body(FOREIGN, "/NBIRTH/", _at(f"metrics.{place}", set_to(**fields)))


def _device(place: str, **fields: object) -> Change:
    return body(FOREIGN, "/DBIRTH/", _at(f"metrics.{place}", set_to(**fields)))


def _device_do(place: str, alter: Part) -> Change:
    return body(FOREIGN, "/DBIRTH/", _at(f"metrics.{place}", alter))


DEFINITION: Final = "2.template_value"
INSTANCE: Final = "3.template_value"
TABLE: Final = "0.dataset_value"
QUALITY: Final = "1.properties"
T: Final = "payloads-template"


def _define_in_data(payload: pb.Payload) -> None:
    payload.metrics[-1].template_value.is_definition = True


def _no_metrics(payload: pb.Payload) -> None:
    del payload.metrics[:]


FAULTS: Final = [
    # property sets
    Fault(
        "a key without value",
        ("payloads-propertyset-keys-array-size", "payloads-propertyset-values-array-size"),
        _device_do(QUALITY, lambda found: found.keys.append("more")),
    ),
    Fault(
        "a property's type too wide",
        ("payloads-metric-propertyvalue-type-type",),
        appended(FOREIGN, "/DBIRTH/", wrap(2, wrap(9, wrap(2, too_wide(1))))),
    ),
    Fault(
        "a property's type unknown",
        ("payloads-metric-propertyvalue-type-value",),
        _device(f"{QUALITY}.values.0", type=99),
    ),
    Fault(
        "a property without type",
        ("payloads-metric-propertyvalue-type-req",),
        _device(f"{QUALITY}.values.0", type=None),
    ),
    Fault(
        "Quality of another type",
        ("payloads-propertyset-quality-value-type",),
        _device(f"{QUALITY}.values.0", type=4),
    ),
    Fault(
        "Quality of 7",
        ("payloads-propertyset-quality-value-value",),
        _device(f"{QUALITY}.values.0", int_value=7),
    ),
    # data sets
    Fault(
        "a table of another width",
        ("payloads-dataset-column-size",),
        _device(TABLE, num_of_columns=5),
    ),
    Fault(
        "a type without heading",
        ("payloads-dataset-column-num-headers", "payloads-dataset-types-num"),
        _device_do(TABLE, lambda found: found.types.append(3)),
    ),
    Fault(
        "a table without types",
        ("payloads-dataset-types-def", "payloads-dataset-parameter-type-req"),
        _device(TABLE, types=None),
    ),
    Fault(
        "a column of a type unknown",
        ("payloads-dataset-types-value", "payloads-dataset-types-type"),
        _device_do(TABLE, lambda found: found.types.__setitem__(0, 99)),
    ),
    Fault(
        "a cell without value",
        (f"{T}-dataset-value",),
        _device(f"{TABLE}.rows.0.elements.0", int_value=None),
    ),
    # templates
    Fault(
        "a definition in data",
        (f"{T}-definition-nbirth-only",),
        body(FOREIGN, "/DDATA/", _define_in_data),
    ),
    Fault(
        "a definition that does not say so",
        (f"{T}-definition-is-definition", f"{T}-is-definition-definition", f"{T}-is-definition"),
        _node(DEFINITION, is_definition=None),
    ),
    Fault(
        "a definition that refers",
        (f"{T}-definition-ref", f"{T}-ref-definition"),
        _node(DEFINITION, template_ref="lamp"),
    ),
    Fault(
        "an instance that does not say so",
        (f"{T}-instance-is-definition", f"{T}-is-definition-instance"),
        _node(INSTANCE, is_definition=None),
    ),
    Fault(
        "an instance of nothing",
        (f"{T}-instance-ref", f"{T}-ref-instance"),
        _node(INSTANCE, template_ref=None),
    ),
    Fault(
        "an instance of what nobody defined",
        (f"{T}-definition-nbirth", "topics-nbirth-templates"),
        _node(INSTANCE, template_ref="lantern"),
    ),
    Fault(
        "a member nobody defined",
        (f"{T}-instance-members", f"{T}-definition-members"),
        _node(f"{INSTANCE}.metrics.0", name="dimmed"),
    ),
    Fault(
        "a parameter nobody defined",
        (f"{T}-definition-parameters",),
        _node(f"{INSTANCE}.parameters.0", name="depth"),
    ),
    Fault(
        "a member left out",
        (f"{T}-instance-members-birth",),
        body(FOREIGN, "/NBIRTH/", _at(f"metrics.{INSTANCE}.metrics", lambda found: found.pop())),
    ),
    Fault("a version of nothing", (f"{T}-version",), _node(INSTANCE, version="")),
    Fault(
        "a parameter without name",
        (f"{T}-parameter-name-required",),
        _node(f"{INSTANCE}.parameters.0", name=None),
    ),
    Fault(
        "a parameter with an empty name",
        (f"{T}-parameter-name-type",),
        _node(f"{INSTANCE}.parameters.0", name=""),
    ),
    Fault(
        "a parameter without type",
        (f"{T}-parameter-type-req",),
        _node(f"{INSTANCE}.parameters.0", type=None),
    ),
    Fault(
        "a parameter's type too wide",
        (f"{T}-parameter-value-type",),
        appended(FOREIGN, "/NBIRTH/", wrap(2, b"\x92\x01" + bytes([8]) + wrap(3, too_wide(2)))),
    ),
    Fault(
        "a parameter's type unknown",
        (f"{T}-parameter-type-value",),
        _node(f"{INSTANCE}.parameters.0", type=99),
    ),
    Fault(
        "a parameter without value",
        (f"{T}-parameter-value",),
        _node(f"{INSTANCE}.parameters.0", double_value=None),
    ),
    # deaths of devices
    Fault(
        "DDEATH elsewhere",
        ("topics-ddeath-topic",),
        topic(ONE, "/DDEATH/", "/DDEATH/", "/x/DDEATH/"),
    ),
    Fault("DDEATH at QoS 1", ("topics-ddeath-mqtt",), publish(ONE, "/DDEATH/", qos=1)),
    Fault(
        "DDEATH of 1970",
        ("payloads-ddeath-timestamp",),
        body(ONE, "/DDEATH/", set_to(timestamp=1)),
    ),
    Fault(
        "DDEATH without seq",
        ("payloads-ddeath-seq", "payloads-ddeath-seq-number"),
        body(ONE, "/DDEATH/", set_to(seq=None)),
    ),
    Fault(
        "DDEATH with a gap in seq",
        ("topics-ddeath-seq-num", "payloads-ddeath-seq-inc"),
        body(ONE, "/DDEATH/", set_to(seq=200)),
    ),
    Fault(
        "data of a dead device",
        ("operational-behavior-device-ddeath",),
        lambda entries: topic(ONE, "/DDATA/", f"{ONE}-ap", f"{ONE}-air")(
            again(ONE, "/DDATA/", after="/DDEATH/")(entries)
        ),
    ),
    # commands to devices
    Fault(
        "DCMD at QoS 0 only",
        ("message-flow-device-dcmd-subscribe",),
        subscribe(FOREIGN, "/DCMD/", 0),
    ),
    Fault("DCMD elsewhere", ("topics-dcmd-topic",), topic(CONSOLE, "/DCMD/", "/DCMD/", "/x/DCMD/")),
    Fault(
        "DCMD at QoS 1",
        ("topics-dcmd-mqtt", "payloads-dcmd-qos"),
        publish(CONSOLE, "/DCMD/", qos=1),
    ),
    Fault(
        "DCMD retained",
        ("topics-dcmd-mqtt", "payloads-dcmd-retain"),
        publish(CONSOLE, "/DCMD/", retain=True),
    ),
    Fault(
        "DCMD of 1970",
        ("topics-dcmd-timestamp", "payloads-dcmd-timestamp"),
        body(CONSOLE, "/DCMD/", set_to(timestamp=1)),
    ),
    Fault("DCMD with seq", ("payloads-dcmd-seq",), body(CONSOLE, "/DCMD/", set_to(seq=1))),
    Fault("DCMD of nothing", ("topics-dcmd-payload",), body(CONSOLE, "/DCMD/", _no_metrics)),
    Fault(
        "a device commanded by DDATA",
        ("operational-behavior-data-commands-dcmd-verb",),
        topic(CONSOLE, "/DCMD/", "DCMD", "DDATA"),
    ),
    Fault(
        "DCMD of what nobody announced",
        ("operational-behavior-data-commands-dcmd-metric-name",),
        body(CONSOLE, "/DCMD/", first(alias=60_000)),
    ),
    Fault(
        "DCMD of another type",
        ("operational-behavior-data-commands-dcmd-metric-value",),
        body(CONSOLE, "/DCMD/", first(float_value=1.5)),
    ),
]
