"""Checks of values with an inner form: property sets, data sets, templates."""

from collections.abc import Iterable, Iterator
from typing import Final

from simulators.conformance import whole_payload_pb2 as pb
from simulators.conformance.evidence import BIRTHS, DATA, Evidence, Sent
from simulators.conformance.looks import Look, Looks
from simulators.conformance.values import is_written_whole
from vocabulary.topics import Verb

BASIC: Final = range(1, 15)
"""Int8 to Text: what a cell or a parameter may be."""
PROPERTY: Final = {*BASIC, 20, 21}
"""And a set of properties, and a list of sets."""
INT32: Final = 3
QUALITY: Final = "Quality"
QUALITIES: Final = {0, 192, 500}

Metric = pb.Payload.Metric
Template = pb.Payload.Template


def _inside(metrics: Iterable[Metric]) -> Iterator[Metric]:
    """Metrics, and those in their templates."""
    for metric in metrics:
        yield metric
        if metric.HasField("template_value"):
            yield from _inside(metric.template_value.metrics)


# properties ------------------------------------------------------------------------------


def _sets(seen: Evidence) -> Iterator[tuple[Sent, pb.Payload.PropertySet]]:
    for one in seen.sent():
        for metric in _inside(one.metrics):
            if metric.HasField("properties"):
                yield one, metric.properties


def as_many_keys_as_values(seen: Evidence) -> Looks:
    """A property set has a value for each key."""
    for one, found in _sets(seen):
        yield Look(len(found.keys) == len(found.values), one.where)


def property_type(seen: Evidence, part: str) -> Looks:
    """The type of a property: there in births, a known code, 32 bits wide."""
    for one, found in _sets(seen):
        for value in found.values:
            if part == "present" and one.verb in BIRTHS:
                yield Look(value.HasField("type"), one.where)
            elif part == "known" and value.HasField("type"):
                yield Look(value.type in PROPERTY, one.where)
            elif part == "uint32" and value.HasField("type"):
                yield Look(is_written_whole(one), one.where)


def quality(seen: Evidence, part: str) -> Looks:
    """The Quality property is an Int32 and one of three numbers."""
    for one, found in _sets(seen):
        for key, value in zip(found.keys, found.values, strict=False):
            if key == QUALITY:
                number = value.WhichOneof("value") == "int_value" and value.int_value in QUALITIES
                yield Look(value.type == INT32 if part == "type" else number, one.where)


# data sets -------------------------------------------------------------------------------


def _tables(seen: Evidence) -> Iterator[tuple[Sent, pb.Payload.DataSet]]:
    for one in seen.sent():
        for metric in _inside(one.metrics):
            if metric.HasField("dataset_value"):
                yield one, metric.dataset_value


def table(seen: Evidence, part: str) -> Looks:
    """A data set's width, its headings and its types agree, and its types are basic ones."""
    for one, found in _tables(seen):
        columns, types = len(found.columns), len(found.types)
        good = {
            "width": found.HasField("num_of_columns") and found.num_of_columns == columns,
            "headings": columns == types,
            "types": types > 0,
            "known": all(code in BASIC for code in found.types),
        }
        yield Look(good[part], one.where)


def cells(seen: Evidence) -> Looks:
    """Every cell has a value of one of the six kinds, and every row is as wide as the set."""
    for one, found in _tables(seen):
        for row in found.rows:
            whole = all(cell.WhichOneof("value") is not None for cell in row.elements)
            yield Look(whole and len(row.elements) == len(found.columns), one.where)


# templates -------------------------------------------------------------------------------


def _templates(seen: Evidence) -> Iterator[tuple[Sent, Metric, bool]]:
    """Every template and whether it is a definition: what it says, else whether it names none."""
    for one in seen.sent():
        for metric in _inside(one.metrics):
            if metric.HasField("template_value"):
                found = metric.template_value
                says = found.HasField("is_definition")
                defines = found.is_definition if says else not found.HasField("template_ref")
                yield one, metric, defines


