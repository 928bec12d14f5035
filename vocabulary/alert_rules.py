"""Every alert there is: whom it concerns, what it says, what to do first, where to read on.

Grafana's rules and the host's own notices are made from these rows, so that both say the same.
One alert is one incident, never one access point. Each rule has a page in `docs/operate/`.
"""

from enum import StrEnum
from typing import Final, NamedTuple

RUNBOOKS: Final = "docs/operate"


class Severity(StrEnum):
    """How soon somebody should look."""

    PAGE = "page"
    """Now, at night too."""
    TICKET = "ticket"
    """On the next working day."""


class AlertRule(NamedTuple):
    """One rule. ``first`` is the first thing to do, as one sentence."""

    rule_id: str
    title: str
    severity: Severity
    owner: str
    first: str
    cause: str = ""
    """For rules of incidents: the cause they speak of."""

    @property
    def runbook(self) -> str:
        """Its page, from the root of the repository."""
        return f"{RUNBOOKS}/{self.rule_id}.md"


_NET, _PLATFORM = "network operations", "platform operations"
_PAGE, _TICKET = Severity.PAGE, Severity.TICKET

RULES: Final[tuple[AlertRule, ...]] = (
    AlertRule(
        "access-point-down",
        "Access point without service",
        _TICKET,
        _NET,
        "Look whether its neighbours at the site work, then have its power cycled.",
        "access_point",
    ),
    AlertRule(
        "gateway-or-backhaul-down",
        "Gateway or its uplink silent",
        _PAGE,
        _NET,
        "Ask the site whether there is light on the router; nobody can see the Wi-Fi behind it.",
        "gateway_or_backhaul",
    ),
    AlertRule(
        "gateway-down",
        "Gateway down",
        _TICKET,
        _NET,
        "Power-cycle the gateway; the Wi-Fi itself may well work.",
        "gateway",
    ),
    AlertRule(
        "backhaul-down",
        "Uplink down",
        _PAGE,
        _NET,
        "Open a fault with the provider of the uplink, with the time it began.",
        "backhaul",
    ),
    AlertRule(
        "feeder-down",
        "Power supply out",
        _PAGE,
        _NET,
        "Call whoever runs the supply: one fault took several places.",
        "feeder",
    ),
    AlertRule(
        "host-silent",
        "The host says nothing",
        _PAGE,
        _PLATFORM,
        "Log in to the host and look at its service; no outage is noticed until it runs.",
    ),
    AlertRule(
        "broker-lost",
        "The host has no broker",
        _PAGE,
        _PLATFORM,
        "Look at the broker's service and its log; gateways keep their data meanwhile.",
    ),
    AlertRule(
        "database-refuses",
        "The database does not store",
        _PAGE,
        _PLATFORM,
        "Read the host's log for the database's own words; gateways keep their data meanwhile.",
    ),
    AlertRule(
        "judgement-late",
        "Judgement is late",
        _TICKET,
        _PLATFORM,
        "See which process takes the host's cores; outages are noticed later by as much.",
    ),
    AlertRule(
        "spool-filling",
        "A gateway's data waits for hours",
        _TICKET,
        _NET,
        "See on the fleet board whether one gateway is behind or all of them.",
    ),
    AlertRule(
        "records-lost",
        "Records were lost for good",
        _TICKET,
        _NET,
        "Find the gateway on the fleet board and run its doctor.",
    ),
    AlertRule(
        "clock-wrong",
        "A gateway's clock cannot be trusted",
        _TICKET,
        _NET,
        "Run the gateway's doctor; its times are marked until its clock is right.",
    ),
    AlertRule(
        "coverage-low",
        "Too much cannot be seen",
        _PAGE,
        _PLATFORM,
        "Look at broker and uplinks first: nobody can say what works.",
    ),
    AlertRule(
        "detector-wrong",
        "The detector is wrong more often than it says",
        _TICKET,
        _PLATFORM,
        "See on the detector board at which level, and since which day.",
    ),
)

BY_CAUSE: Final[dict[str, AlertRule]] = {rule.cause: rule for rule in RULES if rule.cause}
"""Cause of an incident -> its rule."""


def cause_code(cause: str) -> int:
    """The number of a cause, for series that can hold no text; 0 for none."""
    return 1 + list(BY_CAUSE).index(cause) if cause in BY_CAUSE else 0
