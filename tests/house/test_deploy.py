"""What goes onto real machines: units that hold, an installer that leaves no trace."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.house.tree import HOUSE

DEPLOY: Final = HOUSE / "deploy"
UNITS: Final = sorted((DEPLOY / "systemd").glob("*"))
SERVICES: Final = [path for path in UNITS if path.suffix == ".service"]
PROGRAM: Final = "/opt/lamplighter/bin/lamplighter"
EXPOSURE_MAX: Final = 3.0
AS_ROOT: Final = {"lamplighter-recover.service", "lamplighter-lamp.service"}
"""What they write belongs to root; all other rights of root are taken from them."""


def analyze(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["systemd-analyze", *words],  # noqa: S607
        check=False,
        capture_output=True,
        text=True,
    )


@pytest.fixture
def units(tmp_path: Path) -> list[str]:
    """The units with a program that exists here."""
    for path in UNITS:
        (tmp_path / path.name).write_text(
            path.read_text("utf-8").replace(PROGRAM, "/bin/true"), "utf-8"
        )
    return [str(tmp_path / path.name) for path in UNITS]


def test_units_are_what_systemd_understands(units: list[str]) -> None:
    done = analyze("verify", *units)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_a_fault_in_a_unit_is_seen(units: list[str]) -> None:
    text = Path(units[0]).read_text("utf-8")
    Path(units[0]).write_text(text + "\n[Service]\nNoNewPriviledges=yes\n", "utf-8")
    assert "NoNewPriviledges" in analyze("verify", *units).stderr


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_a_service_is_little_exposed(path: Path) -> None:
    done = analyze("security", "--offline=true", str(path))
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    assert found is not None, done.stderr
    assert float(found.group(1)) <= EXPOSURE_MAX


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_a_service_dumps_no_secrets(path: Path) -> None:
    lines = path.read_text("utf-8").splitlines()
    assert "LimitCORE=0" in lines
    assert ("User=lamplighter" in lines) == (path.name not in AS_ROOT)


def installer(*words: str, root: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [str(DEPLOY / "install.sh"), *words, "--root", str(root)],
        check=False,
        capture_output=True,
        text=True,
    )


def tree(root: Path) -> dict[str, bytes | None]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes() if path.is_file() else None
        for path in root.rglob("*")
    }


@pytest.mark.parametrize("role", ["gateway", "host"])
def test_every_step_can_be_taken_back(role: str, tmp_path: Path) -> None:
    (tmp_path / "usr/lib/modules-load.d").mkdir(parents=True)
    (tmp_path / "usr/lib/modules-load.d/lamplighter.conf").write_text("theirs\n", "utf-8")
    (tmp_path / "var/lib").mkdir(parents=True)
    before = tree(tmp_path)
    assert installer("install", "--role", role, root=tmp_path).returncode == 0
    once = tree(tmp_path)
    assert installer("install", "--role", role, root=tmp_path).returncode == 0
    assert tree(tmp_path) == once, "a second time changes nothing"
    assert f"usr/lib/systemd/system/lamplighter-{role}.service" in once
    assert installer("remove", root=tmp_path).returncode == 0
    assert tree(tmp_path) == before
    assert "nothing is installed" in installer("remove", root=tmp_path).stdout


@pytest.mark.parametrize("kept", range(15))
def test_cut_off_anywhere_it_can_be_taken_back(kept: int, tmp_path: Path) -> None:
    """An installation that died after so many steps: what it had not done yet is not there."""
    (tmp_path / "var/lib").mkdir(parents=True)
    before = tree(tmp_path)
    package = tmp_path / "package"
    shutil.copytree(DEPLOY, package)
    for path in sorted(package.rglob("lamplighter-*"))[: 15 - kept]:
        path.unlink()
    for path in [package / "install.sh"]:
        subprocess.run(
            [str(path), "install", "--root", str(tmp_path)], check=False, capture_output=True
        )
    shutil.rmtree(package)
    assert installer("remove", root=tmp_path).returncode == 0
    assert tree(tmp_path) == before


def test_wrong_words() -> None:
    for words in (["fly"], ["install", "--wings"], ["install", "--role", "kite"]):
        done = subprocess.run(
            [
                str(DEPLOY / "install.sh"),
                *words,
                *(["--root", "/nowhere"] if len(words) > 2 else []),
            ],
            check=False,
            capture_output=True,
        )
        assert done.returncode == 64, words


def test_the_broker_names_its_listener_before_who_may_come() -> None:
    """Elsewhere these lines do nothing, silently."""
    words = [line.split()[0] for line in lines_of("mosquitto/lamplighter.conf")]
    after = words[words.index("listener") :]
    for name in ("use_identity_as_username", "use_username_as_clientid", "require_certificate"):
        assert name in after
    assert words.count("listener") == 1
    assert "per_listener_settings" not in words


def lines_of(name: str) -> list[str]:
    text = (DEPLOY / name).read_text("utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]
