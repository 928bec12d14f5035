"""Words for signed requests: good once, for a minute, remembered only after their use.

A word carries its time and our seal, so asking for a million of them fills no memory. Used ones
are remembered until they are too old to be used again.
"""

import base64
import hashlib
import hmac
from collections import OrderedDict
from typing import Final

from ingest.authority import Entropy

LIFE_S: Final = 60
USED_MAX: Final = 10_000
_RANDOM_BYTES: Final = 12
_TIME_BYTES: Final = 8
_SEAL_BYTES: Final = 16


class Nonces:
    """Gives words out and takes each back once."""

    def __init__(self, secret: bytes, entropy: Entropy) -> None:
        self._secret, self._entropy = secret, entropy
        self._used: OrderedDict[str, int] = OrderedDict()

    def _seal(self, body: bytes) -> bytes:
        return hmac.new(self._secret, b"nonce" + body, hashlib.sha256).digest()[:_SEAL_BYTES]

    def give(self, now_s: int) -> str:
        """A fresh word."""
        body = now_s.to_bytes(_TIME_BYTES, "big") + self._entropy(_RANDOM_BYTES)
        return base64.urlsafe_b64encode(body + self._seal(body)).decode()

    def take(self, nonce: str, now_s: int) -> bool:
        """Whether the word is ours, young and unused; it is used now."""
        try:
            raw = base64.b64decode(nonce, altchars=b"-_", validate=True)
        except ValueError:
            return False
        body, seal = raw[:-_SEAL_BYTES], raw[-_SEAL_BYTES:]
        if len(body) != _TIME_BYTES + _RANDOM_BYTES or not hmac.compare_digest(
            seal, self._seal(body)
        ):
            return False
        given_s = int.from_bytes(body[:_TIME_BYTES], "big")
        while self._used and next(iter(self._used.values())) < now_s - 2 * LIFE_S:
            self._used.popitem(last=False)
        spelled = base64.urlsafe_b64encode(raw).decode()
        if not 0 <= now_s - given_s <= LIFE_S or spelled in self._used:
            return False
        if len(self._used) >= USED_MAX:
            return False
        self._used[spelled] = now_s
        return True
