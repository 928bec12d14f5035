"""A board's descriptor from the file its author writes: to bytes for a gateway, to C for a board.

    board = "street-box"

    [stream.1]
    name = "env"
    interval_ms = 1000
    channels = [
      { metric = "env/temperature_c", code = "h", exponent = -2 },
    ]

    [op.3]
    name = "add"
    arguments = "I"
    result = "I"

The same file is read by the firmware's build and by the simulators, so that both mean the same. The
result has passed ``descriptor.parse``: a board built from it is never refused for what it says.
"""

import re
import tomllib
from collections.abc import Mapping
from typing import Any, Final

from firmware_bridge import descriptor as descriptors
from firmware_bridge.descriptor import Fault

_BYTES_PER_LINE: Final = 12


def tree_of(text: str) -> dict[int, Any] | Fault:
    """The descriptor as a tree; what ``descriptor.parse`` can see is left to it."""
    try:
        source = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return Fault("file", str(error), "TOML")
    unknown = source.keys() - {"board", "stream", "op"}
    if unknown:
        return Fault("file", f"`{min(unknown)}`", "board, stream and op")
    try:
        streams = {
            int(number): [
                row["name"],
                row["interval_ms"],
                [_channel(channel) for channel in row["channels"]],
            ]
            for number, row in source.get("stream", {}).items()
        }
        ops = {
            int(number): [row["name"], row.get("arguments", ""), row.get("result", "")]
            for number, row in source.get("op", {}).items()
        }
        tree = {0: source["board"], 1: streams}
    except KeyError as error:
        return Fault("file", f"no {error}", "board; name, interval_ms, channels; name")
    except (AttributeError, TypeError, ValueError) as error:
        return Fault("file", str(error), "tables as in the example")
    return tree | ({2: ops} if ops else {})


def _channel(row: Mapping[str, Any]) -> list[Any]:
    return [row["metric"], row["code"], row.get("exponent", 0)]


def encoded_of(text: str) -> bytes | Fault:
    """TOML to the bytes of the descriptor."""
    tree = tree_of(text)
    if isinstance(tree, Fault):
        return tree
    encoded = descriptors.encode(tree)
    judged = descriptors.parse(encoded)
    return judged if isinstance(judged, Fault) else encoded


def _macro(*words: str) -> str:
    return re.sub(r"[^A-Z0-9]+", "_", "_".join(words).upper())


def header_of(text: str) -> str | Fault:
    """TOML to a C header: the bytes, their size and hash, and a name for every number."""
    encoded = encoded_of(text)
    if isinstance(encoded, Fault):
        return encoded
    judged = descriptors.parse(encoded)
    assert not isinstance(judged, Fault)
    name = _macro(judged.board)
    lines = [
        f"/* {judged.board}: generated from its TOML file, do not edit. */",
        f"#ifndef {name}_DESCRIPTOR_H",
        f"#define {name}_DESCRIPTOR_H",
        "",
        "#include <stdint.h>",
        "",
        f"#define {name}_DESCRIPTOR_SIZE {len(encoded)}u",
        f"#define {name}_DESCRIPTOR_HASH 0x{descriptors.hash_of(encoded):08X}u",
        "",
    ]
    for stream in judged.streams.values():
        codes = " ".join(f"{channel.metric}:{channel.code}" for channel in stream.channels)
        lines += [
            f"/* {codes} */",
            f"#define {_macro(name, stream.name)} {stream.number}u",
            f"#define {_macro(name, stream.name)}_SIZE {stream.form.size}u",
            f"#define {_macro(name, stream.name)}_INTERVAL_MS {stream.interval_ms}u",
        ]
    lines.append("")
    lines += [f"#define {_macro(name, 'op', op.name)} {op.number}u" for op in judged.ops.values()]
    lines += ["", f"static const uint8_t {name.lower()}_descriptor[{name}_DESCRIPTOR_SIZE] = {{"]
    for ix in range(0, len(encoded), _BYTES_PER_LINE):
        row = ", ".join(f"0x{byte:02X}" for byte in encoded[ix : ix + _BYTES_PER_LINE])
        lines.append(f"    {row},")
    lines += ["};", "", "#endif", ""]
    return "\n".join(lines)
