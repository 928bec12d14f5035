"""TOML text into a frozen struct, refusing unknown keys and naming every fault at once.

``msgspec`` stops at its first complaint; a technician would then fix a file one line per start.
So structs are walked field by field and each field is converted alone.
"""

import difflib
import functools
import re
import tomllib
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from vocabulary.errors import ConfigurationInvalid, Finding

FOUND_CHARS_MAX: Final = 80
FINDINGS_MAX: Final = 200
_HEADER = re.compile(r"^\s*(\[{1,2})\s*([A-Za-z0-9_.\-\"' ]+?)\s*\]{1,2}\s*(?:#.*)?$")
_KEY = re.compile(r"^\s*[\"']?([A-Za-z0-9_-]+)[\"']?\s*[.=]")
_TOML_LINE = re.compile(r"\(at line (\d+)")

StructT = TypeVar("StructT", bound=msgspec.Struct)
Path = tuple[str | int, ...]


def shown(value: object) -> str:
    """A value as it may stand in a message: short, and never a whole file."""
    text = repr(value)
    return text if len(text) <= FOUND_CHARS_MAX else text[: FOUND_CHARS_MAX - 1] + "…"


def key_of(path: Path) -> str:
    """``("gateway", 2, "site_id")`` as a person writes it: ``gateway[2].site_id``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


class _Block(NamedTuple):
    """One table of a TOML text: the line of its header, and the line of each of its keys."""

    header: int
    keys: dict[str, int]


def _names(header: str) -> list[str]:
    return [part.strip().strip("\"'") for part in header.split(".")]


@functools.lru_cache(maxsize=1)  # a file is asked about once per finding
def _outline(text: str) -> dict[Path, _Block]:
    """Every table by its full path, rows of arrays counted within their parent."""
    blocks: dict[Path, _Block] = {(): _Block(0, {})}
    last_ix: dict[Path, int] = {}
    current = blocks[()]
    for number, line in enumerate(text.splitlines(), start=1):
        header = _HEADER.match(line)
        if header is None:
            key = _KEY.match(line)
            if key is not None:
                current.keys.setdefault(key.group(1), number)
            continue
        path: Path = ()
        for name in _names(header.group(2)):
            path = (*path, last_ix[path]) if path in last_ix else path
            path = (*path, name)
        if header.group(1) == "[[":
            last_ix[path] = last_ix.get(path, -1) + 1
            path = (*path, last_ix[path])
        current = blocks.setdefault(path, _Block(number, {}))
    return blocks


def line_of(text: str, path: Path) -> int:
    """The line (1-based) where ``path`` stands in TOML ``text``; the nearest above it; else 0."""
    blocks = _outline(text)
    nearest = 0
    for depth in range(len(path), -1, -1):
        block = blocks.get(path[:depth])
        if block is None:
            continue
        key = path[depth] if depth < len(path) else None
        if isinstance(key, str) and key in block.keys:
            return block.keys[key]
        nearest = nearest or block.header
    return nearest


Fault = Callable[[Path, str, str], None]
"""Called with (path, found, expected)."""
Judge = Callable[[Mapping[str, Any], Fault], None]


def tables(value: object) -> list[tuple[int, Mapping[str, Any]]]:
    """The rows of an array of tables with their indexes; anything else in it is left out."""
    rows = value if isinstance(value, list | tuple) else []
    return [(ix, row) for ix, row in enumerate(rows) if isinstance(row, Mapping)]


class _Walk:
    def __init__(self, text: str, file: str) -> None:
        self.text, self.file = text, file
        self.findings: list[Finding] = []
        self.fault_count = 0

    def fault(self, path: Path, found: str, expected: str) -> None:
        self.fault_count += 1
        if len(self.findings) < FINDINGS_MAX:
            line = line_of(self.text, path)
            self.findings.append(Finding(self.file, line, key_of(path), found, expected))

    def value(self, data: Any, kind: Any, path: Path) -> Any:
        origin = get_origin(kind)
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            return self.struct(data, kind, path)
        if origin in (list, tuple) and isinstance(data, list):
            item = get_args(kind)[0]
            if isinstance(item, type) and issubclass(item, msgspec.Struct):
                made = [self.struct(one, item, (*path, ix)) for ix, one in enumerate(data)]
                return made if origin is list else tuple(made)
        members = [arg for arg in get_args(kind) if isinstance(arg, type)]
        structs = [arg for arg in members if issubclass(arg, msgspec.Struct)]
        if len(structs) == 1 and isinstance(data, Mapping) and origin is not dict:
            return self.struct(data, structs[0], path)  # Struct | None
        try:
            return msgspec.convert(data, kind, strict=True)
        except msgspec.ValidationError as error:
            expected = str(error).removeprefix("Expected ").split(", got")[0].split(" - at")[0]
            self.fault(path, shown(data), expected)
            return None

    def struct(self, data: Any, kind: type[StructT], path: Path) -> StructT | None:
        if not isinstance(data, Mapping):
            self.fault(path, shown(data), "a table")
            return None
        before = self.fault_count
        hints = get_type_hints(kind, include_extras=True)
        fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
        for key in data:
            if key not in fields:
                near = difflib.get_close_matches(key, fields, n=1)
                hint = f"the key `{near[0]}`" if near else f"one of {', '.join(sorted(fields))}"
                self.fault((*path, key), "an unknown key", hint)
        values: dict[str, Any] = {}
        for key, field in fields.items():
            if key in data:
                values[field.name] = self.value(data[key], hints[field.name], (*path, key))
            elif field.required:
                self.fault((*path, key), "nothing", "a value: this key is required")
        if self.fault_count > before:
            return None
        try:
            return kind(**values)
        except ValueError as error:  # a struct's own __post_init__: relations between its keys
            self.fault(path, "keys that do not fit together", str(error))
            return None


def parse(text: str, kind: type[StructT], *, file: str, judge: Judge | None = None) -> StructT:
    """Turn TOML ``text`` into ``kind``; ``file`` is only the name to show.

    ``judge`` looks at the plain tables for what no single key can show (a reference to nothing, an
    id twice), so that a file with faults of form has those named in the same run.

    Raises:
        ConfigurationInvalid: with every finding (at most ``FINDINGS_MAX``).
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        where = _TOML_LINE.search(str(error))
        line = int(where.group(1)) if where else 0
        raise ConfigurationInvalid(
            [Finding(file, line, "(file)", str(error), "valid TOML")]
        ) from None
    walk = _Walk(text, file)
    made = walk.struct(data, kind, ())
    if judge is not None:
        judge(data, walk.fault)
    if walk.findings or made is None:
        raise ConfigurationInvalid(walk.findings)
    return made
