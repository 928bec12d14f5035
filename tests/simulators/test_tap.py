"""The tap writes what goes in, in its order, and hands it on unchanged."""

from pathlib import Path

from ingest.intake import Message
from ingest.ledger_rows import LedgerContents
from ingest.pipeline import Pipeline
from processing.settings import Settings
from simulators.recording import Frame, Head, Kind, Recorder, Recording
from simulators.tap import Tap
from simulators.town import generate

INVENTORY = generate(3, 1).inventory
MESSAGE = Message("spBv1.0/town/NDATA/gw-00000", b"rubbish", 1_000)


def test_everything_passes_and_is_written(tmp_path: Path) -> None:
    pipeline = Pipeline(
        INVENTORY,
        Settings(),
        contents=LedgerContents(0, None, {}, ()),
        commit_s=5.0,
        pending_bytes_max=1 << 20,
        now_ns=0,
    )
    with Recorder(tmp_path / "tape", Head(INVENTORY, Settings(), 0)) as recorder:
        Tap(pipeline, recorder)
        pipeline.receive_all([MESSAGE])
        pipeline.hearing(1_500, on=True)
        pipeline.advance(2_000)
        pipeline.hearing(2_500, on=False)
        pipeline.hearing(2_600, on=False)
    assert sum(pipeline.intake.all_counts().values()) == 1, "the rubbish arrived"
    assert pipeline.steps == 1
    recording = Recording(tmp_path / "tape")
    assert list(recording.frames()) == [
        Frame(Kind.MESSAGE, 1_000, MESSAGE),
        Frame(Kind.TURN, 2_000),
        Frame(Kind.DEAF, 2_500),
    ]
    recording.close()
