"""How far a path into an access point's message may reach: to totals, never to one client.

Messages list clients. A path may count such a list or add it up; it may not take one element out
of it, ask for a client by address, or pick the largest, for any of these would follow a person.
What a path may consist of is therefore a closed list, checked when the configuration is read.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

import jmespath

ARITHMETIC: Final = frozenset({"to_number", "abs", "ceil", "floor", "not_null"})
_PLAIN: Final = frozenset({"field", "subexpression", "current", "identity", "or_expression"})
_WALK: Final = _PLAIN | {"projection", "value_projection", "flatten", "multi_select_list", "pipe"}
_FILTER: Final = frozenset(
    {"filter_projection", "comparator", "literal", "and_expression", "not_expression"}
)
NODES: Final = {"": _PLAIN, "sum": _WALK, "length": _WALK | _FILTER}
"""By the total that stands around it: what a path may be made of. A filter may only be counted."""
FUNCTIONS: Final = {
    "": ARITHMETIC | {"length", "sum"},
    "sum": ARITHMETIC | {"length", "sum", "keys", "values"},
    "length": ARITHMETIC | {"length", "sum", "keys", "values"},
}
ADDRESS: Final = re.compile(r"(?i)(?:[0-9a-f]{2}[:.-]?){5}[0-9a-f]{2}|(?:\d{1,3}\.){3}\d{1,3}")
"""What may be somebody's address."""


def fault(path: str) -> str | None:
    """What ``path`` should have been instead; None if it may stand."""
    try:
        parsed = jmespath.compile(path).parsed
    except jmespath.exceptions.JMESPathError as error:
        return f"a JMESPath expression ({str(error).splitlines()[0]})"
    except RecursionError:
        return "a JMESPath expression that is not nested so deep"
    if ADDRESS.search(path):
        return "a path without anybody's address"
    return None if _may(parsed, "") else "a plain path, or length(...) or sum(...) around a list"


def _may(node: Mapping[str, Any], total: str) -> bool:
    if node["type"] == "function_expression":
        name = node["value"]
        if name not in FUNCTIONS[total]:
            return False
        total = name if name in NODES else total
    elif node["type"] not in NODES[total]:
        return False
    return all(_may(child, total) for child in node["children"])
