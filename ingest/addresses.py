"""Topic texts -> whose message it is: the inventory's nodes, and nobody else.

Both answers are remembered, up to a bound: the topic of a message is looked up once, not parsed
each time.
"""

from collections.abc import Mapping
from typing import Final

from vocabulary import topics
from vocabulary.topics import Topic, Verb

KNOWN_TOPICS_MAX: Final = 65_536
KNOWN_TOPIC_CHARS_MAX: Final = 256
UNKNOWN: Final = "topic_unknown"
STRANGER: Final = "gateway_unknown"


class Addresses:
    """What topics mean in one city."""

    def __init__(self, district_of: Mapping[str, str]) -> None:
        self._district_of = dict(district_of)
        self._known: dict[str, Topic | str] = {}

    def district(self, gateway: str) -> str:
        """The Sparkplug group of a gateway of the inventory."""
        return self._district_of[gateway]

    def meaning(self, text: str) -> Topic | str:
        """The address, or the reason why its messages are not taken."""
        known = self._known.get(text)
        if known is not None:
            return known
        made = self._parsed(text)
        if len(text) <= KNOWN_TOPIC_CHARS_MAX:
            if len(self._known) >= KNOWN_TOPICS_MAX:
                self._known.clear()
            self._known[text] = made
        return made

    def _parsed(self, text: str) -> Topic | str:
        topic = topics.parse(text)
        if not isinstance(topic, Topic) or topic.verb in (Verb.NCMD, Verb.DCMD):
            return UNKNOWN
        # not in the inventory, or elsewhere: nothing is stored and nothing committed, so the
        # gateway keeps its readings until the inventory is right
        return topic if self._district_of.get(topic.gateway) == topic.district else STRANGER
