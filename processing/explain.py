"""An incident explained to a person: what was decided by which rule, and on what evidence.

Also what was not said because of it, and what would have changed the decision.
"""

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Final

from processing.evidence import Ground, Line
from processing.incidents import Incident
from vocabulary.units import MS_PER_S

NODES_SHOWN_MAX: Final = 8
_RULES: Final = {
    Ground.BEATS_COUNTED: "so many missed beats in a row are called down",
    Ground.SILENCE: "silence alone is called down once nothing healthy is silent for so long",
    Ground.NO_ANSWER: "silence that probes confirm is called down once both together are enough",
    Ground.GATEWAY_SILENT: "a gateway is gone once its whole stream is away too long for a stall",
    Ground.WILL: "a gateway is gone if its last will stands after the grace",
    Ground.BACKHAUL_SILENT: "a backhaul is gone if all gateways behind it fall silent together",
    Ground.FEEDER_SHARED: "a feeder is out if its members fall together and few are heard since",
}
_CHANGED: Final = {
    Ground.BEATS_COUNTED: "one beat heard in that time",
    Ground.SILENCE: "one beat heard, or one probe answered, in that time",
    Ground.NO_ANSWER: "one beat heard, or one of these probes answered",
    Ground.GATEWAY_SILENT: "one message from the gateway, or from one access point through it",
    Ground.WILL: "one message from the gateway, or a birth, within the grace",
    Ground.BACKHAUL_SILENT: "messages from another gateway behind the same backhaul",
    Ground.FEEDER_SHARED: "members of the feeder heard after the first one fell silent",
}


def explained(versions: Sequence[Incident], lines: Sequence[Line]) -> list[str]:
    """The whole story of one incident, a line of text each; ``versions`` in order, not empty."""
    first, last = versions[0], versions[-1]
    made = [
        f"incident   {last.incident}",
        f"cause      {last.cause} ({last.level} {last.node})",
        f"from       {_time(last.start_ms)} to {_time(last.end_ms)}",
        f"declared   {_time(first.declared_ms)}, {_delay(first)} after it began",
        f"affected   {len(last.members)}: {_some(last.members)}",
    ]
    grounds = [line.ground for line in lines if line.ground in _RULES]
    made += [f"rule       {_RULES[ground]}" for ground in dict.fromkeys(grounds)]
    made += ["evidence"] + [f"  {_time(line.at_ms)}  {_words(line)}" for line in _shown(lines)]
    quiet = [line.node for line in lines if line.ground is Ground.SUPPRESSED]
    if quiet:
        made.append(f"suppressed {len(quiet)} not called down, nobody could see: {_some(quiet)}")
    made += _history(versions)
    changed = [_CHANGED[ground] for ground in dict.fromkeys(grounds)]
    made += [f"would have changed it: {words}" for words in changed]
    spare = [line for line in lines if line.need_nats > 0.0]
    if spare:
        least = min(spare, key=_spare_nats)
        made.append(
            f"             or a city that allows {math.exp(_spare_nats(least)):,.1f} times fewer "
            f"false alarms (the weakest evidence had {_spare_nats(least):.1f} nats to spare)"
        )
    return made


def _spare_nats(line: Line) -> float:
    return max(0.0, line.silence_nats + line.probe_nats - line.need_nats)


def _shown(lines: Sequence[Line]) -> list[Line]:
    return [line for line in lines if line.ground is not Ground.SUPPRESSED]


def _words(line: Line) -> str:
    who = f"{line.level} {line.node}"
    if line.ground is Ground.NO_ANSWER:
        return (
            f"{who}: {line.missed} beat(s) missed, {line.silence_nats:.1f} nats; {line.probes} "
            f"probes in vain, {line.probe_nats:.1f} nats; needed {line.need_nats:.1f}"
        )
    if line.ground is Ground.SILENCE:
        return (
            f"{who}: {line.missed} beats missed, {line.silence_nats:.1f} nats; "
            f"needed {line.need_nats:.1f}"
        )
    if line.ground is Ground.BEATS_COUNTED:
        return f"{who}: {line.missed} beats missed in a row"
    if line.ground in (Ground.GATEWAY_SILENT, Ground.BACKHAUL_SILENT):
        return f"{who}: silent, with {line.missed} access points due"
    return f"{who}: {str(line.ground).replace('_', ' ')}"


def _history(versions: Sequence[Incident]) -> list[str]:
    made = []
    for before, after in pairwise(versions):
        if (before.level, before.node, before.cause) != (after.level, after.node, after.cause):
            made.append(
                f"revised    {_time(after.said_ms)}: {before.cause} ({before.level} {before.node}) "
                f"became {after.cause} ({after.level} {after.node})"
            )
        if after.merged_into:
            made.append(f"merged     into {after.merged_into}")
    return made


def _some(nodes: Sequence[str]) -> str:
    more = len(nodes) - NODES_SHOWN_MAX
    return ", ".join(nodes[:NODES_SHOWN_MAX]) + (f" and {more} more" if more > 0 else "")


def _delay(row: Incident) -> str:
    return f"{(row.declared_ms - row.start_ms) / MS_PER_S:.1f} s"


def _time(ms: int | None) -> str:
    if ms is None:
        return "now"
    return datetime.fromtimestamp(ms / MS_PER_S, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] + "Z"
