"""A tap on a host's pipeline: what goes in is written to a recording on its way."""

from collections.abc import Sequence

from ingest.intake import Message
from ingest.pipeline import Pipeline
from simulators.recording import Recorder


class Tap:
    """Stands before the pipeline of one host, live or virtual."""

    def __init__(self, pipeline: Pipeline, recorder: Recorder) -> None:
        self._recorder = recorder
        self._receive_all, self._advance = pipeline.receive_all, pipeline.advance
        self._hearing = pipeline.hearing
        self._hears = True
        pipeline.receive_all = self.receive_all  # type: ignore[method-assign]
        pipeline.advance = self.advance  # type: ignore[method-assign]
        pipeline.hearing = self.hearing  # type: ignore[method-assign]

    def receive_all(self, messages: Sequence[Message]) -> None:
        """Messages arrived."""
        for one in messages:
            self._recorder.message(one)
        self._receive_all(messages)

    def advance(self, now_ns: int) -> None:
        """Time passed."""
        self._recorder.turn(now_ns)
        self._advance(now_ns)

    def hearing(self, now_ns: int, *, on: bool) -> None:
        """The line to the broker came or went; said again and again, written when it changes."""
        if on != self._hears:
            self._hears = on
            self._recorder.hearing(now_ns, on=on)
        self._hearing(now_ns, on=on)
