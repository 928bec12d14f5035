"""Is the access point alive? An ``ok`` when it was heard, a ``fail`` when nothing came in time.

Each access point reports on its own rhythm. Its message is its beat: it becomes an ``ok``, at
most one per interval. When nothing was heard for an interval and a margin, a ``fail`` stands in
its place, and one more after each further interval, so that the host always has a record to
judge by and silence means only that *we* could not be heard.
"""

from typing import Final, NamedTuple

from vocabulary.units import INT64_MAX, NS_PER_S

SEQ_MODULUS: Final = 2**32
NEVER_NS: Final = INT64_MAX


class Beat(NamedTuple):
    """One record to send: the access point, alive or not, its number, when it fell due."""

    ap_id: str
    ok: bool
    seq: int
    due_mono_ns: int


class Life:
    """The rhythm of one access point."""

    def __init__(
        self,
        ap_id: str,
        *,
        beat_s: float,
        margin_s: float,
        mono_ns: int,
        max_age_s: float | None = None,
    ) -> None:
        self.ap_id = ap_id
        self._beat_ns = round(beat_s * NS_PER_S)
        self._margin_ns = round(margin_s * NS_PER_S)
        self._early_ns = self._beat_ns - self._margin_ns
        self._ok_ns: int | None = None
        self._due_ns = mono_ns + self._beat_ns + self._margin_ns
        self._seq = 0
        self._max_age_ns = None if max_age_s is None else round(max_age_s * NS_PER_S)
        self._heard_ns = mono_ns
        self.has_left = False
        """Silent for so long that a ``fail`` says nothing new: there are none until it is back."""

    @property
    def deadline_ns(self) -> int:
        """When ``tick`` must be called if the access point stays silent."""
        return self._due_ns

    def _beat(self, *, ok: bool, mono_ns: int) -> Beat:
        beat = Beat(self.ap_id, ok, self._seq, mono_ns)
        self._seq = (self._seq + 1) % SEQ_MODULUS
        return beat

    def heard(self, mono_ns: int) -> Beat | None:
        """A message came; gives an ``ok`` unless one was given less than an interval ago."""
        self._heard_ns, self.has_left = mono_ns, False
        self._due_ns = mono_ns + self._beat_ns + self._margin_ns
        if self._ok_ns is not None and mono_ns - self._ok_ns < self._early_ns:
            return None
        self._ok_ns = mono_ns
        return self._beat(ok=True, mono_ns=mono_ns)

    def tick(self, mono_ns: int) -> Beat | None:
        """Give the ``fail`` that fell due, if one did; none for a time in which we were asleep."""
        if mono_ns < self._due_ns:
            return None
        if self._max_age_ns is not None and mono_ns - self._heard_ns >= self._max_age_ns:
            self.has_left, self._due_ns = True, NEVER_NS
            return None
        due_ns = self._due_ns
        self._due_ns += self._beat_ns
        if self._due_ns <= mono_ns:  # what we did not watch we do not report
            self._due_ns = mono_ns + self._beat_ns + self._margin_ns
            return None
        self._ok_ns = None
        return self._beat(ok=False, mono_ns=due_ns)
