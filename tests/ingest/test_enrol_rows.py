"""The register keeps what the desk's protocol asks for."""

from ingest.enrol_register import EnrolRegister
from ingest.enrol_rows import GatewayState, Register, is_ours


def test_the_register_is_one(tmp_path: object) -> None:
    del tmp_path
    kind: type[Register] = EnrolRegister
    assert kind is EnrolRegister
    assert {str(state) for state in GatewayState} == {"expected", "enrolled", "retired"}


def test_names_with_rights_are_not_for_gateways() -> None:
    assert all(map(is_ours, ["host1", "host", "consumer12"]))
    assert not any(map(is_ours, ["gw-host1", "host-1", "hostel", "gw-1"]))
