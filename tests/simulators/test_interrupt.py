"""The first Ctrl-C is a question, the second one an end, and afterwards all is as before."""

import signal

import pytest

from simulators.interrupt import Interrupt


def test_once_is_remembered_and_twice_ends() -> None:
    before = signal.getsignal(signal.SIGINT)
    with Interrupt() as stop:
        assert not stop()
        signal.raise_signal(signal.SIGINT)
        assert stop()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before
