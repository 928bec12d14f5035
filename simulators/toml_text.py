"""A configuration struct as the TOML file that a technician would have written.

Each key of the top stands on a line of its own, whatever it holds behind it in one piece.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        inner = ", ".join(f"{key} = {_value(one)}" for key, one in _rows(value))
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    # text, numbers and truth values look the same in both, but for one character
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _rows(table: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return [(key, value) for key, value in table.items() if value is not None]


def render(made: msgspec.Struct) -> str:
    """The text; what is None is left out, as in a file."""
    table = msgspec.to_builtins(made)
    return "".join(f"{key} = {_value(value)}\n" for key, value in _rows(table))


def rows_text(name: str, rows: Iterable[Mapping[str, Any]]) -> str:
    """Rows of one table, one after the other."""
    return "".join(
        f"\n[[{name}]]\n" + "".join(f"{key} = {_value(value)}\n" for key, value in _rows(row))
        for row in rows
    )
