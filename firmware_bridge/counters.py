"""What is counted on one serial link, whatever protocol is spoken there.

Counters only rise, from the start of the decoder; a port that is opened again goes on counting.
"""

import msgspec


class LinkCounters(msgspec.Struct):
    """One decoder's counters."""

    bytes_received: int = 0
    frames: int = 0
    """Good units, whether or not their values were believed."""
    crc_errors: int = 0
    """Units that looked whole and whose check failed."""
    resyncs: int = 0
    """Times the reader lost its place, the first half unit after an open included."""
    bytes_skipped: int = 0
    """Bytes that belonged to no good unit."""
    unknown_messages: int = 0
    """Good units of a kind we do not know."""
    out_of_range: int = 0
    """Values outside what the sensor can measure."""
    warming_up: int = 0
    """Readings refused because the sensor had just been woken."""
    silences: int = 0
    samples: int = 0
    """Readings given, each of one or several values."""
    inconsistent: int = 0
    """Units whose values cannot be true together."""
    requests: int = 0
    """Questions sent, where the sensor must be asked."""
    timeouts: int = 0
    """Questions that no good answer came to in time."""
    exceptions: int = 0
    """Questions that were answered with a refusal."""
    echoes: int = 0
    """Questions of our own that came back."""
    barren: int = 0
    """Times it was alive and gave no readings."""
