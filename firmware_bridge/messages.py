"""Message types of the Lamplighter serial protocol, version 1.

Five bits. 13 to 29 are free, 30 is for experiments, 31 is reserved for addressed lines. A type
that is not listed here is counted and ignored, never refused: it may be newer than we are.
"""

from enum import IntEnum


class MessageType(IntEnum):
    """What a frame carries. To the device: requests and commands; the rest comes from it."""

    HELLO_REQ = 1
    HELLO = 2
    DESC_REQ = 3
    DESC = 4
    DATA = 5
    TIME_REQ = 6
    TIME = 7
    CMD = 8
    ACK = 9
    EVENT = 10
    LOG = 11
    HEARTBEAT = 12
