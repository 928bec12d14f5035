"""Exit codes are those of sysexits(3), where it has a word for ours."""

import os

from vocabulary.exit_codes import ExitCode


def test_codes_are_the_systems_own() -> None:
    assert ExitCode.USAGE == os.EX_USAGE
    assert ExitCode.BAD_DATA == os.EX_DATAERR
    assert ExitCode.UNAVAILABLE == os.EX_UNAVAILABLE
    assert ExitCode.INTERNAL == os.EX_SOFTWARE
    assert ExitCode.IO_ERROR == os.EX_IOERR
    assert ExitCode.TRY_AGAIN == os.EX_TEMPFAIL
    assert ExitCode.PERMISSION == os.EX_NOPERM
    assert ExitCode.CONFIGURATION == os.EX_CONFIG


def test_the_three_of_our_own() -> None:
    assert [ExitCode.FINE, ExitCode.DEGRADED, ExitCode.FATAL_FINDING] == [0, 1, 2]
