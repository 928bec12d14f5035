"""One drive of everything for all tests here: it takes a while, and nobody changes it."""

import asyncio
from pathlib import Path

import pytest

from simulators.conformance import cases
from simulators.conformance.stage import Recording
from simulators.conformance.verdicts import Verdict, judge_all


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """Our gateways and our hosts, through every case."""
    directory: Path = tmp_path_factory.mktemp("conformance")
    return asyncio.run(cases.drive(directory))


@pytest.fixture(scope="session")
def verdicts(recording: Recording) -> list[Verdict]:
    """The whole table, judged on that drive."""
    return judge_all(recording.evidence)
