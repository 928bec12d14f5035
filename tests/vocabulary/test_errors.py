"""An error says what was seen and what to do, and keeps its data through a pickle."""

import pickle

from vocabulary.errors import ConfigurationInvalid, ExtraMissing, Finding, LamplighterError
from vocabulary.exit_codes import ExitCode


def descendants(kind: type[LamplighterError]) -> set[type[LamplighterError]]:
    return {kind} | {one for below in kind.__subclasses__() for one in descendants(below)}


def test_every_error_has_a_remedy_and_a_code() -> None:
    for kind in descendants(LamplighterError):
        assert kind.remedy.endswith(".")
        assert kind.exit_code in ExitCode
        assert kind.exit_code is not ExitCode.FINE


def test_findings_stand_in_the_order_of_the_file() -> None:
    late = Finding("a.toml", 9, "x", "1", "2")
    early = Finding("a.toml", 2, "y", "3", "4")
    error = ConfigurationInvalid([late, early])
    assert error.findings == [early, late]
    assert str(error).splitlines() == [
        "2 faults in the configuration",
        "  a.toml:2: y: found 3, expected 4",
        "  a.toml:9: x: found 1, expected 2",
    ]


def test_one_fault_is_one_fault() -> None:
    error = ConfigurationInvalid([Finding("a.toml", 0, "x", "nothing", "a value")])
    assert (
        str(error) == "1 fault in the configuration\n  a.toml: x: found nothing, expected a value"
    )


def test_a_missing_extra_says_how_to_install_it() -> None:
    error = ExtraMissing("host", "host", "numpy")
    assert 'pip install "lamplighter[host]"' in str(error)
    assert error.exit_code is ExitCode.UNAVAILABLE


def test_data_survives_a_pickle() -> None:
    back = pickle.loads(pickle.dumps(ExtraMissing("host", "host", "numpy")))  # noqa: S301
    assert (back.command, back.extra, back.package) == ("host", "host", "numpy")
