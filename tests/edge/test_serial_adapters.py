"""Ports by the path that stays; adapters that share an id are named by their socket."""

import os
from pathlib import Path

from edge.serial_adapters import adapters
from edge.serial_status import Adapter


def plug(dev: Path, device: str, *links: str) -> str:
    node = dev / device
    node.touch()
    for link in links:
        path = dev / "serial" / link
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.symlink_to(os.path.relpath(node, path.parent))
    return str(node)


def test_nothing_is_plugged_in(tmp_path: Path) -> None:
    assert adapters(tmp_path) == []


def test_an_adapter_with_a_number_of_its_own(tmp_path: Path) -> None:
    plug(tmp_path, "ttyUSB0", "by-id/usb-FTDI_A5-if00-port0", "by-path/usb-0:1.2:1.0")
    (one,) = adapters(tmp_path)
    assert one.path.endswith("by-id/usb-FTDI_A5-if00-port0")
    assert one.remark == ""


def test_two_adapters_of_one_id_are_named_by_their_sockets(tmp_path: Path) -> None:
    plug(tmp_path, "ttyUSB0", "by-id/usb-1a86-if00", "by-path/usb-0:1.2:1.0")
    plug(tmp_path, "ttyUSB1", "by-id/usb-1a86-if00", "by-path/usb-0:1.3:1.0")  # the link moves
    found = adapters(tmp_path)
    assert [Path(one.path).name for one in found] == ["usb-0:1.2:1.0", "usb-0:1.3:1.0"]
    assert all("same id" in one.remark or "shares one" in one.remark for one in found)


def test_a_bare_port_may_change_its_name(tmp_path: Path) -> None:
    node = plug(tmp_path, "ttyAMA0")
    remark = "no stable name: it may change when replugged"
    assert adapters(tmp_path) == [Adapter(node, node, remark)]
