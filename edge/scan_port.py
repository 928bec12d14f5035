"""Scans one real port: opens it, does what the probe wants, closes it. Blocks; use a thread."""

from collections.abc import Callable

from edge.scan_probe import PortProbe
from edge.serial_line import LineFault, SerialLine
from vocabulary.units import NS_PER_S


def scan(path: str, probe: PortProbe, mono_ns: Callable[[], int]) -> LineFault | None:
    """Run ``probe`` on the port at ``path``; gives why that failed, if it did.

    Opening raises DTR and resets many boards; the port is opened once, and its rate changed since.
    """
    try:
        line = SerialLine(path, probe.baud)
    except LineFault as fault:
        return fault
    baud = probe.baud
    try:
        while not probe.done:
            if probe.baud != baud:
                baud = probe.baud
                line.set_rate(baud)
            output = probe.take_output()
            if output:
                line.write(output)
            wait_ns = max(0, probe.deadline_ns - mono_ns())
            data = line.read(wait_ns / NS_PER_S)
            if data and probe.baud == baud:
                probe.receive(data, mono_ns())
            probe.tick(mono_ns())
    except LineFault as fault:
        return fault
    finally:
        line.close()
    return None
