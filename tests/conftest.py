"""What every test shares: Hypothesis profiles, and no skipping where CI runs.

deadline=None, for the first example of a kernel test pays for the compiler.
"""

import os

import pytest
from hypothesis import settings

settings.register_profile("dev", max_examples=50, deadline=None)
settings.register_profile("ci", max_examples=300, deadline=None, derandomize=True, print_blob=True)
settings.register_profile("nightly", max_examples=20_000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))

SKIPPING_FORBIDDEN = os.environ.get("CI", "").lower() in {"1", "true", "yes"}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name every skipped test before the summary line; see ``pytest_sessionfinish``."""
    skipped = terminalreporter.stats.get("skipped", [])
    if SKIPPING_FORBIDDEN and skipped:
        terminalreporter.section("skipped, which CI does not allow")
        for report in skipped:
            terminalreporter.line(report.nodeid, red=True)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A test that did not run has proven nothing: in CI a skip fails the run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter is not None else []
    if SKIPPING_FORBIDDEN and skipped and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
