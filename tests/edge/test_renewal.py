"""Trying a certificate: what stands in its way is said; see test_enrolment.py for a real broker."""

import socket
from pathlib import Path

from edge.configuration import BrokerAddress
from edge.renewal import try_identity
from simulators.servers import free_port


def test_nobody_there(tmp_path: Path) -> None:
    address = BrokerAddress("127.0.0.1", free_port(), tls=True)
    assert "No such file" in try_identity(address, str(tmp_path / "x"), str(tmp_path / "y"))


def test_no_certificate_in_the_file(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("x", "utf-8")
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        address = BrokerAddress("127.0.0.1", server.getsockname()[1], tls=True)
        assert try_identity(address, str(tmp_path / "x"), str(tmp_path / "x"))
