"""The register keeps what the desk's protocol asks for."""

from ingest.enrol_register import EnrolRegister
from ingest.enrol_rows import GatewayState, Register


def test_the_register_is_one(tmp_path: object) -> None:
    del tmp_path
    kind: type[Register] = EnrolRegister
    assert kind is EnrolRegister
    assert {str(state) for state in GatewayState} == {"expected", "enrolled", "retired"}