def _definitions(seen: Evidence) -> Iterator[tuple[Sent, Metric]]:
    for one, metric, defines in _templates(seen):
        if defines:
            yield one, metric


def _instances(seen: Evidence) -> Iterator[tuple[Sent, Metric, Template | None]]:
    """Every instance, with the definition that its node gave in its last NBIRTH."""
    for session in seen.sessions:
        known: dict[str, Template] = {}
        alone = Evidence([session], (), {})
        for one, metric, defines in _templates(alone):
            if defines and one.verb is Verb.NBIRTH:
                known[metric.name] = metric.template_value
            elif not defines:
                yield one, metric, known.get(metric.template_value.template_ref)


def definitions_in_nbirth_only(seen: Evidence) -> Looks:
    """Definitions stand in NBIRTH and nowhere else."""
    for one, metric in _definitions(seen):
        yield Look(one.verb is Verb.NBIRTH, f"{one.where} {metric.name}")


def definition(seen: Evidence, part: str) -> Looks:
    """A definition says that it is one and names no other."""
    for one, metric in _definitions(seen):
        found = metric.template_value
        good = {"says": found.is_definition, "alone": not found.HasField("template_ref")}
        yield Look(good[part], f"{one.where} {metric.name}")


def _names(template: Template) -> set[str]:
    return {member.name for member in template.metrics}


def _parameters(template: Template) -> set[str]:
    return {one.name for one in template.parameters}


def instance(seen: Evidence, part: str) -> Looks:
    """An instance says that it is none, names its definition, and keeps to it."""
    for one, metric, known in _instances(seen):
        found = metric.template_value
        good = {
            "says": found.HasField("is_definition") and not found.is_definition,
            "refers": bool(found.template_ref),
            "defined": known is not None,
            "members": known is not None and _names(found) <= _names(known),
            "parameters": known is not None and _parameters(found) <= _parameters(known),
        }
        yield Look(good[part], f"{one.where} {metric.name}")


def whole_in_births(seen: Evidence) -> Looks:
    """In a birth an instance has every member of its definition."""
    for one, metric, known in _instances(seen):
        if one.verb in BIRTHS:
            good = known is not None and _names(metric.template_value) == _names(known)
            yield Look(good, f"{one.where} {metric.name}")


def partial_in_data(seen: Evidence) -> Looks:
    """Whether data says only some members, which is allowed."""
    for one, metric, known in _instances(seen):
        if one.verb in DATA and known is not None:
            yield Look(_names(metric.template_value) < _names(known), one.where)


def parameters_used(seen: Evidence, whose: str) -> Looks:
    """Whether definitions give defaults and instances set parameters, which both is allowed."""
    for one, metric, defines in _templates(seen):
        if defines is (whose == "definition") and metric.template_value.parameters:
            valued = (found.WhichOneof("value") for found in metric.template_value.parameters)
            yield Look(all(value is not None for value in valued), one.where)


def says_what_it_is(seen: Evidence) -> Looks:
    """Every template says whether it is a definition."""
    for one, metric, _defines in _templates(seen):
        yield Look(metric.template_value.HasField("is_definition"), f"{one.where} {metric.name}")


def version(seen: Evidence) -> Looks:
    """A version is a text."""
    for one, metric, _defines in _templates(seen):
        if metric.template_value.HasField("version"):
            yield Look(_is_text(metric.template_value.version), one.where)


def _is_text(found: object) -> bool:
    """Bytes that are not UTF-8 come out of protobuf as bytes."""
    return isinstance(found, str) and bool(found)


def parameter(seen: Evidence, part: str) -> Looks:
    """A parameter has a name, a type of the basic ones, and a value of the six kinds."""
    for one, metric, _defines in _templates(seen):
        for found in metric.template_value.parameters:
            good = {
                "named": found.HasField("name"),
                "text": _is_text(found.name),
                "typed": one.verb not in BIRTHS or found.HasField("type"),
                "uint32": is_written_whole(one),
                "known": found.type in BASIC,
                "valued": found.WhichOneof("value") is not None,
            }
            yield Look(good[part], f"{one.where} {metric.name}")
