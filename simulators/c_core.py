"""The example board in C, loaded into this process: our C library under a clock of our choosing.

The shared library keeps no state but what it is handed, so any number of boards may live at once.
"""

import ctypes
from functools import cache
from pathlib import Path
from typing import Any, Final

from simulators.c_build import build
from simulators.street_box import C_FOLDER, OUT_BYTES_MAX, Wish

SOURCES: Final = (
    C_FOLDER / "lamp.c",
    C_FOLDER / "example" / "street_box.c",
    C_FOLDER / "example" / "hosted.c",
)


def load(path: Path) -> ctypes.CDLL:
    """The library's functions, with their types."""
    library = ctypes.CDLL(str(path))
    pointer, u8, u32, u64 = ctypes.c_void_p, ctypes.c_uint8, ctypes.c_uint32, ctypes.c_uint64
    size, text = ctypes.c_size_t, ctypes.c_char_p
    shapes: dict[str, tuple[Any, list[Any]]] = {
        "hosted_size": (size, []),
        "hosted_start": (None, [pointer, u64, text, u32, u8]),
        "hosted_receive": (None, [pointer, text, size, u64]),
        "hosted_poll": (None, [pointer, u64]),
        "hosted_overrun": (None, [pointer, u32]),
        "hosted_take": (size, [pointer, text]),
        "hosted_wish": (u8, [pointer, ctypes.POINTER(u32)]),
        "hosted_due_ms": (u32, [pointer]),
        "hosted_beat_ms": (u32, [pointer]),
    }
    for name, (result, arguments) in shapes.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


@cache
def library() -> ctypes.CDLL:
    """Compiled from the sources as they are."""
    return load(build("gcc", SOURCES, "-O2", "-shared", "-fPIC", name="hosted.so"))


class CStreetBox:
    """The C core; the same seam as ``street_box.StreetBox``."""

    def __init__(
        self,
        now_us: int,
        *,
        uid: int,
        boot_id: int,
        reset_reason: int,
        compiled: ctypes.CDLL | None = None,
    ) -> None:
        self._c = compiled or library()
        self._board = ctypes.create_string_buffer(self._c.hosted_size())
        self._out = ctypes.create_string_buffer(OUT_BYTES_MAX)
        self._argument = ctypes.c_uint32()
        self._c.hosted_start(self._board, now_us, uid.to_bytes(8, "little"), boot_id, reset_reason)

    def poll(self, now_us: int) -> None:
        """Do what is due."""
        self._c.hosted_poll(self._board, now_us)

    def receive(self, data: bytes, now_us: int) -> None:
        """Bytes came."""
        self._c.hosted_receive(self._board, data, len(data), now_us)

    def overrun(self, count: int) -> None:
        """Bytes nobody kept."""
        self._c.hosted_overrun(self._board, count)

    def take(self) -> bytes:
        """What it said."""
        size = self._c.hosted_take(self._board, self._out)
        return self._out.raw[:size]

    def wish(self) -> Wish:
        """What it wants."""
        what = self._c.hosted_wish(self._board, ctypes.byref(self._argument))
        return Wish(what, self._argument.value)

    @property
    def due_ms(self) -> tuple[int, int]:
        """Sample, heartbeat."""
        return self._c.hosted_due_ms(self._board), self._c.hosted_beat_ms(self._board)
