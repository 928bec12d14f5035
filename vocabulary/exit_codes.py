"""Exit codes of every Lamplighter command, after sysexits(3), so that a script can tell."""

from enum import IntEnum


class ExitCode(IntEnum):
    """What the process says when it ends."""

    FINE = 0
    DEGRADED = 1
    FATAL_FINDING = 2
    USAGE = 64
    BAD_DATA = 65
    UNAVAILABLE = 69
    INTERNAL = 70
    IO_ERROR = 74
    TRY_AGAIN = 75
    PERMISSION = 77
    CONFIGURATION = 78
